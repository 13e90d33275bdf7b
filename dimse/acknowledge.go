package dimse

import (
	"io"
	"net"
)

// smallRead is the size below which a read is taken as a piece of a message
// whose rest the peer holds back until it gets our acknowledgement.
const smallRead = 4096

// prompt reads from a connection and acknowledges small pieces at once. Many
// DICOM programs write a message in two pieces without TCP_NODELAY: without it
// they wait some 40 ms for each message.
type prompt struct {
	conn        net.Conn
	acknowledge func()
}

// newPrompt is conn itself where acknowledging is not in our hands.
func newPrompt(conn net.Conn) io.Reader {
	if f := acknowledger(conn); f != nil {
		return &prompt{conn, f}
	}
	return conn
}

func (p *prompt) Read(b []byte) (int, error) {
	n, err := p.conn.Read(b)
	if n > 0 && n < smallRead {
		p.acknowledge()
	}
	return n, err
}
