package lua

import (
	"context"
	"io/fs"
	"os"
	"time"

	glua "github.com/yuin/gopher-lua"
)

// openPath opens a file. Opening a pipe waits for its other end, at most until the
// chunk is to end.
func (s *State) openPath(l *glua.LState, name string, flags int) (*os.File, error) {
	fi, err := os.Stat(name)
	if err != nil || fi.Mode()&fs.ModeNamedPipe == 0 || s.done == nil {
		return os.OpenFile(name, flags, 0o666)
	}
	type opened struct {
		f   *os.File
		err error
	}
	got := make(chan opened)
	done := s.done
	s.e.openings.Go("lua open", func() {
		f, err := os.OpenFile(name, flags, 0o666)
		select {
		case got <- opened{f, err}:
		case <-done:
			if err == nil {
				_ = f.Close() // came too late
			}
		}
	})
	select {
	case o := <-got:
		return o.f, o.err
	case <-done:
	}
	s.Ended(l)
	return nil, nil
}

// awaits begins an operation on a file that may wait for others, such as a pipe. The
// result ends it, and raises an error when the chunk is to end.
func (s *State) awaits(l *glua.LState, f *file) func() {
	if s.done == nil || f.f == nil || !f.slow {
		return func() { s.CheckTime(l) }
	}
	stop := context.AfterFunc(s.Context(), func() { _ = f.f.SetDeadline(time.Unix(1, 0)) })
	return func() {
		if !stop() {
			_ = f.f.SetDeadline(time.Time{}) // fails where it could not be set
		}
		s.CheckTime(l)
	}
}
