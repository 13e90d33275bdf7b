package sitecheck

import (
	"context"
	"net"
	"strconv"

	"conquest/dimse"
)

// answers tells whether the program on a port of this machine takes associations
// in the name of this server: it is running.
func (s *surroundings) answers(ctx context.Context, port int) bool {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := dimse.Dial(limited, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), dimse.Request{
		Options: dimse.Options{ReadTimeout: patience, WriteTimeout: patience},
		Calling: s.cfg.MyACRNema, Called: s.cfg.MyACRNema,
		Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}},
	})
	if err != nil {
		return false
	}
	_ = a.Release(limited) // it answered, which is all that counts
	return true
}
