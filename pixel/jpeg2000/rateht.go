package jpeg2000

import "math"

// A high throughput block of one pass can not be cut: the size of a stream follows
// from its quantisation.

// closeEnough is the part of the wanted size that a stream is content with, and
// mostSteps how often it is coded to get there.
const (
	closeEnough = 0.97
	mostSteps   = 14
)

// largestStep is the logarithm of a step that leaves next to nothing.
const largestStep = 18

// coarsen codes the blocks with larger steps, until the stream whose size was size
// is not larger than limit.
func (e *encoder) coarsen(size, limit int) error {
	type point struct{ step, size float64 } // the step as logarithm
	goal := float64(limit) * (1 + closeEnough) / 2
	// A step of one bit more takes a bit from every sample that is not zero.
	guess := func(size float64) float64 { return (size - goal) * 8 / (0.6 * float64(e.frame.Samples())) }
	low, high := point{0, float64(size)}, point{largestStep, 0}
	next := max(0.1, guess(low.size))
	for i := range mostSteps {
		next = min(next, largestStep)
		if err := e.requantise(next); err != nil {
			return err
		}
		p := point{next, float64(e.streamSize())}
		switch {
		case p.size <= float64(limit):
			if high = p; p.size >= closeEnough*float64(limit) {
				return nil
			}
		case next == largestStep:
			return nil
		default:
			low = p
		}
		switch {
		case high.size == 0:
			next = low.step + max(0.5, guess(low.size))
		case i%3 == 2:
			next = (low.step + high.step) / 2
		default:
			next = low.step + (high.step-low.step)*(low.size-goal)/(low.size-high.size)
		}
	}
	return e.requantise(high.step)
}

// requantise codes the blocks again, with steps of 2 to the power step.
func (e *encoder) requantise(step float64) error {
	q := e.quantisation(e.params.coding[0].levels, math.Exp2(step))
	for i := range e.params.quant {
		e.params.quant[i] = q
		for r := range e.tile.comps[i].res {
			bands := e.tile.comps[i].res[r].bands
			for b := range bands {
				bands[b].quantise(&q, r, b, e.frame.BitsStored)
			}
		}
	}
	if err := e.codeHT(); err != nil {
		return err
	}
	e.chooseGuard()
	return nil
}
