package access

import (
	"errors"
	"fmt"
	"net"
	"testing"
)

type spoken struct{ error }

func (spoken) Comment() string { return "database not reachable" }
func (s spoken) Unwrap() error { return s.error }

// TestOwnComment: an error that knows what a peer may read of it is asked.
func TestOwnComment(t *testing.T) {
	cause := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	if text := Comment(fmt.Errorf("look object up: %w", spoken{cause})); text != "database not reachable" {
		t.Errorf("comment %q", text)
	}
}
