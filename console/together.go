package console

import (
	"fmt"
	"strings"
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
	t.lines = append(t.lines, line{text: message(format, a)})
}

// Debug is [Console.Debug], later.
func (t *Together) Debug(format string, a ...any) {
	if t.c.debug.On() || strings.Contains(format, "***") {
		t.lines = append(t.lines, line{message(format, a), true})
	}
}

// Event is [Console.Event], later.
func (t *Together) Event(what string, pairs ...any) {
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
