// Package play sends recorded messages to a server again, as they were: the request
// for the association, and then each message of the caller when the answer to the one
// before has come. [Association] plays one; what the server answered is in [Played].
package play

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/proof/wire"
)

// Source is what is played.
type Source interface {
	// Proposal is the request; it is not changed.
	Proposal() *dimse.AssociateRQ
	// Requests are the messages of the caller that open an operation, in order.
	Requests() []Request
}

// Request is one message of the caller.
type Request struct {
	Context byte
	Syntax  string // transfer syntax of the data set
	Command *dimse.Command
	Set     []byte
	// Data gives the data set; nil without one.
	Data func() ([]byte, error)
}

// Played is what a server answered.
type Played struct {
	Answer  dimse.PDU // *dimse.AssociateAC, *dimse.AssociateRJ or *dimse.Abort; nil when the connection broke
	Results []Result  // one for each request that was sent
	Err     error     // why not all was played
}

// Result is the answer to one request.
type Result struct {
	Began, Took time.Duration // since the association began, and until the last response
	Pending     []Response
	Final       *Response // nil when none came
	Stored      []Store   // objects that came by C-GET
	Skipped     string    // why the request was not sent
}

// Response is a message of the server.
type Response struct {
	Command *dimse.Command
	Set     []byte
	Data    []byte
	Syntax  string
}

// Dataset is the data set of a response, nil when there is none.
func (r *Response) Dataset() (*dicom.Dataset, error) {
	if r.Data == nil {
		return nil, nil
	}
	ts, ok := dicom.LookupTransferSyntax(r.Syntax)
	if !ok {
		return nil, fmt.Errorf("transfer syntax %q is not known", r.Syntax)
	}
	return dicom.Parse(r.Data, ts, dicom.ParseOptions{})
}

// Store is an object that a server sent within a C-GET.
type Store struct {
	SOP    string
	Syntax string
	Data   []byte
}

// Silence is how long a server may be silent.
const Silence = 10 * time.Minute

// maxKept bounds the data sets that are kept of one request, in bytes; of more only
// the UIDs are kept.
const maxKept = 64 << 20

// Options change what is played.
type Options struct {
	Called string // AE title in place of the recorded one
	// Dial connects; nil is TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Association plays an association.
func Association(ctx context.Context, address string, s Source, opt Options) *Played {
	v, err := Open(ctx, address, s.Proposal(), opt)
	played := &Played{Err: err}
	if err != nil {
		return played
	}
	defer v.Close()
	played.Answer = v.Answer
	if !v.Accepted() {
		return played
	}
	for _, rq := range s.Requests() {
		var r Result
		if r, played.Err = v.Do(ctx, &rq); r.Final != nil || r.Skipped != "" || played.Err == nil {
			played.Results = append(played.Results, r)
		}
		if played.Err != nil {
			return played
		}
	}
	played.Err = v.Release()
	return played
}

// Session is an association that is played step by step.
type Session struct {
	player
	Answer dimse.PDU // to the request
	stop   func() bool
}

// Open connects and asks for the association. The end of ctx closes the connection.
func Open(ctx context.Context, address string, proposal *dimse.AssociateRQ, opt Options) (*Session, error) {
	dial := opt.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second}).DialContext
	}
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	v := &Session{player: player{began: time.Now(), conn: conn, r: bufio.NewReaderSize(conn, 64<<10)}}
	v.stop = context.AfterFunc(ctx, func() { conn.Close() })
	rq := *proposal
	if opt.Called != "" {
		rq.Called = dimse.NewAETitle(opt.Called, ' ')
	}
	if v.Answer, err = v.associate(&rq); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// Accepted tells whether the association is there.
func (v *Session) Accepted() bool { return v.syntaxes != nil }

// Do plays a request and awaits its last response.
func (v *Session) Do(ctx context.Context, rq *Request) (Result, error) {
	r := Result{Began: time.Since(v.began)}
	if err := ctx.Err(); err != nil {
		return r, err
	}
	err := v.request(rq, &r)
	r.Took = time.Since(v.began) - r.Began
	return r, err
}

// Release ends the association in order.
func (v *Session) Release() error {
	if err := v.write(dimse.AppendPDU(nil, &dimse.ReleaseRQ{})); err != nil {
		return err
	}
	for v.ended == nil {
		if err := v.more(); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the connection.
func (v *Session) Close() {
	v.stop()
	v.conn.Close()
}

type player struct {
	conn     net.Conn
	r        *bufio.Reader
	began    time.Time
	syntaxes map[byte]string // of accepted contexts
	maxPDU   int
	stream   wire.Stream
	incoming []message // complete ones, not yet looked at
	open     message
	kept     int
	ended    error
}

// message is a message of the server.
type message struct {
	context byte
	set     []byte
	command *dimse.Command
	data    []byte
}

// associate asks for the association.
func (p *player) associate(rq *dimse.AssociateRQ) (dimse.PDU, error) {
	if err := p.write(dimse.AppendPDU(nil, rq)); err != nil {
		return nil, err
	}
	p.deadline()
	answer, err := dimse.ReadPDU(p.r, dimse.MaxAssociatePDU)
	if err != nil {
		return nil, fmt.Errorf("no answer to the request for an association: %w", err)
	}
	ac, ok := answer.(*dimse.AssociateAC)
	if !ok {
		return answer, nil
	}
	p.syntaxes = map[byte]string{}
	for _, c := range ac.Contexts {
		if c.Result == 0 {
			p.syntaxes[c.ID] = c.TransferSyntax
		}
	}
	if p.maxPDU = int(ac.User.MaxPDU); p.maxPDU == 0 || p.maxPDU > dimse.DefaultMaxPDU {
		p.maxPDU = dimse.DefaultMaxPDU
	}
	p.stream = wire.Stream{PDU: p.pdu, Command: p.command, Data: p.data}
	return answer, nil
}

// request sends one request and awaits its last response.
func (p *player) request(rq *Request, r *Result) error {
	syntax, ok := p.syntaxes[rq.Context]
	if !ok {
		r.Skipped = "its presentation context was not accepted"
		return nil
	}
	var data []byte
	if rq.Data != nil {
		var err error
		if data, err = rq.Data(); err == nil {
			data, err = recoded(data, rq.Syntax, syntax)
		}
		if err != nil {
			r.Skipped = err.Error()
			return nil
		}
	}
	if err := p.send(rq.Context, rq.Set, data); err != nil {
		return err
	}
	p.kept = 0
	for {
		m, err := p.next()
		if err != nil {
			return err
		}
		if !m.command.Field.IsResponse() {
			if err := p.serve(m, r); err != nil {
				return err
			}
			continue
		}
		if m.command.MessageIDRespondedTo != rq.Command.MessageID {
			continue
		}
		response := Response{Command: m.command, Set: m.set, Data: m.data, Syntax: p.syntaxes[m.context]}
		if m.command.Status.IsPending() {
			r.Pending = append(r.Pending, response)
			continue
		}
		r.Final = &response
		return nil
	}
}

// serve answers a request of the server: objects of a C-GET, reports.
func (p *player) serve(m message, r *Result) error {
	if m.command.Field == dimse.CCancelRQ {
		return nil
	}
	if m.command.Field == dimse.CStoreRQ {
		r.Stored = append(r.Stored, Store{m.command.AffectedSOPInstanceUID, p.syntaxes[m.context], m.data})
	}
	c := dimse.Command{Field: m.command.Field.Response(), MessageIDRespondedTo: m.command.MessageID, AffectedSOPClassUID: m.command.SOPClassUID(), AffectedSOPInstanceUID: m.command.SOPInstanceUID()}
	set, err := c.Append(nil)
	if err != nil {
		return err
	}
	return p.send(m.context, set, nil)
}

// recoded is a data set in another transfer syntax.
func recoded(data []byte, from, to string) ([]byte, error) {
	if from == to || len(data) == 0 {
		return data, nil
	}
	x, ok1 := dicom.LookupTransferSyntax(from)
	y, ok2 := dicom.LookupTransferSyntax(to)
	if !ok1 || !ok2 || x.Encapsulated || y.Encapsulated {
		return nil, fmt.Errorf("the server accepted %s in place of %s", to, from)
	}
	ds, err := dicom.Parse(data, x, dicom.ParseOptions{})
	if err != nil {
		return nil, err
	}
	return dicom.Append(nil, ds, y)
}

// send writes a message.
func (p *player) send(context byte, set, data []byte) error {
	buf := fragments(nil, context, 1, set, p.maxPDU)
	if data != nil {
		buf = fragments(buf, context, 0, data, p.maxPDU)
	}
	return p.write(buf)
}

// fragments appends bytes as P-DATA-TF PDUs (PS3.8 annex E).
func fragments(buf []byte, context, control byte, b []byte, maxPDU int) []byte {
	const pdvHeader = 6
	size := max(maxPDU-pdvHeader, 1024) &^ 1
	for first := true; first || len(b) > 0; first = false {
		n := min(size, len(b))
		c := control
		if n == len(b) {
			c |= 2
		}
		buf = append(buf, byte(dimse.PDUData), 0)
		buf = binary.BigEndian.AppendUint32(buf, uint32(n+pdvHeader))
		buf = binary.BigEndian.AppendUint32(buf, uint32(n+2))
		buf = append(append(buf, context, c), b[:n]...)
		b = b[n:]
	}
	return buf
}

func (p *player) write(b []byte) error {
	if err := p.conn.SetWriteDeadline(time.Now().Add(Silence)); err != nil {
		return err
	}
	_, err := p.conn.Write(b)
	return err
}

func (p *player) deadline() { _ = p.conn.SetReadDeadline(time.Now().Add(Silence)) } // fails with the next read

// next is the next complete message of the server.
func (p *player) next() (message, error) {
	for {
		if len(p.incoming) > 0 && (!p.incoming[0].command.HasData || p.incoming[0].data != nil) {
			m := p.incoming[0]
			p.incoming = slices.Delete(p.incoming, 0, 1)
			return m, nil
		}
		if p.ended != nil {
			return message{}, p.ended
		}
		if err := p.more(); err != nil {
			return message{}, err
		}
	}
}

// more reads what comes.
func (p *player) more() error {
	p.deadline()
	if _, err := p.r.Peek(1); err != nil {
		return fmt.Errorf("the server ended the connection: %w", err)
	}
	b, _ := p.r.Peek(p.r.Buffered())
	err := p.stream.Write(b)
	_, _ = p.r.Discard(len(b)) // it is there
	return err
}

// ErrAborted tells that the server aborted the association.
var ErrAborted = errors.New("the server aborted the association")

var errReleased = errors.New("released")

func (p *player) pdu(kind dimse.PDUType, _ []byte) {
	switch kind {
	case dimse.PDUAbort:
		p.ended = ErrAborted
	case dimse.PDUReleaseRP:
		p.ended = errReleased
	}
}

func (p *player) command(context byte, set []byte) {
	c, err := dimse.ParseCommand(set)
	if err != nil {
		p.ended = fmt.Errorf("command of the server: %w", err)
		return
	}
	p.incoming = append(p.incoming, message{context: context, set: set, command: c})
	p.open = message{}
}

func (p *player) data(_ byte, part []byte, last bool) {
	if p.kept += len(part); p.kept <= maxKept {
		p.open.data = append(p.open.data, part...)
	}
	if last && len(p.incoming) > 0 {
		m := &p.incoming[len(p.incoming)-1]
		if m.data = p.open.data; m.data == nil {
			m.data = []byte{}
		}
		p.open = message{}
	}
}
