package jpeg

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"conquest/pixel/frame"
)

// maxDimension is what every decoder in the field accepts.
const maxDimension = 65500

// Encode codes one frame. Samples are taken as the unsigned value of their
// low f.BitsStored bits, except that signed 16-bit samples of the lossless
// process keep the extension of their sign, which the differences modulo 65536
// carry whatever the precision. The precision written is f.BitsStored for the
// lossless process (at least 2) and 8 or 12 for the others, which refuse more
// bits. Huffman tables are always made for the frame.
func Encode(f *frame.Frame, opt EncodeOptions) ([]byte, error) {
	e := &encoder{frame: f, opt: opt, n: f.Components}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("encode JPEG frame: %w", err)
	}
	e.w.out = make([]byte, 0, len(f.Pix)/4+1024)
	e.marker(markerSOI, nil)
	e.appMarkers()
	if opt.Process == Lossless {
		e.lossless()
	} else {
		e.dct()
	}
	e.w.out = append(e.w.out, 0xFF, markerEOI)
	return e.w.out, nil
}

type encoder struct {
	frame     *frame.Frame
	opt       EncodeOptions
	n         int // components
	precision int
	w         bitWriter
	comps     []plane
	hMax      int
	vMax      int
}

func (e *encoder) check() error {
	f := e.frame
	if f.Width < 1 || f.Height < 1 || f.Width > maxDimension || f.Height > maxDimension {
		return fmt.Errorf("%d x %d pixels", f.Width, f.Height)
	}
	if f.Components != 1 && f.Components != 3 && f.Components != 4 {
		return fmt.Errorf("%d components", f.Components)
	}
	if f.BitsAllocated != 8 && f.BitsAllocated != 16 || f.BitsStored < 1 || f.BitsStored > f.BitsAllocated {
		return fmt.Errorf("%d of %d bits stored", f.BitsStored, f.BitsAllocated)
	}
	if len(f.Pix) < f.Height*f.Stride() {
		return fmt.Errorf("%d bytes for %d x %d pixels", len(f.Pix), f.Width, f.Height)
	}
	if e.opt.RestartInterval < 0 || e.opt.RestartInterval > 65535 {
		return fmt.Errorf("restart interval %d", e.opt.RestartInterval)
	}
	if e.opt.Process == Lossless {
		return e.checkLossless()
	}
	switch {
	case f.BitsStored <= 8:
		e.precision = 8
	case f.BitsStored <= 12 && e.opt.Process != Baseline:
		e.precision = 12
	default:
		return fmt.Errorf("%d bits in a DCT process", f.BitsStored)
	}
	if e.opt.Process < Baseline || e.opt.Process > Lossless {
		return fmt.Errorf("process %d", e.opt.Process)
	}
	if e.opt.Quality == 0 {
		e.opt.Quality = 95
	}
	e.opt.Quality = min(max(e.opt.Quality, 1), 100)
	return nil
}

func (e *encoder) checkLossless() error {
	e.precision = max(e.frame.BitsStored, 2)
	if e.opt.Predictor == 0 {
		e.opt.Predictor = 1
	}
	if e.opt.Predictor < 1 || e.opt.Predictor > 7 {
		return fmt.Errorf("predictor %d", e.opt.Predictor)
	}
	if e.opt.PointTransform < 0 || e.opt.PointTransform >= e.precision {
		return fmt.Errorf("point transform %d of %d bits", e.opt.PointTransform, e.precision)
	}
	if e.opt.RestartInterval%e.frame.Width != 0 {
		return fmt.Errorf("restart interval %d is no multiple of %d columns", e.opt.RestartInterval, e.frame.Width)
	}
	return nil
}

func (e *encoder) marker(m byte, seg []byte) {
	e.w.out = append(e.w.out, 0xFF, m)
	if seg != nil {
		e.w.out = binary.BigEndian.AppendUint16(e.w.out, uint16(len(seg)+2))
		e.w.out = append(e.w.out, seg...)
	}
}

// appMarkers tells the colour space: JFIF for grey and YCbCr, Adobe with
// transform 0 for RGB.
func (e *encoder) appMarkers() {
	ycc := e.n == 3 && e.opt.Process != Lossless && e.opt.ConvertToYCbCr
	switch {
	case e.n == 1 || ycc:
		e.marker(markerAPP0, []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"))
	case e.n == 3 && !e.opt.YCbCr:
		e.marker(markerAPPE, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00"))
	case e.n == 3:
		e.marker(markerAPP0, []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"))
	}
}

func (e *encoder) frameHeader(marker byte, sampling func(i int) (h, v, table byte)) {
	seg := []byte{byte(e.precision)}
	seg = binary.BigEndian.AppendUint16(seg, uint16(e.frame.Height))
	seg = binary.BigEndian.AppendUint16(seg, uint16(e.frame.Width))
	seg = append(seg, byte(e.n))
	for i := range e.n {
		h, v, table := sampling(i)
		seg = append(seg, byte(i+1), h<<4|v, table)
	}
	e.marker(marker, seg)
}

func (e *encoder) huffmanTable(class, id int, spec huffmanSpec) {
	seg := append([]byte{byte(class<<4 | id)}, spec.counts[:]...)
	e.marker(markerDHT, append(seg, spec.symbols...))
}

func (e *encoder) restartHeader() {
	if e.opt.RestartInterval > 0 {
		e.marker(markerDRI, binary.BigEndian.AppendUint16(nil, uint16(e.opt.RestartInterval)))
	}
}

// scanHeader writes SOS for the given components, each with its table number
// for DC and AC.
func (e *encoder) scanHeader(comps []int, ss, se, al int, table func(i int) byte) {
	seg := []byte{byte(len(comps))}
	for _, i := range comps {
		seg = append(seg, byte(i+1), table(i)<<4|table(i))
	}
	e.marker(markerSOS, append(seg, byte(ss), byte(se), byte(al)))
}

// lossless codes all components in one interleaved scan.
func (e *encoder) lossless() {
	f := e.frame
	pt := uint(e.opt.PointTransform)
	p := newPredictorRows(f.Width, e.n, e.opt.Predictor, e.precision-int(pt))
	rowsPerRestart := e.opt.RestartInterval / f.Width
	diffs := make([]uint16, f.Width*f.Height*e.n)
	var freq [256]int
	for y := range f.Height {
		p.fresh = y == 0 || rowsPerRestart > 0 && y%rowsPerRestart == 0
		out := diffs[y*f.Width*e.n : (y+1)*f.Width*e.n]
		for i := range e.n {
			p.rows[i], p.above[i] = p.above[i], p.rows[i]
			e.loadRow(p.rows[i], y, i, pt)
			p.differences(i, out[i:], e.n)
		}
		for _, d := range out {
			freq[diffSize(d)]++
		}
	}
	spec := optimalHuffman(&freq)
	e.huffmanTable(0, 0, spec)
	e.frameHeader(markerSOF3, func(int) (h, v, table byte) { return 1, 1, 0 })
	e.restartHeader()
	all := []int{0, 1, 2, 3}[:e.n]
	e.scanHeader(all, e.opt.Predictor, 0, int(pt), func(int) byte { return 0 })
	e.writeDifferences(diffs, newHuffmanEncoder(spec), rowsPerRestart)
}

func (e *encoder) writeDifferences(diffs []uint16, h *huffmanEncoder, rowsPerRestart int) {
	perRow := e.frame.Width * e.n
	for y := range e.frame.Height {
		if y > 0 && rowsPerRestart > 0 && y%rowsPerRestart == 0 {
			e.w.flush()
			e.w.out = append(e.w.out, 0xFF, markerRST0+byte((y/rowsPerRestart-1)%8))
		}
		for _, d := range diffs[y*perRow : (y+1)*perRow] {
			size := diffSize(d)
			code, l := uint32(h.code[size]), uint(h.length[size])
			if size == 0 || size == 16 {
				e.w.put(code, l)
				continue
			}
			v := int32(int16(d))
			v += v >> 31
			e.w.put(code<<size|uint32(v)&(1<<size-1), l+uint(size))
		}
	}
	e.w.flush()
}

// diffSize is the category of a difference: the bits of its magnitude.
func diffSize(d uint16) uint8 {
	v := int32(int16(d))
	sign := v >> 31
	return uint8(bits.Len16(uint16((v ^ sign) - sign)))
}

// loadRow reads the low bits of one row of a component.
func (e *encoder) loadRow(row []uint16, y, component int, shift uint) {
	f := e.frame
	src := f.Pix[y*f.Stride() : (y+1)*f.Stride()]
	mask := uint16(1<<uint(f.BitsStored) - 1)
	if f.Signed && e.opt.Process == Lossless && shift == 0 && f.BitsAllocated == 16 {
		mask = 0xFFFF
	}
	if f.BitsAllocated == 8 {
		for x := range row {
			row[x] = uint16(src[x*e.n+component]) & mask >> shift
		}
		return
	}
	for x := range row {
		row[x] = binary.LittleEndian.Uint16(src[2*(x*e.n+component):]) & mask >> shift
	}
}
