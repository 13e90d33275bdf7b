package jpeg2000

import "math/bits"

// mqState is one row of table C.2: the probability estimate of the less
// probable symbol and the next states.
type mqState struct {
	qe         uint16
	mps, lps   uint8
	switchBits uint8
}

var mqStates = [47]mqState{
	{0x5601, 1, 1, 1}, {0x3401, 2, 6, 0}, {0x1801, 3, 9, 0}, {0x0AC1, 4, 12, 0},
	{0x0521, 5, 29, 0}, {0x0221, 38, 33, 0}, {0x5601, 7, 6, 1}, {0x5401, 8, 14, 0},
	{0x4801, 9, 14, 0}, {0x3801, 10, 14, 0}, {0x3001, 11, 17, 0}, {0x2401, 12, 18, 0},
	{0x1C01, 13, 20, 0}, {0x1601, 29, 21, 0}, {0x5601, 15, 14, 1}, {0x5401, 16, 14, 0},
	{0x5101, 17, 15, 0}, {0x4801, 18, 16, 0}, {0x3801, 19, 17, 0}, {0x3401, 20, 18, 0},
	{0x3001, 21, 19, 0}, {0x2801, 22, 19, 0}, {0x2401, 23, 20, 0}, {0x2201, 24, 21, 0},
	{0x1C01, 25, 22, 0}, {0x1801, 26, 23, 0}, {0x1601, 27, 24, 0}, {0x1401, 28, 25, 0},
	{0x1201, 29, 26, 0}, {0x1101, 30, 27, 0}, {0x0AC1, 31, 28, 0}, {0x09C1, 32, 29, 0},
	{0x08A1, 33, 30, 0}, {0x0521, 34, 31, 0}, {0x0441, 35, 32, 0}, {0x02A1, 36, 33, 0},
	{0x0221, 37, 34, 0}, {0x0141, 38, 35, 0}, {0x0111, 39, 36, 0}, {0x0085, 40, 37, 0},
	{0x0049, 41, 38, 0}, {0x0025, 42, 39, 0}, {0x0015, 43, 40, 0}, {0x0009, 44, 41, 0},
	{0x0005, 45, 42, 0}, {0x0001, 45, 43, 0}, {0x5601, 46, 46, 0},
}

// A context word packs a state for both coders: Qe in the upper half, the
// state number above the more probable symbol in the lowest seven bits.
const mqIndex = 0x7F

func mqWord(state, mps int) uint32 {
	return uint32(mqStates[state].qe)<<16 | uint32(state<<1|mps)
}

// mqNext gives the context word after a coded symbol that caused a
// renormalisation, by the lowest seven bits of the word before; the second half
// is for the less probable symbol.
var mqNext = mqTransitions()

func mqTransitions() (next [256]uint32) {
	for i, s := range mqStates {
		for m := range 2 {
			next[i<<1|m] = mqWord(int(s.mps), m)
			next[128|i<<1|m] = mqWord(int(s.lps), m^int(s.switchBits))
		}
	}
	return next
}

// Contexts of table D.7.
const (
	ctxZero    = 0
	ctxSign    = 9
	ctxRefine  = 14
	ctxRun     = 17
	ctxUniform = 18
	ctxCount   = 19
)

type mqContexts [32]uint32

func (c *mqContexts) reset() {
	for i := range ctxCount {
		c[i] = mqWord(0, 0)
	}
	c[ctxZero] = mqWord(4, 0)
	c[ctxRun] = mqWord(3, 0)
	c[ctxUniform] = mqWord(46, 0)
}

// mqDecoder is the arithmetic decoder of C.3. The registers A and C are kept
// less a margin d = min(A-8000H, Chigh), so that a more probable symbol
// without renormalisation costs one subtraction: callers keep d, subtract Qe
// from it, and call slow when it becomes negative.
type mqDecoder struct {
	a, c int64
	ct   int
	data []byte
	pos  int
	d    int32
}

// at is byte i, ones after the end.
func (m *mqDecoder) at(i int) int64 {
	if i < len(m.data) {
		return int64(m.data[i])
	}
	return 0xFF
}

// init starts decoding a codeword segment.
func (m *mqDecoder) init(data []byte) {
	m.data, m.pos = data, 0
	m.c = m.at(0) << 16
	m.byteIn()
	m.c <<= 7
	m.ct -= 7
	m.a = 0x8000
	m.margin()
}

func (m *mqDecoder) byteIn() {
	if m.at(m.pos) != 0xFF {
		m.pos++
		m.c += m.at(m.pos) << 8
		m.ct = 8
		return
	}
	if next := m.at(m.pos + 1); next <= 0x8F {
		m.pos++
		m.c += next << 9
		m.ct = 7
		return
	}
	m.c += 0xFF00
	m.ct = 8
}

// margin splits d off A and C.
func (m *mqDecoder) margin() {
	d := min(m.a-0x8000, m.c>>16)
	m.a -= d
	m.c -= d << 16
	m.d = int32(d)
}

// slow finishes a decision whose margin d became negative. It returns the
// symbol and the new margin. The less probable symbol has been coded when just
// one of these holds: C lies in its interval, the intervals are exchanged.
func (m *mqDecoder) slow(cx *uint32, d int32) (uint32, int32) {
	w := *cx
	qe := int64(w >> 16)
	a := m.a + int64(d)
	c := m.c + int64(d)<<16
	lower := c >> 63 // all ones when C is below
	less := uint32(lower^(a-qe)>>63) & 1
	*cx = mqNext[less<<7|w&mqIndex]
	c += qe << 16 & lower
	a ^= (a ^ qe) & lower
	shift := bits.LeadingZeros16(uint16(a))
	a <<= uint(shift) & 15
	if shift > m.ct {
		c, shift = m.refill(c, shift)
	}
	c <<= uint(shift) & 15
	m.ct -= shift
	margin := min(a-0x8000, c>>16)
	m.a = a - margin
	m.c = c - margin<<16
	return w&1 ^ less, int32(margin)
}

// refill shifts c past the end of the byte at hand. It returns c and the shift
// that is left.
func (m *mqDecoder) refill(c int64, shift int) (int64, int) {
	m.c = c
	for shift > m.ct {
		m.c <<= uint(m.ct) & 15
		shift -= m.ct
		m.byteIn()
	}
	return m.c, shift
}

// exhausted tells that the decoder lives on the ones after the segment's end.
func (m *mqDecoder) exhausted() bool { return m.pos > len(m.data)+1 }

// rawReader reads the bits of a bypass segment, D.6.
type rawReader struct {
	data []byte
	pos  int
	cur  byte
	n    uint
}

func (r *rawReader) bit() uint32 {
	if r.n == 0 {
		r.n = 8
		if r.cur == 0xFF {
			r.n = 7
		}
		r.cur = 0xFF
		if r.pos < len(r.data) {
			r.cur = r.data[r.pos]
		}
		r.pos++
	}
	r.n--
	return uint32(r.cur>>r.n) & 1
}
