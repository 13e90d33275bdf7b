package main

import (
	"fmt"
	"io"
	"net"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// peer is the other side of connections, which keeps to no rule.
type peer struct {
	addr        string
	dir, binary string // of the server
	cost        cost   // of other programs that were started
	sent        int64
	conns       []net.Conn
}

// patience is how long an answer may take.
const patience = 60 * time.Second

func (p *peer) close() {
	for _, c := range p.conns {
		c.Close()
	}
}

// Write counts what is sent on the last connection.
func (p *peer) Write(b []byte) (int, error) {
	n, err := p.conns[len(p.conns)-1].Write(b)
	p.sent += int64(n)
	return n, err
}

func (p *peer) connect() error {
	c, err := net.DialTimeout("tcp", p.addr, patience)
	if err != nil {
		return err
	}
	c.SetDeadline(time.Now().Add(10 * patience))
	p.conns = append(p.conns, c)
	return nil
}

// Contexts that are proposed.
const (
	findContext     = 1
	storeContext    = 3
	deflatedContext = 5
	echoContext     = 7
	jpeg2000Context = 9
	rleContext      = 11
)

// associate opens an association.
func (p *peer) associate() error {
	if err := p.connect(); err != nil {
		return err
	}
	rq := &dimse.AssociateRQ{
		ProtocolVersion: 1, Called: dimse.NewAETitle("BAD", ' '), Calling: dimse.NewAETitle("STRANGER", ' '),
		ApplicationContext: dimse.ApplicationContextName,
		Contexts: []dimse.ProposedContext{
			{ID: findContext, AbstractSyntax: dimse.StudyRootFind, TransferSyntaxes: []string{dicom.ExplicitLittleEndian}},
			{ID: storeContext, AbstractSyntax: dicom.SecondaryCaptureImageStorage, TransferSyntaxes: []string{dicom.ExplicitLittleEndian}},
			{ID: deflatedContext, AbstractSyntax: dicom.SecondaryCaptureImageStorage, TransferSyntaxes: []string{dicom.DeflatedExplicit}},
			{ID: jpeg2000Context, AbstractSyntax: dicom.SecondaryCaptureImageStorage, TransferSyntaxes: []string{dicom.JPEG2000Lossless}},
			{ID: rleContext, AbstractSyntax: dicom.SecondaryCaptureImageStorage, TransferSyntaxes: []string{dicom.RLELossless}},
			{ID: echoContext, AbstractSyntax: dimse.Verification, TransferSyntaxes: []string{dicom.ImplicitLittleEndian}},
		},
		User: dimse.UserInformation{MaxPDU: 1 << 17, ImplementationClassUID: "1.2.3"},
	}
	if _, err := p.Write(dimse.AppendPDU(nil, rq)); err != nil {
		return err
	}
	pdu, err := dimse.ReadPDU(p.conns[len(p.conns)-1], 1<<20)
	if err != nil {
		return err
	}
	if _, ok := pdu.(*dimse.AssociateAC); !ok {
		return fmt.Errorf("refused: %T", pdu)
	}
	return nil
}

// command sends the command set of a request.
func (p *peer) command(context byte, field dimse.CommandField, class string, more ...dicom.Element) error {
	d := new(dicom.Dataset)
	d.SetUint32(0x00000000, 0)
	d.SetString(0x00000002, class)
	d.SetUint16(0x00000100, uint16(field))
	d.SetUint16(0x00000110, 1)
	d.SetUint16(0x00000800, dimse.WithDataSet)
	if field == dimse.CStoreRQ {
		d.SetString(0x00001000, "1.2.3.4.5")
	}
	for _, e := range more {
		d.Put(e)
	}
	b, err := dicom.Append(nil, d, dicom.TransferSyntax{Implicit: true})
	if err != nil {
		return err
	}
	return p.pdvs(context, true, b)
}

// pdvs sends b in pieces.
func (p *peer) pdvs(context byte, command bool, b []byte) error {
	w := p.stream(context, command)
	if _, err := w.Write(b); err != nil {
		return err
	}
	return w.Close()
}

// stream sends a data set while it is made.
func (p *peer) stream(context byte, command bool) io.WriteCloser {
	return &stream{p: p, context: context, command: command}
}

type stream struct {
	p       *peer
	context byte
	command bool
}

func (s *stream) Write(b []byte) (int, error) {
	const most = 100 << 10
	done := 0
	for len(b) > 0 {
		n := min(len(b), most)
		if err := s.send(b[:n], false); err != nil {
			return done, err
		}
		b, done = b[n:], done+n
	}
	return done, nil
}

func (s *stream) Close() error { return s.send(nil, true) }

func (s *stream) send(b []byte, last bool) error {
	pdu := &dimse.DataTF{Values: []dimse.PDV{{ContextID: s.context, Command: s.command, Last: last, Data: b}}}
	_, err := s.p.Write(dimse.AppendPDU(nil, pdu))
	return err
}

// answer reads what comes next: the status of a response, or how it ended.
func (p *peer) answer() string {
	c := p.conns[len(p.conns)-1]
	c.SetReadDeadline(time.Now().Add(patience))
	for {
		pdu, err := dimse.ReadPDU(c, 1<<20)
		if err != nil {
			return "connection closed"
		}
		switch pdu := pdu.(type) {
		case *dimse.Abort:
			return "aborted"
		case *dimse.DataTF:
			for _, v := range pdu.Values {
				if cmd, err := dimse.ParseCommand(v.Data); v.Command && err == nil && !cmd.Status.IsPending() {
					return fmt.Sprintf("status %v %s", cmd.Status, cmd.Status.Text())
				}
			}
		default:
			return fmt.Sprintf("%T", pdu)
		}
	}
}
