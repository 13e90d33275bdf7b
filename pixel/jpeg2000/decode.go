package jpeg2000

import (
	"fmt"
	"sync"

	"conquest/pixel/frame"
)

// Work space is kept between calls, so that decoding a series of frames does
// not allocate for each.
var (
	decoderPool = sync.Pool{New: func() any { return new(blockDecoder) }}
	intPool     = sync.Pool{New: func() any { return new([]int32) }}
	floatPool   = sync.Pool{New: func() any { return new([]float32) }}
)

// borrow takes a slice of n elements, of any value, from pool.
func borrow[T int32 | float32](pool *sync.Pool, n int) []T {
	p := pool.Get().(*[]T)
	if cap(*p) < n {
		return make([]T, n)
	}
	return (*p)[:n]
}

// giveBack returns a slice to pool.
func giveBack[T int32 | float32](pool *sync.Pool, s []T) {
	if cap(s) > 0 {
		pool.Put(&s)
	}
}

// DecodeConfig reads the main header of a code stream or JP2 file without
// decoding the image.
func DecodeConfig(data []byte) (Config, error) {
	s, err := parseStream(data, true)
	if err != nil {
		return Config{}, err
	}
	return s.config(), nil
}

// DecodeWith is Decode with options.
func DecodeWith(data []byte, opt DecodeOptions) (f *frame.Frame, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("%w: %v", ErrFormat, p)
		}
	}()
	s, err := parseStream(data, false)
	if err != nil {
		return nil, err
	}
	if len(s.tiles) == 0 {
		return nil, formatError("no tile")
	}
	s.work.meter = opt.Limits.Meter
	c := s.config()
	f, err = frame.New(c.Width, c.Height, c.Components, c.BitsStored, c.Signed, opt.Limits)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	workers, inner := workerCount(opt.Workers), 1
	if len(s.tiles) < 2*workers {
		workers, inner = 1, workers
	}
	short := make([]bool, workers)
	err = forEach(len(s.tiles), workers, func(worker, i int) error {
		d := tileDecoder{stream: s, frame: f, workers: inner}
		err := d.decode(s.tiles[i])
		short[worker] = short[worker] || d.short
		return err
	})
	if err != nil {
		return nil, err
	}
	truncated := len(s.tiles) < s.size.nx*s.size.ny
	for _, b := range short {
		truncated = truncated || b
	}
	if truncated {
		return f, ErrTruncated
	}
	return f, nil
}

// tileDecoder decodes one tile into the frame.
type tileDecoder struct {
	stream  *stream
	frame   *frame.Frame
	workers int
	short   bool // packets are missing
	params  *params
	tile    *tile
}

// blockJob is a code block to decode.
type blockJob struct {
	comp  *tileComponent
	band  *band
	block *codeBlock
}

func (d *tileDecoder) decode(n int) error {
	s := d.stream
	p, packed, err := s.tileParams(n)
	if err != nil {
		return err
	}
	d.params = p
	var body []byte
	parts := s.parts[n]
	if len(parts) == 1 {
		body = parts[0].body
	} else {
		total := 0
		for _, part := range parts {
			total += len(part.body)
		}
		body = make([]byte, 0, total)
		for _, part := range parts {
			body = append(body, part.body...)
		}
	}
	if d.tile, err = newTile(&s.size, p, n, &s.work); err != nil {
		return err
	}
	r := packetReader{tile: d.tile, size: &s.size, params: p, body: body, work: &s.work}
	if packed != nil {
		r.packed = &headerReader{data: packed}
	}
	if err := r.read(); err == errPackets {
		d.short = true
	} else if err != nil {
		return err
	}
	jobs, samples := d.jobs()
	if err := s.work.spend(d.time(jobs)); err != nil {
		return err
	}
	if len(jobs) == 0 {
		d.outputBlank()
		return nil
	}
	defer d.release()
	d.allocate(samples)
	if err := d.blocks(jobs, samples); err != nil {
		return err
	}
	if err := d.synthesise(); err != nil {
		return err
	}
	return d.output()
}

// time estimates how long decoding the tile takes, in nanoseconds.
func (d *tileDecoder) time(jobs []blockJob) int64 {
	total, each := int64(0), int64(sampleTime)
	if len(jobs) == 0 {
		each = blankTime
	}
	for i := range d.tile.comps {
		c := &d.tile.comps[i]
		total += each * int64(c.width()) * int64(c.height())
	}
	for _, j := range jobs {
		b := j.block
		planes := (int64(b.passes) + 2) / 3
		total += planeTime * planes * int64(b.x1-b.x0) * int64(b.y1-b.y0)
	}
	return total
}

// allocate takes the buffers of the components, of which code blocks will fill so
// many samples; where that is not all of them, the others are zero.
func (d *tileDecoder) allocate(filled int) {
	for i := range d.tile.comps {
		filled -= d.tile.comps[i].width() * d.tile.comps[i].height()
	}
	for i := range d.tile.comps {
		c := &d.tile.comps[i]
		n := c.width() * c.height()
		if c.coding.reversible {
			c.ints = borrow[int32](&intPool, n)
		} else {
			c.floats = borrow[float32](&floatPool, n)
		}
		if filled < 0 {
			clear(c.ints)
			clear(c.floats)
		}
	}
}

func (d *tileDecoder) release() {
	for i := range d.tile.comps {
		c := &d.tile.comps[i]
		giveBack(&intPool, c.ints)
		giveBack(&floatPool, c.floats)
	}
}

// jobs lists the code blocks that have data, and counts their samples.
func (d *tileDecoder) jobs() (jobs []blockJob, samples int) {
	for i := range d.tile.comps {
		c := &d.tile.comps[i]
		for r := range c.res {
			res := &c.res[r]
			for n := range res.precincts {
				for b := range res.precincts[n].bands {
					blocks := res.precincts[n].bands[b].blocks
					for k := range blocks {
						if blocks[k].first >= 0 {
							jobs = append(jobs, blockJob{c, &res.bands[b], &blocks[k]})
							samples += int(blocks[k].x1-blocks[k].x0) * int(blocks[k].y1-blocks[k].y0)
						}
					}
				}
			}
		}
	}
	return jobs, samples
}

// blocks decodes code blocks of so many samples.
func (d *tileDecoder) blocks(jobs []blockJob, samples int) error {
	workers := d.workers
	if samples < smallWork/4 {
		workers = 1
	}
	decoders := make([]*blockDecoder, max(workers, 1))
	for i := range decoders {
		decoders[i] = decoderPool.Get().(*blockDecoder)
		defer decoderPool.Put(decoders[i])
	}
	return forEach(len(jobs), workers, func(worker, i int) error {
		return d.block(decoders[worker], jobs[i])
	})
}

// block decodes one code block into its place in the component's buffer.
func (d *tileDecoder) block(t *blockDecoder, job blockJob) error {
	b, cb := job.band, job.block
	planes := b.planes + b.roi - int(cb.zeroPlanes)
	if planes > maxPlanes {
		return fmt.Errorf("%w: code block of %d bit planes", ErrUnsupported, planes)
	}
	stride := job.comp.width()
	x, y := b.bufX+int(cb.x0)-b.x0, b.bufY+int(cb.y0)-b.y0
	if planes <= 0 {
		job.clear(y*stride + x)
		return nil
	}
	style := job.comp.coding.style
	if style&styleHTMixed != 0 {
		return fmt.Errorf("%w: code blocks of both kinds", ErrUnsupported)
	}
	if style&styleHT != 0 {
		if err := t.decodeHT(d.tile.chunks, cb, style, planes); err != nil {
			return err
		}
	} else {
		t.decode(d.tile.chunks, cb, style, b.orient, planes)
	}
	switch {
	case b.roi > 0 && style&styleHT != 0:
		t.unshiftRows(b.roi)
	case b.roi > 0:
		t.unshift(b.roi)
	}
	switch reversible := job.comp.coding.reversible; {
	case style&styleHT != 0 && reversible:
		t.rowInts(job.comp.ints[y*stride+x:], stride)
	case style&styleHT != 0:
		t.rowFloats(job.comp.floats[y*stride+x:], stride, b.step/2)
	case reversible:
		t.storeInts(job.comp.ints[y*stride+x:], stride)
	default:
		t.storeFloats(job.comp.floats[y*stride+x:], stride, b.step/2)
	}
	return nil
}

// clear makes the samples from at on zero.
func (j *blockJob) clear(at int) {
	w, stride := int(j.block.x1-j.block.x0), j.comp.width()
	for range j.block.y1 - j.block.y0 {
		if j.comp.coding.reversible {
			clear(j.comp.ints[at : at+w])
		} else {
			clear(j.comp.floats[at : at+w])
		}
		at += stride
	}
}

// unshift moves the samples of the region of interest back, H.1.
func (t *blockDecoder) unshift(shift int) {
	limit := uint32(2) << uint(min(shift, 30))
	for i, v := range t.samples {
		if m := v &^ (1 << 31); m >= limit {
			t.samples[i] = v&(1<<31) | m>>uint(min(shift, 31))
		}
	}
}

// storeInts writes the block's samples without their fraction.
func (t *blockDecoder) storeInts(dst []int32, stride int) {
	for y := range t.h {
		row := dst[y*stride : y*stride+t.w]
		src := t.samples[y/4*t.w*4+y&3:]
		for x := range row {
			v := src[x*4]
			sign := int32(v) >> 31
			row[x] = (int32(v&^(1<<31)>>1) ^ sign) - sign
		}
	}
}

// storeFloats writes the block's samples times half the step size.
func (t *blockDecoder) storeFloats(dst []float32, stride int, half float32) {
	for y := range t.h {
		row := dst[y*stride : y*stride+t.w]
		src := t.samples[y/4*t.w*4+y&3:]
		for x := range row {
			v := src[x*4]
			sign := int32(v) >> 31
			row[x] = float32((int32(v&^(1<<31))^sign)-sign) * half
		}
	}
}

// synthesise runs the inverse wavelet on every component.
func (d *tileDecoder) synthesise() error {
	for i := range d.tile.comps {
		c := &d.tile.comps[i]
		n := c.width() * c.height()
		if c.coding.levels == 0 || n == 0 {
			continue
		}
		var err error
		if c.coding.reversible {
			tmp := borrow[int32](&intPool, n)
			err = inverse53(c, tmp, d.workers)
			giveBack(&intPool, tmp)
		} else {
			tmp := borrow[float32](&floatPool, n)
			err = inverse97(c, tmp, d.workers)
			giveBack(&floatPool, tmp)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
