package site

import (
	"context"
	"os"

	"conquest/budget"
	"conquest/pixel"
)

// Work begins a piece of work, for one object or one command, that ends with done:
// what it needs of memory is taken of the budget of ctx, else of that of the
// process, and is given back then.
func (s *Site) Work(ctx context.Context, name string) (_ context.Context, done func()) {
	if budget.From(ctx) == nil {
		ctx = budget.With(ctx, s.Memory)
	}
	return budget.Work(ctx, name)
}

// Limits bound what is done with pixel data for ctx. Outside of [Site.Work] what
// is made of the pixels is counted until done only.
func (s *Site) Limits(ctx context.Context) (l pixel.Limits, done func()) {
	l.Budget, done = budget.From(ctx), func() {}
	if l.Budget == nil {
		l.Budget = s.Memory.Part("object", 0)
		done = l.Budget.Close
	}
	if s.Live != nil {
		if dir := s.TempDir(s.Live.Current()); isFolder(dir) {
			l.Spool = dir
		}
	}
	return l, done
}

func isFolder(dir string) bool {
	fi, err := os.Stat(dir)
	return err == nil && fi.IsDir()
}
