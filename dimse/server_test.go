package dimse

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"math/big"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"conquest/dicom"
)

func TestReject(t *testing.T) {
	rejected := make(chan *RejectError, 1)
	addr, _ := startServer(t, &Server{
		Policy: &ListPolicy{RemoteAE: []string{"FRIEND"}}, Handler: HandlerFunc(okHandler),
		Rejected: func(a *Association, err *RejectError) {
			if a.Calling() == "STRANGER" && a.Called() == "TESTSCP" {
				rejected <- err
			}
		},
	})
	_, err := Dial(context.Background(), addr, Request{
		Calling: "STRANGER", Called: "TESTSCP", Contexts: []ContextRequest{{AbstractSyntax: Verification}},
	})
	var r *RejectError
	if !errors.As(err, &r) || *r != (RejectError{RejectPermanent, RejectByUser, ReasonCallingAE}) || *<-rejected != *r {
		t.Errorf("%v", err)
	}
}

func TestNothingAccepted(t *testing.T) {
	closed := make(chan error, 2)
	addr, _ := startServer(t, &Server{
		Policy: &ListPolicy{AbstractSyntaxes: []string{ctImage}}, Handler: HandlerFunc(okHandler),
		Closed: func(_ *Association, err error) { closed <- err },
	})
	rq := Request{Calling: "A", Called: "B", Contexts: []ContextRequest{{AbstractSyntax: Verification}}}
	if _, err := Dial(context.Background(), addr, rq); !errors.Is(err, ErrNoContext) {
		t.Errorf("%v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("not released: %v", err)
	}
	rq.AcceptNone = true
	a, err := Dial(context.Background(), addr, rq)
	if err != nil {
		t.Fatal(err)
	}
	if pc := a.Contexts()[0]; pc.Result != ContextAbstractNotSupported || pc.Accepted() {
		t.Errorf("%+v", pc)
	}
	if err := a.Echo(context.Background()); !errors.Is(err, ErrNoContext) {
		t.Errorf("%v", err)
	}
	if err := a.Release(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestUserInformationOnBothSides(t *testing.T) {
	var got UserInformation
	addr, _ := startServer(t, &Server{
		Options: Options{MaxPDU: 5000, ImplementationClassUID: "1.2.3", ImplementationVersionName: "V1"},
		Handler: HandlerFunc(okHandler),
		Policy: PolicyFunc(func(rq *AssociateRQ, peer net.Addr) Decision {
			d := (&ListPolicy{}).Negotiate(rq, peer)
			got, d.IdentityResponse = rq.User, []byte("hello")
			return d
		}),
	})
	a := dial(t, addr, Request{
		Identity: &UserIdentity{Type: 2, ResponseRequired: true, Primary: []byte("joe"), Secondary: []byte("secret")},
		Extended: []ExtendedNegotiation{{StudyRootFind, []byte{1}}}, Options: Options{MaxPDU: 7000},
	})
	u := a.Acceptance().User
	if u.MaxPDU != 5000 || u.ImplementationClassUID != "1.2.3" || u.ImplementationVersionName != "V1" ||
		u.IdentityResponse == nil || string(u.IdentityResponse.Data) != "hello" || a.maxFragment != 4994 {
		t.Errorf("requestor got %+v, fragments of %d", u, a.maxFragment)
	}
	if got.MaxPDU != 7000 || string(got.Identity.Secondary) != "secret" || got.Extended[0].SOPClassUID != StudyRootFind {
		t.Errorf("acceptor got %+v", got)
	}
}

func TestPanicEndsOneAssociation(t *testing.T) {
	stacks := make(chan string, 1)
	addr, _ := startServer(t, &Server{
		Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
			if a.Calling() == "BAD" {
				var p *Association
				p.serial++
			}
			return okHandler(ctx, a, m)
		}),
		Panicked: func(_ *Association, _ any, stack []byte) { stacks <- string(stack) },
	})
	good, bad := dial(t, addr, Request{}), dial(t, addr, Request{Calling: "BAD"})
	var aborted *AbortError
	if err := bad.Echo(context.Background()); !errors.As(err, &aborted) || !aborted.ByPeer {
		t.Errorf("bad: %v", err)
	}
	if s := <-stacks; !strings.Contains(s, "TestPanicEndsOneAssociation") {
		t.Errorf("stack %s", s)
	}
	if err := good.Echo(context.Background()); err != nil {
		t.Errorf("good: %v", err)
	}
}

func TestHandlerErrors(t *testing.T) {
	closed := make(chan error, 1)
	var answer error
	var opened atomic.Bool
	addr, _ := startServer(t, &Server{
		Handler: HandlerFunc(func(context.Context, *Association, *Message) error { return answer }),
		Opened: func(a *Association) error {
			opened.Store(true)
			if a.Calling() == "CLOSEIT" {
				return ErrClose
			}
			return nil
		},
		Closed: func(_ *Association, err error) { closed <- err },
	})
	boom := errors.New("boom")
	for _, c := range []struct {
		calling string
		answer  error
		client  func(error) bool
		server  error
	}{
		{"A", ErrRelease, func(err error) bool { return errors.Is(err, ErrReleased) }, nil},
		{"A", ErrClose, func(err error) bool { return errors.Is(err, ErrConnectionClosed) }, ErrClose},
		{"A", boom, func(err error) bool {
			var a *AbortError
			return errors.As(err, &a) && a.ByPeer && a.Source == 0 && a.Reason == 1
		}, boom},
		{"CLOSEIT", nil, func(err error) bool { return err != nil }, ErrClose},
	} {
		answer = c.answer
		opened.Store(false)
		a := dial(t, addr, Request{Calling: c.calling})
		if err := a.Echo(context.Background()); !c.client(err) {
			t.Errorf("%v: client got %v", c.answer, err)
		}
		if err := <-closed; !errors.Is(err, c.server) || c.server == nil && err != nil {
			t.Errorf("%v: server ended with %v", c.answer, err)
		}
		if !opened.Load() {
			t.Errorf("%v: not opened", c.answer)
		}
	}
}

func TestLimits(t *testing.T) {
	s := &Server{MaxAssociations: 2, MaxPerHost: 3, Handler: HandlerFunc(okHandler)}
	addr, _ := startServer(t, s)
	first, second := dial(t, addr, Request{}), dial(t, addr, Request{})
	rq := Request{Calling: "A", Called: "B", Contexts: []ContextRequest{{AbstractSyntax: Verification}}}
	_, err := Dial(context.Background(), addr, rq)
	var r *RejectError
	if !errors.As(err, &r) || *r != (RejectError{RejectTransient, RejectByPresentation, ReasonLocalLimitExceeded}) {
		t.Fatalf("third association: %v", err)
	}
	if err := first.Echo(context.Background()); err != nil {
		t.Error(err)
	}
	first.Release(context.Background())
	second.Release(context.Background())
	waitFor(t, func() bool { return s.Associations() == 0 })
	dial(t, addr, Request{}).Release(context.Background())
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for range 500 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("condition not met; goroutines:\n%s", stacks())
}

// The end of the server lets the operation under way finish and drops idle
// associations at once.
func TestShutdown(t *testing.T) {
	started, proceed := make(chan struct{}), make(chan struct{})
	addr, stop := startServer(t, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		if a.Calling() == "BUSY" {
			close(started)
			<-proceed
		}
		return okHandler(ctx, a, m)
	})})
	idle, busy := dial(t, addr, Request{}), dial(t, addr, Request{Calling: "BUSY"})
	result := make(chan error, 1)
	go func() { result <- busy.Echo(context.Background()) }()
	<-started
	var end sync.WaitGroup
	end.Go(stop)
	idle.Watch()
	waitFor(t, func() bool { return idle.Err() != nil })
	close(proceed)
	if err := <-result; err != nil {
		t.Errorf("operation under way: %v", err)
	}
	end.Wait()
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("still listening")
	}
}

func TestShutdownGrace(t *testing.T) {
	started, cause := make(chan struct{}), make(chan error, 1)
	addr, stop := startServer(t, &Server{Grace: 20 * time.Millisecond, Handler: HandlerFunc(func(ctx context.Context, a *Association, _ *Message) error {
		close(started)
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return ctx.Err()
	})})
	a := dial(t, addr, Request{})
	go a.Echo(context.Background())
	<-started
	stop()
	if err := <-cause; err != ErrShutdown {
		t.Errorf("cause %v", err)
	}
}

func TestIdleTimeout(t *testing.T) {
	closed := make(chan error, 1)
	addr, _ := startServer(t, &Server{
		Options: Options{ReadTimeout: 50 * time.Millisecond}, Handler: HandlerFunc(okHandler),
		Closed: func(_ *Association, err error) { closed <- err },
	})
	a := dial(t, addr, Request{})
	if err := <-closed; err != ErrTimeout {
		t.Errorf("server: %v", err)
	}
	if err := a.Echo(context.Background()); err == nil {
		t.Error("echo on a dead association")
	}
}

// A handler that works longer than the timeout is not disturbed by it.
func TestNoTimeoutWhileHandling(t *testing.T) {
	addr, _ := startServer(t, &Server{
		Options: Options{ReadTimeout: 30 * time.Millisecond},
		Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
			a.Watch()
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(150 * time.Millisecond):
			}
			return okHandler(ctx, a, m)
		}),
	})
	if err := dial(t, addr, Request{}).Echo(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestClientTimeouts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	rq := Request{Calling: "A", Called: "B", Options: Options{AssociateTimeout: 30 * time.Millisecond}}
	if _, err := Dial(context.Background(), l.Addr().String(), rq); !errors.Is(err, ErrTimeout) {
		t.Errorf("silent acceptor: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	rq.AssociateTimeout = time.Minute
	if _, err := Dial(ctx, l.Addr().String(), rq); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("context: %v", err)
	}
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		a.Watch()
		<-ctx.Done()
		return nil
	})})
	a := dial(t, addr, Request{})
	ctx, cancel = context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if err := a.Echo(ctx); !errors.Is(err, context.DeadlineExceeded) || a.Err() == nil {
		t.Errorf("echo: %v", err)
	}
	a = dial(t, addr, Request{Options: Options{ReadTimeout: 30 * time.Millisecond}})
	if err := a.Echo(context.Background()); err != ErrTimeout {
		t.Errorf("silent peer: %v", err)
	}
	l.Close()
	if _, err := Dial(context.Background(), l.Addr().String(), rq); err == nil {
		t.Error("no listener, no error")
	}
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{Handler: HandlerFunc(okHandler)}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	a := dial(t, l.Addr().String(), Request{TLS: &tls.Config{RootCAs: pool}})
	if _, err := a.Store(ctx, StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1", Data: NewData(object(300, "1"))}); err != nil {
		t.Error(err)
	}
	if err := a.Release(ctx); err != nil {
		t.Error(err)
	}
	rq := Request{Calling: "A", Called: "B", Contexts: []ContextRequest{{AbstractSyntax: Verification}}}
	if _, err := Dial(ctx, l.Addr().String(), rq); err == nil {
		t.Error("plain client on a TLS port")
	}
	rq.TLS = &tls.Config{}
	if _, err := Dial(ctx, l.Addr().String(), rq); err == nil {
		t.Error("unknown certificate accepted")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	checkLeak(t)
}

// Thousands of short associations leave neither goroutines nor descriptors.
func TestManyShortAssociations(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 200
	}
	s := &Server{Handler: HandlerFunc(okHandler)}
	addr, _ := startServer(t, s)
	before := descriptors()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range n / 4 {
				a, err := Dial(context.Background(), addr, Request{Calling: "A", Called: "B", Contexts: []ContextRequest{{AbstractSyntax: Verification}}})
				if err != nil {
					t.Error(err)
					return
				}
				if err := a.Echo(context.Background()); err != nil {
					t.Error(err)
				}
				switch (i + w) % 3 {
				case 0:
					a.Abort()
				case 1:
					a.Close()
				default:
					a.Release(context.Background())
				}
			}
		})
	}
	wg.Wait()
	waitFor(t, func() bool { return s.Associations() == 0 })
	if after := descriptors(); after > before+2 {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func descriptors() int {
	if runtime.GOOS != "linux" {
		return 0
	}
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

// A large command (an uploaded file) comes through; beyond the budget it ends
// its association.
func TestLargeCommand(t *testing.T) {
	addr, _ := startServer(t, &Server{MemoryBudget: 20 << 20, Handler: HandlerFunc(func(_ context.Context, a *Association, m *Message) error {
		v, _ := m.Command.Value(0x99990402)
		extra := dicom.NewDataset(1)
		extra.SetUint32(0x99990405, uint32(len(v)))
		return a.Reply(m, Command{Extra: extra}, nil)
	})})
	a := dial(t, addr, Request{})
	for _, c := range []struct {
		size int
		ok   bool
	}{{1000, true}, {8 << 20, true}, {8 << 20, true}, {32 << 20, false}} {
		extra := dicom.NewDataset(1)
		extra.Put(dicom.Element{Tag: 0x99990402, VR: dicom.UN, Value: make([]byte, c.size)})
		r, err := a.Request(context.Background(), nil, Command{Field: CEchoRQ, AffectedSOPClassUID: Verification, Extra: extra}, nil, nil)
		if !c.ok {
			if err == nil {
				t.Errorf("%d bytes: accepted", c.size)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := r.Command.Value(0x99990405); len(v) != 4 || binary.LittleEndian.Uint32(v) != uint32(c.size) {
			t.Errorf("%d bytes: %x", c.size, v)
		}
	}
}

func TestAddressReuse(t *testing.T) {
	addr, stop := startServer(t, &Server{Handler: HandlerFunc(okHandler)})
	a := dial(t, addr, Request{})
	stop() // the server closes first, its side stays in TIME_WAIT
	a.Close()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// The memory of all associations together is bounded: beyond it, spool.
func TestMemoryBudget(t *testing.T) {
	dir := t.TempDir()
	var spooled atomic.Int32
	var arrived sync.WaitGroup
	arrived.Add(4)
	addr, _ := startServer(t, &Server{
		MemoryBudget: 3 << 20,
		Options: Options{Spool: func(*Association, Spooled) (SpoolFile, error) {
			spooled.Add(1)
			f, err := os.CreateTemp(dir, "spool")
			return SpoolFile{File: f}, err
		}},
		Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
			arrived.Done()
			arrived.Wait()
			return okHandler(ctx, a, m)
		}),
	})
	var wg sync.WaitGroup
	for range 4 {
		a := dial(t, addr, Request{})
		wg.Go(func() {
			if _, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1", Data: NewData(object(700, "1"))}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := spooled.Load(); n < 2 || n > 3 {
		t.Errorf("%d of 4 data sets were spooled", n)
	}
}
