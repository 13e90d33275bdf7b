package jpeg2000

import "math/bits"

// mqEncoder is the arithmetic encoder of C.2. buf starts with one byte that
// is not part of the codeword, so that a carry always has a place.
type mqEncoder struct {
	a, c uint32
	ct   int
	buf  []byte
}

func (m *mqEncoder) init() {
	m.a, m.c, m.ct = 0x8000, 0, 12
	m.buf = append(m.buf[:0], 0)
}

// size is the number of whole bytes written.
func (m *mqEncoder) size() int { return len(m.buf) - 1 }

func (m *mqEncoder) encode(cx *uint32, bit uint32) {
	w := *cx
	qe := w >> 16
	a := m.a - qe
	if w&1 == bit {
		if a&0x8000 != 0 {
			m.a = a
			m.c += qe
			return
		}
		if a < qe {
			a = qe
		} else {
			m.c += qe
		}
		*cx = mqNext[w&mqIndex]
	} else {
		if a < qe {
			m.c += qe
		} else {
			a = qe
		}
		*cx = mqNext[128|w&mqIndex]
	}
	shift := bits.LeadingZeros16(uint16(a))
	m.a = a << uint(shift&15)
	for shift >= m.ct {
		m.c <<= uint(m.ct & 15)
		shift -= m.ct
		m.byteOut()
	}
	m.c <<= uint(shift & 15)
	m.ct -= shift
}

func (m *mqEncoder) byteOut() {
	last := len(m.buf) - 1
	if m.buf[last] != 0xFF && m.c >= 0x8000000 {
		m.buf[last]++
		m.c &= 0x7FFFFFF
	}
	if m.buf[last] == 0xFF {
		m.buf = append(m.buf, byte(m.c>>20))
		m.c &= 0xFFFFF
		m.ct = 7
		return
	}
	m.buf = append(m.buf, byte(m.c>>19))
	m.c &= 0x7FFFF
	m.ct = 8
}

// flush ends the codeword and returns it.
func (m *mqEncoder) flush() []byte {
	limit := m.c + m.a
	m.c |= 0xFFFF
	if m.c >= limit {
		m.c -= 0x8000
	}
	m.c <<= uint(m.ct)
	m.byteOut()
	m.c <<= uint(m.ct)
	m.byteOut()
	out := m.buf[1:]
	for len(out) > 0 && out[len(out)-1] == 0xFF {
		out = out[:len(out)-1]
	}
	return out
}
