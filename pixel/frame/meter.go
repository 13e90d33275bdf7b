package frame

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Meter holds the processor time that decoding may take, estimated beforehand for
// an ordinary processor, so that the same data are refused or not on all machines.
// Several frames may share it; its methods may be called at once, and those of a
// nil one do nothing.
type Meter struct {
	left atomic.Int64
	all  time.Duration
}

// NewMeter allows the time d.
func NewMeter(d time.Duration) *Meter {
	m := &Meter{all: d}
	m.left.Store(int64(d))
	return m
}

// Spend takes n nanoseconds, or tells with an [ErrLimit] that they are not there.
func (m *Meter) Spend(n int64) error {
	if m == nil || m.left.Add(-n) >= 0 {
		return nil
	}
	return fmt.Errorf("more than %v of processor time for so few bytes: %w", m.all.Round(100*time.Millisecond), ErrLimit)
}
