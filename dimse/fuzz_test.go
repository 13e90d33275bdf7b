package dimse

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// recording is a connection whose peer said everything in advance.
type recording struct{ r io.Reader }

func (c *recording) Read(p []byte) (int, error)       { return c.r.Read(p) }
func (c *recording) Write(p []byte) (int, error)      { return len(p), nil }
func (c *recording) Close() error                     { return nil }
func (c *recording) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (c *recording) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (c *recording) SetDeadline(time.Time) error      { return nil }
func (c *recording) SetReadDeadline(time.Time) error  { return nil }
func (c *recording) SetWriteDeadline(time.Time) error { return nil }

// FuzzConversation plays whole conversations to a server.
func FuzzConversation(f *testing.F) {
	rq := AppendPDU(nil, parrotProposal())
	add := func(pdus ...PDU) {
		b := bytes.Clone(rq)
		for _, p := range pdus {
			b = AppendPDU(b, p)
		}
		f.Add(b)
	}
	add(&ReleaseRQ{})
	add(pdvs(PDV{1, true, true, echoBytes}), &ReleaseRQ{})
	add(pdvs(PDV{3, true, true, storeBytes}, PDV{3, false, false, []byte("some")}), pdvs(PDV{3, false, true, []byte("data")}))
	add(pdvs(PDV{7, true, true, findBytes}, PDV{7, false, true, nil}), &Abort{})
	var panicked error
	s := &Server{
		Options:  Options{MaxInMemory: 1 << 20, MaxCommand: 1 << 20, CloseTimeout: time.Millisecond},
		Handler:  findHandler(2, nil),
		Panicked: func(_ *Association, v any, stack []byte) { panicked = fmt.Errorf("panic: %v\n%s", v, stack) },
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s.ServeConn(context.Background(), &recording{bytes.NewReader(b)})
		if panicked != nil {
			t.Fatal(panicked)
		}
		if n := s.Associations(); n != 0 {
			t.Fatalf("%d associations are left", n)
		}
		if used := s.receiving.Used(); used != 0 {
			t.Fatalf("%d bytes of the budget are lost", used)
		}
	})
}
