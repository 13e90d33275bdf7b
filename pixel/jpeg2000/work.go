package jpeg2000

import (
	"fmt"
	"sync/atomic"

	"conquest/pixel/frame"
)

// work is what a code stream may still ask of its decoder. A few bytes can
// describe precincts, packets and coding passes without end; what makes sense
// grows with the number of bytes. All tiles of a stream share it.
type work struct {
	pieces atomic.Int64 // precincts and code blocks that may still be made
	visits atomic.Int64 // precincts that may still be looked at
	meter  *frame.Meter
}

// Nanoseconds that decoding takes, on an ordinary processor: for a sample of a
// tile that has data or none, and for a sample of a code block in a bit plane.
const (
	sampleTime = 20
	blankTime  = 3
	planeTime  = 8
)

// allow sets what a stream of n bytes may ask.
func (w *work) allow(n int) {
	w.pieces.Store(1<<18 + 16*int64(n))
	w.visits.Store(1<<24 + 256*int64(n))
}

// piece takes n precincts or code blocks.
func (w *work) piece(n int) error {
	if w != nil && w.pieces.Add(-int64(n)) < 0 {
		return fmt.Errorf("%w: too many precincts and code blocks for the size of the stream", ErrUnsupported)
	}
	return nil
}

// visit takes n looks at precincts and tells whether they were there.
func (w *work) visit(n int) bool { return w.visits.Add(-int64(n)) >= 0 }

// spend takes time, in nanoseconds.
func (w *work) spend(n int64) error {
	if err := w.meter.Spend(n); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return nil
}
