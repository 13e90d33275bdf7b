package jpeg2000

import "encoding/binary"

// forwardWriter is the opposite of forwardReader. The bits of a block end with
// ones, which are what a reader finds behind the end.
type forwardWriter struct {
	buf  []byte
	pos  int
	acc  uint64
	n    uint // bits in acc, less than 32 between calls
	full bool // the last byte was FF
}

func (w *forwardWriter) reset(capacity int) {
	if cap(w.buf) < capacity {
		w.buf = make([]byte, capacity)
	}
	w.buf = w.buf[:cap(w.buf)]
	w.pos, w.acc, w.n, w.full = 0, 0, 0, false
}

// put adds n bits, at most 64 in all.
func (w *forwardWriter) put(v uint64, n uint) {
	if n > 32 {
		w.put(v&0xFFFFFFFF, 32)
		v, n = v>>32, n-32
	}
	w.acc |= v << (w.n & 63)
	w.n += n
	if w.n >= 32 {
		w.drain()
	}
}

// drain writes the lowest 32 bits of acc, or as many bytes as leave less.
func (w *forwardWriter) drain() {
	if v := uint32(w.acc); !w.full && !anyFull(v) {
		binary.LittleEndian.PutUint32(w.buf[w.pos:], v)
		w.pos += 4
		w.acc >>= 32
		w.n -= 32
		return
	}
	for w.n >= 32 {
		w.byte()
	}
}

func (w *forwardWriter) byte() {
	width := uint(8)
	if w.full {
		width = 7
	}
	b := byte(w.acc & (1<<width - 1))
	w.buf[w.pos] = b
	w.pos++
	w.acc >>= width
	w.n -= width
	w.full = b == 0xFF
}

// finish gives the bytes, of which the last is not FF.
func (w *forwardWriter) finish() []byte {
	for w.n >= 8 {
		w.byte()
	}
	if w.n > 0 {
		w.acc |= 0xFF << w.n
		w.n = 8
		w.byte()
	}
	if w.pos > 0 && w.buf[w.pos-1] == 0xFF {
		w.pos--
	}
	return w.buf[:w.pos]
}

// anyFull tells whether a byte of v is FF.
func anyFull(v uint32) bool { return (^v-0x01010101)&v&0x80808080 != 0 }

// reverseWriter is the opposite of newVLCReader: buf is filled from its end. Its
// last two bytes will tell the length of the suffix.
type reverseWriter struct {
	buf   []byte
	pos   int // of the byte written last
	acc   uint64
	n     uint // bits in acc, less than 32 between calls
	large bool // the last byte was larger than 8FH
}

func (w *reverseWriter) reset(capacity int) {
	if cap(w.buf) < capacity {
		w.buf = make([]byte, capacity)
	}
	w.buf = w.buf[:cap(w.buf)]
	w.pos = len(w.buf) - 1
	w.acc, w.n, w.large = 15, 4, true
}

// put adds n bits, at most 32.
func (w *reverseWriter) put(v uint64, n uint) {
	w.acc |= v << (w.n & 63)
	w.n += n
	if w.n >= 32 {
		w.drain()
	}
}

func (w *reverseWriter) drain() {
	if v := uint32(w.acc); !anyFull(v | 0x80808080) {
		w.pos -= 4
		binary.BigEndian.PutUint32(w.buf[w.pos:], v)
		w.large = v>>24 > 0x8F
		w.acc >>= 32
		w.n -= 32
		return
	}
	for w.n >= 32 {
		w.byte()
	}
}

func (w *reverseWriter) byte() {
	b, width := byte(w.acc), uint(8)
	if w.large && b&0x7F == 0x7F {
		b, width = 0x7F, 7
	}
	w.pos--
	w.buf[w.pos] = b
	w.large = b > 0x8F
	w.acc >>= width
	w.n -= width
}

// melWriter is the opposite of melReader.
type melWriter struct {
	buf   []byte
	cur   byte
	free  uint // bits free in cur
	state int
	run   int // events 0 not yet written
}

func (w *melWriter) reset() {
	w.buf = w.buf[:0]
	w.cur, w.free, w.state, w.run = 0, 8, 0, 0
}

func (w *melWriter) bit(b int) {
	w.free--
	w.cur |= byte(b) << w.free
	if w.free == 0 {
		w.buf = append(w.buf, w.cur)
		w.free = 8
		if w.cur == 0xFF {
			w.free = 7
		}
		w.cur = 0
	}
}

func (w *melWriter) zero() {
	w.run++
	if w.run == 1<<melExponents[w.state] {
		w.bit(1)
		w.run = 0
		w.state = min(w.state+1, len(melExponents)-1)
	}
}

func (w *melWriter) one() {
	w.bit(0)
	for e := int(melExponents[w.state]) - 1; e >= 0; e-- {
		w.bit(w.run >> e & 1)
	}
	w.run = 0
	w.state = max(w.state-1, 0)
}

// htSuffix joins the two streams that share the end of a clean-up segment. Their
// last bytes become one where the bits of both allow.
func htSuffix(out []byte, mel *melWriter, vlc *reverseWriter) []byte {
	if mel.run > 0 {
		mel.bit(1)
	}
	for vlc.n >= 8 || vlc.n == 7 && vlc.large && vlc.acc == 0x7F {
		vlc.byte()
	}
	before := len(out)
	out = append(out, mel.buf...)
	used, tail := ^byte(0)<<mel.free, byte(vlc.acc)
	mask := byte(1)<<vlc.n - 1
	both := mel.cur | tail
	joined := used != 0 && mask != 0 && vlc.pos < len(vlc.buf)-1 &&
		both&used == mel.cur && both&mask == tail && both != 0xFF
	switch {
	case joined:
		out = append(out, both)
	default:
		if used != 0 {
			out = append(out, mel.cur)
		}
		if mask != 0 {
			out = append(out, tail)
		}
	}
	out = append(out, vlc.buf[vlc.pos:]...)
	n := len(out) - before
	out[len(out)-1] = byte(n >> 4)
	out[len(out)-2] = out[len(out)-2]&0xF0 | byte(n&15)
	return out
}
