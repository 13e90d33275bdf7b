package console

import (
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
)

// Recorder gets each message once more with what it is made of, for logs that
// programs read. Its methods are called from all goroutines.
type Recorder interface {
	// Takes tells whether messages of a level are wanted.
	Takes(level slog.Level) bool
	// Take takes a message: the event that it tells of, its text without the last line
	// feed, and pairs of name and value.
	Take(level slog.Level, event, text string, pairs []any)
}

// recorders is the recorder of a console, or none.
type recorders struct{ p atomic.Pointer[Recorder] }

// Record hands all messages to r too, whether the channels are read or not; nil ends
// that.
func (c *Console) Record(r Recorder) {
	if r == nil {
		c.recorder.p.Store(nil)
		return
	}
	c.recorder.p.Store(&r)
}

func (r *recorders) takes(level slog.Level) Recorder {
	p := r.p.Load()
	if p == nil || !(*p).Takes(level) {
		return nil
	}
	return *p
}

// levelOf is the level of a line for the operator.
func levelOf(format string) slog.Level {
	if strings.Contains(format, "***") {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// debugLevelOf is the level of a line of the debug channel.
func debugLevelOf(format string) slog.Level {
	if strings.Contains(format, "***") {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// recordLine records a line of the original; its event is the function of package
// oplog that says it.
func (c *Console) recordLine(level slog.Level, m string, a []any) {
	if r := c.recorder.takes(level); r != nil {
		var pairs []any
		if len(a) > 0 {
			pairs = []any{"values", a}
		}
		r.Take(level, sayer(), strings.TrimSuffix(m, "\n"), pairs)
	}
}

// recordEvent records an event of ours.
func (c *Console) recordEvent(what string, pairs []any) {
	level := levelOf(what)
	if r := c.recorder.takes(level); r != nil {
		r.Take(level, strings.TrimLeft(what, "* "), Line(what, pairs...), pairs)
	}
}

// lines is the package whose functions say the lines of the original.
const lines = "conquest/oplog."

// sayer is the name of the function of package oplog that speaks, "line" when there is
// none.
func sayer() string {
	var pcs [8]uintptr
	n := runtime.Callers(4, pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	for {
		f, more := frames.Next()
		if name, ok := strings.CutPrefix(f.Function, lines); ok {
			name, _, _ = strings.Cut(name, ".")
			return name
		}
		if !more {
			return "line"
		}
	}
}
