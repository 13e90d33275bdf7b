package jpegls

import (
	"encoding/binary"
	"fmt"

	"conquest/pixel/frame"
)

// Encode codes one frame. Samples are taken as the unsigned value of their
// low f.BitsStored bits, which is the precision written (at least 2).
func Encode(f *frame.Frame, opt EncodeOptions) ([]byte, error) {
	bitsStored := max(f.BitsStored, 2)
	if f.Width < 1 || f.Height < 1 || f.Width > 65535 || f.Height > 65535 || f.Components < 1 || f.Components > 4 {
		return nil, fmt.Errorf("encode JPEG-LS frame: %d x %d pixels of %d components", f.Width, f.Height, f.Components)
	}
	if f.BitsAllocated != 8 && f.BitsAllocated != 16 || f.BitsStored < 1 || f.BitsStored > f.BitsAllocated {
		return nil, fmt.Errorf("encode JPEG-LS frame: %d of %d bits stored", f.BitsStored, f.BitsAllocated)
	}
	if len(f.Pix) < f.Height*f.Stride() {
		return nil, fmt.Errorf("encode JPEG-LS frame: %d bytes for %d x %d pixels", len(f.Pix), f.Width, f.Height)
	}
	if opt.Interleave < InterleaveNone || opt.Interleave > InterleaveSample || opt.RestartInterval < 0 || opt.RestartInterval > 65535 {
		return nil, fmt.Errorf("encode JPEG-LS frame: interleave mode %d, restart interval %d", opt.Interleave, opt.RestartInterval)
	}
	m, err := newModel(bitsStored, opt.Near, preset{})
	if err != nil {
		return nil, fmt.Errorf("encode JPEG-LS frame: %w", err)
	}
	e := &encoder{model: m, frame: f, opt: opt}
	for d := int32(-255); d <= 255; d++ {
		e.byteGradients[d&511] = int8(e.quantize(d))
	}
	e.w.out = make([]byte, 0, len(f.Pix)/2+256)
	e.headers(bitsStored)
	all := []int{0, 1, 2, 3}[:f.Components]
	if f.Components == 1 || opt.Interleave == InterleaveNone {
		for i := range all {
			e.scan(all[i:i+1], InterleaveNone)
		}
	} else {
		e.scan(all, opt.Interleave)
	}
	return append(e.w.out, 0xFF, markerEOI), nil
}

type encoder struct {
	*model
	frame *frame.Frame
	opt   EncodeOptions
	w     bitWriter
	lines *lines

	// of losslessLine
	raw           rawLine
	predictions   []prediction
	byteGradients [512]int8 // by gradient modulo 512, of samples up to 255
}

func (e *encoder) headers(bitsStored int) {
	f := e.frame
	out := append(e.w.out, 0xFF, markerSOI, 0xFF, markerSOF55)
	out = binary.BigEndian.AppendUint16(out, uint16(8+3*f.Components))
	out = append(out, byte(bitsStored))
	out = binary.BigEndian.AppendUint16(out, uint16(f.Height))
	out = binary.BigEndian.AppendUint16(out, uint16(f.Width))
	out = append(out, byte(f.Components))
	for i := range f.Components {
		out = append(out, byte(i+1), 0x11, 0)
	}
	if e.opt.RestartInterval > 0 {
		out = append(out, 0xFF, markerDRI, 0, 4)
		out = binary.BigEndian.AppendUint16(out, uint16(e.opt.RestartInterval))
	}
	e.w.out = out
}

func (e *encoder) scan(components []int, interleave Interleave) {
	n := len(components)
	out := append(e.w.out, 0xFF, markerSOS)
	out = binary.BigEndian.AppendUint16(out, uint16(6+2*n))
	out = append(out, byte(n))
	for _, c := range components {
		out = append(out, byte(c+1), 0)
	}
	e.w.out = append(out, byte(e.opt.Near), byte(interleave), 0)

	e.restart()
	e.lines = newLines(n, e.frame.Width)
	e.predictions = make([]prediction, e.frame.Width+2)
	for y := range e.frame.Height {
		if e.opt.RestartInterval > 0 && y > 0 && y%e.opt.RestartInterval == 0 {
			e.w.flush()
			e.w.out = append(e.w.out, 0xFF, markerRST0+byte((y/e.opt.RestartInterval-1)%8))
			e.restart()
			e.lines.restart()
		}
		e.lines.next()
		for i, c := range components {
			e.loadRow(e.lines.current(i), y, c)
		}
		if interleave == InterleaveSample {
			e.sampleLine()
			continue
		}
		for i := range components {
			if e.near == 0 {
				e.losslessLine(i)
			} else {
				e.line(i)
			}
		}
	}
	e.w.flush()
}

func (e *encoder) loadRow(row []uint16, y, component int) {
	f := e.frame
	n := f.Components
	src := f.Pix[y*f.Stride() : (y+1)*f.Stride()]
	mask := uint16(1<<uint(f.BitsStored) - 1)
	if f.BitsAllocated == 8 {
		for x := range row {
			row[x] = uint16(src[x*n+component]) & mask
		}
		return
	}
	for x := range row {
		row[x] = binary.LittleEndian.Uint16(src[2*(x*n+component):]) & mask
	}
}

// line codes one line of one component. With near above zero it replaces the
// samples by what the decoder will see.
func (e *encoder) line(component int) {
	cur, prev := e.lines.cur[component], e.lines.prev[component]
	prev = prev[:len(cur)]
	ra, rb, rc := int32(cur[0]), int32(prev[1]), int32(prev[0])
	above := e.quantize(rb - rc)
	for x := 1; x < len(cur)-1; {
		rd := int32(prev[x+1])
		next := e.quantize(rd - rb) // above for the next sample
		q := 81*next + 9*above + e.quantize(rc-ra)
		if q == 0 {
			x = e.run(cur, prev, x, &e.lines.runIndex[component])
			ra, rc = int32(cur[x-1]), int32(prev[x-1])
			rb = int32(prev[x])
			above = e.quantize(rb - rc)
			continue
		}
		ra = e.regular(q, predict(ra, rb, rc), int32(cur[x]))
		cur[x] = uint16(ra)
		rc, rb, above = rb, rd, next
		x++
	}
}

// regular codes sample v in context q with the prediction px and returns its
// reconstruction.
func (e *encoder) regular(q, px, v int32) int32 {
	sign := q >> 31 // 0 or -1
	c := &e.contexts[(q^sign)-sign]
	px += (c.c ^ sign) - sign
	px = max(0, min(e.maxVal, px))
	err := e.reduce((v - px) ^ sign - sign)
	k := golombOrder(c.a, c.n)
	mapped := err<<1 ^ err>>31
	if k == 0 && e.near == 0 && 2*c.b <= -c.n {
		mapped = (^err)<<1 ^ (^err)>>31
	}
	e.w.golomb(mapped, k, e.limit, e.qbpp)
	c.update(err, e.step, e.reset)
	if e.near == 0 {
		return v
	}
	return e.reconstruct(px, (err^sign)-sign)
}

// runLength codes a run of n samples; atEnd tells that it reaches the end of
// the line.
func (e *encoder) runLength(n int, atEnd bool, index *int) {
	for n >= 1<<runOrder[*index] {
		e.w.put(1, 1)
		n -= 1 << runOrder[*index]
		if *index < 31 {
			*index++
		}
	}
	switch {
	case !atEnd:
		e.w.put(uint32(n), 1+int(runOrder[*index]))
	case n > 0:
		e.w.put(1, 1)
	}
}

func (e *encoder) run(cur, prev []uint16, x int, index *int) int {
	ra := int32(cur[x-1])
	end := len(cur) - 1
	n := 0
	for x+n < end {
		if d := int32(cur[x+n]) - ra; max(d, -d) > e.near {
			break
		}
		cur[x+n] = uint16(ra)
		n++
	}
	x += n
	e.runLength(n, x == end, index)
	if x == end {
		return x
	}
	a, b, v := ra, int32(prev[x]), int32(cur[x])
	if diff := a - b; max(diff, -diff) <= e.near {
		cur[x] = uint16(e.reconstruct(a, e.runError(1, *index, v-a)))
	} else if a > b {
		cur[x] = uint16(e.reconstruct(b, -e.runError(0, *index, b-v)))
	} else {
		cur[x] = uint16(e.reconstruct(b, e.runError(0, *index, v-b)))
	}
	if *index > 0 {
		*index--
	}
	return x + 1
}

// runError codes the error of a sample that ends a run and returns it
// reduced.
func (e *encoder) runError(runType int32, index int, err int32) int32 {
	err = e.reduce(err)
	c := &e.runs[runType]
	k := c.order(runType)
	coded := 2*max(err, -err) - runType - c.mapped(err, k)
	e.w.golomb(coded, k, e.limit-int(runOrder[index])-1, e.qbpp)
	c.update(err, coded, runType, e.reset)
	return err
}

// sampleLine codes one line of all components interleaved by sample.
func (e *encoder) sampleLine() {
	cur, prev := e.lines.cur, e.lines.prev
	width := len(cur[0])
	var q [4]int32
	for x := 1; x < width-1; {
		any := int32(0)
		for i := range cur {
			q[i] = e.contextOf(int32(cur[i][x-1]), int32(prev[i][x]), int32(prev[i][x-1]), int32(prev[i][x+1]))
			any |= q[i]
		}
		if any == 0 {
			x = e.sampleRun(x)
			continue
		}
		for i := range cur {
			px := predict(int32(cur[i][x-1]), int32(prev[i][x]), int32(prev[i][x-1]))
			cur[i][x] = uint16(e.regular(q[i], px, int32(cur[i][x])))
		}
		x++
	}
}

func (e *encoder) sampleRun(x int) int {
	cur, prev := e.lines.cur, e.lines.prev
	index := &e.lines.runIndex[0]
	end := len(cur[0]) - 1
	first := x
	for x < end && e.likeLeft(x, first-1) {
		for _, line := range cur {
			line[x] = line[first-1]
		}
		x++
	}
	e.runLength(x-first, x == end, index)
	if x == end {
		return x
	}
	for i, line := range cur {
		a, b, v := int32(line[x-1]), int32(prev[i][x]), int32(line[x])
		if a > b {
			line[x] = uint16(e.reconstruct(b, -e.runError(0, *index, b-v)))
		} else {
			line[x] = uint16(e.reconstruct(b, e.runError(0, *index, v-b)))
		}
	}
	if *index > 0 {
		*index--
	}
	return x + 1
}

// likeLeft tells whether all components at x are near those at the run's
// start.
func (e *encoder) likeLeft(x, start int) bool {
	for _, line := range e.lines.cur {
		if d := int32(line[x]) - int32(line[start]); max(d, -d) > e.near {
			return false
		}
	}
	return true
}
