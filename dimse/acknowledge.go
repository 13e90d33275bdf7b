package dimse

import (
	"net"
	"sync/atomic"
)

// smallRead is the size below which a read is taken as a piece of a message
// whose rest the peer holds back until it gets our acknowledgement.
const smallRead = 4096

// prompt reads from a connection and acknowledges small pieces before it waits
// for more, unless an answer that was sent meanwhile has done so. Many DICOM
// programs write a message in two pieces without TCP_NODELAY: without it they
// wait some 40 ms for each message.
type prompt struct {
	conn        net.Conn
	acknowledge func() // nil where that is not in our hands
	owed        atomic.Bool
	tap         Tap          // nil: nobody listens
	sent        atomic.Int64 // bytes
}

func (p *prompt) Read(b []byte) (int, error) {
	if p.owed.Load() && p.owed.Swap(false) {
		p.acknowledge()
	}
	n, err := p.conn.Read(b)
	if n > 0 && n < smallRead && p.acknowledge != nil {
		p.owed.Store(true)
	}
	if p.tap != nil && n > 0 {
		p.tap.Received(b[:n])
	}
	return n, err
}

// Write sends b, and with it what was to be acknowledged.
func (p *prompt) Write(b []byte) (int, error) {
	p.owed.Store(false)
	p.sent.Add(int64(len(b)))
	if p.tap != nil {
		p.tap.Sent(b)
	}
	return p.conn.Write(b)
}
