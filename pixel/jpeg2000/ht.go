package jpeg2000

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// htCode is an entry of a decoding table: from the lowest bit, the length of the
// codeword (3 bits, 0 for none), whether there is an exponent offset (1 bit), and
// four bits each of significance pattern, E^k and E^1.
type htCode uint16

func (c htCode) length() uint { return uint(c & 7) }
func (c htCode) offset() uint { return uint(c >> 3 & 1) }

// west is what the quad means for the context of the next one.
func (c htCode) west() uint { return uint(c>>5|c>>6) & 2 }

// westFirst is west in the first row of quads.
func (c htCode) westFirst() uint { return uint(c>>4&1 | c>>5&7) }

// htCodes are indexed by row (first or other), context and the next 7 bits.
var htCodes [2][8 * 128]htCode

func makeHTCodes() {
	for row, entries := range [2][]uint32{htFirstRow[:], htOtherRows[:]} {
		for _, e := range entries {
			length := e & 15
			c := htCode(length | e>>20&1<<3 | e>>24&15<<4 | e>>16&15<<8 | e>>12&15<<12)
			for i := int(e >> 4 & 0xFF); i < 128; i += 1 << length {
				htCodes[row][int(e>>28)<<7|i] = c
			}
		}
	}
}

// htPrefixes are indexed by which quads of a pair have an exponent offset and the
// next 6 bits. An entry holds, four bits each from the lowest: the length of the
// prefixes, the lengths of both suffixes, and the values of both prefixes.
var htPrefixes [4 * 64]uint32

func makeHTPrefixes() {
	for i := range htPrefixes {
		word, length := uint32(i&63), uint32(0)
		var suffix, value [2]uint32
		for k := range 2 {
			if i>>(6+k)&1 == 0 {
				continue
			}
			n := uint32(min(bits.TrailingZeros32(word)+1, 3))
			switch {
			case n < 3:
				value[k] = n
			case word&4 != 0:
				value[k], suffix[k] = 3, 1
			default:
				value[k], suffix[k] = 5, 5
			}
			word >>= n
			length += n
		}
		htPrefixes[i] = length | suffix[0]<<4 | suffix[1]<<8 | value[0]<<12 | value[1]<<16
	}
}

// htTables fills the tables when the first block is decoded.
var htTables = sync.OnceFunc(func() {
	makeHTCodes()
	makeHTPrefixes()
	makeLanes()
})

// htScratch is what decoding a clean-up segment needs besides the samples.
type htScratch struct {
	magnitude, vlc []byte // without stuffed bits
	mel            melReader
	at             uint     // bits read of vlc
	codes          []htCode // of a row of quads
	offsets        []uint8  // then bounds of the exponents
	below          []uint32 // as of htEncoder
}

// decodeHT decodes a high throughput code block (ISO/IEC 15444-15 clause 7) into
// samples, row by row, as twice their value with the half of the last plane, in
// two's complement. planes is the number of bit planes of the clean-up pass and
// above. It reports damage.
func (t *blockDecoder) decodeHT(chunks []chunk, cb *codeBlock, style uint8, planes int) error {
	htTables()
	t.w, t.h = int(cb.x1-cb.x0), int(cb.y1-cb.y0)
	t.rowLen = (t.w + 1) &^ 1
	n := t.rowLen * ((t.h + 1) &^ 1)
	if cap(t.samples) < n {
		t.samples = make([]uint32, n, max(n, 4096+64))
	}
	t.samples = t.samples[:n]
	first := &chunks[cb.first]
	if first.cut || planes < 1 {
		clear(t.samples)
		return nil
	}
	plane := uint(planes - 1)
	if !t.htCleanup(first.data, plane) {
		return formatError("high throughput code block")
	}
	if first.next < 0 || plane == 0 {
		return nil
	}
	refinement := &chunks[first.next]
	if refinement.cut || len(refinement.data) == 0 {
		return nil
	}
	t.causal = style&styleCausal != 0
	t.resetFlags()
	t.htMark()
	t.htSignificance(refinement.data, plane-1)
	if refinement.passes > 1 {
		t.htRefinement(refinement.data, plane-1)
	}
	return nil
}

// htCleanup decodes the clean-up segment, whose last bytes tell where its three
// streams lie.
func (t *blockDecoder) htCleanup(data []byte, plane uint) bool {
	n := len(data)
	if n < 2 {
		return false
	}
	suffix := int(data[n-1])<<4 | int(data[n-2]&15)
	if suffix < 2 || suffix > n || suffix > 4079 {
		return false
	}
	s := &t.ht
	s.magnitude = plainForward(s.magnitude[:0], data[:n-suffix])
	s.vlc = plainReverse(s.vlc[:0], data[n-suffix:n-1])
	s.mel = melReader{data: data[n-suffix : n-1]}
	s.at = 0
	quads := (t.w+1)/2 + 3
	if cap(s.codes) < quads {
		s.codes, s.offsets = make([]htCode, quads), make([]uint8, quads)
		s.below = make([]uint32, quads)
	}
	quads = t.rowLen / 2
	clear(s.below)
	at := uint(0)
	for y := 0; y < t.h; y += 2 {
		if y == 0 {
			s.firstRow(quads)
		} else {
			s.row(quads)
		}
		most := s.bounds(quads)
		if most+int(plane) > maxPlanes {
			return false
		}
		top, bottom := t.samples[y*t.rowLen:(y+1)*t.rowLen], t.samples[(y+1)*t.rowLen:(y+2)*t.rowLen]
		if most <= narrowBound {
			at = s.narrow(top, bottom, at, plane)
		} else {
			at = s.wide(top, bottom, at, plane)
		}
	}
	return true
}

// row reads codes and exponent offsets of a row of quads, two at a time.
func (s *htScratch) row(quads int) {
	codes, offsets, below := s.codes[:quads+1], s.offsets[:quads+1], s.below[:quads+2]
	table, west := &htCodes[1], uint(0)
	at, vlc := s.at, s.vlc
	for q := 0; q < quads; q += 2 {
		word := uint64(0)
		if i := int(at >> 3); i+8 <= len(vlc) {
			word = binary.LittleEndian.Uint64(vlc[i:]) >> (at & 7)
		}
		context := west
		if below[q] != 0 {
			context |= 1
		}
		if below[q+1] != 0 {
			context |= 4
		}
		c0, c1 := table[context<<7|uint(word&127)], htCode(0)
		if context == 0 && s.mel.event() == 0 {
			c0 = 0
		}
		n := c0.length()
		west = c0.west()
		if q+1 < quads {
			context = west
			if below[q+1] != 0 {
				context |= 1
			}
			if below[q+2] != 0 {
				context |= 4
			}
			c1 = table[context<<7|uint(word>>n&127)]
			if context == 0 && s.mel.event() == 0 {
				c1 = 0
			}
			n += c1.length()
			west = c1.west()
		}
		codes[q], codes[q+1] = c0, c1
		word >>= n & 31
		// As pairOffsets does, but for the largest offsets.
		p := htPrefixes[(c0>>3&1|c1>>2&2)<<6|htCode(word&63)]
		n += uint(p & 15)
		x := uint32(word >> (p & 15))
		n0, n1 := p>>4&15, p>>8&15
		x0, x1 := x&(1<<n0-1), x>>n0&(1<<n1-1)
		n += uint(n0 + n1)
		u0, u1 := p>>12&15+x0, p>>16&15+x1
		if x0|x1 >= 28 {
			a, b, length := pairOffsets(word, c0.offset()|c1.offset()<<1)
			u0, u1 = uint32(a), uint32(b)
			n += length - uint(p&15+n0+n1)
		}
		offsets[q], offsets[q+1] = uint8(u0), uint8(u1)
		at += n
	}
	s.at = at
}

// pairOffsets reads the exponent offsets of two quads, and tells the number of bits.
func pairOffsets(word uint64, which uint) (u0, u1, length uint) {
	p := htPrefixes[which<<6&192|uint(word&63)]
	length = uint(p & 15)
	word >>= length
	n0, n1 := uint(p>>4&15), uint(p>>8&15)
	x0 := uint(word) & (1<<n0 - 1)
	word >>= n0
	x1 := uint(word) & (1<<n1 - 1)
	length += n0 + n1
	u0, u1 = uint(p>>12&15)+x0, uint(p>>16&15)+x1
	if x0|x1 < 28 {
		return u0, u1, length
	}
	word >>= n1
	if x0 >= 28 {
		u0 += uint(word&15) * 4
		word >>= 4
		length += 4
	}
	if x1 >= 28 {
		u1 += uint(word&15) * 4
		length += 4
	}
	return u0, u1, length
}

// firstRow is row for the first row of quads of a block.
func (s *htScratch) firstRow(quads int) {
	context := uint(0)
	for q := 0; q < quads; q += 2 {
		var c [2]htCode
		for i := range min(2, quads-q) {
			c[i] = htCodes[0][context<<7|uint(s.peek()&127)]
			if context == 0 && s.mel.event() == 0 {
				c[i] = 0
			}
			s.at += c[i].length()
			context = c[i].westFirst()
		}
		u0, u1 := s.firstOffsets(c[0].offset(), c[1].offset())
		s.codes[q], s.codes[q+1] = c[0], c[1]
		s.offsets[q], s.offsets[q+1] = uint8(u0), uint8(u1)
	}
}

// peek shows at least 57 bits of vlc, zeros behind the end.
func (s *htScratch) peek() uint64 {
	if i := int(s.at >> 3); i+8 <= len(s.vlc) {
		return binary.LittleEndian.Uint64(s.vlc[i:]) >> (s.at & 7)
	}
	return 0
}

func (s *htScratch) firstOffsets(o0, o1 uint) (u0, u1 uint) {
	word, more, length := s.peek(), uint(0), uint(0)
	if o0&o1 != 0 {
		if s.mel.event() == 1 {
			more = 2
		} else if word&3 == 0 {
			// The first is larger than 2: the other is a bit behind its prefix.
			u0, _, length = pairOffsets(word&7|word>>4<<3, 1)
			u1 = uint(word>>3&1) + 1
			s.at += length + 1
			return u0, u1
		}
	}
	u0, u1, length = pairOffsets(word, o0|o1<<1)
	s.at += length
	return u0 + more, u1 + more
}
