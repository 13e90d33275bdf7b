package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const diffBits = 12

// diffDecoder looks up short codes together with the bits of the difference
// that follow them.
type diffDecoder struct {
	*huffmanDecoder
	whole [1 << diffBits]int32 // difference<<8 | bits; 0: not whole
}

func newDiffDecoder(h *huffmanDecoder) *diffDecoder {
	d := &diffDecoder{huffmanDecoder: h}
	for i := range d.whole {
		v := uint32(i) << (16 - diffBits)
		e := h.lut[v>>(16-lutBits)]
		if e == 0 {
			continue
		}
		size, l := int(e&0xFF), int(e>>8)
		switch {
		case size == 0:
			d.whole[i] = int32(l)
		case size < 16 && l+size <= diffBits:
			bits := i >> uint(diffBits-l-size) & (1<<uint(size) - 1)
			d.whole[i] = int32(extend(bits, size))<<8 | int32(l+size)
		}
	}
	return d
}

// decodeLossless decodes one scan of a lossless frame straight into d.out.
func (d *decoder) decodeLossless(s scan) error {
	if s.ss < 1 || s.ss > 7 || s.al >= d.cfg.BitsStored {
		return fmt.Errorf("scan header: predictor %d, point transform %d", s.ss, s.al)
	}
	n := len(s.comps)
	tables := make([]*diffDecoder, n)
	first := make([]int, n) // index of each scan component in the frame
	for i, c := range s.comps {
		if c.dc == nil {
			return errors.New("scan without its tables")
		}
		for j := range i {
			if s.comps[j].dc == c.dc {
				tables[i] = tables[j]
			}
		}
		if tables[i] == nil {
			tables[i] = newDiffDecoder(c.dc)
		}
		for j := range d.comps {
			if &d.comps[j] == c {
				first[i] = j
			}
		}
	}
	if d.restartInterval%d.cfg.Width != 0 {
		return fmt.Errorf("restart interval %d is no multiple of %d columns", d.restartInterval, d.cfg.Width)
	}
	p := newPredictorRows(d.cfg.Width, n, s.ss, d.cfg.BitsStored-s.al)
	r := &bitReader{data: d.data, pos: d.pos}
	defer func() { d.pos = r.pos }()
	rowsLeft := d.restartInterval / d.cfg.Width
	diffs := make([]int32, d.cfg.Width*n)
	for y := range d.cfg.Height {
		if d.restartInterval > 0 && rowsLeft == 0 {
			if !r.restart() {
				return fmt.Errorf("restart marker missing at row %d: %w", y, ErrTruncated)
			}
			rowsLeft = d.restartInterval / d.cfg.Width
			p.fresh = true
		}
		rowsLeft--
		if err := r.differences(diffs, tables); err != nil {
			return fmt.Errorf("row %d: %w", y, err)
		}
		for i := range n {
			p.undo(i, diffs[i:], n)
			d.putRow(y, first[i], p.rows[i], uint(s.al))
		}
		p.fresh = false
		if r.truncated() {
			return fmt.Errorf("row %d: %w", y, ErrTruncated)
		}
	}
	return nil
}

// differences decodes the differences of one row of MCUs.
func (r *bitReader) differences(diffs []int32, tables []*diffDecoder) error {
	t := tables[0]
	single := len(tables) == 1
	acc, n := r.acc, r.n
	for i := range diffs {
		if !single {
			t = tables[i%len(tables)]
		}
		if n < 32 {
			r.acc, r.n = acc, n
			r.fill()
			acc, n = r.acc, r.n
		}
		if e := t.whole[acc>>(64-diffBits)]; e != 0 {
			l := e & 0xFF
			acc <<= uint(l)
			n -= int(l)
			diffs[i] = e >> 8
			continue
		}
		r.acc, r.n = acc, n
		size := r.symbol(t.huffmanDecoder)
		switch {
		case size < 0 || size > 16:
			return errCode
		case size == 0:
			diffs[i] = 0
		case size == 16:
			diffs[i] = 1 << 15
		default:
			diffs[i] = int32(extend(r.bits(size), size))
		}
		acc, n = r.acc, r.n
	}
	r.acc, r.n = acc, n
	return nil
}

// putRow stores one row of a component in the frame.
func (d *decoder) putRow(y, component int, row []uint16, shift uint) {
	stride, n := d.out.Stride(), d.out.Components
	dst := d.out.Pix[y*stride : (y+1)*stride]
	if d.out.BitsAllocated == 8 {
		for x, v := range row {
			dst[x*n+component] = byte(v << shift)
		}
		return
	}
	if n == 1 {
		for x, v := range row {
			binary.LittleEndian.PutUint16(dst[2*x:], v<<shift)
		}
		return
	}
	for x, v := range row {
		binary.LittleEndian.PutUint16(dst[2*(x*n+component):], v<<shift)
	}
}

// predictorRows keeps the current and the previous row of each component,
// modulo 65536.
type predictorRows struct {
	predictor int
	origin    uint16
	fresh     bool // the row has none above it
	rows      [][]uint16
	above     [][]uint16
}

func newPredictorRows(width, components, predictor, precision int) *predictorRows {
	p := &predictorRows{predictor: predictor, origin: 1 << uint(precision-1), fresh: true}
	for range components {
		p.rows = append(p.rows, make([]uint16, width))
		p.above = append(p.above, make([]uint16, width))
	}
	return p
}

// undo turns every step'th difference into samples of component i; the row
// before becomes the one above.
func (p *predictorRows) undo(i int, diffs []int32, step int) {
	p.rows[i], p.above[i] = p.above[i], p.rows[i]
	row, above := p.rows[i], p.above[i]
	predictor := p.predictor
	left := p.origin
	if p.fresh {
		predictor = 1
	} else {
		left = above[0]
	}
	left += uint16(diffs[0])
	row[0] = left
	above = above[:len(row)]
	if step == 1 {
		diffs = diffs[:len(row)]
	}
	at := step
	switch predictor {
	case 1:
		if step == 1 {
			for x := 1; x < len(row); x++ {
				left += uint16(diffs[x])
				row[x] = left
			}
			return
		}
		for x := 1; x < len(row); x, at = x+1, at+step {
			left += uint16(diffs[at])
			row[x] = left
		}
	case 2:
		for x := 1; x < len(row); x, at = x+1, at+step {
			row[x] = above[x] + uint16(diffs[at])
		}
	case 3:
		for x := 1; x < len(row); x, at = x+1, at+step {
			row[x] = above[x-1] + uint16(diffs[at])
		}
	case 4:
		for x := 1; x < len(row); x, at = x+1, at+step {
			left += above[x] - above[x-1] + uint16(diffs[at])
			row[x] = left
		}
	case 5:
		for x := 1; x < len(row); x, at = x+1, at+step {
			left += uint16((int32(above[x])-int32(above[x-1]))>>1 + diffs[at])
			row[x] = left
		}
	case 6:
		for x := 1; x < len(row); x, at = x+1, at+step {
			left = above[x] + uint16((int32(left)-int32(above[x-1]))>>1+diffs[at])
			row[x] = left
		}
	default:
		for x := 1; x < len(row); x, at = x+1, at+step {
			left = uint16((int32(left)+int32(above[x]))>>1 + diffs[at])
			row[x] = left
		}
	}
}

// differences computes the differences of p.rows[i] into every step'th place.
func (p *predictorRows) differences(i int, diffs []uint16, step int) {
	row, above := p.rows[i], p.above[i]
	if p.fresh {
		diffs[0] = row[0] - p.origin
		for x, at := 1, step; x < len(row); x, at = x+1, at+step {
			diffs[at] = row[x] - row[x-1]
		}
		return
	}
	diffs[0] = row[0] - above[0]
	above = above[:len(row)]
	for x, at := 1, step; x < len(row); x, at = x+1, at+step {
		a, b, c := int32(row[x-1]), int32(above[x]), int32(above[x-1])
		var px int32
		switch p.predictor {
		case 1:
			px = a
		case 2:
			px = b
		case 3:
			px = c
		case 4:
			px = a + b - c
		case 5:
			px = a + (b-c)>>1
		case 6:
			px = b + (a-c)>>1
		default:
			px = (a + b) >> 1
		}
		diffs[at] = row[x] - uint16(px)
	}
}
