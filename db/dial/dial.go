// Package dial connects to database servers: a server that is cut off is noticed
// after seconds, not after the quarter of an hour that TCP would wait.
package dial

import (
	"context"
	"net"
	"time"
)

// Timeout is how long a connection may take.
const Timeout = 5 * time.Second

// unheard is how long a server may leave sent data without acknowledgement.
const unheard = 20 * time.Second

// Context is the dial function of drivers.
func Context(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: Timeout, Control: limitUnheard, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	return d.DialContext(ctx, network, address)
}
