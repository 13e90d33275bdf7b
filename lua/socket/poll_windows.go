package socket

import (
	"net"
	"time"
)

// readNow reads what comes within the shortest time that calls wait here.
func readNow(conn net.Conn, b []byte) (int, error) {
	if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return 0, err
	}
	return conn.Read(b)
}
