package dimse

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

// hostConn is a connection that seems to come from another host.
type hostConn struct {
	net.Conn
	host string
}

func (c hostConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(c.host), Port: 1000} }

// crowd is a server of at most four associations to which hosts connect.
type crowd struct {
	t      *testing.T
	s      *Server
	served sync.WaitGroup
	mu     sync.Mutex
	ended  map[string][]error // by host
}

func newCrowd(t *testing.T, h Handler) *crowd {
	c := &crowd{t: t, ended: map[string][]error{}}
	c.s = &Server{MaxAssociations: 4, Handler: h, Options: Options{CloseTimeout: time.Millisecond}, Closed: func(a *Association, err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ended[a.host] = append(c.ended[a.host], err)
	}}
	c.s.init()
	t.Cleanup(c.served.Wait)
	return c
}

// connect is the other end of a new connection of host.
func (c *crowd) connect(host string) net.Conn {
	here, there := net.Pipe()
	c.t.Cleanup(func() { here.Close() })
	c.served.Go(func() { c.s.ServeConn(context.Background(), hostConn{there, host}) })
	return here
}

// associate opens an association of host.
func (c *crowd) associate(host string) (*Association, error) {
	rq := Request{Calling: "A", Called: "B", Contexts: []ContextRequest{{AbstractSyntax: Verification}}}
	rq.Dial = func(context.Context, string, string) (net.Conn, error) { return c.connect(host), nil }
	return Dial(context.Background(), "pipe:1", rq)
}

// enter opens an association of host, once those that pass makes old are seen to
// wait.
func (c *crowd) enter(host string, pass func()) (a *Association) {
	c.t.Helper()
	waitFor(c.t, func() (ok bool) {
		pass()
		var err error
		a, err = c.associate(host)
		return err == nil
	})
	return a
}

// age lets all associations of host have been silent for a time.
func (c *crowd) age(host string, d time.Duration) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for a := range c.s.open {
		if a.host == host {
			a.timer.mu.Lock()
			a.timer.began = time.Now().Add(-d)
			a.timer.mu.Unlock()
		}
	}
}

func (c *crowd) lost(host string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, err := range c.ended[host] {
		if errors.Is(err, ErrGaveWay) {
			n++
		}
	}
	return n
}

func (c *crowd) full() {
	c.t.Helper()
	waitFor(c.t, func() bool { return c.s.Associations() == 4 })
}

// TestIdleGiveWay lets silent connections, and silent associations, of the host
// with most make room.
func TestIdleGiveWay(t *testing.T) {
	for _, silent := range []bool{true, false} {
		c := newCrowd(t, HandlerFunc(okHandler))
		for range 3 {
			if silent {
				c.connect("10.0.0.1")
			} else if _, err := c.associate("10.0.0.1"); err != nil {
				t.Fatal(err)
			}
		}
		friend, err := c.associate("10.0.0.2")
		if err != nil {
			t.Fatal(err)
		}
		c.full()
		if _, err := c.associate("10.0.0.3"); err == nil {
			t.Error("nobody was idle for long enough, and yet another one was let in")
		}
		for i := range 2 {
			defer c.enter("10.0.0.3", func() {
				c.age("10.0.0.1", 2*time.Second)
				c.age("10.0.0.2", 20*time.Second)
			}).Close()
			waitFor(t, func() bool { return c.lost("10.0.0.1") == i+1 })
		}
		if err := friend.Echo(context.Background()); err != nil || c.lost("10.0.0.2") != 0 {
			t.Errorf("the host with fewer lost: %v", err)
		}
	}
}

// TestBusyStay keeps associations that work, and those of hosts with fewer.
func TestBusyStay(t *testing.T) {
	working, let := make(chan struct{}, 4), make(chan struct{})
	c := newCrowd(t, HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		working <- struct{}{}
		<-let
		return okHandler(ctx, a, m)
	}))
	var echoes sync.WaitGroup
	for range 3 {
		a, err := c.associate("10.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		echoes.Go(func() {
			if err := a.Echo(context.Background()); err != nil {
				t.Error(err)
			}
			a.Close()
		})
		<-working
	}
	if _, err := c.associate("10.0.0.2"); err != nil {
		t.Fatal(err)
	}
	c.full()
	c.age("10.0.0.1", time.Hour)
	c.age("10.0.0.2", 2*time.Second)
	var refused *RejectError
	if _, err := c.associate("10.0.0.1"); !errors.As(err, &refused) {
		t.Errorf("the busy host took the place of another one: %v", err)
	}
	c.enter("10.0.0.3", func() { c.age("10.0.0.2", 2*time.Second) }).Close()
	if c.lost("10.0.0.1") != 0 {
		t.Error("a busy association gave way")
	}
	close(let)
	echoes.Wait()
}
