package dimse

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"conquest/dicom"
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
	// Dial replaces the TCP connection; nil is a [net.Dialer].
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// AcceptNone keeps an association without any accepted context open
	// instead of releasing it and returning ErrNoContext.
	AcceptNone bool
	// Handler handles requests of the peer that come while a response is
	// awaited, N-EVENT-REPORT for example; nil refuses them.
	Handler Handler
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
func Dial(ctx context.Context, addr string, r Request) (*Association, error) {
	rq, err := r.proposal()
	if err != nil {
		return nil, fmt.Errorf("associate with %s: %w", addr, err)
	}
	orDefault(&r.ConnectTimeout, 10*time.Second)
	conn, err := r.connect(ctx, addr)
	if err != nil {
		return nil, fmt.Errorf("associate with %s: %w", addr, err)
	}
	a := newAssociation(conn, r.Options, true)
	a.incoming, a.rq, a.padZeros = r.Handler, rq, r.PadAEWithZeros
	if err := a.associate(ctx); err != nil {
		a.shut()
		return nil, fmt.Errorf("associate with %s: %w", addr, err)
	}
	if !r.AcceptNone && !a.anyAccepted() {
		a.Release(ctx)
		return nil, fmt.Errorf("associate with %s: %w: %s", addr, ErrNoContext, a.offers(""))
	}
	return a, nil
}

// proposal makes the A-ASSOCIATE-RQ; contexts get the IDs 1, 3, 5 ...
func (r *Request) proposal() (*AssociateRQ, error) {
	opt := r.Options.withDefaults()
	pad := byte(' ')
	if r.PadAEWithZeros {
		pad = 0
	}
	rq := &AssociateRQ{
		ProtocolVersion: 1, Called: NewAETitle(r.Called, pad), Calling: NewAETitle(r.Calling, pad),
		ApplicationContext: r.ApplicationContext,
		User: UserInformation{
			MaxPDU: opt.MaxPDU, ImplementationClassUID: opt.ImplementationClassUID,
			ImplementationVersionName: opt.ImplementationVersionName,
			Roles:                     r.Roles, Extended: r.Extended, Identity: r.Identity,
		},
	}
	orDefault(&rq.ApplicationContext, ApplicationContextName)
	for _, c := range r.Contexts {
		syntaxes := c.TransferSyntaxes
		if len(syntaxes) == 0 {
			syntaxes = []string{dicom.ImplicitLittleEndian}
		}
		if !c.Separate {
			rq.Contexts = append(rq.Contexts, ProposedContext{AbstractSyntax: c.AbstractSyntax, TransferSyntaxes: syntaxes})
			continue
		}
		for _, ts := range syntaxes {
			rq.Contexts = append(rq.Contexts, ProposedContext{AbstractSyntax: c.AbstractSyntax, TransferSyntaxes: []string{ts}})
		}
	}
	if len(rq.Contexts) > 128 {
		return nil, fmt.Errorf("%d presentation contexts, at most 128 are possible", len(rq.Contexts))
	}
	for i := range rq.Contexts {
		rq.Contexts[i].ID = byte(2*i + 1)
	}
	return rq, nil
}

func (r *Request) connect(ctx context.Context, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, r.ConnectTimeout)
	defer cancel()
	dial := r.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", addr)
	if err != nil || r.TLS == nil {
		return conn, err
	}
	config := r.TLS
	if config.ServerName == "" && !config.InsecureSkipVerify {
		config = config.Clone()
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secured, nil
}

// associate sends the request and reads the answer.
func (a *Association) associate(ctx context.Context) error {
	a.step(evAssociateRequest)
	a.timer.fix(a.opt.AssociateTimeout)
	defer a.interruptAfter(ctx)()
	a.step(evConnected)
	if err := a.writePDU(a.rq); err != nil {
		return err
	}
	act, p, err := a.nextPDU()
	if err != nil {
		return a.failed(err)
	}
	if act == ae4 {
		rj := p.(*AssociateRJ)
		return a.end(&RejectError{rj.Result, rj.Source, rj.Reason})
	}
	ac, ok := p.(*AssociateAC)
	if !ok || act != ae3 {
		return a.failed(violation(AbortUnexpectedPDU, "%w", ErrUnexpectedPDU))
	}
	a.ac = ac
	a.setContexts(a.rq, ac)
	a.setPeerLimit(ac.User.MaxPDU)
	a.timer.free()
	return nil
}

func (a *Association) anyAccepted() bool {
	for _, pc := range a.contexts {
		if pc.Accepted() {
			return true
		}
	}
	return false
}
