package dimse

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxAssociatePDU bounds the body of a PDU other than P-DATA-TF: far more than
// 128 contexts with all transfer syntaxes need.
const MaxAssociatePDU = 1 << 20

// maxContexts bounds the contexts of a request; their IDs are single bytes.
const maxContexts = 512

// Errors of malformed PDUs. An association that meets one is aborted.
var (
	ErrUnknownPDU   = errors.New("unknown PDU type")
	ErrPDUTooLarge  = errors.New("PDU is too large")
	ErrMalformedPDU = errors.New("malformed PDU")
)

// ReadPDU reads one PDU whose body has at most limit bytes. Memory grows with
// the bytes that really arrive, whatever the length field says. io.EOF means
// that there was no further PDU.
func ReadPDU(r io.Reader, limit uint32) (PDU, error) {
	var h [6]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, err
	}
	return readBody(r, PDUType(h[0]), binary.BigEndian.Uint32(h[2:]), limit)
}

func readBody(r io.Reader, kind PDUType, n, limit uint32) (PDU, error) {
	if kind < PDUAssociateRQ || kind > PDUAbort {
		return nil, fmt.Errorf("%w %02X", ErrUnknownPDU, byte(kind))
	}
	if n > limit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d allowed", ErrPDUTooLarge, n, limit)
	}
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r, int64(n)); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return ParsePDU(kind, body.Bytes())
}

// ParsePDU reads the body of a PDU; byte slices of the result share b.
func ParsePDU(kind PDUType, b []byte) (PDU, error) {
	var p PDU
	var err error
	switch kind {
	case PDUAssociateRQ:
		p, err = parseAssociateRQ(b)
	case PDUAssociateAC:
		p, err = parseAssociateAC(b)
	case PDUData:
		p, err = parseDataTF(b)
	case PDUReleaseRQ:
		p = &ReleaseRQ{}
	case PDUReleaseRP:
		p = &ReleaseRP{}
	case PDUAssociateRJ, PDUAbort:
		f := fields{b: b}
		f.byte()
		second, third, fourth := f.byte(), f.byte(), f.byte()
		if kind == PDUAbort {
			p, err = &Abort{Source: third, Reason: fourth}, f.err
		} else {
			p, err = &AssociateRJ{Result: second, Source: third, Reason: fourth}, f.err
		}
	default:
		return nil, fmt.Errorf("%w %02X", ErrUnknownPDU, byte(kind))
	}
	if err != nil {
		return nil, fmt.Errorf("%w type %02X: %w", ErrMalformedPDU, byte(kind), err)
	}
	return p, nil
}

func parseAssociateRQ(b []byte) (*AssociateRQ, error) {
	p := &AssociateRQ{}
	f := fields{b: b}
	p.ProtocolVersion, p.Called, p.Calling = f.associateHead()
	if f.err != nil {
		return nil, f.err
	}
	return p, eachItem(f.b, func(kind byte, v []byte) error {
		switch kind {
		case itemApplicationContext:
			p.ApplicationContext = trimUID(v)
		case itemContextRQ:
			c, err := parseProposedContext(v)
			if err != nil {
				return err
			}
			if p.Contexts = append(p.Contexts, c); len(p.Contexts) > maxContexts {
				return errors.New("too many presentation contexts")
			}
		case itemUserInformation:
			return p.User.parse(v)
		}
		return nil
	})
}

func parseProposedContext(b []byte) (ProposedContext, error) {
	f := fields{b: b}
	c := ProposedContext{ID: f.byte()}
	f.skip(3)
	if f.err != nil {
		return c, f.err
	}
	return c, eachItem(f.b, func(kind byte, v []byte) error {
		switch kind {
		case itemAbstractSyntax:
			c.AbstractSyntax = trimUID(v)
		case itemTransferSyntax:
			c.TransferSyntaxes = append(c.TransferSyntaxes, trimUID(v))
		}
		return nil
	})
}

func parseAssociateAC(b []byte) (*AssociateAC, error) {
	p := &AssociateAC{}
	f := fields{b: b}
	p.ProtocolVersion, p.Called, p.Calling = f.associateHead()
	if f.err != nil {
		return nil, f.err
	}
	return p, eachItem(f.b, func(kind byte, v []byte) error {
		switch kind {
		case itemApplicationContext:
			p.ApplicationContext = trimUID(v)
		case itemContextAC:
			c := ContextResult{}
			f := fields{b: v}
			c.ID = f.byte()
			f.skip(1)
			c.Result = f.byte()
			f.skip(1)
			if f.err != nil {
				return f.err
			}
			err := eachItem(f.b, func(kind byte, v []byte) error {
				if kind == itemTransferSyntax {
					c.TransferSyntax = trimUID(v)
				}
				return nil
			})
			// The transfer syntax of a refused context is not significant.
			if err != nil && c.Result == ContextAccepted {
				return err
			}
			p.Contexts = append(p.Contexts, c)
		case itemUserInformation:
			return p.User.parse(v)
		}
		return nil
	})
}

func parseDataTF(b []byte) (*DataTF, error) {
	p := &DataTF{}
	for len(b) > 0 {
		if len(b) < 6 {
			return nil, errShort
		}
		n := binary.BigEndian.Uint32(b)
		if n < 2 || uint64(n) > uint64(len(b)-4) {
			return nil, fmt.Errorf("PDV of %d bytes where %d are left", n, len(b)-4)
		}
		p.Values = append(p.Values, PDV{
			ContextID: b[4], Command: b[5]&pdvCommand != 0, Last: b[5]&pdvLast != 0, Data: b[6 : 4+n],
		})
		b = b[4+n:]
	}
	return p, nil
}

var errShort = errors.New("ends too early")

// eachItem calls fn for each item of b.
func eachItem(b []byte, fn func(kind byte, v []byte) error) error {
	for len(b) > 0 {
		if len(b) < 4 {
			return errShort
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b)-4 {
			return fmt.Errorf("item %02X of %d bytes where %d are left", b[0], n, len(b)-4)
		}
		if err := fn(b[0], b[4:4+n]); err != nil {
			return err
		}
		b = b[4+n:]
	}
	return nil
}

// fields reads numbers from the front of b; after an error all are zero.
type fields struct {
	b   []byte
	err error
}

func (f *fields) take(n int) []byte {
	if f.err != nil || n > len(f.b) {
		f.err, f.b = errShort, nil
		return nil
	}
	v := f.b[:n]
	f.b = f.b[n:]
	return v
}

func (f *fields) skip(n int) { f.take(n) }

func (f *fields) byte() byte {
	if v := f.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (f *fields) uint16() uint16 {
	if v := f.take(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

func (f *fields) uint32() uint32 {
	if v := f.take(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (f *fields) counted() []byte { return f.take(int(f.uint16())) }

func (f *fields) associateHead() (version uint16, called, calling AETitle) {
	version = f.uint16()
	f.skip(2)
	copy(called[:], f.take(16))
	copy(calling[:], f.take(16))
	f.skip(32)
	return version, called, calling
}

// trimUID is the text of b without padding.
func trimUID(b []byte) string { return strings.Trim(string(b), "\x00 ") }
