package jpegls

import "encoding/binary"

// prediction is what a lossless coder knows of a sample before its context has
// been adapted by the samples before it: the signed context number and the
// prediction of the median edge detector.
type prediction struct{ q, px int32 }

// rawLine collects the bits of a line, without stuffing.
type rawLine struct {
	buf []byte
	pos int    // whole bytes
	acc uint64 // bits behind them, from the top
	n   uint   // how many, less than 8 between calls
}

// longestCode bounds a code with its zeros, in bytes.
const longestCode = 8

func (r *rawLine) reset(width int) {
	if need := (longestCode+1)*width + 64; len(r.buf) < need {
		r.buf = make([]byte, need)
	}
	r.pos, r.acc, r.n = 0, 0, 0
}

// put adds the low n bits of v, at most 56 of them.
func (r *rawLine) put(v uint64, n uint) {
	r.acc |= v << (64 - r.n - n)
	r.n += n
	binary.BigEndian.PutUint64(r.buf[r.pos:], r.acc)
	r.pos += int(r.n >> 3)
	r.acc <<= r.n &^ 7
	r.n &= 7
}

// golomb adds one code.
func (r *rawLine) golomb(v int32, k, limit, qbpp int) {
	zeros, low := int(v)>>k, uint64(1)<<k|uint64(v)&(1<<k-1)
	if zeros >= limit-qbpp-1 {
		zeros, k, low = limit-qbpp-1, qbpp, 1<<qbpp|uint64(v-1)&(1<<qbpp-1)
	}
	for ; zeros > 32; zeros -= 32 {
		r.put(0, 32)
	}
	r.put(0, uint(zeros))
	r.put(low, uint(k)+1)
}

// writeTo hands the bits to a writer.
func (r *rawLine) writeTo(w *bitWriter) {
	b := r.buf[:r.pos]
	for ; len(b) >= 4; b = b[4:] {
		w.put(binary.BigEndian.Uint32(b), 32)
	}
	for _, v := range b {
		w.put(uint32(v), 8)
	}
	w.put(uint32(r.acc>>(64-r.n)), int(r.n))
}

// predictLine fills in the predictions of a line. The samples of a lossless line
// are known beforehand, so that this needs no context.
func (e *encoder) predictLine(cur, prev []uint16) {
	if e.maxVal <= 255 {
		e.predictBytes(cur, prev)
		return
	}
	table, t3 := e.gradients, e.t3
	prev = prev[:len(cur)]
	out := e.predictions[:len(cur)]
	ra, rb, rc := int32(cur[0]), int32(prev[1]), int32(prev[0])
	above := int32(table[within(rb-rc+t3, 2*t3)])
	for x := 1; x < len(cur)-1; x++ {
		rd := int32(prev[x+1])
		next := int32(table[within(rd-rb+t3, 2*t3)])
		out[x] = prediction{q: 81*next + 9*above + int32(table[within(rc-ra+t3, 2*t3)]), px: predict(ra, rb, rc)}
		ra, rc, rb, above = int32(cur[x]), rb, rd, next
	}
}

// predictBytes is predictLine for samples up to 255.
func (e *encoder) predictBytes(cur, prev []uint16) {
	table := &e.byteGradients
	prev = prev[:len(cur)]
	out := e.predictions[:len(cur)]
	ra, rb, rc := int32(cur[0]), int32(prev[1]), int32(prev[0])
	above := int32(table[uint32(rb-rc)&511])
	for x := 1; x < len(cur)-1; x++ {
		rd := int32(prev[x+1])
		next := int32(table[uint32(rd-rb)&511])
		out[x] = prediction{q: 81*next + 9*above + int32(table[uint32(rc-ra)&511]), px: predict(ra, rb, rc)}
		ra, rc, rb, above = int32(cur[x]), rb, rd, next
	}
}

// within brings v into 0..top by arithmetic: compilers branch for min and max here.
func within(v, top int32) int32 {
	v &^= v >> 31
	over := v - top
	return v - over&^(over>>31)
}

// losslessLine codes one line of one component without loss.
func (e *encoder) losslessLine(component int) {
	cur, prev := e.lines.cur[component], e.lines.prev[component]
	e.predictLine(cur, prev)
	e.raw.reset(len(cur))
	for x := 1; x < len(cur)-1; {
		if x = e.regularSamples(cur, x); x < len(cur)-1 {
			x = e.losslessRun(cur, prev, x, &e.lines.runIndex[component])
		}
	}
	e.raw.writeTo(&e.w)
}

// regularSamples codes samples from x on up to one that begins a run, or the end of
// the line.
func (e *encoder) regularSamples(cur []uint16, x int) int {
	end := e.adaptContexts(cur, x)
	e.writeCodes(e.predictions[x:end])
	return end
}

// adaptContexts replaces predictions, from x on up to one that begins a run, by what
// is to be coded: the order of the code in q, the mapped error in px. Its branches
// are for what is rare.
func (e *encoder) adaptContexts(cur []uint16, x int) int {
	maxVal, reset, half := e.maxVal, e.reset, e.rng/2
	contexts := &e.contexts
	fine := maxVal > 255 // errors are large, and move the bias out of its range often
	last := len(cur) - 1
	predictions, samples := e.predictions[:last], cur[:last]
	for ; x < len(predictions); x++ {
		p := &predictions[x]
		if p.q == 0 {
			break
		}
		sign := p.q >> 31
		c := &contexts[(p.q^sign)-sign]
		a, b, n := c.a, c.b, c.n
		px := max(0, min(maxVal, p.px+(c.c^sign)-sign))
		err := (int32(samples[x]) - px) ^ sign - sign
		if uint32(err+half) >= uint32(2*half) {
			err = e.reduce(err)
		}
		k := golombOrder(a, n)
		mapped := err ^ (2*b+n-1)>>31&int32(k-1)>>31
		p.q, p.px = int32(k), mapped<<1^mapped>>31

		b += err
		a += (err ^ err>>31) - err>>31
		if n == reset {
			a, b, n = a>>1, b>>1, n>>1
		}
		n++
		if fine {
			low, high := (b+n-1)>>31, -b>>31 // all ones where b is at most -n, above 0
			b = max(1-n, min(0, b+n&low-n&high))
			if c.c += low - high; uint32(c.c+128) > 255 {
				c.c -= low - high
			}
		} else if uint32(-b) >= uint32(n) {
			b = c.correct(b, n)
		}
		c.a, c.b, c.n = a, b, n
	}
	return x
}

// correct moves the correction of a context against a bias that is out of -n+1..0,
// and returns what is left of it.
func (c *context) correct(b, n int32) int32 {
	if b > 0 {
		c.c = min(c.c+1, 127)
		return min(b-n, 0)
	}
	c.c = max(c.c-1, -128)
	return max(b+n, 1-n)
}

// writeCodes writes what adaptContexts has left.
func (e *encoder) writeCodes(codes []prediction) {
	r := &e.raw
	buf, pos, acc, n := r.buf, r.pos, r.acc, r.n
	longest := uint32(e.limit - e.qbpp - 1)
	for i := range codes {
		k, mapped := uint(codes[i].q)&31, uint32(codes[i].px)
		zeros := mapped >> k
		if zeros < longest && zeros < 32 {
			n += uint(zeros) + k + 1
			one := uint32(1) << k
			acc |= uint64(one|mapped&(one-1)) << ((64 - n) & 63)
			binary.BigEndian.PutUint64(buf[pos:pos+8:pos+8], acc)
			pos += int(n >> 3)
			acc <<= n & 56
			n &= 7
			continue
		}
		r.pos, r.acc, r.n = pos, acc, n
		r.golomb(int32(mapped), int(k), e.limit, e.qbpp)
		pos, acc, n = r.pos, r.acc, r.n
	}
	r.pos, r.acc, r.n = pos, acc, n
}

// losslessRun codes a run from x on, and the sample that ends it; it returns the
// next x.
func (e *encoder) losslessRun(cur, prev []uint16, x int, index *int) int {
	ra, end := cur[x-1], len(cur)-1
	n := 0
	for n < end-x && cur[x+n] == ra {
		n++
	}
	x += n
	for n >= 1<<runOrder[*index] {
		e.raw.put(1, 1)
		n -= 1 << runOrder[*index]
		*index = min(*index+1, 31)
	}
	if x == end {
		if n > 0 {
			e.raw.put(1, 1)
		}
		return x
	}
	e.raw.put(uint64(n), 1+uint(runOrder[*index]))
	a, b, v := int32(ra), int32(prev[x]), int32(cur[x])
	kind, err := int32(0), v-b
	switch {
	case a == b:
		kind = 1
	case a > b:
		err = b - v
	}
	e.losslessRunError(kind, *index, err)
	*index = max(*index-1, 0)
	return x + 1
}

func (e *encoder) losslessRunError(kind int32, index int, err int32) {
	err = e.reduce(err)
	c := &e.runs[kind]
	k := c.order(kind)
	coded := 2*max(err, -err) - kind - c.mapped(err, k)
	e.raw.golomb(coded, k, e.limit-int(runOrder[index])-1, e.qbpp)
	c.update(err, coded, kind, e.reset)
}
