package pixel

import "conquest/group"

// forEach calls work for the frames 0 to n-1 on up to workers goroutines (0: one
// for each processor) and returns the error of the lowest number that failed. After
// a failure no new ones are begun. A panic is the error of its frame.
func forEach(n, workers int, work func(i int) error) error {
	return group.Each("pixel frame", n, workers, work)
}
