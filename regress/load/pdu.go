package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// PDU types of PS3.8 section 9.3.
const (
	pduAssociateRQ = 1
	pduAssociateAC = 2
	pduAssociateRJ = 3
	pduData        = 4
	pduReleaseRQ   = 5
	pduReleaseRP   = 6
	pduAbort       = 7
)

const (
	maxPDU            = 1 << 16 // what this side wants to receive
	implicitLE        = "1.2.840.10008.1.2"
	explicitLE        = "1.2.840.10008.1.2.1"
	applicationUID    = "1.2.840.10008.3.1.1.1"
	implementationUID = "1.2.826.0.1.3680043.10.1510"
)

// A proposal is a presentation context to ask for.
type proposal struct {
	abstract string
	syntaxes []string
	scp      bool // propose the SCP role, for C-GET
}

func item(kind byte, data []byte) []byte {
	b := []byte{kind, 0, byte(len(data) >> 8), byte(len(data))}
	return append(b, data...)
}

// pduBytes puts the header in front of a PDU's content.
func pduBytes(kind byte, content []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{kind, 0}, uint32(len(content)))
	return append(b, content...)
}

// associateHead is the fixed part of A-ASSOCIATE-RQ and -AC.
func associateHead(called, calling string) []byte {
	b := []byte{0, 1, 0, 0}
	for _, ae := range []string{called, calling} {
		b = append(b, (ae + strings.Repeat(" ", 16))[:16]...)
	}
	return append(b, make([]byte, 32)...)
}

func userInformation(proposals []proposal) []byte {
	user := item(0x51, binary.BigEndian.AppendUint32(nil, maxPDU))
	user = append(user, item(0x52, []byte(implementationUID))...)
	for _, p := range proposals {
		if p.scp {
			role := append([]byte{0, byte(len(p.abstract))}, p.abstract...)
			user = append(user, item(0x54, append(role, 1, 1))...)
		}
	}
	return item(0x50, user)
}

// associateRQ builds the PDU that asks for an association; the n-th proposal
// gets context ID 2n+1.
func associateRQ(called, calling string, proposals []proposal) []byte {
	b := associateHead(called, calling)
	b = append(b, item(0x10, []byte(applicationUID))...)
	for i, p := range proposals {
		pc := append([]byte{byte(2*i + 1), 0, 0, 0}, item(0x30, []byte(p.abstract))...)
		for _, ts := range p.syntaxes {
			pc = append(pc, item(0x40, []byte(ts))...)
		}
		b = append(b, item(0x20, pc)...)
	}
	return pduBytes(pduAssociateRQ, append(b, userInformation(proposals)...))
}

// items calls f for each item of an item list.
func items(b []byte, f func(kind byte, data []byte)) {
	for len(b) >= 4 {
		n := int(binary.BigEndian.Uint16(b[2:]))
		if 4+n > len(b) {
			return
		}
		f(b[0], b[4:4+n])
		b = b[4+n:]
	}
}

// A negotiated association as its AC (or RQ) tells.
type negotiated struct {
	contexts []presentation // accepted, or proposed in an RQ
	max      int            // PDU length the other side takes, 0 for any
	called   string
}

type presentation struct {
	id       byte
	result   byte
	abstract string
	syntaxes []string
}

// parseAssociate reads the content of an A-ASSOCIATE-RQ or -AC.
func parseAssociate(b []byte) (*negotiated, error) {
	if len(b) < 68 {
		return nil, errors.New("association PDU is too short")
	}
	n := &negotiated{called: strings.TrimSpace(string(b[4:20]))}
	items(b[68:], func(kind byte, data []byte) {
		switch {
		case (kind == 0x20 || kind == 0x21) && len(data) >= 4:
			c := presentation{id: data[0], result: data[2]}
			items(data[4:], func(k byte, d []byte) {
				if k == 0x30 {
					c.abstract = string(d)
				} else if k == 0x40 {
					c.syntaxes = append(c.syntaxes, string(d))
				}
			})
			n.contexts = append(n.contexts, c)
		case kind == 0x50:
			items(data, func(k byte, d []byte) {
				if k == 0x51 && len(d) == 4 {
					n.max = int(binary.BigEndian.Uint32(d))
				}
			})
		}
	})
	return n, nil
}

// readPDU reads one PDU into buf, growing it.
func readPDU(r io.Reader, buf []byte) (kind byte, content []byte, err error) {
	var head [6]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, buf, fmt.Errorf("read PDU: %w", err)
	}
	n := binary.BigEndian.Uint32(head[2:])
	if n > 1<<27 {
		return 0, buf, fmt.Errorf("read PDU: length %d", n)
	}
	if cap(buf) < int(n) {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if _, err := io.ReadFull(r, buf); err != nil {
		return 0, buf, fmt.Errorf("read PDU: %w", err)
	}
	return head[0], buf, nil
}
