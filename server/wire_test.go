package server_test

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// wire is a requester made of bare PDUs.
type wire struct {
	t    testing.TB
	conn net.Conn
	ac   *dimse.AssociateAC
}

const wireTimeout = 4 * time.Second

// request is an association request as the probes send it.
func request(called, calling string, contexts ...dimse.ProposedContext) *dimse.AssociateRQ {
	return &dimse.AssociateRQ{
		ProtocolVersion: 1, Called: dimse.NewAETitle(called, ' '), Calling: dimse.NewAETitle(calling, ' '),
		ApplicationContext: dimse.ApplicationContextName, Contexts: contexts,
		User: dimse.UserInformation{MaxPDU: 16384, ImplementationClassUID: "1.2.3.4.5", ImplementationVersionName: "PROBE1"},
	}
}

func proposed(classes []string, syntaxes map[string]string) []dimse.ProposedContext {
	var list []dimse.ProposedContext
	for i, c := range classes {
		ts := syntaxes[c]
		if ts == "" {
			ts = dicom.ImplicitLittleEndian
		}
		list = append(list, dimse.ProposedContext{ID: byte(2*i + 1), AbstractSyntax: c, TransferSyntaxes: []string{ts}})
	}
	return list
}

// wireTo connects and sends rq; the answer may be of any kind.
func wireTo(t testing.TB, addr string, rq *dimse.AssociateRQ, extra []byte) (*wire, dimse.PDU) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	w := &wire{t: t, conn: conn}
	b := dimse.AppendPDU(nil, rq)
	if len(extra) > 0 {
		b = withUserItems(b, extra)
	}
	conn.Write(b)
	p, err := w.pdu()
	if err != nil {
		return w, nil
	}
	w.ac, _ = p.(*dimse.AssociateAC)
	return w, p
}

// withUserItems appends sub-items to the user information, the last item.
func withUserItems(b, extra []byte) []byte {
	at := 6 + 68
	for b[at] != 0x50 {
		at += 4 + int(binary.BigEndian.Uint16(b[at+2:]))
	}
	binary.BigEndian.PutUint16(b[at+2:], binary.BigEndian.Uint16(b[at+2:])+uint16(len(extra)))
	b = append(b, extra...)
	binary.BigEndian.PutUint32(b[2:], uint32(len(b)-6))
	return b
}

// must is wireTo that demands an acceptance.
func must(t testing.TB, addr string, rq *dimse.AssociateRQ) *wire {
	t.Helper()
	w, p := wireTo(t, addr, rq, nil)
	if w.ac == nil {
		t.Fatalf("association not accepted: %#v", p)
	}
	return w
}

func (w *wire) pdu() (dimse.PDU, error) {
	w.conn.SetReadDeadline(time.Now().Add(wireTimeout))
	return dimse.ReadPDU(w.conn, 1<<26)
}

// field is an element of a command as it goes over the wire.
type field struct {
	tag   dicom.Tag
	value any // string, raw []byte, or number (US)
}

func encode(fields []field) []byte {
	sort.SliceStable(fields, func(i, j int) bool { return fields[i].tag < fields[j].tag })
	var b []byte
	for _, f := range fields {
		var v []byte
		switch x := f.value.(type) {
		case string:
			v = []byte(x)
			if len(v)%2 == 1 {
				pad := byte(' ')
				if dicom.StandardDictionary().VR(f.tag) == dicom.UI || f.tag>>16 == 0 && f.tag != dimse.TagMoveDestination {
					pad = 0
				}
				v = append(v, pad)
			}
		case []byte:
			v = x
		case int:
			v = binary.LittleEndian.AppendUint16(nil, uint16(x))
		case uint32:
			v = binary.LittleEndian.AppendUint32(nil, x)
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(f.tag>>16))
		b = binary.LittleEndian.AppendUint16(b, uint16(f.tag))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(v)))
		b = append(b, v...)
	}
	return b
}

// send writes a command with its data set; data nil: none.
func (w *wire) send(context byte, fields []field, data []byte) {
	kind := 0x0101
	if data != nil {
		kind = 0x0102
	}
	fields = append(slices.Clone(fields), field{dimse.TagCommandDataSetType, kind})
	body := encode(fields)
	command := append(encode([]field{{dimse.TagCommandGroupLength, uint32(len(body))}}), body...)
	b := dimse.AppendPDU(nil, &dimse.DataTF{Values: []dimse.PDV{{ContextID: context, Command: true, Last: true, Data: command}}})
	if data != nil {
		b = dimse.AppendPDU(b, &dimse.DataTF{Values: []dimse.PDV{{ContextID: context, Last: true, Data: data}}})
	}
	w.conn.Write(b)
}

// message is what the peer sent.
type message struct {
	context   byte
	command   *dicom.Dataset
	data      []byte // nil: none
	fragments []int  // sizes of the data set's PDVs
}

func (m *message) number(t dicom.Tag) int { n, _ := m.command.Int(t); return n }

// receive reads one message; the error tells of any other PDU.
func (w *wire) receive() (*message, error) {
	m := &message{}
	var command []byte
	for {
		p, err := w.pdu()
		if err != nil {
			return nil, err
		}
		d, ok := p.(*dimse.DataTF)
		if !ok {
			return nil, &otherPDU{p}
		}
		for _, v := range d.Values {
			m.context = v.ContextID
			if v.Command {
				command = append(command, v.Data...)
				if v.Last {
					c, err := dimse.ParseCommand(command)
					if err != nil {
						return nil, err
					}
					if m.command, err = c.Set(); err != nil {
						return nil, err
					}
					if !c.HasData {
						return m, nil
					}
					m.data = []byte{}
				}
				continue
			}
			m.data = append(m.data, v.Data...)
			m.fragments = append(m.fragments, len(v.Data))
			if v.Last {
				return m, nil
			}
		}
	}
}

type otherPDU struct{ p dimse.PDU }

func (e *otherPDU) Error() string { return fmt.Sprintf("PDU %T", e.p) }

// release asks for a release and gives the word for what came: "6" for
// A-RELEASE-RP.
func (w *wire) release() string {
	w.conn.Write(dimse.AppendPDU(nil, &dimse.ReleaseRQ{}))
	p, err := w.pdu()
	switch {
	case err == nil && p.Type() == dimse.PDUReleaseRP:
		return "6"
	case err == nil:
		return fmt.Sprintf("%T", p)
	case isTimeout(err):
		return "timeout"
	}
	return "closed"
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// commandJSON is a command set in the form of the probes.
func commandJSON(d *dicom.Dataset) map[string]any {
	m := map[string]any{}
	for e := range d.All() {
		if e.Tag == dimse.TagCommandGroupLength {
			continue
		}
		if e.Tag>>16 == 0 && len(e.Value) == 2 && dicom.StandardDictionary().VR(e.Tag) == dicom.US {
			m[tagText(e.Tag)] = float64(binary.LittleEndian.Uint16(e.Value))
			continue
		}
		if e.Tag == 0x99990404 {
			m[tagText(e.Tag)] = latin(e.Value)
			continue
		}
		m[tagText(e.Tag)] = strings.TrimRight(latin(e.Value), " \x00")
	}
	return m
}

func tagText(t dicom.Tag) string { return fmt.Sprintf("%04X,%04X", uint16(t>>16), uint16(t)) }

func latin(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// datasetJSON is a data set in the form of the probes: raw values.
func datasetJSON(d *dicom.Dataset) map[string]any {
	m := map[string]any{}
	for e := range d.All() {
		if e.IsSequence() && len(e.Items) > 0 {
			list := []any{}
			for _, item := range e.Items {
				list = append(list, datasetJSON(item))
			}
			m[tagText(e.Tag)] = list
			continue
		}
		m[tagText(e.Tag)] = latin(e.Value)
	}
	return m
}

func parseImplicit(t testing.TB, b []byte) *dicom.Dataset {
	t.Helper()
	ts, _ := dicom.LookupTransferSyntax(dicom.ImplicitLittleEndian)
	d, err := dicom.Parse(b, ts, dicom.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// keysOf encodes the keys of a probe.
func keysOf(t testing.TB, raw json.RawMessage) []byte {
	t.Helper()
	var keys map[string]any
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	return encodeKeys(keys)
}

func encodeKeys(keys map[string]any) []byte {
	var fields []field
	for name, v := range keys {
		tag := probeTag(name)
		switch x := v.(type) {
		case string:
			fields = append(fields, field{tag, x})
		case float64:
			fields = append(fields, field{tag, int(x)})
		case []any:
			var b []byte
			for _, item := range x {
				inner := encodeKeys(item.(map[string]any))
				b = append(b, 0xfe, 0xff, 0, 0xe0)
				b = binary.LittleEndian.AppendUint32(b, uint32(len(inner)))
				b = append(b, inner...)
			}
			fields = append(fields, field{tag, b})
		}
	}
	return encode(fields)
}

func probeTag(name string) dicom.Tag {
	b, err := hex.DecodeString(strings.ReplaceAll(name, ",", ""))
	if err != nil || len(b) != 4 {
		panic("bad tag " + name)
	}
	return dicom.Tag(binary.BigEndian.Uint32(b))
}

// behaviour tells an acceptor what to do.
type behaviour struct {
	Statuses   []int    `json:"statuses"`
	Refuse     []string `json:"refuse"`
	TS         []string `json:"ts"`
	Reject     []int    `json:"reject"`
	CloseAfter int      `json:"closeafter"`
}

// acceptor stores nothing and remembers what it saw, in the form of the probes.
type acceptor struct {
	l  net.Listener
	mu sync.Mutex
	b  behaviour
	// log holds the events of the associations, objects the data sets.
	log     [][]any
	objects [][]byte
	classes []string
	wg      sync.WaitGroup
}

func newAcceptor(t testing.TB, port int) *acceptor {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	a := &acceptor{l: l}
	a.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			a.wg.Go(func() { a.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); a.wg.Wait() })
	return a
}

func (a *acceptor) reset(b behaviour) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.b, a.log, a.objects, a.classes = b, nil, nil, nil
}

func (a *acceptor) note(kind string, v map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.log = append(a.log, []any{kind, v})
}

func (a *acceptor) events() [][]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.log)
}

func (a *acceptor) seen() [][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.objects)
}

func (a *acceptor) serve(c net.Conn) {
	defer c.Close()
	a.mu.Lock()
	b := a.b
	a.mu.Unlock()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	p, err := dimse.ReadPDU(c, 1<<20)
	rq, ok := p.(*dimse.AssociateRQ)
	if err != nil || !ok {
		return
	}
	ac, contexts := b.answer(rq)
	a.note("ASSOC", associationJSON(rq))
	if len(b.Reject) == 3 {
		c.Write(dimse.AppendPDU(nil, &dimse.AssociateRJ{Result: byte(b.Reject[0]), Source: byte(b.Reject[1]), Reason: byte(b.Reject[2])}))
		io.Copy(io.Discard, c)
		return
	}
	c.Write(dimse.AppendPDU(nil, ac))
	w := &wire{conn: c}
	for n := 1; ; n++ {
		m, err := w.receive()
		var other *otherPDU
		if errors.As(err, &other) && other.p.Type() == dimse.PDUReleaseRQ {
			a.note("RELEASE", map[string]any{})
			c.Write(dimse.AppendPDU(nil, &dimse.ReleaseRP{}))
			return
		}
		if err != nil {
			a.note("EOF", map[string]any{})
			return
		}
		a.note("CMD", map[string]any{"ctx": contexts[m.context], "cmd": commandJSON(m.command)})
		a.note("DATA", map[string]any{"len": float64(len(m.data))})
		a.mu.Lock()
		a.objects = append(a.objects, m.data)
		a.classes = append(a.classes, contexts[m.context][1].(string))
		a.mu.Unlock()
		if n == b.CloseAfter {
			a.note("EOF", map[string]any{})
			return
		}
		status := 0
		if len(b.Statuses) > 0 {
			status = b.Statuses[min(n, len(b.Statuses))-1]
		}
		w.send(m.context, []field{
			{dimse.TagAffectedSOPClassUID, m.command.String(dimse.TagAffectedSOPClassUID)},
			{dimse.TagCommandField, m.number(dimse.TagCommandField) | 0x8000},
			{dimse.TagMessageIDRespondedTo, m.number(dimse.TagMessageID)},
			{dimse.TagStatus, status},
			{dimse.TagAffectedSOPInstanceUID, m.command.String(dimse.TagAffectedSOPInstanceUID)},
		}, nil)
	}
}

// answer accepts what the behaviour allows.
func (b behaviour) answer(rq *dimse.AssociateRQ) (*dimse.AssociateAC, map[byte][]any) {
	ac := &dimse.AssociateAC{ProtocolVersion: 1, Called: rq.Called, Calling: rq.Calling, ApplicationContext: rq.ApplicationContext,
		User: dimse.UserInformation{MaxPDU: 16384, ImplementationClassUID: "1.2.3"}}
	contexts := map[byte][]any{}
	for _, pc := range rq.Contexts {
		r := dimse.ContextResult{ID: pc.ID, TransferSyntax: pc.TransferSyntaxes[0]}
		if slices.Contains(b.Refuse, pc.AbstractSyntax) {
			r.Result = dimse.ContextAbstractNotSupported
		}
		if len(b.TS) > 0 {
			i := slices.IndexFunc(pc.TransferSyntaxes, func(ts string) bool { return slices.Contains(b.TS, ts) })
			if i < 0 {
				r.Result = dimse.ContextTransferNotSupported
			} else {
				r.TransferSyntax = pc.TransferSyntaxes[i]
			}
		}
		ac.Contexts = append(ac.Contexts, r)
		contexts[pc.ID] = []any{pc.AbstractSyntax, r.TransferSyntax}
	}
	return ac, contexts
}

func associationJSON(rq *dimse.AssociateRQ) map[string]any {
	var contexts []any
	for _, pc := range rq.Contexts {
		var list []any
		for _, ts := range pc.TransferSyntaxes {
			list = append(list, ts)
		}
		contexts = append(contexts, []any{pc.AbstractSyntax, list})
	}
	return map[string]any{"called": string(rq.Called[:]), "calling": string(rq.Calling[:]), "contexts": contexts}
}
