// Package health asks whether a server can do its work now: whether the index
// takes changes, the devices have room, queues move and scripts end. It is one
// list of checks for all who ask: the command line and, later, HTTP.
package health

import (
	"context"
	"fmt"
	"time"

	"conquest/group"
)

// Check is one thing that has to be in order.
type Check struct {
	Name string // one or two words: index, devices, queues
	// Look returns why it is not in order. One that outlasts its context counts
	// as not in order and is left alone.
	Look func(ctx context.Context) error
}

// Finding is a check that is not in order.
type Finding struct {
	Check string
	Err   error
}

// String is one line: "index: database not reachable".
func (f Finding) String() string { return fmt.Sprintf("%s: %v", f.Check, f.Err) }

// Limit is how long all checks together may take by default.
const Limit = 5 * time.Second

// Examine runs the checks at the same time, for at most limit, and returns what
// is not in order, in the order of the list. A check that gives no answer in time
// is a finding.
func Examine(ctx context.Context, limit time.Duration, checks []Check) []Finding {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var running group.Group // is not waited for: a check may hang for good
	answers := make([]chan error, len(checks))
	for i, c := range checks {
		answer := make(chan error, 1)
		answers[i] = answer
		running.Go("health "+c.Name, func() {
			answer <- group.Guard("check of "+c.Name, func() error { return c.Look(ctx) })
		})
	}
	var list []Finding
	for i, c := range checks {
		select {
		case err := <-answers[i]:
			if err != nil {
				list = append(list, Finding{c.Name, err})
			}
		case <-ctx.Done():
			err := fmt.Errorf("no answer within %v", limit)
			select {
			case err = <-answers[i]:
			default:
			}
			if err != nil {
				list = append(list, Finding{c.Name, err})
			}
		}
	}
	return list
}
