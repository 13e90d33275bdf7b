package jpeg2000

import "encoding/binary"

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
