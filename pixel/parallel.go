package pixel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// forEach calls work for 0 to n-1 on up to workers goroutines (0: one for each
// core) and returns the error of the lowest number that failed. After a
// failure no new numbers are begun.
func forEach(n, workers int, work func(i int) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			if err := work(i); err != nil {
				return err
			}
		}
		return nil
	}
	var (
		next   atomic.Int64
		failed atomic.Bool
		wait   sync.WaitGroup
	)
	errs := make([]error, workers)
	at := make([]int, workers)
	for w := range workers {
		wait.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := work(i); err != nil {
					errs[w], at[w] = err, i
					failed.Store(true)
					return
				}
			}
		})
	}
	wait.Wait()
	var first error
	lowest := n
	for w, err := range errs {
		if err != nil && at[w] < lowest {
			first, lowest = err, at[w]
		}
	}
	return first
}
