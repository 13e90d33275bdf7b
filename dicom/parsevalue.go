package dicom

import "errors"

// value reads the value that follows header h.
func (p *parser) value(h header, enc encoding, b bound, depth int) (Element, error) {
	e := Element{Tag: h.tag, VR: h.vr}
	if h.length == undefinedLength {
		return p.undefined(e, h, enc, b, depth)
	}
	n := int64(h.length)
	if n > b.at-p.pos() {
		return e, ErrTooShort
	}
	if n == 0 {
		return e, nil
	}
	if h.vr == SQ {
		start := p.pos()
		items, err := p.sequenceOf(enc, n, depth)
		if err == nil {
			e.Items = items
			return e, nil
		}
		// No sound sequence: what its length says it is stays as it is.
		e.VR = UN
		p.seek(start)
	}
	var err error
	if p.src != nil && p.opt.BulkThreshold > 0 && n > p.threshold() {
		e.Bulk = &Bulk{Source: p.src, Offset: p.pos(), Length: n, WordSize: e.VR.WordSize(), BigEndian: enc.bigEndian}
		p.skip(n)
		return e, nil
	}
	e.Value, err = p.plain(e.VR, enc, n)
	return e, err
}

// plain reads a value of n bytes into memory.
func (p *parser) plain(vr VR, enc encoding, n int64) ([]byte, error) {
	if int64(int(n)) != n {
		return nil, ErrTooLarge
	}
	v, err := p.take(int(n))
	if err != nil {
		return nil, err
	}
	if size := vr.WordSize(); enc.bigEndian && size > 1 {
		v = p.swapped(v, size)
	}
	return v, nil
}

// swapped is a copy of v in the other byte order.
func (p *parser) swapped(v []byte, size int) []byte {
	var c []byte
	switch n := len(v); {
	case n > 512:
		c = make([]byte, n)
	default:
		if n > len(p.swaps) {
			p.swaps = make([]byte, 2048)
		}
		c, p.swaps = p.swaps[:n:n], p.swaps[n:]
	}
	copy(c, v)
	swapWords(c, size)
	return c
}

// undefined reads a value of undefined length: fragments or items.
func (p *parser) undefined(e Element, h header, enc encoding, b bound, depth int) (Element, error) {
	switch {
	case h.vr == OB || h.vr == OW || h.tag == PixelData:
		f := new(Fragments)
		e.Fragments = f
		return e, p.fragments(f, enc, b.at)
	case h.vr == UN && !enc.implicit:
		// PS3.5 section 6.2.2: the items are implicit little endian.
		enc = p.encodingOfItems(enc)
	}
	e.VR = SQ
	var err error
	e.Items, err = p.sequence(enc, b, true, depth+1)
	return e, err
}

// encodingOfItems tells how the items of a UN sequence are encoded: implicit
// little endian, unless their first element shows a VR, as some writers make
// them.
func (p *parser) encodingOfItems(enc encoding) encoding {
	implicit := encoding{implicit: true}
	if p.size-p.pos() < 16 || p.need(16) != nil {
		return implicit
	}
	b := p.buf[p.i : p.i+16]
	vr := VR(b[12])<<8 | VR(b[13])
	if !vr.known() {
		return implicit
	}
	if enc.bigEndian && b[0] == 0xfe {
		return encoding{}
	}
	return enc
}

// sequenceOf reads a sequence of n bytes.
func (p *parser) sequenceOf(enc encoding, n int64, depth int) ([]*Dataset, error) {
	if !p.startsItem(enc) {
		return nil, ErrNoItem
	}
	return p.sequence(enc, bound{at: p.pos() + n, told: true}, false, depth+1)
}

// startsItem tells whether an item tag comes next.
func (p *parser) startsItem(enc encoding) bool {
	if p.need(4) != nil {
		return false
	}
	b := p.buf[p.i:]
	return NewTag(enc.uint16(b), enc.uint16(b[2:])) == itemTag
}

// sequence reads items up to the bound, or to the delimiter of a sequence of
// undefined length.
func (p *parser) sequence(enc encoding, b bound, delimited bool, depth int) ([]*Dataset, error) {
	if depth > MaxDepth {
		return nil, ErrTooDeep
	}
	start := len(p.items)
	err := p.readItems(enc, b, delimited, depth)
	var items []*Dataset
	if n := len(p.items) - start; n > 0 {
		block := make([]Dataset, n)
		copy(block, p.items[start:])
		items = make([]*Dataset, n)
		for i := range block {
			items[i] = &block[i]
		}
	}
	p.maxItems = max(p.maxItems, len(p.items))
	p.items = p.items[:start]
	return items, err
}

// readItems reads items. One of undefined length ends, without delimiter, where
// the length of what is around it says.
func (p *parser) readItems(enc encoding, b bound, delimited bool, depth int) error {
	for p.pos() < b.at {
		h, err := p.itemHeader(enc, b.at)
		if err != nil {
			return err
		}
		switch {
		case h.tag == sequenceDelimit:
			if delimited {
				return nil
			}
			continue
		case h.tag == itemDelimiter:
			continue
		case h.tag != itemTag:
			return p.fail(h, ErrNoItem)
		}
		end, open := b, h.length == undefinedLength
		if !open {
			end = bound{at: p.pos() + int64(h.length), told: true}
			if end.at > b.at {
				end.at, err = b.at, p.fail(h, ErrTooShort)
			}
		}
		var d Dataset
		derr := p.item(&d, enc, end, open, depth)
		p.items = append(p.items, d)
		if derr == nil {
			derr = p.countItem()
		}
		switch {
		case errors.Is(derr, errEndOfItem):
			if delimited {
				return nil
			}
		case derr != nil:
			return derr
		case err != nil:
			return err
		}
	}
	if delimited && !b.told {
		return ErrTooShort
	}
	return nil
}

// item reads one item.
func (p *parser) item(d *Dataset, enc encoding, b bound, open bool, depth int) error {
	err := p.dataset(d, enc, b, open, depth)
	if err == nil && !open && p.pos() < b.at {
		p.skip(b.at - p.pos())
	}
	return err
}

// itemHeader reads the tag and length of an item or delimiter.
func (p *parser) itemHeader(enc encoding, end int64) (header, error) {
	h := header{offset: p.pos()}
	if end-h.offset < 8 {
		return h, p.fail(h, ErrTruncated)
	}
	if err := p.need(8); err != nil {
		return h, p.fail(h, err)
	}
	b := p.buf[p.i : p.i+8]
	h.tag = NewTag(enc.uint16(b), enc.uint16(b[2:]))
	h.length = enc.uint32(b[4:])
	p.i += 8
	return h, nil
}

// fragments reads encapsulated pixel data: the offset table, then fragments. The
// delimiter may be missing, or be cut, at the end of the data; nothing else may.
func (p *parser) fragments(f *Fragments, enc encoding, end int64) error {
	bulk := p.src != nil && p.opt.BulkThreshold > 0
	for first := true; ; first = false {
		if !first && p.cutDelimiter(enc, end) {
			if p.opt.Warn != nil {
				p.opt.Warn(&ParseError{Offset: p.pos(), Tag: PixelData, Err: ErrNoDelimiter})
			}
			return nil
		}
		h, err := p.itemHeader(enc, end)
		if err != nil {
			return err
		}
		switch {
		case h.tag == sequenceDelimit:
			return nil
		case h.tag != itemTag:
			return p.fail(h, ErrNoItem)
		case int64(h.length) > end-p.pos():
			return p.fail(h, ErrTooShort)
		}
		if bulk && !first {
			f.Data = append(f.Data, nil)
			f.Bulk = append(f.Bulk, &Bulk{Source: p.src, Offset: p.pos(), Length: int64(h.length), WordSize: 1})
			p.skip(int64(h.length))
			continue
		}
		v, err := p.plain(OB, enc, int64(h.length))
		if err != nil {
			return p.fail(h, err)
		}
		if first {
			f.OffsetTable = v
			continue
		}
		f.Data = append(f.Data, v)
	}
}

// cutDelimiter tells whether nothing is left, or the beginning of a sequence
// delimiter, and passes over it.
func (p *parser) cutDelimiter(enc encoding, end int64) bool {
	n := int(min(end-p.pos(), 8))
	if n == 8 || n > 0 && p.need(n) != nil {
		return false
	}
	delimiter := "\xfe\xff\xdd\xe0\x00\x00\x00\x00"
	if enc.bigEndian {
		delimiter = "\xff\xfe\xe0\xdd\x00\x00\x00\x00"
	}
	if string(p.buf[p.i:p.i+n]) != delimiter[:n] {
		return false
	}
	p.i += n
	return true
}

// checkFirst looks at the first element: when it plainly shows a VR in data
// told to be implicit, or none in explicit data, the data are believed; so is a
// low group number in little endian in data told to be big endian.
func (p *parser) checkFirst(enc encoding) encoding {
	if p.size-p.pos() < 8 || p.need(8) != nil {
		return enc
	}
	b := p.buf[p.i : p.i+8]
	vr := VR(b[4])<<8 | VR(b[5])
	long := int64(enc.uint32(b[4:]))
	left := p.size - p.pos() - 8
	switch {
	case enc.bigEndian && b[0] != 0 && b[1] == 0 && !p.vrFollows(enc) && p.vrFollows(encoding{}):
		enc.bigEndian = false
	case enc.implicit && vr.known() && (long > left || p.vrFollows(encoding{bigEndian: enc.bigEndian})):
		enc.implicit = false
	case !enc.implicit && !enc.bigEndian && b[5] < 11 && long <= left && p.nextTagFollows(b, long):
		enc.implicit = true
	}
	return enc
}

// nextTagFollows tells whether behind an implicit first element of n bytes
// comes a higher tag, or the end.
func (p *parser) nextTagFollows(b []byte, n int64) bool {
	if p.size-p.pos() == 8+n {
		return true
	}
	if n > firstChunk/2 || p.size-p.pos() < 8+n+4 || p.need(int(8+n+4)) != nil {
		return false
	}
	le := encoding{}
	first := NewTag(le.uint16(b), le.uint16(b[2:]))
	next := p.buf[p.i+8+int(n):]
	return NewTag(le.uint16(next), le.uint16(next[2:])) > first
}

// vrFollows tells whether behind a first element with the short form of length
// comes one with a VR, or the end.
func (p *parser) vrFollows(enc encoding) bool {
	b := p.buf[p.i : p.i+8]
	if vr := VR(b[4])<<8 | VR(b[5]); !vr.known() || vr.HasLongLength() {
		return false
	}
	n := 8 + int64(enc.uint16(b[6:]))
	left := p.size - p.pos()
	if left == n {
		return true
	}
	if left < n+8 || p.need(int(n)+8) != nil {
		return false
	}
	next := p.buf[p.i+int(n):]
	return (VR(next[4])<<8 | VR(next[5])).known()
}
