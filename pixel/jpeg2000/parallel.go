package jpeg2000

import (
	"errors"
	"fmt"
	"sync/atomic"

	"conquest/group"
)

// smallWork is the number of samples below which goroutines do not pay.
const smallWork = 1 << 14

// inParallel splits 0..n into ranges and calls do for each, in up to workers
// goroutines when work (in samples) is worth it. It waits for all and turns a
// panic into an error.
func inParallel(n, work, workers int, do func(from, to int)) error {
	if work < smallWork {
		workers = 1
	}
	workers = min(workers, n)
	return forEach(workers, workers, func(_, i int) error {
		do(n*i/workers, n*(i+1)/workers)
		return nil
	})
}

// forEach calls do for 0..n-1 in up to workers goroutines; do is told which
// worker it runs in. The first error ends the work and is returned; a panic
// becomes an error.
func forEach(n, workers int, do func(worker, i int) error) error {
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			if err := do(0, i); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	err := group.Each("JPEG 2000 part", workers, workers, func(worker int) error {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			if err := do(worker, i); err != nil {
				next.Store(int64(n))
				return err
			}
		}
		return nil
	})
	var panicked *group.PanicError
	if errors.As(err, &panicked) {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return err
}
