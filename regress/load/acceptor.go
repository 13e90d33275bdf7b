package main

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
)

// An acceptor receives what servers send on a C-MOVE and drops it.
type acceptor struct {
	l     net.Listener
	count atomic.Int64
	bytes atomic.Int64
}

func newAcceptor() (*acceptor, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	a := &acceptor{l: l}
	go a.serve()
	return a, nil
}

func (a *acceptor) port() int { return a.l.Addr().(*net.TCPAddr).Port }

func (a *acceptor) close() error { return a.l.Close() }

func (a *acceptor) serve() {
	for {
		conn, err := a.l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			// A broken association shows in the figures: the move fails.
			_ = a.answer(newLink(conn))
		}()
	}
}

func (a *acceptor) answer(l *link) error {
	kind, content, err := readPDU(l.r, nil)
	if err != nil {
		return err
	}
	if kind != pduAssociateRQ {
		return fmt.Errorf("PDU type %d", kind)
	}
	n, err := parseAssociate(content)
	if err != nil {
		return err
	}
	if n.max > 0 {
		l.max = n.max
	}
	ac := append([]byte(nil), content[:68]...)
	ac = append(ac, item(0x10, []byte(applicationUID))...)
	for _, c := range n.contexts {
		ts := implicitLE
		if len(c.syntaxes) > 0 {
			ts = c.syntaxes[0]
		}
		ac = append(ac, item(0x21, append([]byte{c.id, 0, 0, 0}, item(0x40, []byte(ts))...))...)
	}
	if _, err := l.conn.Write(pduBytes(pduAssociateAC, append(ac, userInformation(nil)...))); err != nil {
		return err
	}
	for {
		m, err := l.receive()
		if errors.Is(err, errReleased) {
			_, err = l.conn.Write(pduBytes(pduReleaseRP, make([]byte, 4)))
			return err
		}
		if err != nil {
			return err
		}
		a.count.Add(1)
		a.bytes.Add(int64(m.size))
		if err := answerStore(l, m); err != nil {
			return err
		}
	}
}
