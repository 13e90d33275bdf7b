// Package who tells in whose name something is done, and by which way it was asked
// for: for the journals that an administrator reads later. It travels in contexts.
package who

import (
	"context"
	"strings"
)

// Actor is who has something done. Its values come from outside and are shown as
// text only.
type Actor struct {
	Name    string // AE title or user
	Address string // IP address of the peer, "" for none
	Way     string // C-STORE, command deletestudy, DICOMweb, script ...
}

// String is "NAME at ADDRESS by WAY", as far as it is known; never empty.
func (a Actor) String() string {
	var b strings.Builder
	b.WriteString(a.Name)
	if a.Name == "" {
		b.WriteString("this server")
	}
	if a.Address != "" {
		b.WriteString(" at " + a.Address)
	}
	if a.Way != "" {
		b.WriteString(" by " + a.Way)
	}
	return b.String()
}

type key struct{}

// With is ctx for work that an actor asks for.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// Of is the actor of a context; the zero Actor is the server itself.
func Of(ctx context.Context) Actor {
	a, _ := ctx.Value(key{}).(Actor)
	return a
}
