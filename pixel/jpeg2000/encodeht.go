package jpeg2000

import (
	"fmt"
	"math/bits"
	"sync"
)

var htEncoderPool = sync.Pool{New: func() any {
	htEncodeTables()
	return new(htEncoder)
}}

// htEncodeTables fills the tables when the first block is coded: a program that
// codes none starts sooner.
var htEncodeTables = sync.OnceFunc(func() {
	makeHTEncodeCodes()
	makeHTOffsets()
	makeLanes()
})

// codeHT codes every code block after ISO/IEC 15444-15.
func (e *encoder) codeHT() error {
	coders := make([]*htEncoder, e.workers)
	for i := range coders {
		coders[i] = htEncoderPool.Get().(*htEncoder)
		defer htEncoderPool.Put(coders[i])
	}
	return forEach(len(e.jobs), e.workers, func(worker, i int) error {
		job, t := &e.jobs[i], coders[worker]
		planes := e.fetchHT(t, job)
		if planes > maxPlanes {
			return fmt.Errorf("jpeg2000: encode frame: coefficient of %d bits", planes)
		}
		job.result = codedBlock{magnitude: planes}
		if planes > 0 {
			job.result.planes, job.result.use = 1, 1
			t.segment = t.encode(t.segment[:0])
			job.result.data = append([]byte(nil), t.segment...)
		}
		return nil
	})
}

// fetchHT loads the coefficients of a block, quantised, and tells the bits of the
// largest magnitude.
func (e *encoder) fetchHT(t *htEncoder, job *encodeJob) int {
	c, b, cb := &e.tile.comps[job.comp], job.band, job.block
	t.reset(int(cb.x1-cb.x0), int(cb.y1-cb.y0))
	stride := c.width()
	at := (b.bufY+int(cb.y0)-b.y0)*stride + b.bufX + int(cb.x0) - b.x0
	all := uint32(0)
	for y := range t.h {
		dst := t.samples[y*t.stride : y*t.stride+t.w]
		if e.opt.Lossy {
			all |= quantiseHT(dst, c.floats[at+y*stride:], 1/b.step)
		} else {
			all |= loadHT(dst, c.ints[at+y*stride:])
		}
	}
	return bits.Len32(all)
}

func loadHT(dst, src []int32) (all uint32) {
	src = src[:len(dst)]
	for x, v := range src {
		sign := v >> 31
		m := (v ^ sign) - sign
		all |= uint32(m)
		dst[x] = 2*m + htZero - sign
	}
	return all
}

func quantiseHT(dst []int32, src []float32, scale float32) (all uint32) {
	src = src[:len(dst)]
	for x, f := range src {
		v := int32(f * scale) // towards zero
		sign := v >> 31
		m := (v ^ sign) - sign
		all |= uint32(m)
		dst[x] = 2*m + htZero - sign
	}
	return all
}
