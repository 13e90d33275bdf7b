package dimse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/budget"
	"conquest/dicom"
)

func syntax(uid string) dicom.TransferSyntax {
	ts, _ := dicom.LookupTransferSyntax(uid)
	return ts
}

func object(rows int, uid string) *dicom.Dataset {
	ds := dicom.NewDataset(8)
	ds.Put(dicom.NewText(dicom.SOPClassUID, dicom.UI, ctImage))
	ds.Put(dicom.NewText(dicom.SOPInstanceUID, dicom.UI, uid))
	ds.Put(dicom.NewText(dicom.PatientName, dicom.PN, "Smith^John"))
	ds.SetUint16(dicom.Rows, uint16(rows))
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: bytes.Repeat([]byte{1, 2}, rows*rows)})
	return ds
}

// A data set survives any PDU size the peer asks for, in both syntaxes.
func TestStoreInAllPDUSizes(t *testing.T) {
	for _, size := range []uint32{1, 16, 128, 4096, 16384, 131072, 1 << 20} {
		for _, ts := range []string{dicom.ImplicitLittleEndian, dicom.ExplicitLittleEndian, dicom.ExplicitBigEndian, dicom.DeflatedExplicit} {
			t.Run(fmt.Sprintf("%d %s", size, ts), func(t *testing.T) {
				var got *dicom.Dataset
				addr, _ := startServer(t, &Server{
					Options: Options{MaxPDU: size},
					Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) (err error) {
						if got, err = m.Data.Dataset(dicom.ParseOptions{}); err != nil {
							return err
						}
						return okHandler(ctx, a, m)
					}),
				})
				a := dial(t, addr, Request{Contexts: []ContextRequest{{AbstractSyntax: ctImage, TransferSyntaxes: []string{ts}}}})
				want := object(64, "1.2.3")
				r, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1.2.3", Data: NewData(want)})
				if err != nil || r.Command.AffectedSOPInstanceUID != "1.2.3" || r.Command.MessageIDRespondedTo != 1 {
					t.Fatalf("%+v %v", r, err)
				}
				for e := range want.All() {
					if g := got.Get(e.Tag); g == nil || !bytes.Equal(g.Value, e.Value) {
						t.Errorf("element %s differs", e.Tag)
					}
				}
			})
		}
	}
}

func TestStoreEncodedFromFileAndMemory(t *testing.T) {
	ts := syntax(dicom.ExplicitLittleEndian)
	encoded, err := dicom.Append(nil, object(700, "1.2.3"), ts)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "object")
	if err := os.WriteFile(name, append([]byte("head"), encoded...), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []byte
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) (err error) {
		if got, err = m.Data.Bytes(); err != nil {
			return err
		}
		return okHandler(ctx, a, m)
	})})
	a := dial(t, addr, Request{})
	for name, data := range map[string]*Data{
		"memory": EncodedData(encoded, ts),
		"file":   EncodedDataAt(f, 4, int64(len(encoded)), ts),
		"empty":  EncodedData(nil, ts),
	} {
		got = nil
		_, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1.2.3", Data: data})
		if want, _ := data.Bytes(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(want), err)
		}
	}
	_, err = a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, Data: EncodedData(encoded, syntax(dicom.JPEGBaseline))})
	if !errors.Is(err, ErrNoContext) || a.Err() != nil {
		t.Errorf("compressed data: %v, association %v", err, a.Err())
	}
	_, err = a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, Data: EncodedDataAt(f, 4, int64(len(encoded))+1, ts)})
	if err == nil || a.Err() == nil {
		t.Errorf("file too short: %v, association %v", err, a.Err())
	}
}

func TestStatusErrors(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		if m.Command.AffectedSOPInstanceUID == "1" {
			return &StatusError{Status: OutOfResources, Comment: "disk full"}
		}
		return a.ReplyStatus(m, WarningCoercion, "")
	})})
	a := dial(t, addr, Request{})
	r, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1", Data: NewData(object(2, "1"))})
	var status *StatusError
	if !errors.As(err, &status) || status.Status != OutOfResources || status.Comment != "disk full" || r.Command.Status != OutOfResources {
		t.Errorf("%v %+v", err, r)
	}
	r, err = a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "2", Data: NewData(object(2, "2"))})
	if err != nil || r.Command.Status != WarningCoercion {
		t.Errorf("%v %+v", err, r)
	}
}

// findHandler answers n times, slowly enough for a cancellation when wait is not nil.
func findHandler(n int, cancelled chan<- error) Handler {
	return HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		if m.Command.Field != CFindRQ {
			return okHandler(ctx, a, m)
		}
		ds, err := m.Data.Dataset(dicom.ParseOptions{})
		if err != nil {
			return err
		}
		for i := range n {
			answer := ds.Clone()
			answer.SetString(dicom.StudyInstanceUID, fmt.Sprint("1.2.", i))
			if err := a.Reply(m, Command{Status: Pending}, NewData(answer)); err != nil {
				return err
			}
		}
		if cancelled != nil {
			<-ctx.Done()
			cancelled <- context.Cause(ctx)
			if !a.Cancelled() {
				return errors.New("not cancelled")
			}
			return &StatusError{Status: StatusCancel}
		}
		return a.ReplyStatus(m, Success, "")
	})
}

func TestFind(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: findHandler(300, nil)})
	a := dial(t, addr, Request{})
	for range 2 {
		n := 0
		for ds, err := range a.Find(context.Background(), Query{SOPClassUID: StudyRootFind, Identifier: identifier()}) {
			if err != nil || ds.String(dicom.StudyInstanceUID) != fmt.Sprint("1.2.", n) {
				t.Fatalf("%v %v", ds, err)
			}
			n++
		}
		if n != 300 {
			t.Errorf("%d answers", n)
		}
	}
	if err := a.Release(context.Background()); err != nil {
		t.Error(err)
	}
}

// The end of the loop, or of the context, cancels; the association stays usable.
func TestFindCancel(t *testing.T) {
	cancelled := make(chan error, 1)
	addr, _ := startServer(t, &Server{Handler: findHandler(5, cancelled)})
	a := dial(t, addr, Request{})
	q := Query{SOPClassUID: StudyRootFind, Identifier: identifier()}
	for _, err := range a.Find(context.Background(), q) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if cause := <-cancelled; cause != ErrCancelled {
		t.Errorf("cause %v", cause)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	var last error
	for _, err := range a.Find(ctx, q) {
		if n++; n == 5 {
			cancel()
		}
		last = err
	}
	if cause := <-cancelled; cause != ErrCancelled || !errors.Is(last, context.Canceled) || n != 6 {
		t.Errorf("cause %v, %d elements, last %v", cause, n, last)
	}
	if err := a.Echo(context.Background()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A peer that ignores the C-CANCEL costs the association, not our time.
func TestFindCancelIgnored(t *testing.T) {
	release := make(chan struct{})
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		err := a.Reply(m, Command{Status: Pending}, NewData(identifier()))
		<-release
		return err
	})})
	defer close(release)
	a := dial(t, addr, Request{Options: Options{CancelTimeout: 50 * time.Millisecond}})
	for range a.Find(context.Background(), Query{SOPClassUID: StudyRootFind, Identifier: identifier()}) {
		break
	}
	if !errors.Is(a.Err(), ErrTimeout) {
		t.Errorf("association: %v", a.Err())
	}
}

// abort and loss of the connection reach a working handler.
func TestHandlerSeesTheEnd(t *testing.T) {
	for name, end := range map[string]func(*Association) error{
		"abort":   (*Association).Abort,
		"close":   (*Association).Close,
		"release": func(a *Association) error { return a.Release(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			started, ended := make(chan struct{}), make(chan error, 1)
			addr, _ := startServer(t, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
				a.Watch()
				close(started)
				<-ctx.Done()
				ended <- context.Cause(ctx)
				return nil
			})})
			a := dial(t, addr, Request{})
			if err := a.Send(a.ContextFor(Verification), &Command{Field: CEchoRQ, AffectedSOPClassUID: Verification}, nil); err != nil {
				t.Fatal(err)
			}
			<-started
			if err := end(a); err != nil {
				t.Error(err)
			}
			var aborted *AbortError
			cause := <-ended
			switch {
			case name == "abort" && errors.As(cause, &aborted) && aborted.ByPeer:
			case name == "close" && errors.Is(cause, ErrConnectionClosed):
			case name == "release" && cause == ErrReleased:
			default:
				t.Errorf("cause %v", cause)
			}
		})
	}
}

func getHandler(n int, after func(a *Association, ctx context.Context, i int)) Handler {
	return HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		if m.Command.Field != CGetRQ && m.Command.Field != CMoveRQ {
			return okHandler(ctx, a, m)
		}
		p := Progress{Remaining: uint16(n)}
		for i := range n {
			if m.Command.Field == CGetRQ {
				uid := fmt.Sprint("1.2.", i)
				_, err := a.Store(ctx, StoreRequest{
					SOPClassUID: ctImage, SOPInstanceUID: uid, Data: NewData(object(32, uid)),
					MoveOriginator: a.Calling(), MoveOriginatorMessageID: m.Command.MessageID,
				})
				if errors.Is(err, ErrCancelled) {
					return a.Reply(m, Command{Status: StatusCancel, Progress: &p}, nil)
				}
				if err != nil {
					p.Failed++
				}
			}
			p.Remaining--
			p.Completed++
			if err := a.Reply(m, Command{Status: Pending, Progress: &p}, nil); err != nil {
				return err
			}
			if after != nil {
				after(a, ctx, i)
			}
		}
		return a.Reply(m, Command{Progress: &p}, nil)
	})
}

func TestGet(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: getHandler(20, nil)})
	a := dial(t, addr, Request{Roles: []RoleSelection{{ctImage, true, true}}})
	var got []string
	pending := 0
	store := func(_ context.Context, m *Message) Status {
		ds, err := m.Data.Dataset(dicom.ParseOptions{})
		if err != nil || m.Command.MoveOriginator != "TESTSCU" || m.Command.MoveOriginatorMessageID != 1 {
			t.Errorf("%v %+v", err, m.Command)
		}
		got = append(got, ds.String(dicom.SOPInstanceUID))
		return Success
	}
	r, err := a.Get(context.Background(), Query{SOPClassUID: StudyRootGet, Identifier: identifier()}, store, func(*Command) { pending++ })
	if err != nil || *r.Command.Progress != (Progress{Completed: 20}) || pending != 20 || len(got) != 20 {
		t.Fatalf("%v %+v, %d pending, %d objects", err, r, pending, len(got))
	}
	if role := a.ContextFor(ctImage).Role; role == nil || !role.SCP {
		t.Errorf("role %+v", role)
	}
	if err := a.Echo(context.Background()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestGetCancel(t *testing.T) {
	wait := func(a *Association, ctx context.Context, i int) {
		if i == 3 {
			<-ctx.Done()
		}
	}
	addr, _ := startServer(t, &Server{Handler: getHandler(20, wait)})
	a := dial(t, addr, Request{})
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	store := func(context.Context, *Message) Status {
		if n++; n == 4 {
			cancel()
		}
		return Success
	}
	r, err := a.Get(ctx, Query{SOPClassUID: StudyRootGet, Identifier: identifier()}, store, nil)
	if !errors.Is(err, context.Canceled) || r == nil || r.Command.Status != StatusCancel || r.Command.Progress.Completed != 4 {
		t.Errorf("%v %+v", err, r)
	}
	if err := a.Echo(context.Background()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestMove(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: getHandler(3, nil)})
	a := dial(t, addr, Request{})
	var remaining []uint16
	r, err := a.Move(context.Background(), Query{SOPClassUID: StudyRootMove, Identifier: identifier(), Destination: "DEST"},
		func(c *Command) { remaining = append(remaining, c.Progress.Remaining) })
	if err != nil || r.Command.Progress.Completed != 3 || !slices.Equal(remaining, []uint16{2, 1, 0}) {
		t.Errorf("%v %+v %v", err, r, remaining)
	}
}

// Storage commitment: an action, then the report on the same association while
// another request is under way.
func TestNServices(t *testing.T) {
	reported := make(chan Status, 1)
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		switch m.Command.Field {
		case NActionRQ:
			if m.Command.ActionTypeID != 1 || m.Command.RequestedSOPInstanceUID != StorageCommitmentPushInstance {
				return fmt.Errorf("%+v", m.Command)
			}
			return a.Reply(m, Command{
				AffectedSOPClassUID: StorageCommitmentPush, AffectedSOPInstanceUID: StorageCommitmentPushInstance, ActionTypeID: 1,
			}, nil)
		case CEchoRQ:
			r, err := a.Request(ctx, m.Context, Command{
				Field: NEventReportRQ, AffectedSOPClassUID: StorageCommitmentPush,
				AffectedSOPInstanceUID: StorageCommitmentPushInstance, EventTypeID: 1,
			}, NewData(identifier()), nil)
			if err != nil {
				return err
			}
			reported <- r.Command.Status
		case NGetRQ:
			return a.Reply(m, Command{AffectedSOPInstanceUID: PrinterInstance}, NewData(identifier()))
		}
		return a.ReplyStatus(m, Success, "")
	})})
	events := 0
	a := dial(t, addr, Request{
		Contexts: []ContextRequest{{AbstractSyntax: Verification}, {AbstractSyntax: StorageCommitmentPush}, {AbstractSyntax: Printer}},
		Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
			if m.Command.Field == NEventReportRQ && m.Data != nil {
				events++
			}
			return a.ReplyStatus(m, Success, "")
		}),
	})
	ctx := context.Background()
	r, err := a.Request(ctx, nil, Command{
		Field: NActionRQ, RequestedSOPClassUID: StorageCommitmentPush, RequestedSOPInstanceUID: StorageCommitmentPushInstance,
		ActionTypeID: 1,
	}, NewData(identifier()), nil)
	if err != nil || r.Command.Field != NActionRQ.Response() || r.Command.ActionTypeID != 1 {
		t.Fatalf("%v %+v", err, r)
	}
	if err := a.Echo(ctx); err != nil || <-reported != Success || events != 1 {
		t.Errorf("%v, %d events", err, events)
	}
	r, err = a.Request(ctx, nil, Command{
		Field: NGetRQ, RequestedSOPClassUID: Printer, RequestedSOPInstanceUID: PrinterInstance,
		AttributeIdentifierList: []dicom.Tag{dicom.PatientID},
	}, nil, nil)
	if err != nil || r.Data == nil {
		t.Fatalf("%v %+v", err, r)
	}
	if ds, err := r.Data.Dataset(dicom.ParseOptions{}); err != nil || ds.String(dicom.PatientID) != "P1" {
		t.Errorf("%v %v", ds, err)
	}
}

// A report that comes later, on an otherwise idle association.
func TestServeRequests(t *testing.T) {
	proceed := make(chan struct{})
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		if err := a.ReplyStatus(m, Success, ""); err != nil || m.Command.Field != NActionRQ {
			return err
		}
		<-proceed
		_, err := a.Request(ctx, m.Context, Command{Field: NEventReportRQ, AffectedSOPClassUID: StorageCommitmentPush, EventTypeID: 1}, nil, nil)
		return err
	})})
	ctx, cancel := context.WithCancel(context.Background())
	a := dial(t, addr, Request{
		Contexts: []ContextRequest{{AbstractSyntax: Verification}, {AbstractSyntax: StorageCommitmentPush}},
		Handler: HandlerFunc(func(_ context.Context, a *Association, m *Message) error {
			defer cancel()
			return a.ReplyStatus(m, Success, "")
		}),
	})
	if _, err := a.Request(ctx, nil, Command{Field: NActionRQ, RequestedSOPClassUID: StorageCommitmentPush, ActionTypeID: 1}, nil, nil); err != nil {
		t.Fatal(err)
	}
	close(proceed)
	if err := a.Serve(ctx); err != nil {
		t.Error(err)
	}
	if err := a.Echo(context.Background()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// An idle requester that watches learns of the end at once.
func TestWatchWhileIdle(t *testing.T) {
	addr, stop := startServer(t, &Server{Handler: HandlerFunc(okHandler)})
	a := dial(t, addr, Request{})
	a.Watch()
	if err := a.Echo(context.Background()); err != nil {
		t.Fatal(err)
	}
	a.Watch()
	stop()
	waitFor(t, func() bool { return a.Err() != nil })
	var aborted *AbortError
	if err := a.Echo(context.Background()); !errors.As(err, &aborted) {
		t.Error(err)
	}
}

func TestContextChoice(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: HandlerFunc(okHandler)})
	a := dial(t, addr, Request{Contexts: []ContextRequest{{
		AbstractSyntax: ctImage, Separate: true,
		TransferSyntaxes: []string{dicom.JPEG2000, dicom.JPEGLosslessSV1, dicom.ExplicitLittleEndian, dicom.ImplicitLittleEndian},
	}}})
	for _, c := range []struct {
		prefer []string
		want   string
	}{
		{nil, dicom.ImplicitLittleEndian},
		{[]string{dicom.JPEGLosslessSV1}, dicom.JPEGLosslessSV1},
		{[]string{dicom.RLELossless}, dicom.ImplicitLittleEndian},
		{[]string{dicom.RLELossless, dicom.ExplicitLittleEndian, dicom.JPEG2000}, dicom.ExplicitLittleEndian},
	} {
		if pc := a.ContextFor(ctImage, c.prefer...); pc == nil || pc.TransferSyntax.UID != c.want {
			t.Errorf("%v: %+v", c.prefer, pc)
		}
	}
	if pc := a.ContextFor(Verification); pc != nil {
		t.Errorf("context of a class that was not proposed: %+v", pc)
	}
	jpeg := object(2, "1")
	jpeg.SetTransferSyntax(dicom.JPEGLosslessSV1)
	jpeg.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Fragments: &dicom.Fragments{Data: [][]byte{{1, 2}}}})
	if pc := a.contextForData(ctImage, NewData(jpeg)); pc == nil || pc.TransferSyntax.UID != dicom.JPEGLosslessSV1 {
		t.Errorf("JPEG data: %+v", pc)
	}
	if err := NewData(jpeg).fits(a.ContextFor(ctImage)); !errors.Is(err, ErrNoContext) {
		t.Errorf("JPEG data on an uncompressed context: %v", err)
	}
	if pc := a.contextForData(ctImage, NewData(object(2, "1"))); pc == nil || pc.TransferSyntax.UID != dicom.ExplicitLittleEndian {
		t.Errorf("data without a syntax: %+v", pc)
	}
}

// Data sets beyond the bound go to a file, and memory does not grow with them.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	const size = 96 << 20
	var kept string
	var spoolFor []string
	opt := Options{
		MaxInMemory: 1 << 20,
		Spool: func(_ *Association, m Spooled) (SpoolFile, error) {
			spoolFor = append(spoolFor, m.Command.AffectedSOPInstanceUID)
			f, err := os.CreateTemp(dir, "spool")
			return SpoolFile{f, 1234}, err
		},
	}
	addr, stop := startServer(t, &Server{Options: opt, Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		if m.Data.InMemory() || m.Data.Size() != size {
			return fmt.Errorf("%d bytes, in memory: %v", m.Data.Size(), m.Data.InMemory())
		}
		var b [4]byte
		if _, err := m.Data.ReaderAt().ReadAt(b[:], size-4); err != nil || string(b[:]) != "tail" {
			return fmt.Errorf("end %q, %v", b, err)
		}
		if m.Command.AffectedSOPInstanceUID == "2" {
			f := m.Data.TakeFile()
			kept = f.Name()
			f.Close()
		}
		return okHandler(ctx, a, m)
	})})
	a := dial(t, addr, Request{})
	source := tailReader{size}
	before := heap()
	for _, uid := range []string{"1", "2"} {
		_, err := a.Store(context.Background(), StoreRequest{
			SOPClassUID: ctImage, SOPInstanceUID: uid, Data: EncodedDataAt(source, 0, size, syntax(dicom.ExplicitLittleEndian)),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 16<<20 {
		t.Errorf("memory grew by %d MB", grown>>20)
	}
	if !slices.Equal(spoolFor, []string{"1", "2"}) {
		t.Errorf("spooled for %v", spoolFor)
	}
	a.Release(context.Background())
	stop()
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if !slices.Equal(left, []string{kept}) {
		t.Errorf("files %v, want %v", left, kept)
	}
}

// tailReader is size zeros that end with "tail".
type tailReader struct{ size int64 }

func (r tailReader) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	for i, c := range "tail" {
		if k := r.size - 4 + int64(i) - off; k >= 0 && k < int64(len(p)) {
			p[k] = byte(c)
		}
	}
	return len(p), nil
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Without a spool, and with MaxData, too large a data set is refused with an abort.
func TestDataTooLarge(t *testing.T) {
	for name, opt := range map[string]Options{
		"no spool": {MaxInMemory: 1 << 16},
		"MaxData":  {MaxData: 1 << 16},
	} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan error, 1)
			addr, _ := startServer(t, &Server{
				Options: opt, Handler: HandlerFunc(okHandler),
				Closed: func(_ *Association, err error) { closed <- err },
			})
			a := dial(t, addr, Request{})
			_, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1", Data: NewData(object(512, "1"))})
			if err == nil {
				t.Error("stored")
			}
			if err := <-closed; !errors.Is(err, ErrDataTooLarge) {
				t.Errorf("server: %v", err)
			}
		})
	}
}

// An identifier that no query has is not kept; the association goes on.
func TestIdentifierTooLarge(t *testing.T) {
	told := make(chan error, 2)
	s := &Server{
		Options: Options{MaxIdentifier: 1 << 16, MaxNSet: 1 << 17}, Handler: findHandler(1, nil),
		TooLarge: func(_ *Association, _ *Message, err error) { told <- err },
	}
	addr, _ := startServer(t, s)
	a := dial(t, addr, Request{})
	large := identifier("0010,0020", strings.Repeat("x", 70000))
	for _, err := range a.Find(context.Background(), Query{SOPClassUID: StudyRootFind, Identifier: large}) {
		var status *StatusError
		if !errors.As(err, &status) || status.Status != OutOfResources {
			t.Errorf("%v", err)
		}
	}
	if err := <-told; !errors.Is(err, ErrDataTooLarge) {
		t.Error(err)
	}
	n := 0
	for _, err := range a.Find(context.Background(), Query{SOPClassUID: StudyRootFind, Identifier: identifier("0010,0020", "A")}) {
		if n++; err != nil {
			t.Error(err)
		}
	}
	if n != 1 {
		t.Errorf("%d answers afterwards", n)
	}
	waitFor(t, func() bool { return s.receiving.Used() == 0 })
}

// What a data set needs to be parsed counts against the budget of the association
// and of all, until its handler ends.
func TestParsingCounts(t *testing.T) {
	items := append([]byte("\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff"), bytes.Repeat([]byte{0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0}, 1<<16)...)
	items = append(items, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0)
	for _, test := range []struct {
		all, one int64
		want     error
	}{{2 << 20, 0, budget.ErrExceeded}, {0, 2 << 20, budget.ErrExceeded}, {20 << 20, 20 << 20, nil}} {
		parsed := make(chan error, 1)
		all := budget.New("all", test.all)
		s := &Server{Budget: all, AssociationBudget: test.one, Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
			_, err := m.Data.Dataset(dicom.ParseOptions{})
			if err == nil && budget.From(ctx).Used() == 0 {
				err = errors.New("nothing counted")
			}
			parsed <- err
			return okHandler(ctx, a, m)
		})}
		addr, stop := startServer(t, s)
		a := dial(t, addr, Request{Contexts: []ContextRequest{{AbstractSyntax: ctImage, TransferSyntaxes: []string{dicom.ExplicitLittleEndian}}}})
		ts, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
		if _, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1", Data: EncodedData(items, ts)}); err != nil {
			t.Fatal(err)
		}
		if err := <-parsed; !errors.Is(err, test.want) {
			t.Errorf("of %d and %d bytes: %v", test.all, test.one, err)
		}
		waitFor(t, func() bool { return all.Used() == 0 })
		a.Release(context.Background())
		stop()
	}
}

// What is received counts as well, until its handler ends; what finds no room is
// spooled, or refused.
func TestReceivingCounts(t *testing.T) {
	all := budget.New("all", 8<<20)
	used := make(chan int64, 1)
	s := &Server{Budget: all, Options: Options{MaxIdentifier: 32 << 20}, Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		used <- all.Used()
		return okHandler(ctx, a, m)
	})}
	addr, _ := startServer(t, s)
	ts, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
	send := func(n int) error {
		a := dial(t, addr, Request{Contexts: []ContextRequest{{AbstractSyntax: ctImage, TransferSyntaxes: []string{dicom.ExplicitLittleEndian}}}})
		_, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1", Data: EncodedData(make([]byte, n), ts)})
		return err
	}
	if err := send(3 << 20); err != nil {
		t.Fatal(err)
	}
	if n := <-used; n < 3<<20 {
		t.Errorf("%d bytes counted", n)
	}
	waitFor(t, func() bool { return all.Used() == 0 })
	if err := send(20 << 20); err == nil {
		t.Error("more than all memory was received without a spool")
	}
	waitFor(t, func() bool { return all.Used() == 0 })
}

// The retired initiator and receiver of a request come back, changed over in the
// answer to a C-STORE.
func TestRetiredStationsComeBack(t *testing.T) {
	addr, stop := startServer(t, &Server{Handler: HandlerFunc(okHandler)})
	defer stop()
	a := dial(t, addr, Request{Contexts: []ContextRequest{{AbstractSyntax: StudyRootFind}, {AbstractSyntax: ctImage}}})
	for field, want := range map[CommandField][2]string{CFindRQ: {"WS1", "ARCHIVE"}, CStoreRQ: {"ARCHIVE", "WS1"}} {
		class := StudyRootFind
		if field == CStoreRQ {
			class = ctImage
		}
		r, err := a.Request(context.Background(), a.ContextFor(class), Command{
			Field: field, AffectedSOPClassUID: class, AffectedSOPInstanceUID: "1.2.3", Initiator: "WS1", Receiver: "ARCHIVE",
		}, NewData(identifier("0010,0020", "P1")), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{r.Command.Initiator, r.Command.Receiver}; got != want {
			t.Errorf("%04x: %q, want %q", uint16(field), got, want)
		}
	}
}
