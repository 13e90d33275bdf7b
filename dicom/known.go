package dicom

// Known is e with the VR that the dictionary in use has for its tag, when e is
// UN (or of a VR outside the standard) and the tag a public one: bytes in implicit little endian (PS3.5 section
// 6.2.2), so that a sequence among them is read. What can not be read so, and any
// other element, stays as it is. The value is shared with e.
func (e *Element) Known() Element { return e.known(CurrentDictionary(), 0) }

func (e *Element) known(dict *Dictionary, depth int) Element {
	k := *e
	if e.VR != UN && e.VR.known() || e.Items != nil || e.Fragments != nil || e.Tag.IsPrivate() {
		return k
	}
	vr := dict.VR(e.Tag)
	switch size := int64(vr.WordSize()); {
	case vr == UN || e.Length()%size != 0:
	case vr != SQ:
		k.VR = vr
		if k.Bulk != nil {
			b := *k.Bulk
			b.WordSize, b.BigEndian = int(size), false
			k.Bulk = &b
		}
	case e.Bulk == nil:
		if items, ok := parseItems(e.Value, dict, depth); ok {
			k = Element{Tag: e.Tag, VR: SQ, Items: items}
		}
	}
	return k
}

// parseItems reads the bytes of a UN sequence.
func parseItems(v []byte, dict *Dictionary, depth int) ([]*Dataset, bool) {
	if len(v) == 0 {
		return nil, true
	}
	p := newParser(ParseOptions{Dictionary: dict})
	defer p.release()
	p.buf, p.size = v, int64(len(v))
	items, err := p.sequenceOf(encoding{implicit: true}, p.size, depth)
	return items, err == nil
}
