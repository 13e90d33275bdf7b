package jpeg2000

import (
	"fmt"
	"math"
	"math/bits"
	"sync"

	"conquest/pixel/frame"
)

// Code blocks of the encoder are 2^blockLog x 2^blockLog samples.
const blockLog = 6

var encoderPool = sync.Pool{New: func() any { return new(blockEncoder) }}

// Encode writes f as a code stream (never as a JP2 file): one tile, one layer,
// code blocks of 64 x 64, LRCP. A high throughput stream is RPCL with a tile-part
// for each resolution (of small frames: one) and their lengths in TLM, as PS3.5
// 10.18 wants it. Samples are taken at BitsStored bits; a value
// outside that range is an error.
func Encode(f *frame.Frame, opt Options) (data []byte, err error) {
	if err := checkFrame(f); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			data, err = nil, fmt.Errorf("jpeg2000: encode frame: %v", p)
		}
	}()
	e := newEncoder(f, opt)
	defer e.release()
	if err := e.load(); err != nil {
		return nil, err
	}
	if err := e.analyse(); err != nil {
		return nil, err
	}
	if err := e.openBlocks(); err != nil {
		return nil, err
	}
	code := e.codeBlocks
	if e.opt.HighThroughput {
		code = e.codeHT
	}
	if err := code(); err != nil {
		return nil, err
	}
	e.chooseGuard()
	if err := e.limit(); err != nil {
		return nil, err
	}
	return e.write(), nil
}

// encoder holds one frame on its way into a code stream.
type encoder struct {
	frame   *frame.Frame
	opt     Options
	workers int
	colour  bool
	size    size
	params  params
	tile    *tile
	norms   [2][]float64 // synthesis norms of the 9/7 filter: low, high
	jobs    []encodeJob  // in packet order
}

// encodeJob is a code block to encode and its result.
type encodeJob struct {
	comp   int
	res    int
	band   *band
	block  *codeBlock
	result codedBlock
}

// levelsFor limits the decompositions so that the shorter side keeps a sample. Of
// high throughput streams the lowest resolution is a thumbnail whose shorter side
// has at most 64 samples, PS3.5 10.18.
func levelsFor(opt Options, width, height int) int {
	n := opt.Levels
	if n == 0 {
		n = 5
		for opt.HighThroughput && ceilShift(min(width, height), n) > 64 {
			n++
		}
	}
	return max(0, min(n, bits.Len(uint(min(width, height)))-1, maxLevels))
}

func newEncoder(f *frame.Frame, opt Options) *encoder {
	e := &encoder{frame: f, opt: opt, workers: workerCount(opt.Workers)}
	e.colour = opt.ColorTransform && f.Components == 3
	e.size = size{x1: f.Width, y1: f.Height, tw: f.Width, th: f.Height, nx: 1, ny: 1}
	levels := levelsFor(opt, f.Width, f.Height)
	cod := coding{levels: levels, cbw: blockLog, cbh: blockLog, reversible: !opt.Lossy}
	if opt.HighThroughput {
		cod.style, e.params.order = styleHT, orderRPCL
	}
	for r := range cod.ppx {
		cod.ppx[r], cod.ppy[r] = 15, 15
	}
	if opt.Lossy {
		e.norms[0], e.norms[1] = synthesisNorms97(levels)
	}
	q := e.quantisation(levels, 1)
	for range f.Components {
		e.size.comps = append(e.size.comps, component{prec: f.BitsStored, signed: f.Signed, dx: 1, dy: 1})
		e.params.coding = append(e.params.coding, cod)
		e.params.quant = append(e.params.quant, q)
	}
	e.params.roi = make([]int, f.Components)
	e.params.layers = 1
	return e
}

// quantisation is that of a lossy stream whose steps make errors of the size of
// step in the image, or of a lossless one.
func (e *encoder) quantisation(levels int, step float64) quantisation {
	q := quantisation{guard: 2, steps: 3*levels + 1}
	if e.opt.Lossy {
		q.style = 2
	}
	for i := range q.steps {
		r, o := 0, bandLL
		if i > 0 {
			r, o = (i-1)/3+1, (i-1)%3+1
		}
		nominal := e.frame.BitsStored + o&1 + o>>1
		q.exp[i] = uint8(nominal)
		if e.opt.Lossy {
			exp, mant := stepFor(step/e.bandNorm(levels, r, o), nominal)
			q.exp[i], q.mant[i] = uint8(exp), uint16(mant)
		}
	}
	return q
}

// bandNorm is the L2 norm of a subband's synthesis function.
func (e *encoder) bandNorm(levels, res, orient int) float64 {
	d := levels
	if res > 0 {
		d = levels - res + 1
	}
	return e.norms[orient&1][d] * e.norms[orient>>1][d]
}

// stepFor codes a step size for a subband of the nominal range, E-3.
func stepFor(step float64, nominal int) (exp, mant int) {
	frac, e := math.Frexp(step)
	mant = int(math.Floor((2*frac - 1) * 2048))
	return max(0, min(31, nominal-e+1)), max(0, min(2047, mant))
}

// load reads the samples, shifts them around zero and transforms the colours.
func (e *encoder) load() error {
	var err error
	if e.tile, err = newTile(&e.size, &e.params, 0, nil); err != nil {
		return err
	}
	n := e.frame.Width * e.frame.Height
	nc := e.frame.Components
	for i := range e.tile.comps {
		e.tile.comps[i].ints = borrow[int32](&intPool, n)
		if e.opt.Lossy {
			e.tile.comps[i].floats = borrow[float32](&floatPool, n)
		}
	}
	for i := range nc {
		if err := readSamples(e.frame, i, e.tile.comps[i].ints); err != nil {
			return err
		}
	}
	c := e.tile.comps
	switch {
	case e.colour && e.opt.Lossy:
		forwardICT(c)
	case e.colour:
		forwardRCT(c[0].ints, c[1].ints, c[2].ints)
	case e.opt.Lossy:
		for i := range c {
			for k, v := range c[i].ints {
				c[i].floats[k] = float32(v)
			}
		}
	}
	return nil
}

// readSamples takes component i of f, around zero.
func readSamples(f *frame.Frame, i int, dst []int32) error {
	lo, hi, offset := int32(0), int32(1)<<f.BitsStored-1, int32(1)<<(f.BitsStored-1)
	if f.Signed {
		lo, hi, offset = -offset, offset-1, 0
	}
	nc := f.Components
	bad := int32(0)
	if f.BitsAllocated == 8 {
		for k := range dst {
			v := int32(f.Pix[k*nc+i])
			if f.Signed {
				v = int32(int8(v))
			}
			bad |= (v - lo) | (hi - v)
			dst[k] = v - offset
		}
	} else {
		for k := range dst {
			at := (k*nc + i) * 2
			v := int32(f.Pix[at]) | int32(f.Pix[at+1])<<8
			if f.Signed {
				v = int32(int16(v))
			}
			bad |= (v - lo) | (hi - v)
			dst[k] = v - offset
		}
	}
	if bad < 0 {
		return fmt.Errorf("jpeg2000: encode frame: a sample is outside %d..%d: %w", lo, hi, ErrUnsupported)
	}
	return nil
}

func forwardRCT(r, g, b []int32) {
	g, b = g[:len(r)], b[:len(r)]
	for i, rv := range r {
		gv, bv := g[i], b[i]
		r[i], g[i], b[i] = (rv+2*gv+bv)>>2, bv-gv, rv-gv
	}
}

func forwardICT(c []tileComponent) {
	y, cb, cr := c[0].floats, c[1].floats, c[2].floats
	g, b := c[1].ints, c[2].ints
	for i, v := range c[0].ints {
		rv, gv, bv := float32(v), float32(g[i]), float32(b[i])
		y[i] = 0.299*rv + 0.587*gv + 0.114*bv
		cb[i] = -0.16875*rv - 0.33126*gv + 0.5*bv
		cr[i] = 0.5*rv - 0.41869*gv - 0.08131*bv
	}
}

func (e *encoder) analyse() error {
	for i := range e.tile.comps {
		c := &e.tile.comps[i]
		n := c.width() * c.height()
		var err error
		if e.opt.Lossy {
			tmp := borrow[float32](&floatPool, n)
			err = forward97(c, tmp, e.workers)
			giveBack(&floatPool, tmp)
		} else {
			tmp := borrow[int32](&intPool, n)
			err = forward53(c, tmp, e.workers)
			giveBack(&intPool, tmp)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) release() {
	if e.tile == nil {
		return
	}
	for i := range e.tile.comps {
		giveBack(&intPool, e.tile.comps[i].ints)
		giveBack(&floatPool, e.tile.comps[i].floats)
	}
}

// eachPrecinct visits the precincts in the order of the only layer: LRCP, or RPCL,
// where those of one place come together. All components have the same precincts.
func (e *encoder) eachPrecinct(do func(comp, res, n int) error) error {
	nc := len(e.tile.comps)
	for r := range e.tile.comps[0].res {
		count := len(e.tile.comps[0].res[r].precincts)
		for k := range nc * count {
			comp, n := k/count, k%count
			if e.params.order == orderRPCL {
				comp, n = k%nc, k/nc
			}
			if err := do(comp, r, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// openBlocks lists the code blocks as jobs.
func (e *encoder) openBlocks() error {
	return e.eachPrecinct(func(comp, r, n int) error {
		res := &e.tile.comps[comp].res[r]
		if err := e.tile.open(res, n); err != nil {
			return err
		}
		for b := range res.precincts[n].bands {
			blocks := res.precincts[n].bands[b].blocks
			for k := range blocks {
				e.jobs = append(e.jobs, encodeJob{comp: comp, res: r, band: &res.bands[b], block: &blocks[k]})
			}
		}
		return nil
	})
}

// codeBlocks codes every code block.
func (e *encoder) codeBlocks() error {
	coders := make([]*blockEncoder, e.workers)
	for i := range coders {
		coders[i] = encoderPool.Get().(*blockEncoder)
		defer encoderPool.Put(coders[i])
	}
	measure := e.opt.ratio() > 0
	return forEach(len(e.jobs), e.workers, func(worker, i int) error {
		job := &e.jobs[i]
		t := coders[worker]
		e.fetch(t, job)
		job.result = t.encode(job.band.orient, measure)
		if job.result.planes > maxPlanes-fractionBits {
			return fmt.Errorf("jpeg2000: encode frame: coefficient of %d bits", job.result.planes)
		}
		weight := e.weight(job)
		for k := range job.result.passes {
			job.result.passes[k].distortion *= weight
		}
		return nil
	})
}

// fetch loads the coefficients of a block, quantised.
func (e *encoder) fetch(t *blockEncoder, job *encodeJob) {
	c, b, cb := &e.tile.comps[job.comp], job.band, job.block
	t.reset(int(cb.x1-cb.x0), int(cb.y1-cb.y0))
	stride := c.width()
	at := (b.bufY+int(cb.y0)-b.y0)*stride + b.bufX + int(cb.x0) - b.x0
	scale := float32(1)
	if e.opt.Lossy {
		scale = float32(int(1)<<fractionBits) / b.step
	}
	for y := range t.h {
		dst := t.samples[y/4*t.w*4+y&3:]
		if e.opt.Lossy {
			for x, v := range c.floats[at+y*stride : at+y*stride+t.w] {
				if v < 0 {
					dst[x*4] = 1<<31 | uint32(-v*scale)
				} else {
					dst[x*4] = uint32(v * scale)
				}
			}
			continue
		}
		for x, v := range c.ints[at+y*stride : at+y*stride+t.w] {
			sign := v >> 31
			dst[x*4] = uint32(sign)&(1<<31) | uint32((v^sign)-sign)<<fractionBits
		}
	}
}

// weight turns squares of a block's last bit plane into squared error of the
// image.
func (e *encoder) weight(job *encodeJob) float64 {
	if !e.opt.Lossy {
		return 1
	}
	w := float64(job.band.step) * e.bandNorm(e.params.coding[0].levels, job.res, job.band.orient)
	if e.colour {
		w *= [3]float64{1.732, 1.805, 1.573}[job.comp]
	}
	return w * w
}
