package access

import (
	"crypto/tls"
	"net"
	"os"
	"sync"
	"time"

	"conquest/console"
	"conquest/dicomini"
)

// RightsBook follows the file that AccessRights names. Without the key every
// caller has all rights that the lists of hosts leave it, as the original.
type RightsBook struct {
	Current func() *dicomini.Config
	Console *console.Console

	mu       sync.Mutex
	path     string
	modified time.Time
	size     int64
	list     *RightsList
}

// Of are the rights of the peer of a connection that calls itself title; known is
// false when it may not associate at all. This machine has all rights under titles
// that no line binds to another host, so that commands go on. A file that can not be read gives
// nobody else any.
func (b *RightsBook) Of(title string, conn net.Conn) (rights Rights, known bool) {
	path := b.Current().Value("AccessRights")
	if path == "" {
		return allRights, true
	}
	host := address(conn.RemoteAddr())
	list := b.read(path)
	rights, known = list.Of(title, host, stateOf(conn))
	if !known && host.Unmap().IsLoopback() && !list.binds(title) {
		return allRights, true
	}
	return rights, known
}

// stateOf is the state of a TLS connection, nil for a plain one.
func stateOf(conn net.Conn) *tls.ConnectionState {
	c, ok := conn.(interface{ ConnectionState() tls.ConnectionState })
	if !ok {
		return nil
	}
	state := c.ConnectionState()
	return &state
}

// read is the list of the file as it is now.
func (b *RightsBook) read(path string) *RightsList {
	b.mu.Lock()
	defer b.mu.Unlock()
	fi, err := os.Stat(path)
	if err == nil && b.list != nil && path == b.path && fi.ModTime().Equal(b.modified) && fi.Size() == b.size {
		return b.list
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		b.Console.Event("*** AccessRights can not be read: nobody else may associate", "file", path, "error", err)
		b.list = nil
		return &RightsList{}
	}
	b.path, b.modified, b.size = path, fi.ModTime(), fi.Size()
	b.list = ParseRights(string(text))
	for _, bad := range b.list.Bad {
		b.Console.Event("*** line of AccessRights can not be read: it gives no rights", "file", path, "line", bad.Line, "problem", bad.Text)
	}
	return b.list
}
