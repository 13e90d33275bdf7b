package console

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Said is a message with the time at which it was said.
type Said struct {
	Time time.Time
	Text string // without the last line feed
}

// Recent remembers the last messages of a channel and hands new ones to who
// follows it. Make it with [NewRecent] and give it to [Channel.Remember].
type Recent struct {
	mu        sync.Mutex
	list      []Said
	next      int // where the next one goes once the list is full
	size      int
	followers map[chan Said]bool
}

// NewRecent remembers so many messages.
func NewRecent(size int) *Recent {
	return &Recent{size: size, followers: map[chan Said]bool{}}
}

// Remember lets r know all messages of the channel from now on, whether they go
// anywhere else or not.
func (c *Channel) Remember(r *Recent) { c.recent.Store(r) }

func (r *Recent) add(messages []string) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range messages {
		said := Said{now, strings.TrimRight(m, "\n")}
		if len(r.list) < r.size {
			r.list = append(r.list, said)
		} else {
			r.list[r.next] = said
			r.next = (r.next + 1) % r.size
		}
		for f := range r.followers {
			select {
			case f <- said:
			default: // who does not keep up misses messages; nobody waits for him
			}
		}
	}
}

// Last are the messages remembered, the oldest first.
func (r *Recent) Last() []Said {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Concat(r.list[r.next:], r.list[:r.next])
}

// Follow calls f with each new message until ctx ends. Messages are left out
// when f does not keep up.
func (r *Recent) Follow(ctx context.Context, f func(Said)) {
	const behind = 4096
	c := make(chan Said, behind)
	r.mu.Lock()
	r.followers[c] = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.followers, c)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case said := <-c:
			f(said)
		}
	}
}
