package dimse

import (
	"context"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/dicom"
)

const ctImage = "1.2.840.10008.5.1.4.1.1.2"

// startServer serves s on a free port until the test ends and checks that no
// goroutine of the package is left then.
func startServer(t testing.TB, s *Server) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("Serve: %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Errorf("Serve does not end; goroutines:\n%s", stacks())
			}
			checkLeak(t)
		})
	}
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// checkLeak fails when goroutines run functions of this package beside tests.
func checkLeak(t testing.TB) {
	t.Helper()
	var left []string
	for range 100 {
		left = left[:0]
		for _, g := range strings.Split(stacks(), "\n\n") {
			if strings.Contains(g, "conquest/dimse.(*") && !strings.Contains(g, "testing.tRunner") {
				left = append(left, g)
			}
		}
		if len(left) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left:\n%s", len(left), strings.Join(left, "\n\n"))
}

// okHandler answers everything with success.
func okHandler(_ context.Context, a *Association, m *Message) error {
	if m.Command.Field.IsResponse() || m.Command.Field == CCancelRQ {
		return nil
	}
	return a.ReplyStatus(m, Success, "")
}

func dial(t testing.TB, addr string, r Request) *Association {
	t.Helper()
	orDefault(&r.Calling, "TESTSCU")
	orDefault(&r.Called, "TESTSCP")
	if r.Contexts == nil {
		r.Contexts = []ContextRequest{
			{AbstractSyntax: Verification},
			{AbstractSyntax: ctImage, TransferSyntaxes: []string{dicom.ExplicitLittleEndian, dicom.ImplicitLittleEndian}},
			{AbstractSyntax: StudyRootFind}, {AbstractSyntax: StudyRootMove}, {AbstractSyntax: StudyRootGet},
		}
	}
	a, err := Dial(context.Background(), addr, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func identifier(pairs ...string) *dicom.Dataset {
	ds := dicom.NewDataset(4)
	ds.Put(dicom.NewText(dicom.QueryRetrieveLevel, dicom.CS, "STUDY"))
	ds.Put(dicom.NewText(dicom.PatientID, dicom.LO, "P1"))
	for _, p := range pairs {
		ds.Put(dicom.NewText(dicom.StudyInstanceUID, dicom.UI, p))
	}
	return ds
}

func TestEcho(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(okHandler)})
	a := dial(t, addr, Request{})
	for range 3 {
		if err := a.Echo(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Release(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkEcho(b *testing.B) {
	addr, _ := startServer(b, &Server{Handler: HandlerFunc(okHandler)})
	a := dial(b, addr, Request{})
	b.ReportAllocs()
	for b.Loop() {
		if err := a.Echo(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStore(b *testing.B) {
	for _, size := range []int{512 << 10, 32 << 20} {
		b.Run(map[int]string{512 << 10: "512KB", 32 << 20: "32MB"}[size], func(b *testing.B) {
			addr, _ := startServer(b, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
				m.Data.Recycle()
				return okHandler(ctx, a, m)
			})})
			a := dial(b, addr, Request{})
			ts, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
			data := EncodedData(make([]byte, size), ts)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1.2.3", Data: data}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFind1000(b *testing.B) {
	addr, _ := startServer(b, &Server{Handler: findHandler(1000, nil)})
	a := dial(b, addr, Request{})
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range a.Find(context.Background(), Query{SOPClassUID: StudyRootFind, Identifier: identifier()}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkAssociate(b *testing.B) {
	addr, _ := startServer(b, &Server{Handler: HandlerFunc(okHandler)})
	for b.Loop() {
		a := dial(b, addr, Request{})
		if err := a.Release(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func TestBufferClasses(t *testing.T) {
	last := 0
	for n := 1; n <= 1<<maxPooled; n += n/7 + 1 {
		class, size := bufferClass(n)
		again, same := bufferClass(size)
		if size < n || n > 1<<minPooled && size > n+n/4+1 || again != class || same != size || class < last {
			t.Fatalf("%d: class %d of %d, again %d of %d", n, class, size, again, same)
		}
		last = class
	}
	if class, _ := bufferClass(1<<maxPooled + 1); class != -1 {
		t.Errorf("class %d beyond the pool", class)
	}
}
