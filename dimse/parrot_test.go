package dimse

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/dicom"
)

// parrot is a peer that says what it is told to.
type parrot struct {
	t    testing.TB
	conn net.Conn
}

func newParrot(t testing.TB, addr string) *parrot {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return &parrot{t, conn}
}

func (p *parrot) say(b []byte) *parrot {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Logf("write: %v", err)
	}
	return p
}

func (p *parrot) sayPDU(pdu PDU) *parrot { p.t.Helper(); return p.say(AppendPDU(nil, pdu)) }

// hear reads one PDU, nil at the end of the connection.
func (p *parrot) hear() PDU {
	p.t.Helper()
	pdu, err := ReadPDU(p.conn, 1<<24)
	if err != nil {
		if errors.Is(err, ErrUnknownPDU) || errors.Is(err, ErrMalformedPDU) || isTimeout(err) {
			p.t.Errorf("heard: %v", err)
		}
		return nil
	}
	return pdu
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func parrotProposal() *AssociateRQ {
	return &AssociateRQ{
		ProtocolVersion: 1, Called: NewAETitle("B", ' '), Calling: NewAETitle("A", ' '), ApplicationContext: ApplicationContextName,
		Contexts: []ProposedContext{
			{1, Verification, []string{dicom.ImplicitLittleEndian}}, {3, ctImage, []string{dicom.ExplicitLittleEndian}},
			{5, "1.2.3", []string{"1.2.840.10008.1.2.9999"}}, {7, StudyRootFind, []string{dicom.ImplicitLittleEndian}},
		},
		User: UserInformation{MaxPDU: 16384},
	}
}

// associated has an association.
func associated(t testing.TB, addr string) *parrot {
	t.Helper()
	p := newParrot(t, addr).sayPDU(parrotProposal())
	if _, ok := p.hear().(*AssociateAC); !ok {
		t.Fatal("not accepted")
	}
	return p
}

func commandBytes(c Command) []byte {
	b, err := c.Append(nil)
	if err != nil {
		panic(err)
	}
	return b
}

func pdvs(values ...PDV) *DataTF { return &DataTF{values} }

var (
	echoBytes  = commandBytes(Command{Field: CEchoRQ, AffectedSOPClassUID: Verification, MessageID: 1})
	storeBytes = commandBytes(Command{Field: CStoreRQ, AffectedSOPClassUID: ctImage, AffectedSOPInstanceUID: "1.2", MessageID: 1, HasData: true})
	findBytes  = commandBytes(Command{Field: CFindRQ, AffectedSOPClassUID: StudyRootFind, MessageID: 3, HasData: true})
)

func lengthOnly(kind byte, n uint32, rest ...byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind, 0}, n), rest...)
}

// faultServer serves faults; every connection must end in an error within time.
func faultServer(t *testing.T) (addr string, closed chan error) {
	t.Helper()
	closed = make(chan error, 1000)
	addr, _ = startServer(t, &Server{
		Options:  Options{ReadTimeout: 150 * time.Millisecond, AssociateTimeout: 150 * time.Millisecond, CloseTimeout: 50 * time.Millisecond},
		Policy:   shippedPolicy(),
		Handler:  findHandler(3, nil),
		Closed:   func(_ *Association, err error) { closed <- err },
		Panicked: func(_ *Association, v any, stack []byte) { t.Errorf("panic: %v\n%s", v, stack) },
	})
	return addr, closed
}

func TestFaultsBeforeTheAssociation(t *testing.T) {
	addr, closed := faultServer(t)
	rq := AppendPDU(nil, parrotProposal())
	random := make([]byte, 4096)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	random[0] = 0xee
	for name, c := range map[string]struct {
		say   []byte
		close bool
		abort bool // heard
		err   error
	}{
		"silence":            {nil, false, false, ErrTimeout},
		"gone at once":       {nil, true, false, ErrConnectionClosed},
		"random bytes":       {random, false, true, ErrUnknownPDU},
		"HTTP":               {[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), false, true, ErrUnknownPDU},
		"TLS hello":          {unhex(t, "16030100c4010000c00303"), false, true, ErrUnknownPDU},
		"2 GB request":       {lengthOnly(1, 0x7fffffff, 0, 1), false, true, ErrPDUTooLarge},
		"1 MB announced":     {lengthOnly(1, MaxAssociatePDU, 0, 1), false, false, ErrTimeout},
		"request cut":        {rq[:100], true, false, io.ErrUnexpectedEOF},
		"header cut":         {rq[:3], true, false, io.ErrUnexpectedEOF},
		"request malformed":  {vector(t, 1, vectorHead, "2000 ffff 01"), false, true, ErrMalformedPDU},
		"accept first":       {AppendPDU(nil, &AssociateAC{}), false, true, ErrUnexpectedPDU},
		"reject first":       {AppendPDU(nil, &AssociateRJ{1, 1, 1}), false, true, ErrUnexpectedPDU},
		"data first":         {AppendPDU(nil, pdvs(PDV{1, true, true, echoBytes})), false, true, ErrUnexpectedPDU},
		"release first":      {AppendPDU(nil, &ReleaseRQ{}), false, true, ErrUnexpectedPDU},
		"release answer":     {AppendPDU(nil, &ReleaseRP{}), false, true, ErrUnexpectedPDU},
		"slow request":       {rq[:len(rq)-1], false, false, ErrTimeout},
		"2 GB of data first": {lengthOnly(4, 0x7fffffff, 0, 0, 0, 0), false, true, ErrUnexpectedPDU},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParrot(t, addr).say(c.say)
			if c.close {
				p.conn.Close()
			} else {
				heard := p.hear()
				if _, ok := heard.(*Abort); ok != c.abort || !ok && heard != nil {
					t.Errorf("heard %+v", heard)
				}
			}
			if err := <-closed; !errors.Is(err, c.err) {
				t.Errorf("server: %v, want %v", err, c.err)
			}
		})
	}
	p := newParrot(t, addr).sayPDU(&Abort{})
	if heard := p.hear(); heard != nil {
		t.Errorf("heard %+v after an abort", heard)
	}
	var aborted *AbortError
	if err := <-closed; !errors.As(err, &aborted) || !aborted.ByPeer {
		t.Errorf("aborted: %v", err)
	}
}

func TestFaultsWithinTheAssociation(t *testing.T) {
	addr, closed := faultServer(t)
	data := make([]byte, 1000)
	bytesOf := func(p ...PDU) (b []byte) {
		for _, p := range p {
			b = AppendPDU(b, p)
		}
		return b
	}
	for name, c := range map[string]struct {
		say   []byte
		close bool
		abort bool
		err   error
	}{
		"silence":             {nil, false, false, ErrTimeout},
		"gone":                {nil, true, false, ErrConnectionClosed},
		"unknown PDU":         {lengthOnly(9, 4, 0, 0, 0, 0), false, true, ErrUnknownPDU},
		"second request":      {bytesOf(parrotProposal()), false, true, ErrUnexpectedPDU},
		"accept":              {bytesOf(&AssociateAC{}), false, true, ErrUnexpectedPDU},
		"reject":              {bytesOf(&AssociateRJ{1, 1, 1}), false, true, ErrUnexpectedPDU},
		"release answer":      {bytesOf(&ReleaseRP{}), false, true, ErrUnexpectedPDU},
		"garbage command":     {bytesOf(pdvs(PDV{1, true, true, data})), false, true, errCommandSet},
		"empty command":       {bytesOf(pdvs(PDV{1, true, true, nil})), false, true, errCommandSet},
		"data set first":      {bytesOf(pdvs(PDV{3, false, true, data})), false, true, nil},
		"refused context":     {bytesOf(pdvs(PDV{5, true, true, echoBytes})), false, true, nil},
		"unknown context":     {bytesOf(pdvs(PDV{99, true, true, echoBytes})), false, true, nil},
		"context changes":     {bytesOf(pdvs(PDV{1, true, false, echoBytes[:8]}, PDV{3, true, true, echoBytes[8:]})), false, true, nil},
		"data on another":     {bytesOf(pdvs(PDV{3, true, true, storeBytes}, PDV{1, false, true, data})), false, true, nil},
		"command for data":    {bytesOf(pdvs(PDV{3, true, true, storeBytes}, PDV{3, true, true, echoBytes})), false, true, nil},
		"data set cut":        {bytesOf(pdvs(PDV{3, true, true, storeBytes}, PDV{3, false, false, data})), true, false, io.ErrUnexpectedEOF},
		"data set stalls":     {bytesOf(pdvs(PDV{3, true, true, storeBytes}, PDV{3, false, false, data})), false, false, ErrTimeout},
		"abort in a data set": {bytesOf(pdvs(PDV{3, true, true, storeBytes}, PDV{3, false, false, data}), &Abort{}), false, false, nil},
		"PDV beyond the PDU":  {lengthOnly(4, 10, 0, 0, 0, 0xff, 1, 3, 0, 0, 0, 0), false, true, ErrMalformedPDU},
		"PDV of one byte":     {lengthOnly(4, 6, 0, 0, 0, 1, 1, 3), false, true, ErrMalformedPDU},
		"PDU of three bytes":  {lengthOnly(4, 3, 0, 0, 0), false, true, ErrMalformedPDU},
		"2 GB PDU, 2 GB PDV":  {append(bytesOf(pdvs(PDV{3, true, true, storeBytes})), lengthOnly(4, 0x7fffffff, 0x7f, 0xff, 0xff, 0xfb, 3, 0)...), false, true, ErrDataTooLarge},
		"2 GB command":        {lengthOnly(4, 0x7fffffff, 0x7f, 0xff, 0xff, 0xfb, 1, 1), false, true, ErrDataTooLarge},
		"2 GB release":        {lengthOnly(5, 0x7fffffff, 0, 0), false, true, ErrPDUTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			p := associated(t, addr).say(c.say)
			if c.close {
				p.conn.Close()
			} else {
				heard := p.hear()
				if _, ok := heard.(*Abort); ok != c.abort || !ok && heard != nil {
					t.Errorf("heard %+v", heard)
				}
			}
			if err := <-closed; err == nil || !errors.Is(err, c.err) && c.err != nil {
				t.Errorf("server: %v, want %v", err, c.err)
			}
		})
	}
}

// What is unusual but allowed works: many PDVs in a PDU, PDUs beyond the
// maximum, single-byte fragments, an empty last fragment, zero-length PDUs.
func TestUnusualFragments(t *testing.T) {
	addr, closed := faultServer(t)
	var single []PDV
	for i := range storeBytes {
		single = append(single, PDV{3, true, i == len(storeBytes)-1, storeBytes[i : i+1]})
	}
	big := make([]byte, 3<<20)
	for name, pdu := range map[string][]PDU{
		"one PDU":              {pdvs(PDV{3, true, true, storeBytes}, PDV{3, false, false, big[:10]}, PDV{3, false, true, big[:10]})},
		"beyond the maximum":   {pdvs(PDV{3, true, true, storeBytes}), pdvs(PDV{3, false, true, big})},
		"single bytes":         {pdvs(single...), pdvs(PDV{3, false, true, big[:8]})},
		"empty last fragment":  {pdvs(PDV{3, true, true, storeBytes}), pdvs(PDV{3, false, false, big[:8]}), pdvs(PDV{3, false, true, nil})},
		"PDU without contents": {pdvs(), pdvs(PDV{3, true, true, storeBytes}), pdvs(), pdvs(PDV{3, false, true, big[:8]})},
	} {
		t.Run(name, func(t *testing.T) {
			p := associated(t, addr)
			for _, b := range pdu {
				p.sayPDU(b)
			}
			d, ok := p.hear().(*DataTF)
			if !ok || len(d.Values) != 1 {
				t.Fatalf("heard %+v", d)
			}
			if c, err := ParseCommand(d.Values[0].Data); err != nil || c.Field != CStoreRSP || c.Status != Success {
				t.Errorf("%+v %v", c, err)
			}
			p.sayPDU(&ReleaseRQ{})
			if _, ok := p.hear().(*ReleaseRP); !ok {
				t.Error("no release")
			}
			p.conn.Close()
			if err := <-closed; err != nil {
				t.Errorf("server: %v", err)
			}
		})
	}
}

// Requests sent ahead of the answers are handled in order; the C-CANCEL of an
// operation that is over reaches the handler and wants no answer.
func TestPipelinedRequests(t *testing.T) {
	addr, closed := faultServer(t)
	ds, err := dicom.Append(nil, identifier(), syntax(dicom.ImplicitLittleEndian))
	if err != nil {
		t.Fatal(err)
	}
	p := associated(t, addr)
	var all []byte
	for range 3 {
		all = AppendPDU(all, pdvs(PDV{7, true, true, findBytes}, PDV{7, false, true, ds}))
		all = AppendPDU(all, pdvs(PDV{1, true, true, echoBytes}))
	}
	all = AppendPDU(all, pdvs(PDV{7, true, true, commandBytes(Command{Field: CCancelRQ, MessageIDRespondedTo: 3})}))
	all = AppendPDU(all, &ReleaseRQ{})
	p.say(all)
	var heard []string
	for {
		pdu := p.hear()
		if d, ok := pdu.(*DataTF); ok {
			for _, v := range d.Values {
				if c, err := ParseCommand(v.Data); err == nil && v.Command {
					heard = append(heard, map[CommandField]string{CFindRSP: "find ", CEchoRSP: "echo "}[c.Field]+c.Status.String())
				}
			}
			continue
		}
		if _, ok := pdu.(*ReleaseRP); !ok {
			t.Errorf("heard %+v", pdu)
		}
		break
	}
	p.conn.Close()
	one := "find FF00,find FF00,find FF00,find 0000,echo 0000"
	if got, want := strings.Join(heard, ","), one+","+one+","+one; got != want {
		t.Errorf("heard %s", got)
	}
	if err := <-closed; err != nil {
		t.Errorf("server: %v", err)
	}
}

// 200 connections that say nothing, and 200 that announce gigabytes, cost
// little memory; others are served meanwhile.
func TestSilentConnections(t *testing.T) {
	s := &Server{Handler: HandlerFunc(okHandler)}
	addr, _ := startServer(t, s)
	before := heap()
	for i := range 200 {
		newParrot(t, addr)
		p := newParrot(t, addr)
		if i%2 == 0 {
			p.say(lengthOnly(1, MaxAssociatePDU, 0, 1))
		} else {
			p.sayPDU(parrotProposal())
			p.hear()
			p.sayPDU(pdvs(PDV{3, true, true, storeBytes})).say(lengthOnly(4, 0x7fffffff, 0x7f, 0xff, 0xff, 0xfb, 3, 0))
		}
	}
	waitFor(t, func() bool { return s.Associations() == 400 })
	if err := dial(t, addr, Request{}).Echo(context.Background()); err != nil {
		t.Error(err)
	}
	if grown := int64(heap()) - int64(before); grown > 60<<20 {
		t.Errorf("memory grew by %d MB", grown>>20)
	}
}

// A peer that reads nothing ends by the write timeout.
func TestPeerThatDoesNotRead(t *testing.T) {
	closed := make(chan error, 1)
	addr, _ := startServer(t, &Server{
		Options: Options{WriteTimeout: 100 * time.Millisecond},
		Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
			for range 10000 {
				if err := a.Reply(m, Command{Status: Pending}, NewData(object(100, "1"))); err != nil {
					return err
				}
			}
			return nil
		}),
		Closed: func(_ *Association, err error) { closed <- err },
	})
	p := associated(t, addr)
	p.sayPDU(pdvs(PDV{7, true, true, findBytes}, PDV{7, false, true, nil}))
	select {
	case err := <-closed:
		if !isTimeout(err) {
			t.Errorf("server: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the server waits for a peer that does not read")
	}
}

// acceptOnce plays the acceptor: after the A-ASSOCIATE-AC it does what script says.
func acceptOnce(t *testing.T, script func(p *parrot)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		p := &parrot{t, conn}
		rq, ok := p.hear().(*AssociateRQ)
		if !ok {
			t.Error("no request")
			return
		}
		ac := &AssociateAC{ProtocolVersion: 1, Called: rq.Called, Calling: rq.Calling, ApplicationContext: rq.ApplicationContext}
		for _, c := range rq.Contexts {
			ac.Contexts = append(ac.Contexts, ContextResult{c.ID, 0, c.TransferSyntaxes[0]})
		}
		p.sayPDU(ac)
		script(p)
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().String()
}

func TestReleaseCollision(t *testing.T) {
	t.Run("requestor", func(t *testing.T) {
		addr := acceptOnce(t, func(p *parrot) {
			if _, ok := p.hear().(*ReleaseRQ); !ok {
				t.Error("no release")
			}
			p.sayPDU(&ReleaseRQ{})
			if _, ok := p.hear().(*ReleaseRP); !ok {
				t.Error("collision is not answered")
			}
			p.sayPDU(&ReleaseRP{})
		})
		if err := dial(t, addr, Request{}).Release(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Run("acceptor", func(t *testing.T) {
		closed := make(chan error, 1)
		addr, _ := startServer(t, &Server{
			Handler: HandlerFunc(func(context.Context, *Association, *Message) error { return ErrRelease }),
			Closed:  func(_ *Association, err error) { closed <- err },
		})
		p := associated(t, addr).sayPDU(pdvs(PDV{1, true, true, echoBytes}))
		if _, ok := p.hear().(*ReleaseRQ); !ok {
			t.Error("no release")
		}
		p.sayPDU(&ReleaseRQ{}).sayPDU(&ReleaseRP{})
		if _, ok := p.hear().(*ReleaseRP); !ok {
			t.Error("collision is not answered")
		}
		p.conn.Close()
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
	t.Run("data before the answer", func(t *testing.T) {
		addr := acceptOnce(t, func(p *parrot) {
			p.hear()
			p.sayPDU(pdvs(PDV{1, true, true, echoBytes})).sayPDU(&ReleaseRP{})
		})
		if err := dial(t, addr, Request{}).Release(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		addr := acceptOnce(t, func(p *parrot) { p.hear(); p.hear() })
		a := dial(t, addr, Request{Options: Options{ReleaseTimeout: 50 * time.Millisecond}})
		if err := a.Release(context.Background()); err != ErrTimeout {
			t.Error(err)
		}
	})
}

func TestBadAcceptors(t *testing.T) {
	echo := func(a *Association) error { return a.Echo(context.Background()) }
	for name, c := range map[string]struct {
		script func(p *parrot)
		check  func(error) bool
	}{
		"closes":   {func(p *parrot) { p.hear() }, func(err error) bool { return errors.Is(err, ErrConnectionClosed) }},
		"aborts":   {func(p *parrot) { p.hear(); p.sayPDU(&Abort{2, 0}); p.hear() }, func(err error) bool { var a *AbortError; return errors.As(err, &a) && a.ByPeer }},
		"releases": {func(p *parrot) { p.hear(); p.sayPDU(&ReleaseRQ{}); p.hear() }, func(err error) bool { return errors.Is(err, ErrReleased) }},
		"babbles":  {func(p *parrot) { p.hear(); p.say([]byte("hello world")); p.hear() }, func(err error) bool { return errors.Is(err, ErrUnknownPDU) }},
		"lies about lengths": {
			func(p *parrot) { p.hear(); p.say(lengthOnly(4, 10, 0xff, 0, 0, 0, 1, 3)); p.hear() },
			func(err error) bool { return errors.Is(err, ErrMalformedPDU) },
		},
		"answers something else first": {
			func(p *parrot) {
				p.hear()
				p.sayPDU(pdvs(PDV{1, true, true, commandBytes(Command{Field: CEchoRSP, MessageIDRespondedTo: 77})}))
				p.sayPDU(pdvs(PDV{1, true, true, commandBytes(Command{Field: CEchoRSP, MessageIDRespondedTo: 1})}))
				p.hear()
			},
			func(err error) bool { return err == nil },
		},
		"asks instead of answering": {
			func(p *parrot) {
				p.hear()
				p.sayPDU(pdvs(PDV{1, true, true, echoBytes}))
				d, ok := p.hear().(*DataTF)
				if !ok {
					t.Error("request is not answered")
					return
				}
				if c, err := ParseCommand(d.Values[0].Data); err != nil || c.Status != SOPClassNotSupported {
					t.Errorf("%+v %v", c, err)
				}
				p.sayPDU(pdvs(PDV{1, true, true, commandBytes(Command{Field: CEchoRSP, MessageIDRespondedTo: 1})}))
				p.hear()
			},
			func(err error) bool { return err == nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := dial(t, acceptOnce(t, c.script), Request{})
			if err := echo(a); !c.check(err) {
				t.Errorf("%v", err)
			}
			a.Abort()
		})
	}
}
