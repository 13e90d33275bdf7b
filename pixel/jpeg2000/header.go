package jpeg2000

import (
	"encoding/binary"
	"fmt"
)

// stream is a parsed code stream: the main header and where its tile-parts lie.
type stream struct {
	size      size
	params    *params
	ppm       map[int][]byte // packed packet headers by Zppm
	parts     map[int][]tilePart
	tiles     []int // tiles that have a part, in order of appearance
	partOrder []partRef
	ht        bool
	work      work
}

func formatError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

// codestreamOf finds the code stream in data, which may be a JP2 file.
func codestreamOf(data []byte) ([]byte, error) {
	if len(data) >= 4 && binary.BigEndian.Uint32(data) == markerSOC<<16|markerSIZ {
		return data, nil
	}
	rest := data
	for len(rest) >= 8 {
		n := uint64(binary.BigEndian.Uint32(rest))
		kind := string(rest[4:8])
		head := uint64(8)
		switch {
		case n == 1 && len(rest) >= 16:
			n, head = binary.BigEndian.Uint64(rest[8:]), 16
		case n == 0:
			n = uint64(len(rest))
		}
		if kind == "jp2c" {
			return rest[min(head, uint64(len(rest))):], nil
		}
		if n < head || n > uint64(len(rest)) {
			break
		}
		rest = rest[n:]
	}
	return nil, formatError("no start of code stream")
}

// parseStream reads the main header and, unless headerOnly, finds the
// tile-parts. Nothing is allocated in proportion to sizes the header claims.
func parseStream(data []byte, headerOnly bool) (*stream, error) {
	data, err := codestreamOf(data)
	if err != nil {
		return nil, err
	}
	s := &stream{parts: map[int][]tilePart{}}
	s.work.allow(len(data))
	pos := 2
	for {
		if pos+4 > len(data) {
			return nil, formatError("main header ends early")
		}
		marker := int(binary.BigEndian.Uint16(data[pos:]))
		if marker == markerSOT || marker == markerSOD || marker == markerEOC {
			break
		}
		n := int(binary.BigEndian.Uint16(data[pos+2:]))
		if marker < 0xFF00 || n < 2 || pos+2+n > len(data) {
			return nil, formatError("main header segment %04X of %d bytes", marker, n)
		}
		if err := s.mainSegment(marker, data[pos+4:pos+2+n]); err != nil {
			return nil, err
		}
		pos += 2 + n
	}
	if s.params == nil || !s.params.haveCOD || !s.params.haveQCD {
		return nil, formatError("main header lacks SIZ, COD or QCD")
	}
	if headerOnly {
		return s, nil
	}
	s.tileParts(data, pos)
	s.splitPPM()
	return s, nil
}

// mainSegment takes one marker segment of the main header.
func (s *stream) mainSegment(marker int, b []byte) error {
	if marker == markerSIZ {
		if s.params != nil {
			return formatError("second SIZ")
		}
		return s.parseSIZ(b)
	}
	if s.params == nil {
		return formatError("segment %04X before SIZ", marker)
	}
	switch marker {
	case markerCAP:
		if len(b) >= 4 && binary.BigEndian.Uint32(b)&(1<<17) != 0 {
			s.ht = true
		}
	case markerPPM:
		if len(b) < 1 {
			return formatError("PPM of %d bytes", len(b))
		}
		if s.ppm == nil {
			s.ppm = map[int][]byte{}
		}
		s.ppm[int(b[0])] = b[1:]
	default:
		return s.params.segment(marker, b)
	}
	return nil
}

// parseSIZ reads the image and tile geometry, A.5.1.
func (s *stream) parseSIZ(b []byte) error {
	if len(b) < 36+3 {
		return formatError("SIZ of %d bytes", len(b))
	}
	u := func(i int) int { return int(binary.BigEndian.Uint32(b[2+4*i:])) }
	z := size{x1: u(0), y1: u(1), x0: u(2), y0: u(3), tw: u(4), th: u(5), tx0: u(6), ty0: u(7)}
	n := int(binary.BigEndian.Uint16(b[34:]))
	switch {
	case z.x0 >= z.x1 || z.y0 >= z.y1:
		return formatError("empty image area")
	case z.tw < 1 || z.th < 1 || z.tx0 > z.x0 || z.ty0 > z.y0 || z.tx0+z.tw <= z.x0 || z.ty0+z.th <= z.y0:
		return formatError("tile grid does not cover the image")
	case n < 1 || len(b) < 36+3*n:
		return formatError("SIZ of %d bytes for %d components", len(b), n)
	case n > 4:
		return fmt.Errorf("%w: %d components", ErrUnsupported, n)
	}
	z.nx, z.ny = ceilDiv(z.x1-z.tx0, z.tw), ceilDiv(z.y1-z.ty0, z.th)
	if z.nx > 65535 || z.ny > 65535 || z.nx*z.ny > 65535 {
		return formatError("%d x %d tiles", z.nx, z.ny)
	}
	for i := range n {
		c := b[36+3*i:]
		comp := component{prec: int(c[0]&0x7F) + 1, signed: c[0]&0x80 != 0, dx: int(c[1]), dy: int(c[2])}
		if comp.dx == 0 || comp.dy == 0 {
			return formatError("component %d has no sub-sampling", i)
		}
		if comp.prec > 16 {
			return fmt.Errorf("%w: %d bits per sample", ErrUnsupported, comp.prec)
		}
		if ceilDiv(z.x1, comp.dx) <= ceilDiv(z.x0, comp.dx) || ceilDiv(z.y1, comp.dy) <= ceilDiv(z.y0, comp.dy) {
			return formatError("component %d is empty", i)
		}
		z.comps = append(z.comps, comp)
	}
	s.size = z
	s.params = &params{coding: make([]coding, n), quant: make([]quantisation, n), roi: make([]int, n)}
	return nil
}

// config describes the stream.
func (s *stream) config() Config {
	z, p := &s.size, s.params
	w, h := z.outputSize()
	c := Config{
		Width: w, Height: h, Components: len(z.comps),
		Reversible: true, ColorTransform: p.mct && len(z.comps) >= 3,
		Levels: p.coding[0].levels, Layers: p.layers, Tiles: z.nx * z.ny,
		HighThroughput: p.coding[0].style&styleHT != 0,
	}
	for i, comp := range z.comps {
		c.BitsStored = max(c.BitsStored, comp.prec)
		c.Signed = c.Signed || comp.signed
		c.Reversible = c.Reversible && p.coding[i].reversible
		cw, ch := z.componentSize(i)
		c.Subsampled = c.Subsampled || cw != w || ch != h
	}
	return c
}

// componentSize is the number of samples of component i.
func (z *size) componentSize(i int) (w, h int) {
	c := z.comps[i]
	return ceilDiv(z.x1, c.dx) - ceilDiv(z.x0, c.dx), ceilDiv(z.y1, c.dy) - ceilDiv(z.y0, c.dy)
}

// outputSize is the size of the finest component.
func (z *size) outputSize() (w, h int) {
	for i := range z.comps {
		cw, ch := z.componentSize(i)
		w, h = max(w, cw), max(h, ch)
	}
	return w, h
}
