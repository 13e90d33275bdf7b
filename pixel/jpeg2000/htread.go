package jpeg2000

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// forwardReader reads bits from the lowest of the first byte on; a byte after
// FF has seven. After the end come fill bytes.
type forwardReader struct {
	data []byte
	acc  uint64
	n    uint
	fill byte
	full bool // the last byte was FF
}

func (r *forwardReader) bits(n uint) uint32 {
	for r.n < n {
		b := r.fill
		if len(r.data) > 0 {
			b, r.data = r.data[0], r.data[1:]
		}
		if r.full {
			r.acc |= uint64(b&0x7F) << r.n
			r.n += 7
		} else {
			r.acc |= uint64(b) << r.n
			r.n += 8
		}
		r.full = b == 0xFF
	}
	v := uint32(r.acc & (1<<n - 1))
	r.acc >>= n
	r.n -= n
	return v
}

// reverseReader reads bits from the lowest of the last byte on. When a byte is
// larger than 8FH and the lower seven bits of the next are ones, the eighth of
// these is not data. After the end come zeros.
type reverseReader struct {
	data  []byte
	acc   uint64
	n     uint
	large bool // the last byte was larger than 8FH
}

func (r *reverseReader) fill() {
	for r.n <= 32 {
		var b byte
		if n := len(r.data); n > 0 {
			b, r.data = r.data[n-1], r.data[:n-1]
		}
		width := uint(8)
		if r.large && b&0x7F == 0x7F {
			width, r.large = 7, b > 0x8F
			b &= 0x7F
		} else {
			r.large = b > 0x8F
		}
		r.acc |= uint64(b) << r.n
		r.n += width
	}
}

// plainForward appends data without stuffed bits, as forwardReader reads it, to buf,
// and ones behind them so that words can be read up to the end.
func plainForward(buf, data []byte) []byte {
	buf = slices.Grow(buf, len(data)+3*8)[:len(data)+3*8]
	acc, n, at := uint64(0), uint(0), 0
	full := false // the last byte was FF
	for len(data) > 0 {
		if len(data) >= 8 && !full {
			if v := binary.LittleEndian.Uint64(data); (^v-0x0101010101010101)&v&0x8080808080808080 == 0 {
				binary.LittleEndian.PutUint64(buf[at:], acc|v<<n)
				acc = v >> 1 >> (63 - n)
				data, at = data[8:], at+8
				continue
			}
		}
		for _, b := range data[:min(8, len(data))] {
			width := uint(8)
			if full {
				width = 7
			}
			acc |= uint64(b) & (1<<width - 1) << n
			n += width
			full = b == 0xFF
			if n >= 32 {
				binary.LittleEndian.PutUint32(buf[at:], uint32(acc))
				acc, n, at = acc>>32, n-32, at+4
			}
		}
		data = data[min(8, len(data)):]
	}
	binary.LittleEndian.PutUint64(buf[at:], acc|^uint64(0)<<n)
	binary.LittleEndian.PutUint64(buf[at+8:], ^uint64(0))
	return buf[:at+16]
}

// plainReverse appends data from the last byte on, without stuffed bits, as
// reverseReader reads it, to buf, and zeros behind them. It begins with the upper
// half of the last byte; data must not be empty.
func plainReverse(buf, data []byte) []byte {
	buf = slices.Grow(buf, len(data)+2*8)[:len(data)+2*8]
	last := data[len(data)-1]
	acc, n, at, large := uint64(last>>4), uint(4), 0, last|15 > 0x8F
	if acc&7 == 7 {
		acc, n = 7, 3
	}
	for i := len(data) - 2; i >= 0; i-- {
		if i >= 7 {
			v := bits.ReverseBytes64(binary.LittleEndian.Uint64(data[i-7:]))
			if w := v | 0x8080808080808080; (^w-0x0101010101010101)&w&0x8080808080808080 == 0 {
				binary.LittleEndian.PutUint64(buf[at:], acc|v<<n)
				acc, large = v>>1>>(63-n), v>>56 > 0x8F
				i, at = i-7, at+8
				continue
			}
		}
		b := data[i]
		width := uint(8)
		if large && b&0x7F == 0x7F {
			b, width = 0x7F, 7
		}
		large = data[i] > 0x8F
		acc |= uint64(b) << n
		n += width
		if n >= 32 {
			binary.LittleEndian.PutUint32(buf[at:], uint32(acc))
			acc, n, at = acc>>32, n-32, at+4
		}
	}
	binary.LittleEndian.PutUint64(buf[at:], acc)
	binary.LittleEndian.PutUint64(buf[at+8:], 0)
	return buf[:at+16]
}

// peek shows at least 32 bits.
func (r *reverseReader) peek() uint32 {
	if r.n < 32 {
		r.fill()
	}
	return uint32(r.acc)
}

func (r *reverseReader) skip(n uint) {
	r.acc >>= n
	r.n -= n
}

func (r *reverseReader) bits(n uint) uint32 {
	v := r.peek() & (1<<n - 1)
	r.skip(n)
	return v
}

// melExponents are the run lengths of the adaptive run coder, as powers of 2.
var melExponents = [13]uint8{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5}

// melReader decodes the events of the adaptive run length coder. Its bits come
// from the highest of each byte; a byte after FF has seven. The lower half of
// the last byte belongs to the other stream and counts as ones.
type melReader struct {
	data  []byte
	cur   byte
	n     uint // bits left in cur
	state int
	zeros int  // events 0 to come
	one   bool // an event 1 follows
}

func (r *melReader) bit() int {
	if r.n == 0 {
		r.n = 8
		if r.cur == 0xFF {
			r.n = 7
		}
		r.cur = 0xFF
		if len(r.data) > 0 {
			r.cur = r.data[0]
			if len(r.data) == 1 {
				r.cur |= 15
			}
			r.data = r.data[1:]
		}
	}
	r.n--
	return int(r.cur>>r.n) & 1
}

func (r *melReader) event() int {
	if r.zeros == 0 && !r.one {
		e := melExponents[r.state]
		if r.bit() == 1 {
			r.zeros = 1 << e
			r.state = min(r.state+1, 12)
		} else {
			for range e {
				r.zeros = r.zeros<<1 | r.bit()
			}
			r.one = true
			r.state = max(r.state-1, 0)
		}
	}
	if r.zeros > 0 {
		r.zeros--
		return 0
	}
	r.one = false
	return 1
}
