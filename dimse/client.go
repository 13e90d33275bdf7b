package dimse

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// Request tells how to open an association.
type Request struct {
	Options
	Calling, Called    string
	PadAEWithZeros     bool   // NUL instead of blanks behind AE titles
	ApplicationContext string // default the DICOM one
	Contexts           []ContextRequest
	Roles              []RoleSelection
	Extended           []ExtendedNegotiation
	Identity           *UserIdentity
	TLS                *tls.Config   // nil: plain TCP
	ConnectTimeout     time.Duration // default 10 s
	// Dial replaces the TCP connection, nil is [net.Dialer].
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// AcceptNone keeps an association without any accepted context open
	// instead of releasing it and returning ErrNoContext.
	AcceptNone bool
}

// ContextRequest is a context to propose, or several that differ in transfer
// syntax when Separate is set: the acceptor then can accept each of them.
type ContextRequest struct {
	AbstractSyntax   string
	TransferSyntaxes []string // in order of preference; default implicit little endian
	Separate         bool
}

// Dial opens an association to addr ("host:port"). Errors: a *[RejectError] when
// refused, ErrNoContext when nothing was accepted, an *[AbortError], ErrTimeout,
// or the network's, all wrapped with the address.
func Dial(ctx context.Context, addr string, r Request) (*Association, error) { return nil, nil }
