package jpeg

import "encoding/binary"

// bitReader reads entropy coded bits, most significant first, and undoes byte
// stuffing. At a marker or the end of the data it goes on with zero bits and
// counts them in over.
type bitReader struct {
	data []byte
	pos  int
	acc  uint64 // next bits, aligned to the top
	n    int    // valid bits in acc
	over int    // bytes made up beyond the data
}

// maxOver is the number of made up bytes after which the data count as
// truncated: the accumulator alone may hold eight of them.
const maxOver = 8

func hasFF(w uint64) bool {
	w = ^w
	return (w-0x0101010101010101)&^w&0x8080808080808080 != 0
}

// fill brings the accumulator to at least 56 bits.
func (r *bitReader) fill() {
	if r.pos+8 <= len(r.data) {
		w := binary.BigEndian.Uint64(r.data[r.pos:])
		if !hasFF(w) {
			r.acc |= w >> uint(r.n)
			take := (64 - r.n) >> 3
			r.pos += take
			r.n += take * 8
			return
		}
	}
	r.fillSlow()
}

func (r *bitReader) fillSlow() {
	// Bits below n may be left over from a whole-word fill.
	r.acc &= ^uint64(0) << uint(64-r.n)
	for r.n <= 56 {
		var b byte
		switch {
		case r.pos >= len(r.data):
			r.over++
		case r.data[r.pos] != 0xFF:
			b = r.data[r.pos]
			r.pos++
		case r.pos+1 < len(r.data) && r.data[r.pos+1] == 0:
			b = 0xFF
			r.pos += 2
		default:
			r.over++
		}
		r.acc |= uint64(b) << uint(56-r.n)
		r.n += 8
	}
}

func (r *bitReader) truncated() bool { return r.over > maxOver }

// bit reads one bit.
func (r *bitReader) bit() int {
	if r.n < 1 {
		r.fill()
	}
	v := int(r.acc >> 63)
	r.acc <<= 1
	r.n--
	return v
}

// bits reads n bits, 1 to 16.
func (r *bitReader) bits(n int) int {
	if r.n < n {
		r.fill()
	}
	v := int(r.acc >> uint(64-n))
	r.acc <<= uint(n)
	r.n -= n
	return v
}

// symbol reads one Huffman code. It returns -1 when there is no such code.
func (r *bitReader) symbol(h *huffmanDecoder) int {
	if r.n < 16 {
		r.fill()
	}
	if e := h.lut[r.acc>>(64-lutBits)]; e != 0 {
		l := uint(e >> 8)
		r.acc <<= l
		r.n -= int(l)
		return int(e & 0xFF)
	}
	sym, l := h.slow(uint32(r.acc >> 48))
	r.acc <<= uint(l)
	r.n -= l
	return sym
}

// extend turns the n bits v of a coefficient or difference into its value.
func extend(v, n int) int {
	if v < 1<<uint(n-1) {
		return v - 1<<uint(n) + 1
	}
	return v
}

// restart drops the bits up to the next marker and, when that is a restart
// marker, goes behind it.
func (r *bitReader) restart() bool {
	r.acc, r.n, r.over = 0, 0, 0
	for p := r.pos; p+1 < len(r.data); p++ {
		if r.data[p] != 0xFF || r.data[p+1] == 0 || r.data[p+1] == 0xFF {
			continue
		}
		r.pos = p
		if m := r.data[p+1]; m >= markerRST0 && m <= markerRST0+7 {
			r.pos = p + 2
			return true
		}
		return false
	}
	r.pos = len(r.data)
	return false
}

// bitWriter writes entropy coded bits with byte stuffing.
type bitWriter struct {
	out []byte
	acc uint64 // pending bits, in the low n
	n   uint
}

// put writes the low n bits of v, n up to 32.
func (w *bitWriter) put(v uint32, n uint) {
	w.acc = w.acc<<n | uint64(v)
	w.n += n
	if w.n < 32 {
		return
	}
	w.n -= 32
	word := uint32(w.acc >> w.n)
	inv := ^word
	if (inv-0x01010101)&^inv&0x80808080 == 0 {
		w.out = append(w.out, byte(word>>24), byte(word>>16), byte(word>>8), byte(word))
		return
	}
	for shift := 24; shift >= 0; shift -= 8 {
		b := byte(word >> uint(shift))
		w.out = append(w.out, b)
		if b == 0xFF {
			w.out = append(w.out, 0)
		}
	}
}

// flush pads the pending bits with ones to a whole byte.
func (w *bitWriter) flush() {
	if pad := (8 - w.n%8) % 8; pad > 0 {
		w.put(1<<pad-1, pad)
	}
	for w.n > 0 {
		w.n -= 8
		b := byte(w.acc >> w.n)
		w.out = append(w.out, b)
		if b == 0xFF {
			w.out = append(w.out, 0)
		}
	}
	w.acc = 0
}
