package web

import (
	"context"
	"net/netip"
)

// Role is what a caller may do. Each role includes those before it.
type Role int

// The roles, from nobody to all rights.
const (
	Nobody Role = iota
	Viewer      // sees studies, queues, state
	User        // sends, packs, uploads
	Editor      // changes, deletes, worklist
	Admin       // configuration, rules, users
)

var roleNames = [...]string{"nobody", "viewer", "user", "editor", "admin"}

// String is the role as the users file and the API write it.
func (r Role) String() string {
	if r < 0 || int(r) >= len(roleNames) {
		return roleNames[Nobody]
	}
	return roleNames[r]
}

// ParseRole reads a role as String writes it.
func ParseRole(s string) (Role, bool) {
	for i, name := range roleNames {
		if name == s && i > 0 {
			return Role(i), true
		}
	}
	return Nobody, false
}

// Caller is who sent a request.
type Caller struct {
	Address netip.Addr // of the browser or program, behind trusted proxies
	User    string     // "" without a login
	Role    Role
}

type callerKey struct{}

// CallerOf is the caller of the request with this context; nobody when the
// request did not come through a [Server].
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// WithCaller gives a context a caller, for tests of handlers.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

type idKey struct{}

// RequestID is the id of the request with this context, as X-Request-Id and the
// log have it.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}
