package console

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Channel is a stream of messages: where they go and what stands in front of
// them. The zero Channel is off. Names and times in front stay when the target
// changes, as in the original (docs/original/commands.md 1.1).
type Channel struct {
	on atomic.Bool

	mu      sync.Mutex
	target  Target
	stamped bool
	named   bool
	name    string

	recent atomic.Pointer[Recent]
}

// Target takes finished messages, each ending in a line feed.
type Target interface {
	Write(message string)
	Close() error
}

// A reader takes one message at a time, with the name of the server in front.
type reader interface{ readsMessages() }

// Send sends messages to t from now on; nil turns the channel off. From the first
// target on that is on the network or a pipe each message begins with the name.
func (c *Channel) Send(t Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.target != nil {
		c.target.Close()
	}
	c.target = t
	c.on.Store(t != nil)
	if _, ok := t.(reader); ok {
		c.named = true
	}
}

// Stamp puts the time in front of each message, or no longer.
func (c *Channel) Stamp(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stamped = on
}

// SetName sets the name in front of messages.
func (c *Channel) SetName(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.name = name
}

// On tells whether messages go anywhere.
func (c *Channel) On() bool { return c.on.Load() }

// Write sends a message, which ends in a line feed.
func (c *Channel) Write(m string) { c.writeAll([]string{m}) }

// writeAll sends messages in one write, but as many as there are to a reader on
// the network or a pipe.
func (c *Channel) writeAll(messages []string) {
	if r := c.recent.Load(); r != nil {
		r.add(messages)
	}
	if !c.on.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.target == nil {
		return
	}
	front := ""
	if c.named {
		front = "[" + c.name + "] "
	}
	if c.stamped {
		front += Stamp(time.Now())
	}
	_, each := c.target.(reader)
	var b strings.Builder
	for _, m := range messages {
		b.WriteString(front)
		b.WriteString(m)
		if each {
			c.target.Write(b.String())
			b.Reset()
		}
	}
	if !each {
		c.target.Write(b.String())
	}
}

// sameWay tells whether messages of both channels look the same in one place.
func (c *Channel) sameWay(other *Channel) bool {
	if c == other {
		return true
	}
	a, b := c.way(), other.way()
	return a.target != nil && a == b
}

type way struct {
	target         Target
	stamped, named bool
}

func (c *Channel) way() way {
	c.mu.Lock()
	defer c.mu.Unlock()
	return way{c.target, c.stamped, c.named}
}
