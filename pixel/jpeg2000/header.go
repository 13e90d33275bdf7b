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
	short     bool // the stream ended early
}

// tilePart is the header and the packets of one tile-part.
type tilePart struct {
	header []byte // marker segments between SOT and SOD
	body   []byte
	packed []byte // packet headers from PPM
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

// segment takes one marker segment of the main header or of a tile-part
// header. Segments that do not change decoding are ignored.
func (p *params) segment(marker int, b []byte) error {
	switch marker {
	case markerCOD:
		return p.parseCOD(b)
	case markerCOC:
		return p.parseCOC(b)
	case markerQCD:
		return p.parseQCD(b)
	case markerQCC:
		return p.parseQCC(b)
	case markerRGN:
		return p.parseRGN(b)
	case markerPOC:
		return p.parsePOC(b)
	}
	return nil
}

func (p *params) parseCOD(b []byte) error {
	if len(b) < 10 {
		return formatError("COD of %d bytes", len(b))
	}
	c, err := parseCoding(b[5:], b[0]&1 != 0)
	if err != nil {
		return err
	}
	p.sop, p.eph = b[0]&2 != 0, b[0]&4 != 0
	p.order = int(b[1])
	p.layers = int(binary.BigEndian.Uint16(b[2:]))
	p.mct = b[4]&1 != 0
	if p.order > orderCPRL || p.layers == 0 {
		return formatError("COD with progression %d and %d layers", p.order, p.layers)
	}
	for i := range p.coding {
		if !p.coding[i].own {
			p.coding[i] = c
		}
	}
	p.haveCOD = true
	return nil
}

// parseCoding reads the SPcod or SPcoc parameters, table A.15.
func parseCoding(b []byte, precincts bool) (coding, error) {
	if len(b) < 5 {
		return coding{}, formatError("coding style of %d bytes", len(b))
	}
	c := coding{levels: int(b[0]), cbw: int(b[1]&0xF) + 2, cbh: int(b[2]&0xF) + 2, style: b[3], reversible: b[4] == 1}
	if c.levels > maxLevels || c.cbw > 10 || c.cbh > 10 || c.cbw+c.cbh > 12 || b[4] > 1 {
		return c, formatError("coding style of %d levels, code blocks 2^%d x 2^%d, transform %d", c.levels, c.cbw, c.cbh, b[4])
	}
	for r := range c.ppx {
		c.ppx[r], c.ppy[r] = 15, 15
	}
	if !precincts {
		return c, nil
	}
	if len(b) < 6+c.levels {
		return c, formatError("coding style lacks precinct sizes")
	}
	for r := 0; r <= c.levels; r++ {
		c.ppx[r], c.ppy[r] = b[5+r]&0xF, b[5+r]>>4
		if r > 0 && (c.ppx[r] == 0 || c.ppy[r] == 0) {
			return c, formatError("precinct size 2^%d x 2^%d at resolution %d", c.ppx[r], c.ppy[r], r)
		}
	}
	return c, nil
}

// componentIndex reads the component number that COC, QCC and RGN begin with.
func (p *params) componentIndex(b []byte) (int, []byte, error) {
	if len(b) < 2 || int(b[0]) >= len(p.coding) {
		return 0, nil, formatError("segment for an unknown component")
	}
	return int(b[0]), b[1:], nil
}

func (p *params) parseCOC(b []byte) error {
	i, b, err := p.componentIndex(b)
	if err != nil {
		return err
	}
	c, err := parseCoding(b[1:], b[0]&1 != 0)
	if err != nil {
		return err
	}
	c.own = true
	p.coding[i] = c
	return nil
}

// parseQuant reads Sqcd and SPqcd, tables A.28 to A.30.
func parseQuant(b []byte) (quantisation, error) {
	if len(b) < 2 {
		return quantisation{}, formatError("quantisation of %d bytes", len(b))
	}
	q := quantisation{style: b[0] & 0x1F, guard: int(b[0] >> 5)}
	b = b[1:]
	switch q.style {
	case 0:
		q.steps = min(len(b), len(q.exp))
		for i := range q.steps {
			q.exp[i] = b[i] >> 3
		}
	case 1, 2:
		q.steps = min(len(b)/2, len(q.exp))
		if q.style == 1 {
			q.steps = min(q.steps, 1)
		}
		for i := range q.steps {
			v := binary.BigEndian.Uint16(b[2*i:])
			q.exp[i], q.mant[i] = uint8(v>>11), v&0x7FF
		}
	default:
		return q, formatError("quantisation style %d", q.style)
	}
	if q.steps == 0 {
		return q, formatError("quantisation without step sizes")
	}
	return q, nil
}

func (p *params) parseQCD(b []byte) error {
	q, err := parseQuant(b)
	if err != nil {
		return err
	}
	for i := range p.quant {
		if !p.quant[i].own {
			p.quant[i] = q
		}
	}
	p.haveQCD = true
	return nil
}

func (p *params) parseQCC(b []byte) error {
	i, b, err := p.componentIndex(b)
	if err != nil {
		return err
	}
	q, err := parseQuant(b)
	if err != nil {
		return err
	}
	q.own = true
	p.quant[i] = q
	return nil
}

func (p *params) parseRGN(b []byte) error {
	i, b, err := p.componentIndex(b)
	if err != nil {
		return err
	}
	if len(b) < 2 || b[0] != 0 {
		return formatError("region of interest style")
	}
	p.roi[i] = int(b[1])
	return nil
}

// parsePOC appends progression changes, A.6.6.
func (p *params) parsePOC(b []byte) error {
	for len(b) >= 7 {
		q := progression{
			res0: int(b[0]), comp0: int(b[1]), layer1: int(binary.BigEndian.Uint16(b[2:])),
			res1: int(b[4]), comp1: int(b[5]), order: int(b[6]),
		}
		if q.comp1 == 0 {
			q.comp1 = 256
		}
		if q.order > orderCPRL {
			return formatError("progression change to order %d", q.order)
		}
		if len(p.poc) >= 4096 {
			return formatError("too many progression changes")
		}
		p.poc = append(p.poc, q)
		b = b[7:]
	}
	return nil
}

// tileParts finds the tile-parts from pos on. A broken tile-part ends the
// search and marks the stream as short.
func (s *stream) tileParts(data []byte, pos int) {
	count := s.size.nx * s.size.ny
	for {
		if pos+2 <= len(data) && binary.BigEndian.Uint16(data[pos:]) == markerEOC {
			return
		}
		if pos+12 > len(data) || binary.BigEndian.Uint16(data[pos:]) != markerSOT {
			s.short = true
			return
		}
		tile := int(binary.BigEndian.Uint16(data[pos+4:]))
		length := int(binary.BigEndian.Uint32(data[pos+6:]))
		end := pos + length
		if length == 0 {
			end = len(data)
			if end >= 2 && binary.BigEndian.Uint16(data[end-2:]) == markerEOC {
				end -= 2
			}
		}
		if end > len(data) {
			end, s.short = len(data), true
		}
		header := pos + 12
		body := header
		for body+2 <= end && binary.BigEndian.Uint16(data[body:]) != markerSOD {
			if body+4 > end {
				break
			}
			body += 2 + int(binary.BigEndian.Uint16(data[body+2:]))
		}
		if tile >= count || body+2 > end || binary.BigEndian.Uint16(data[body:]) != markerSOD {
			s.short = true
			return
		}
		if len(s.parts[tile]) == 0 {
			s.tiles = append(s.tiles, tile)
		}
		s.parts[tile] = append(s.parts[tile], tilePart{header: data[header:body], body: data[body+2 : end]})
		s.partOrder = append(s.partOrder, partRef{tile, len(s.parts[tile]) - 1})
		pos = end
	}
}

// splitPPM hands the packed packet headers of the main header to the
// tile-parts in the order these appear, A.7.4.
func (s *stream) splitPPM() {
	if s.ppm == nil {
		return
	}
	var all []byte
	for i := range 256 {
		all = append(all, s.ppm[i]...)
	}
	for _, ref := range s.partOrder {
		part := &s.parts[ref.tile][ref.index]
		part.packed = []byte{}
		if len(all) < 4 {
			continue
		}
		n := min(int(binary.BigEndian.Uint32(all)), len(all)-4)
		part.packed, all = all[4:4+n], all[4+n:]
	}
}

// tileParams is the coding of a tile: the main header's, overridden by the
// headers of its tile-parts; and the tile's packed packet headers, nil if none.
func (s *stream) tileParams(tile int) (*params, []byte, error) {
	p := s.params.clone()
	var packed []byte
	pocReset := false
	for _, part := range s.parts[tile] {
		if part.packed != nil {
			if packed == nil {
				packed = []byte{}
			}
			packed = append(packed, part.packed...)
		}
		var ppt map[int][]byte
		for h := part.header; len(h) >= 4; {
			marker, n := int(binary.BigEndian.Uint16(h)), int(binary.BigEndian.Uint16(h[2:]))
			if n < 2 || 2+n > len(h) {
				return nil, nil, formatError("tile header segment %04X of %d bytes", marker, n)
			}
			b := h[4 : 2+n]
			h = h[2+n:]
			if marker == markerPPT && len(b) > 0 {
				if ppt == nil {
					ppt = map[int][]byte{}
				}
				ppt[int(b[0])] = b[1:]
				continue
			}
			if marker == markerPOC && !pocReset {
				p.poc, pocReset = nil, true
			}
			if err := p.segment(marker, b); err != nil {
				return nil, nil, err
			}
		}
		if ppt != nil {
			if packed == nil {
				packed = []byte{}
			}
			for i := range 256 {
				packed = append(packed, ppt[i]...)
			}
		}
	}
	return p, packed, nil
}

// partRef names a tile-part by its tile and its number within the tile.
type partRef struct{ tile, index int }

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
