package jpegls

import (
	"encoding/binary"
	"math/bits"
)

// bitReader reads the entropy coded bits: behind a byte FF the next one
// carries seven bits. At a marker or the end of the data it goes on with zero
// bits and counts the bytes in over.
type bitReader struct {
	data    []byte
	pos     int
	acc     uint64 // next bits, aligned to the top
	n       int
	afterFF bool
	over    int
}

const maxOver = 8

func (r *bitReader) truncated() bool { return r.over > maxOver }

// fill brings the accumulator to at least 57 bits.
func (r *bitReader) fill() {
	if !r.afterFF && r.pos+8 <= len(r.data) {
		w := binary.BigEndian.Uint64(r.data[r.pos:])
		inv := ^w
		if (inv-0x0101010101010101)&^inv&0x8080808080808080 == 0 {
			r.acc |= w >> uint(r.n)
			take := (64 - r.n) >> 3
			r.pos += take
			r.n += take * 8
			return
		}
	}
	// Bits below n may be left over from a whole-word fill.
	r.acc &= ^(^uint64(0) >> uint(r.n))
	for r.n <= 56 {
		if r.pos >= len(r.data) || r.data[r.pos] == 0xFF && r.pos+1 < len(r.data) && r.data[r.pos+1] >= 0x80 {
			r.over++
			r.n += 8
			continue
		}
		b := r.data[r.pos]
		r.pos++
		width := 8
		if r.afterFF {
			width = 7
		}
		r.acc |= uint64(b) << uint(64-width-r.n)
		r.n += width
		r.afterFF = b == 0xFF
	}
}

// bits reads up to 32 bits.
func (r *bitReader) bits(n int) int32 {
	if r.n < n {
		r.fill()
	}
	v := r.acc >> 1 >> uint(63-n)
	r.acc <<= uint(n)
	r.n -= n
	return int32(v)
}

func (r *bitReader) bit() bool {
	if r.n < 1 {
		r.fill()
	}
	v := r.acc>>63 == 1
	r.acc <<= 1
	r.n--
	return v
}

// golomb reads one code of order k, at most limit bits long, with escaped
// values of qbpp bits.
func (r *bitReader) golomb(k, limit, qbpp int) int32 {
	if r.n < 32 {
		r.fill()
	}
	zeros := bits.LeadingZeros64(r.acc)
	if zeros+1+k <= r.n && zeros < limit-qbpp-1 {
		acc := r.acc << uint(zeros+1)
		v := int32(zeros)<<uint(k) | int32(acc>>1>>uint(63-k))
		r.acc = acc << uint(k)
		r.n -= zeros + 1 + k
		return v
	}
	return r.longGolomb(k, limit, qbpp)
}

func (r *bitReader) longGolomb(k, limit, qbpp int) int32 {
	zeros := 0
	for longest := limit - qbpp - 1; zeros < longest; zeros++ {
		if r.bit() {
			return int32(zeros)<<uint(k) | r.bits(k)
		}
	}
	r.bit()
	return r.bits(qbpp) + 1
}

// restart drops the bits up to the next marker and goes behind it when it is
// a restart marker.
func (r *bitReader) restart() bool {
	r.acc, r.n, r.over, r.afterFF = 0, 0, 0, false
	for ; r.pos+1 < len(r.data); r.pos++ {
		if r.data[r.pos] != 0xFF || r.data[r.pos+1] < 0x80 || r.data[r.pos+1] == 0xFF {
			continue
		}
		if m := r.data[r.pos+1]; m < markerRST0 || m > markerRST0+7 {
			return false
		}
		r.pos += 2
		return true
	}
	return false
}

// bitWriter writes bits with the stuffing that bitReader undoes.
type bitWriter struct {
	out     []byte
	acc     uint64 // pending bits, in the low n
	n       int
	afterFF bool
}

// put writes the low n bits of v, n up to 32.
func (w *bitWriter) put(v uint32, n int) {
	w.acc = w.acc<<uint(n) | uint64(v)
	w.n += n
	if w.n >= 32 {
		w.drain()
	}
}

// drain writes whole bytes until less than 8 bits are pending.
func (w *bitWriter) drain() {
	if !w.afterFF {
		word := uint32(w.acc >> uint(w.n-32))
		inv := ^word
		if (inv-0x01010101)&^inv&0x80808080 == 0 {
			w.out = append(w.out, byte(word>>24), byte(word>>16), byte(word>>8), byte(word))
			w.n -= 32
			return
		}
	}
	for w.n >= 8 {
		w.emit()
	}
}

func (w *bitWriter) emit() {
	width := 8
	if w.afterFF {
		width = 7
	}
	w.n -= width
	b := byte(w.acc>>uint(w.n)) & (1<<uint(width) - 1)
	w.out = append(w.out, b)
	w.afterFF = b == 0xFF
}

// golomb writes one code.
func (w *bitWriter) golomb(v int32, k, limit, qbpp int) {
	zeros := int(v >> uint(k))
	if zeros < limit-qbpp-1 {
		if zeros+k < 32 {
			w.put(1<<uint(k)|uint32(v)&(1<<uint(k)-1), zeros+k+1)
			return
		}
		w.zeros(zeros)
		w.put(1<<uint(k)|uint32(v)&(1<<uint(k)-1), k+1)
		return
	}
	w.zeros(limit - qbpp - 1)
	w.put(1, 1)
	w.put(uint32(v-1)&(1<<uint(qbpp)-1), qbpp)
}

func (w *bitWriter) zeros(n int) {
	for ; n > 32; n -= 32 {
		w.put(0, 32)
	}
	w.put(0, n)
}

// flush pads with zeros to a whole byte; a last byte FF gets a follower, lest
// it be taken for a marker.
func (w *bitWriter) flush() {
	for w.n >= 8 {
		w.emit()
	}
	width := 8
	if w.afterFF {
		width = 7
	}
	if w.n > 0 && w.n < width {
		w.put(0, width-w.n)
	}
	for w.n > 0 {
		w.emit()
	}
	if w.afterFF {
		w.out = append(w.out, 0)
	}
	w.acc, w.afterFF = 0, false
}
