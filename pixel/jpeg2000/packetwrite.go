package jpeg2000

// headerWriter writes packet header bits with bit stuffing, B.10.1.
type headerWriter struct {
	data []byte
	cur  byte
	n    int // bits free in cur
}

func newHeaderWriter() *headerWriter { return &headerWriter{n: 8} }

func (w *headerWriter) bit(b int) {
	if w.n == 0 {
		w.data = append(w.data, w.cur)
		w.n = 8
		if w.cur == 0xFF {
			w.n = 7
		}
		w.cur = 0
	}
	w.n--
	w.cur |= byte(b) << uint(w.n)
}

func (w *headerWriter) bits(v, n int) {
	for n--; n >= 0; n-- {
		w.bit(v >> uint(n) & 1)
	}
}

// finish pads the header to whole bytes; it must not end with FF.
func (w *headerWriter) finish() []byte {
	w.data = append(w.data, w.cur)
	if w.cur == 0xFF {
		w.data = append(w.data, 0)
	}
	return w.data
}

// passCount writes the number of coding passes, table B.4.
func (w *headerWriter) passCount(n int) {
	switch {
	case n == 1:
		w.bits(0, 1)
	case n == 2:
		w.bits(2, 2)
	case n <= 5:
		w.bits(0xC|(n-3), 4)
	case n <= 36:
		w.bits(0x1E0|(n-6), 9)
	default:
		w.bits(0xFF80|(n-37), 16)
	}
}
