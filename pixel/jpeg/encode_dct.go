package jpeg

// Quantization tables of ISO/IEC 10918-1 annex K.1 for quality 50, in natural
// order.
var (
	lumaQuant = [64]uint16{
		16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
		14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
		18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
		49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
	}
	chromaQuant = [64]uint16{
		17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
		24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	}
)

// scaleQuant scales a table to quality 1 to 100.
func scaleQuant(base *[64]uint16, quality, limit int) *[64]uint16 {
	scale := 200 - 2*quality
	if quality < 50 {
		scale = 5000 / quality
	}
	table := new([64]uint16)
	for i, q := range base {
		table[i] = uint16(min(max((int(q)*scale+50)/100, 1), limit))
	}
	return table
}

// plane is one component in encoding.
type plane struct {
	h, v             int
	blocksX, blocksY int // whole MCUs
	codedX, codedY   int // blocks of a scan of its own
	table            byte
	samples          []int16 // level shifted, 8*blocksX wide
	coefs            []int16 // zigzag order, progressive only
	quant            *[64]uint16
	reciprocal       [64]uint64 // of 8*quant<<forwardBits, times 1<<40
	pred             int
}

func (e *encoder) dct() {
	e.sampling()
	e.loadPlanes()
	e.quantTables()
	sof := byte(markerSOF0 + int(e.opt.Process))
	e.frameHeader(sof, func(i int) (h, v, table byte) {
		return byte(e.comps[i].h), byte(e.comps[i].v), e.comps[i].table
	})
	e.restartHeader()
	all := []int{0, 1, 2, 3}[:e.n]
	if e.opt.Process != Progressive {
		e.codeScan(all, 0, 63)
		return
	}
	e.allCoefficients()
	e.codeScan(all, 0, 0)
	for _, band := range [][2]int{{1, 5}, {6, 63}} {
		for i := range e.n {
			e.codeScan(all[i:i+1], band[0], band[1])
		}
	}
}

func (e *encoder) sampling() {
	e.hMax, e.vMax = 1, 1
	if e.n == 3 && (e.opt.ConvertToYCbCr || e.opt.YCbCr) {
		if e.opt.Subsampling >= Subsample422 {
			e.hMax = 2
		}
		if e.opt.Subsampling == Subsample420 {
			e.vMax = 2
		}
	}
	mcusX, mcusY := ceilDiv(e.frame.Width, 8*e.hMax), ceilDiv(e.frame.Height, 8*e.vMax)
	e.comps = make([]plane, e.n)
	for i := range e.comps {
		c := &e.comps[i]
		c.h, c.v = 1, 1
		if i == 0 {
			c.h, c.v = e.hMax, e.vMax
		} else if e.n == 3 && (e.opt.ConvertToYCbCr || e.opt.YCbCr) {
			c.table = 1
		}
		c.blocksX, c.blocksY = mcusX*c.h, mcusY*c.v
		c.codedX = ceilDiv(ceilDiv(e.frame.Width*c.h, e.hMax), 8)
		c.codedY = ceilDiv(ceilDiv(e.frame.Height*c.v, e.vMax), 8)
		c.samples = make([]int16, 64*c.blocksX*c.blocksY)
	}
}

func (e *encoder) quantTables() {
	limit := 255
	if e.precision > 8 {
		limit = 32767
	}
	bases := []*[64]uint16{&lumaQuant, &chromaQuant}
	var used [2]bool
	for i := range e.comps {
		c := &e.comps[i]
		c.quant = scaleQuant(bases[c.table], e.opt.Quality, limit)
		for k, q := range c.quant {
			c.reciprocal[k] = 1<<40/(uint64(q)<<(3+forwardBits)) + 1
		}
		if used[c.table] {
			continue
		}
		used[c.table] = true
		seg := []byte{c.table}
		wide := false
		for _, q := range c.quant {
			wide = wide || q > 255
		}
		if wide {
			seg[0] |= 0x10
		}
		for k := range 64 {
			q := c.quant[zigzag[k]]
			if wide {
				seg = append(seg, byte(q>>8))
			}
			seg = append(seg, byte(q))
		}
		e.marker(markerDQT, seg)
	}
}

// loadPlanes level shifts, converts and subsamples the frame; the planes are
// padded by repeating the last column and row.
func (e *encoder) loadPlanes() {
	f := e.frame
	center := 1 << uint(e.precision-1)
	width := 8 * e.comps[0].blocksX
	lines := make([][]int16, e.n) // full resolution, vMax rows of each component
	for i := range lines {
		lines[i] = make([]int16, width*e.vMax)
	}
	row := make([]uint16, f.Width)
	for y := 0; y < 8*e.comps[0].blocksY; y += e.vMax {
		for v := range e.vMax {
			src := min(y+v, f.Height-1)
			for i := range e.n {
				e.loadRow(row, src, i, 0)
				line := lines[i][v*width : (v+1)*width]
				for x, s := range row {
					line[x] = int16(int(s) - center)
				}
				for x := f.Width; x < width; x++ {
					line[x] = line[f.Width-1]
				}
			}
			if e.opt.ConvertToYCbCr && e.n == 3 {
				at := v * width
				toYCbCr(lines[0][at:at+width], lines[1][at:at+width], lines[2][at:at+width], center)
			}
		}
		for i := range e.comps {
			e.comps[i].reduce(lines[i], y, width, e.hMax, e.vMax)
		}
	}
}

// reduce averages hMax/h x vMax/v samples of the lines into the plane.
func (c *plane) reduce(lines []int16, y, width, hMax, vMax int) {
	stride := 8 * c.blocksX
	dst := c.samples[y*c.v/vMax*stride:]
	if c.h == hMax && c.v == vMax {
		copy(dst, lines)
		return
	}
	rows := vMax / c.v
	round := rows // half of 2*rows, to which alternate columns add or not
	for x := range stride {
		sum := 0
		for v := range rows {
			sum += int(lines[v*width+2*x]) + int(lines[v*width+2*x+1])
		}
		dst[x] = int16((sum + round - x&1) >> uint(rows))
	}
}

// toYCbCr converts lines of level shifted RGB in place, as JFIF has it.
func toYCbCr(r, g, b []int16, center int) {
	for i := range r {
		red, green, blue := int(r[i]), int(g[i]), int(b[i])
		r[i] = int16((19595*red + 38470*green + 7471*blue + colorHalf) >> colorBits)
		cb := (-11059*red - 21709*green + 32768*blue + colorHalf - 1) >> colorBits
		cr := (32768*red - 27439*green - 5329*blue + colorHalf - 1) >> colorBits
		g[i] = int16(min(cb, center-1))
		b[i] = int16(min(cr, center-1))
	}
}

// quantized transforms one block into quantized coefficients in zigzag order.
func (c *plane) quantized(bx, by int, out *[64]int16) {
	var block [64]int
	stride := 8 * c.blocksX
	at := by*8*stride + bx*8
	for y := range 8 {
		row := c.samples[at+y*stride : at+y*stride+8]
		for x, v := range row {
			block[8*y+x] = int(v)
		}
	}
	forward(&block)
	quant, reciprocal := c.quant, &c.reciprocal
	for k := range 64 {
		i := zigzag[k] & 63
		v := block[i]
		sign := v >> 63 // -1 or 0: signs are as good as random, a branch for them is not
		magnitude := uint64((v^sign)-sign) + uint64(quant[i])<<(2+forwardBits)
		q := int(magnitude * reciprocal[i] >> 40)
		out[k] = int16((q ^ sign) - sign)
	}
}

func (e *encoder) allCoefficients() {
	for i := range e.comps {
		c := &e.comps[i]
		c.coefs = make([]int16, len(c.samples))
		for by := range c.blocksY {
			for bx := range c.blocksX {
				at := 64 * (by*c.blocksX + bx)
				c.quantized(bx, by, (*[64]int16)(c.coefs[at:at+64]))
			}
		}
		c.samples = nil
	}
}
