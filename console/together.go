package console

import (
	"fmt"
	"log/slog"
)

// Together collects messages that are then said as one: no message of another
// goroutine comes between them, and they cost one write where the target allows.
type Together struct {
	c     *Console
	lines []line
}

type line struct {
	text  string
	debug bool
}

// Together begins a collection.
func (c *Console) Together() *Together { return &Together{c: c, lines: make([]line, 0, 4)} }

// DebugAll says several messages on the debug channel, together.
func (c *Console) DebugAll(messages ...string) {
	t := c.Together()
	for _, m := range messages {
		t.Debug("%s", m)
	}
	t.Say()
}

// Operator is [Console.Operator], later.
func (t *Together) Operator(format string, a ...any) {
	m := message(format, a)
	t.c.recordLine(levelOf(format), m, a)
	t.lines = append(t.lines, line{text: m})
}

// Debug is [Console.Debug], later.
func (t *Together) Debug(format string, a ...any) {
	level := debugLevelOf(format)
	said := t.c.debug.On() || level != slog.LevelDebug
	if !said && t.c.recorder.takes(level) == nil {
		return
	}
	m := message(format, a)
	t.c.recordLine(level, m, a)
	if said {
		t.lines = append(t.lines, line{m, true})
	}
}

// Event is [Console.Event], later.
func (t *Together) Event(what string, pairs ...any) {
	t.c.recordEvent(what, pairs)
	t.lines = append(t.lines, line{text: fmt.Sprintln(Line(what, pairs...))})
}

// Say says what was collected, which then is empty.
func (t *Together) Say() {
	c := t.c
	run := make([]string, 0, len(t.lines))
	for i, l := range t.lines {
		to := c.channelOf(l)
		run = append(run, l.text)
		if i+1 == len(t.lines) || !to.sameWay(c.channelOf(t.lines[i+1])) {
			to.writeAll(run)
			run = run[:0]
		}
	}
	for _, l := range t.lines {
		c.troubled(l.text)
	}
	t.lines = t.lines[:0]
}

func (c *Console) channelOf(l line) *Channel {
	if l.debug {
		return &c.debug
	}
	return &c.operator
}
