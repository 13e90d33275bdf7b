package jpeg2000

import "encoding/binary"

// tilePart is the header and the packets of one tile-part.
type tilePart struct {
	header []byte // marker segments between SOT and SOD
	body   []byte
	packed []byte // packet headers from PPM
}

// partRef names a tile-part by its tile and its number within the tile.
type partRef struct{ tile, index int }

// tileParts finds the tile-parts from pos on. It stops where there is none;
// what is missing shows when the packets are read. Where the data go on after
// the last tile-part, its length was wrong and it takes them all.
func (s *stream) tileParts(data []byte, pos int) {
	var last *tilePart
	body := 0
	for pos+12 <= len(data) && binary.BigEndian.Uint16(data[pos:]) == markerSOT {
		tile := int(binary.BigEndian.Uint16(data[pos+4:]))
		length := int(binary.BigEndian.Uint32(data[pos+6:]))
		end := min(pos+length, len(data))
		if length == 0 {
			end = len(data)
		}
		header := pos + 12
		body = header
		for body+4 <= end && binary.BigEndian.Uint16(data[body:]) != markerSOD {
			body += 2 + int(binary.BigEndian.Uint16(data[body+2:]))
		}
		if tile >= s.size.nx*s.size.ny || body+2 > end || binary.BigEndian.Uint16(data[body:]) != markerSOD {
			return
		}
		if len(s.parts[tile]) == 0 {
			s.tiles = append(s.tiles, tile)
		}
		s.parts[tile] = append(s.parts[tile], tilePart{header: data[header:body], body: data[body+2 : end]})
		s.partOrder = append(s.partOrder, partRef{tile, len(s.parts[tile]) - 1})
		last = &s.parts[tile][len(s.parts[tile])-1]
		pos = end
	}
	if last != nil && pos+2 <= len(data) && binary.BigEndian.Uint16(data[pos:]) != markerEOC {
		last.body = data[body+2:]
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
