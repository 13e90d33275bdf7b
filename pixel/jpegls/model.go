package jpegls

import (
	"fmt"
	"math/bits"
)

const (
	regularContexts = 365
	defaultReset    = 64
)

// runOrder is the table J: log2 of the run lengths (A.7.1.1).
var runOrder = [32]uint8{
	0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
	4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15,
}

// preset holds the coding parameters of an LSE segment; zero means default.
type preset struct {
	maxVal, t1, t2, t3, reset int
}

// context holds the statistics of one regular context: sum of magnitudes,
// bias, correction, count.
type context struct {
	a, b, c, n int32
}

// runContext holds the statistics of the samples that end runs.
type runContext struct {
	a, n, negative int32
}

// model is the adaptive state of a scan and the parameters it depends on.
type model struct {
	maxVal, near, reset int32
	step                int32 // 2*near+1
	rng                 int32 // RANGE
	qbpp                int   // bits of an escaped error
	limit               int   // longest code
	t3                  int32
	contexts            [regularContexts]context
	runs                [2]runContext
	gradients           []int8 // quantized gradient, by gradient + t3
}

func newModel(bitsStored, near int, p preset) (*model, error) {
	maxVal := p.maxVal
	if maxVal == 0 {
		maxVal = 1<<uint(bitsStored) - 1
	}
	if maxVal < 1 || maxVal >= 1<<uint(bitsStored) || near < 0 || near > min(255, maxVal/2) {
		return nil, fmt.Errorf("largest sample %d of %d bits, near %d", maxVal, bitsStored, near)
	}
	t1, t2, t3 := defaultThresholds(maxVal, near)
	if p.t1 != 0 {
		t1 = p.t1
	}
	if p.t2 != 0 {
		t2 = p.t2
	}
	if p.t3 != 0 {
		t3 = p.t3
	}
	reset := p.reset
	if reset == 0 {
		reset = defaultReset
	}
	if t1 < near+1 || t2 < t1 || t3 < t2 || t3 > maxVal || reset < 3 {
		return nil, fmt.Errorf("thresholds %d, %d, %d, reset %d", t1, t2, t3, reset)
	}
	bpp := max(2, bits.Len(uint(maxVal)))
	rng := (maxVal+2*near)/(2*near+1) + 1
	m := &model{
		maxVal: int32(maxVal), near: int32(near), reset: int32(reset),
		step: int32(2*near + 1), rng: int32(rng),
		qbpp: bits.Len(uint(rng - 1)), limit: 2 * (bpp + max(8, bpp)),
		t3: int32(t3), gradients: make([]int8, 2*t3+1),
	}
	for i := range m.gradients {
		m.gradients[i] = quantizeGradient(i-t3, near, t1, t2, t3)
	}
	m.restart()
	return m, nil
}

// restart sets the statistics to their initial values.
func (m *model) restart() {
	a := max(2, (m.rng+32)/64)
	for i := range m.contexts {
		m.contexts[i] = context{a: a, n: 1}
	}
	m.runs = [2]runContext{{a: a, n: 1}, {a: a, n: 1}}
}

// defaultThresholds are those of C.2.4.1.1.
func defaultThresholds(maxVal, near int) (t1, t2, t3 int) {
	bound := func(v, low int) int {
		if v > maxVal || v < low {
			return low
		}
		return v
	}
	if maxVal >= 128 {
		factor := (min(maxVal, 4095) + 128) / 256
		t1 = bound(factor+2+3*near, near+1)
		t2 = bound(4*factor+3+5*near, t1)
		return t1, t2, bound(17*factor+4+7*near, t2)
	}
	factor := 256 / (maxVal + 1)
	t1 = bound(max(2, 3/factor+3*near), near+1)
	t2 = bound(max(3, 7/factor+5*near), t1)
	return t1, t2, bound(max(4, 21/factor+7*near), t2)
}

func quantizeGradient(d, near, t1, t2, t3 int) int8 {
	sign := int8(1)
	if d < 0 {
		d, sign = -d, -1
	}
	switch {
	case d <= near:
		return 0
	case d < t1:
		return sign
	case d < t2:
		return 2 * sign
	case d < t3:
		return 3 * sign
	}
	return 4 * sign
}

// quantize looks up the region of a gradient.
func (m *model) quantize(d int32) int32 {
	i := uint32(d + m.t3)
	if i < uint32(len(m.gradients)) {
		return int32(m.gradients[i])
	}
	return 4 | d>>31<<3 // 4 or -4
}

// contextOf gives the signed context number of three gradients.
func (m *model) contextOf(ra, rb, rc, rd int32) int32 {
	return 81*m.quantize(rd-rb) + 9*m.quantize(rb-rc) + m.quantize(rc-ra)
}

// predict is the median edge detector.
func predict(ra, rb, rc int32) int32 {
	lo, hi := min(ra, rb), max(ra, rb)
	return max(lo, min(hi, ra+rb-rc))
}

// golombOrder is the smallest k with n<<k >= a.
func golombOrder(a, n int32) int {
	k := max(0, bits.Len32(uint32(a))-bits.Len32(uint32(n)))
	if n<<(k&31) < a {
		k++
	}
	return k
}

// update adds an error to the statistics of a context (A.6).
func (c *context) update(err, step, reset int32) {
	c.b += err * step
	c.a += max(err, -err)
	if c.n == reset {
		c.a >>= 1
		c.b >>= 1
		c.n >>= 1
	}
	c.n++
	if c.b <= -c.n {
		c.b = max(c.b+c.n, 1-c.n)
		if c.c > -128 {
			c.c--
		}
	} else if c.b > 0 {
		c.b = min(c.b-c.n, 0)
		if c.c < 127 {
			c.c++
		}
	}
}

func (r *runContext) order(runType int32) int {
	a := r.a
	if runType == 1 {
		a += r.n >> 1
	}
	return golombOrder(a, r.n)
}

// mapped tells whether an error of a run end takes the lower of two codes.
func (r *runContext) mapped(err int32, k int) int32 {
	switch {
	case err > 0 && k == 0 && 2*r.negative < r.n,
		err < 0 && (k != 0 || 2*r.negative >= r.n):
		return 1
	}
	return 0
}

func (r *runContext) update(err, mapped, runType, reset int32) {
	if err < 0 {
		r.negative++
	}
	r.a += (mapped + 1 - runType) >> 1
	if r.n == reset {
		r.a >>= 1
		r.n >>= 1
		r.negative >>= 1
	}
	r.n++
}

// reconstruct gives the sample for a prediction and an error, modulo RANGE.
func (m *model) reconstruct(px, err int32) int32 {
	v := px + err*m.step
	if v < -m.near {
		v += m.rng * m.step
	} else if v > m.maxVal+m.near {
		v -= m.rng * m.step
	}
	return max(0, min(m.maxVal, v))
}

// reduce quantizes an error and brings it into half the range on either side.
func (m *model) reduce(err int32) int32 {
	if m.near > 0 {
		if err > 0 {
			err = (err + m.near) / m.step
		} else {
			err = -(m.near - err) / m.step
		}
	}
	if err < 0 {
		err += m.rng
	}
	if err >= (m.rng+1)/2 {
		err -= m.rng
	}
	return err
}
