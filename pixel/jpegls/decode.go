package jpegls

import (
	"encoding/binary"
	"errors"
	"fmt"

	"conquest/pixel/frame"
)

// Decode decodes one frame, components interleaved by sample, 8 bits
// allocated up to a precision of 8 and 16 bits above. On truncated or corrupt
// data it returns an error together with what was decoded, if anything.
func Decode(data []byte, opt DecodeOptions) (*frame.Frame, error) {
	d := &decoder{data: data}
	f, err := d.decode(opt)
	if err != nil {
		return f, fmt.Errorf("decode JPEG-LS frame: %w", err)
	}
	return f, nil
}

// DecodeConfig reads the headers up to the first scan.
func DecodeConfig(data []byte) (Config, error) {
	d := &decoder{data: data}
	if err := d.start(); err != nil {
		return Config{}, fmt.Errorf("read JPEG-LS header: %w", err)
	}
	s, ok, err := d.nextScan()
	if err == nil && !ok {
		err = errors.New("no scan")
	}
	if err != nil {
		return Config{}, fmt.Errorf("read JPEG-LS header: %w", err)
	}
	d.cfg.Near, d.cfg.Interleave = s.near, s.interleave
	return d.cfg, nil
}

func (d *decoder) start() error {
	if len(d.data) < 4 || d.data[0] != 0xFF || d.data[1] != markerSOI {
		return errors.New("no start of image")
	}
	d.pos = 2
	return nil
}

func (d *decoder) decode(opt DecodeOptions) (*frame.Frame, error) {
	if err := d.start(); err != nil {
		return nil, err
	}
	var f *frame.Frame
	done := 0
	for d.ids == nil || done < d.cfg.Components {
		s, ok, err := d.nextScan()
		if err == nil && !ok {
			err = fmt.Errorf("%d of %d components coded: %w", done, d.cfg.Components, ErrTruncated)
		}
		if err != nil {
			return f, err
		}
		if f == nil {
			if d.cfg.ColorTransform != 0 {
				return nil, fmt.Errorf("colour transform %d is not supported", d.cfg.ColorTransform)
			}
			f, err = frame.New(d.cfg.Width, d.cfg.Height, d.cfg.Components, d.cfg.BitsStored, false, opt.Limits)
			if err != nil {
				return nil, err
			}
		}
		if err := d.decodeScan(f, s); err != nil {
			return f, err
		}
		done += len(s.components)
	}
	return f, nil
}

func (d *decoder) decodeScan(f *frame.Frame, s scan) error {
	m, err := newModel(d.cfg.BitsStored, s.near, d.preset)
	if err != nil {
		return err
	}
	r := &bitReader{data: d.data, pos: d.pos}
	defer func() { d.pos = r.pos }()
	dec := scanDecoder{model: m, r: r, lines: newLines(len(s.components), d.cfg.Width)}
	for y := range d.cfg.Height {
		if d.restartInterval > 0 && y > 0 && y%d.restartInterval == 0 {
			if !r.restart() {
				return fmt.Errorf("restart marker missing at row %d: %w", y, ErrTruncated)
			}
			m.restart()
			dec.lines.restart()
		}
		dec.lines.next()
		if s.interleave == InterleaveSample && len(s.components) > 1 {
			dec.sampleLine()
		} else {
			for i := range s.components {
				dec.line(i)
			}
		}
		for i, c := range s.components {
			putRow(f, y, c, dec.lines.current(i), uint(s.transform))
		}
		if r.truncated() {
			return fmt.Errorf("row %d: %w", y, ErrTruncated)
		}
	}
	return nil
}

func putRow(f *frame.Frame, y, component int, row []uint16, shift uint) {
	n := f.Components
	dst := f.Pix[y*f.Stride() : (y+1)*f.Stride()]
	if f.BitsAllocated == 8 {
		for x, v := range row {
			dst[x*n+component] = byte(v << shift)
		}
		return
	}
	for x, v := range row {
		binary.LittleEndian.PutUint16(dst[2*(x*n+component):], v<<shift)
	}
}

// lines keeps the current and the previous line of each component, with one
// sample of margin on either side, and its run index.
type lines struct {
	cur, prev [][]uint16
	runIndex  []int
}

func newLines(components, width int) *lines {
	l := &lines{runIndex: make([]int, components)}
	for range components {
		l.cur = append(l.cur, make([]uint16, width+2))
		l.prev = append(l.prev, make([]uint16, width+2))
	}
	return l
}

// next makes the current line the previous one and sets the margins.
func (l *lines) next() {
	l.cur, l.prev = l.prev, l.cur
	for i, prev := range l.prev {
		prev[len(prev)-1] = prev[len(prev)-2]
		l.cur[i][0] = prev[1]
	}
}

func (l *lines) restart() {
	for i := range l.cur {
		clear(l.cur[i])
		clear(l.prev[i])
		l.runIndex[i] = 0
	}
}

// current is the line of a component without its margins.
func (l *lines) current(i int) []uint16 { return l.cur[i][1 : len(l.cur[i])-1] }

type scanDecoder struct {
	*model
	r     *bitReader
	lines *lines
}

// line decodes one line of one component.
func (d *scanDecoder) line(component int) {
	cur, prev := d.lines.cur[component], d.lines.prev[component]
	prev = prev[:len(cur)]
	ra, rb, rc := int32(cur[0]), int32(prev[1]), int32(prev[0])
	above := d.quantize(rb - rc)
	for x := 1; x < len(cur)-1; {
		rd := int32(prev[x+1])
		next := d.quantize(rd - rb) // above for the next sample
		q := 81*next + 9*above + d.quantize(rc-ra)
		if q == 0 {
			x = d.run(cur, prev, x, &d.lines.runIndex[component])
			ra, rc = int32(cur[x-1]), int32(prev[x-1])
			rb = int32(prev[x])
			above = d.quantize(rb - rc)
			continue
		}
		ra = d.regular(q, predict(ra, rb, rc))
		cur[x] = uint16(ra)
		rc, rb, above = rb, rd, next
		x++
	}
}

// regular decodes a sample in context q with the prediction px.
func (d *scanDecoder) regular(q, px int32) int32 {
	sign := q >> 31 // 0 or -1
	c := &d.contexts[(q^sign)-sign]
	px += (c.c ^ sign) - sign
	px = max(0, min(d.maxVal, px))
	k := golombOrder(c.a, c.n)
	coded := d.r.golomb(k, d.limit, d.qbpp)
	err := coded>>1 ^ -(coded & 1)
	if k == 0 && d.near == 0 && 2*c.b <= -c.n {
		err = ^err
	}
	c.update(err, d.step, d.reset)
	return d.reconstruct(px, (err^sign)-sign)
}

// runLength decodes the length of a run of at most left samples; ended tells
// that a different sample follows.
func (d *scanDecoder) runLength(left int, index *int) (n int, ended bool) {
	for d.r.bit() {
		step := 1 << runOrder[*index]
		n += step
		if n > left {
			return left, false
		}
		if *index < 31 {
			*index++
		}
		if n == left {
			return n, false
		}
	}
	n += int(d.r.bits(int(runOrder[*index])))
	if n >= left {
		// A valid run ends before the line does.
		return left, false
	}
	return n, true
}

// run decodes a run and the sample that ends it; it returns the next x.
func (d *scanDecoder) run(cur, prev []uint16, x int, index *int) int {
	ra := cur[x-1]
	n, ended := d.runLength(len(cur)-1-x, index)
	for i := range cur[x : x+n] {
		cur[x+i] = ra
	}
	x += n
	if !ended {
		return x
	}
	a, b := int32(ra), int32(prev[x])
	if diff := a - b; max(diff, -diff) <= d.near {
		cur[x] = uint16(d.reconstruct(a, d.runError(1, *index)))
	} else {
		err := d.runError(0, *index)
		if a > b {
			err = -err
		}
		cur[x] = uint16(d.reconstruct(b, err))
	}
	if *index > 0 {
		*index--
	}
	return x + 1
}

// runError decodes the error of a sample that ends a run.
func (d *scanDecoder) runError(runType int32, index int) int32 {
	c := &d.runs[runType]
	k := c.order(runType)
	coded := d.r.golomb(k, d.limit-int(runOrder[index])-1, d.qbpp)
	v := coded + runType
	err := (v + 1) >> 1
	// An odd code marks the sign that is less likely in this context.
	odd := v&1 == 1
	if (k != 0 || 2*c.negative >= c.n) == odd {
		err = -err
	}
	c.update(err, coded, runType, d.reset)
	return err
}

// sampleLine decodes one line of all components interleaved by sample.
func (d *scanDecoder) sampleLine() {
	cur, prev := d.lines.cur, d.lines.prev
	width := len(cur[0])
	var q [4]int32
	for x := 1; x < width-1; {
		any := int32(0)
		for i := range cur {
			q[i] = d.contextOf(int32(cur[i][x-1]), int32(prev[i][x]), int32(prev[i][x-1]), int32(prev[i][x+1]))
			any |= q[i]
		}
		if any == 0 {
			x = d.sampleRun(x)
			continue
		}
		for i := range cur {
			px := predict(int32(cur[i][x-1]), int32(prev[i][x]), int32(prev[i][x-1]))
			cur[i][x] = uint16(d.regular(q[i], px))
		}
		x++
	}
}

func (d *scanDecoder) sampleRun(x int) int {
	cur, prev := d.lines.cur, d.lines.prev
	index := &d.lines.runIndex[0]
	n, ended := d.runLength(len(cur[0])-1-x, index)
	for _, line := range cur {
		v := line[x-1]
		for i := range n {
			line[x+i] = v
		}
	}
	x += n
	if !ended {
		return x
	}
	for i, line := range cur {
		a, b := int32(line[x-1]), int32(prev[i][x])
		err := d.runError(0, *index)
		if a > b {
			err = -err
		}
		line[x] = uint16(d.reconstruct(b, err))
	}
	if *index > 0 {
		*index--
	}
	return x + 1
}
