// Package wire follows associations from outside: it takes the bytes of one
// direction, in pieces as they come, and tells what they are. [Stream] keeps nothing
// but what a PDU or a command set needs; fragments of data sets are passed on as they
// come.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"conquest/dimse"
)

// Stream is one direction of an association. Its functions are called while
// [Stream.Write] runs; the bytes they get are valid until they return, but those of
// commands, which stay.
type Stream struct {
	// PDU gets each PDU but P-DATA-TF, with its header.
	PDU func(kind dimse.PDUType, whole []byte)
	// Command gets each complete command set.
	Command func(context byte, set []byte)
	// Data gets the fragments of data sets.
	Data func(context byte, part []byte, last bool)

	head     [pduHeader + pdvHeader]byte
	have     int    // bytes of head
	body     []byte // of a PDU other than P-DATA-TF, with its header
	left     int    // bytes of the PDU still to come
	fragment int    // bytes of the fragment still to come
	inData   bool   // within a P-DATA-TF
	inPart   bool   // within a fragment
	command  []byte
	failed   error
}

// Lengths of headers (PS3.8 section 9.3).
const (
	pduHeader = 6
	pdvHeader = 6
)

// Bounds of what is kept.
const (
	maxCommand = 1 << 20
	maxPDU     = dimse.MaxAssociatePDU
)

// Bits of a message control header (PS3.8 annex E.2).
const (
	bitCommand = 1
	bitLast    = 2
)

// ErrStream tells that bytes are no PDUs.
var ErrStream = errors.New("no DICOM upper layer")

// Write follows the next bytes. After an error nothing more is told.
func (s *Stream) Write(b []byte) error {
	for len(b) > 0 && s.failed == nil {
		switch {
		case s.inPart:
			b = s.part(b)
		case s.inData:
			b = s.pdv(b)
		case s.body != nil:
			b = s.whole(b)
		default:
			b = s.pdu(b)
		}
	}
	return s.failed
}

// Idle tells whether no PDU is under way.
func (s *Stream) Idle() bool { return s.have == 0 && !s.inData && s.body == nil }

// pdu collects the header of a PDU.
func (s *Stream) pdu(b []byte) []byte {
	n := copy(s.head[s.have:pduHeader], b)
	if s.have += n; s.have < pduHeader {
		return b[n:]
	}
	s.have = 0
	length := binary.BigEndian.Uint32(s.head[2:])
	if dimse.PDUType(s.head[0]) == dimse.PDUData {
		s.left, s.inData = int(length), length > 0
		return b[n:]
	}
	if length > maxPDU {
		s.failed = fmt.Errorf("%w: PDU of %d bytes", ErrStream, length)
		return nil
	}
	s.body, s.left = append(make([]byte, 0, pduHeader+int(length)), s.head[:pduHeader]...), int(length)
	return s.whole(b[n:])
}

// whole collects the rest of a PDU.
func (s *Stream) whole(b []byte) []byte {
	n := min(s.left, len(b))
	s.body = append(s.body, b[:n]...)
	if s.left -= n; s.left == 0 {
		s.PDU(dimse.PDUType(s.body[0]), s.body)
		s.body = nil
	}
	return b[n:]
}

// pdv collects the header of a fragment.
func (s *Stream) pdv(b []byte) []byte {
	n := copy(s.head[s.have:pdvHeader], b[:min(len(b), s.left)])
	s.left -= n
	if s.have += n; s.have < pdvHeader {
		if s.left == 0 {
			s.failed = fmt.Errorf("%w: a fragment has no room for its header", ErrStream)
		}
		return b[n:]
	}
	s.have = 0
	length := int(binary.BigEndian.Uint32(s.head[:])) - 2
	if length < 0 || length > s.left {
		s.failed = fmt.Errorf("%w: fragment of %d bytes where %d are left", ErrStream, length, s.left)
		return nil
	}
	s.fragment, s.inPart = length, true
	return s.part(b[n:])
}

// part passes on what there is of a fragment.
func (s *Stream) part(b []byte) []byte {
	n := min(s.fragment, len(b))
	s.fragment -= n
	s.left -= n
	last := s.fragment == 0 && s.head[5]&bitLast != 0
	s.fragments(b[:n], last)
	if s.fragment == 0 {
		s.inPart, s.inData = false, s.left > 0
	}
	return b[n:]
}

func (s *Stream) fragments(b []byte, last bool) {
	context := s.head[4]
	if s.head[5]&bitCommand == 0 {
		if len(b) > 0 || last {
			s.Data(context, b, last)
		}
		return
	}
	if len(s.command)+len(b) > maxCommand {
		s.failed = fmt.Errorf("%w: command set of more than %d bytes", ErrStream, maxCommand)
		return
	}
	s.command = append(s.command, b...)
	if last {
		set := s.command
		s.command = nil
		s.Command(context, set)
	}
}
