package console

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress tells how far a long job over many files is: on a terminal one line
// that is written over, else a console line now and then. A nil Progress is
// silent.
type Progress struct {
	name     string
	terminal io.Writer // nil: none
	say      func(format string, a ...any)
	started  time.Time

	mu    sync.Mutex // guards below
	done  int
	total int // 0: not known yet
	last  time.Time
}

// Times between two reports.
const (
	terminalEvery = 200 * time.Millisecond
	lineEvery     = 10 * time.Second
)

// NewProgress begins a job. The terminal is nil when nobody looks at one.
func NewProgress(name string, terminal io.Writer, con *Console) *Progress {
	now := time.Now()
	return &Progress{name: name, terminal: terminal, say: con.Operator, started: now, last: now}
}

// Shown tells whether somebody looks at a terminal, so that it is worth counting
// the files beforehand.
func (p *Progress) Shown() bool { return p != nil && p.terminal != nil }

// Expect sets the number of files.
func (p *Progress) Expect(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = n
}

// Add counts files that are done.
func (p *Progress) Add(n int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	every := lineEvery
	if p.terminal != nil {
		every = terminalEvery
	}
	if now := time.Now(); now.Sub(p.last) >= every {
		p.last = now
		p.report(now)
	}
}

// End ends the line of a terminal.
func (p *Progress) End() {
	if p == nil || p.terminal == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = 0
	p.report(time.Now())
	fmt.Fprintln(p.terminal)
}

// report writes the state. The caller holds mu.
func (p *Progress) report(now time.Time) {
	text := p.text(now.Sub(p.started))
	if p.terminal != nil {
		fmt.Fprintf(p.terminal, "\r%s\x1b[K", text)
		return
	}
	p.say("%s", text)
}

// text is the state after some time: files, files/s, and when the number of
// files is known percent and time left.
func (p *Progress) text(elapsed time.Duration) string {
	rate := float64(p.done) / max(elapsed.Seconds(), 0.001)
	text := fmt.Sprintf("%s: %d files, %.0f files/s", p.name, p.done, rate)
	if p.total >= p.done && p.total > 0 {
		left := time.Duration(0)
		if rate > 0 {
			left = time.Duration(float64(p.total-p.done) / rate * float64(time.Second)).Round(time.Second)
		}
		text += fmt.Sprintf(", %d%% of %d, %s left", 100*p.done/p.total, p.total, left)
	}
	return text
}
