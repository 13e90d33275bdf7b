//go:build unix

package life

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

// BenchmarkStore is the processor time that a stored object costs in all, database
// included: at most 20 µs.
func BenchmarkStore(b *testing.B) {
	r := newRig(b)
	ctx := context.Background()
	var before, after syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	b.ResetTimer()
	for n := range b.N {
		r.Note(event(Stored, fmt.Sprint(n/500), n))
		if n%200 == 199 {
			if err := r.drain(ctx); err != nil {
				b.Fatal(err)
			}
		}
	}
	r.drain(ctx)
	syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	used := time.Duration(after.Utime.Nano() - before.Utime.Nano() + after.Stime.Nano() - before.Stime.Nano())
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/store")
	if fi, err := os.Stat(r.path); err == nil {
		b.ReportMetric(float64(fi.Size())/float64(b.N), "bytes/store")
	}
}
