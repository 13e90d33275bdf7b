package console

import (
	"context"
	"fmt"
	"testing"
)

func TestRecentKeepsTheLastMessages(t *testing.T) {
	c := New("", "")
	r := NewRecent(3)
	c.OperatorChannel().Remember(r)
	for i := range 5 {
		c.Operator("line %d", i)
	}
	var got string
	for _, s := range r.Last() {
		got += s.Text + ";"
	}
	if got != "line 2;line 3;line 4;" {
		t.Error(got)
	}
}

func TestFollowersHearWhatComes(t *testing.T) {
	c := New("", "")
	r := NewRecent(3)
	c.OperatorChannel().Remember(r)
	ctx, cancel := context.WithCancel(t.Context())
	heard := make(chan string)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Follow(ctx, func(s Said) { heard <- s.Text })
	}()
	for r.followed() == 0 {
	}
	for i := range 2 {
		c.Operator("line %d", i)
		if got := <-heard; got != fmt.Sprint("line ", i) {
			t.Error(got)
		}
	}
	cancel()
	<-ended
	c.Operator("nobody hears this")
}

func (r *Recent) followed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.followers)
}
