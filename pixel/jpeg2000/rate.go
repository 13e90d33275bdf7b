package jpeg2000

import (
	"math"
	"slices"
)

// smallImage is the number of plain bytes up to which lossy streams are not cut:
// the headers alone would use up the rate.
const smallImage = 1024

// limit keeps a lossy stream to the size that the options ask for.
func (e *encoder) limit() error {
	ratio := e.opt.ratio()
	f := e.frame
	plain := float64(f.Samples()) * float64(f.BitsStored) / 8
	if ratio == 0 || plain <= smallImage {
		return nil
	}
	limit := int(plain / ratio)
	size := e.streamSize()
	switch {
	case size <= limit:
	case e.opt.HighThroughput:
		return e.coarsen(size, limit)
	default:
		e.allocate(limit, e.streamSize)
	}
	return nil
}

// slopes gives, for every pass of the block, the distortion it removes per
// byte if the codeword is cut after it, or zero where cutting is never best
// (the point is not on the convex hull).
func (b *codedBlock) slopes() []float64 {
	out := make([]float64, len(b.passes))
	hull := make([]int, 0, len(b.passes))
	sum := make([]float64, len(b.passes))
	total := 0.0
	for i, p := range b.passes {
		total += p.distortion
		sum[i] = total
		for {
			rate, dist, slope := 0, 0.0, math.Inf(1)
			if n := len(hull); n > 0 {
				rate, dist, slope = b.passes[hull[n-1]].rate, sum[hull[n-1]], out[hull[n-1]]
			}
			gain := total - dist
			if gain <= 0 {
				break
			}
			s := math.Inf(1)
			if p.rate > rate {
				s = gain / float64(p.rate-rate)
			}
			if len(hull) > 0 && s >= slope {
				out[hull[len(hull)-1]] = 0
				hull = hull[:len(hull)-1]
				continue
			}
			out[i] = s
			hull = append(hull, i)
			break
		}
	}
	return out
}

// allocate chooses the passes of every block so that the stream is not larger than limit (post
// compression rate-distortion optimisation, J.14).
func (e *encoder) allocate(limit int, measure func() int) {
	slopes := make([][]float64, len(e.jobs))
	var all []float64
	for i := range e.jobs {
		slopes[i] = e.jobs[i].result.slopes()
		for _, s := range slopes[i] {
			if s > 0 {
				all = append(all, s)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	cut := func(threshold float64) int {
		for i := range e.jobs {
			use := 0
			for k, s := range slopes[i] {
				if s > 0 && s >= threshold {
					use = k + 1
				}
			}
			e.jobs[i].result.use = use
		}
		return measure()
	}
	// The smallest threshold whose stream fits.
	lo, hi := 0, len(all)
	for lo < hi {
		mid := (lo + hi) / 2
		if cut(all[mid]) <= limit {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo < len(all) {
		cut(all[lo])
		return
	}
	cut(math.Inf(1))
	for i := range e.jobs {
		e.jobs[i].result.use = 0
	}
}
