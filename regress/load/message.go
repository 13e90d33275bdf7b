package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

// Elements of group 0000 that are used here.
const (
	tagSOPClass    = 0x0002
	tagCommand     = 0x0100
	tagMessageID   = 0x0110
	tagRespondedTo = 0x0120
	tagDestination = 0x0600
	tagPriority    = 0x0700
	tagDataSetType = 0x0800
	tagStatus      = 0x0900
	tagSOPInstance = 0x1000
	tagCompleted   = 0x1021
	tagFailed      = 0x1022
)

// Command fields.
const (
	cStore = 0x0001
	cGet   = 0x0010
	cFind  = 0x0020
	cMove  = 0x0021
	cEcho  = 0x0030
	isRsp  = 0x8000
)

const noDataSet = 0x0101

// A field is an element of a command set: a number or a text.
type field struct {
	element uint16
	value   any // uint16 or string
}

// commandSet encodes fields, in the order of their elements, with the group
// length.
func commandSet(fields ...field) []byte {
	var b []byte
	for _, f := range fields {
		var v []byte
		switch x := f.value.(type) {
		case uint16:
			v = binary.LittleEndian.AppendUint16(nil, x)
		case string:
			v = []byte(x)
			if len(v)%2 == 1 {
				pad := byte(0)
				if f.element == tagDestination {
					pad = ' '
				}
				v = append(v, pad)
			}
		}
		b = binary.LittleEndian.AppendUint16(b, 0)
		b = binary.LittleEndian.AppendUint16(b, f.element)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(v)))
		b = append(b, v...)
	}
	head := []byte{0, 0, 0, 0, 4, 0, 0, 0}
	return append(binary.LittleEndian.AppendUint32(head, uint32(len(b))), b...)
}

// A message is a received command set and, if asked for, its data set.
type message struct {
	context byte
	fields  map[uint16][]byte
	size    int // of the data set
}

func (m *message) number(element uint16) uint16 {
	if v := m.fields[element]; len(v) >= 2 {
		return binary.LittleEndian.Uint16(v)
	}
	return 0
}

func (m *message) pending() bool { return m.number(tagStatus)&0xff00 == 0xff00 }

func parseCommandSet(b []byte) map[uint16][]byte {
	fields := map[uint16][]byte{}
	for len(b) >= 8 {
		n := int(binary.LittleEndian.Uint32(b[4:]))
		if n < 0 || 8+n > len(b) {
			break
		}
		fields[binary.LittleEndian.Uint16(b[2:])] = append([]byte(nil), b[8:8+n]...)
		b = b[8+n:]
	}
	return fields
}

// patience is how long the other side may take to deal with one message.
const patience = 10 * time.Minute

// A link sends and receives messages on a connection.
type link struct {
	conn  net.Conn
	r     *bufio.Reader
	max   int // PDU length the other side takes
	buf   []byte
	heads []byte
	parts net.Buffers
}

func newLink(conn net.Conn) *link {
	return &link{conn: conn, r: bufio.NewReaderSize(conn, 1<<16), max: 16384}
}

// send writes a command and its data set (nil for none) with as few system
// calls as the platform allows.
func (l *link) send(contextID byte, command, data []byte) error {
	if err := l.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	chunk := l.max - 6
	l.heads = l.heads[:0]
	l.parts = l.parts[:0]
	// The headers must not move while the parts point into them.
	if need := 12 * (len(data)/chunk + 2); cap(l.heads) < need {
		l.heads = make([]byte, 0, need)
	}
	l.part(contextID, 3, command)
	for len(data) > 0 {
		n, control := min(chunk, len(data)), byte(0)
		if n == len(data) {
			control = 2
		}
		l.part(contextID, control, data[:n])
		data = data[n:]
	}
	parts := l.parts // WriteTo consumes its receiver
	_, err := parts.WriteTo(l.conn)
	return err
}

func (l *link) part(contextID, control byte, data []byte) {
	at := len(l.heads)
	l.heads = append(l.heads, pduData, 0)
	l.heads = binary.BigEndian.AppendUint32(l.heads, uint32(len(data)+6))
	l.heads = binary.BigEndian.AppendUint32(l.heads, uint32(len(data)+2))
	l.heads = append(l.heads, contextID, control)
	l.parts = append(l.parts, l.heads[at:len(l.heads):len(l.heads)], data)
}

var errReleased = errors.New("the association was released")

// receive reads one message; its data set is counted and dropped.
func (l *link) receive() (*message, error) {
	m := &message{}
	var command []byte
	for {
		kind, content, err := readPDU(l.r, l.buf)
		if err != nil {
			return nil, err
		}
		l.buf = content
		switch kind {
		case pduData:
		case pduReleaseRQ:
			return nil, errReleased
		default:
			return nil, fmt.Errorf("receive message: PDU type %d", kind)
		}
		for len(content) >= 6 {
			n := int(binary.BigEndian.Uint32(content))
			if n < 2 || 4+n > len(content) {
				return nil, errors.New("receive message: wrong PDV length")
			}
			control, data := content[5], content[6:4+n]
			m.context = content[4]
			if control&1 != 0 {
				command = append(command, data...)
			} else {
				m.size += len(data)
			}
			if control&2 != 0 && control&1 != 0 {
				m.fields = parseCommandSet(command)
				if m.number(tagDataSetType) == noDataSet {
					return m, nil
				}
			} else if control&2 != 0 {
				return m, nil
			}
			content = content[4+n:]
		}
	}
}
