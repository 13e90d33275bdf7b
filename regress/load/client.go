package main

import (
	"fmt"
	"net"
	"time"
)

const (
	verification = "1.2.840.10008.1.1"
	ctStorage    = "1.2.840.10008.5.1.4.1.1.2"
	nmStorage    = "1.2.840.10008.5.1.4.1.1.20"
	studyFind    = "1.2.840.10008.5.1.4.1.2.2.1"
	studyMove    = "1.2.840.10008.5.1.4.1.2.2.2"
	studyGet     = "1.2.840.10008.5.1.4.1.2.2.3"
)

const (
	callingAE = "LOAD"
	moveAE    = "LOADDEST"
)

// An association of the load client.
type association struct {
	*link
	ids    map[string]byte // accepted contexts by abstract syntax
	nextID uint16
}

// dial opens an association with the server; all proposals must be accepted.
func (p *peer) dial(proposals ...proposal) (*association, error) {
	conn, err := net.DialTimeout("tcp", p.addr, 10*time.Second)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if p.eager {
		conn = eager(conn)
	}
	a, err := associate(conn, p.ae, proposals)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return a, nil
}

func associate(conn net.Conn, called string, proposals []proposal) (*association, error) {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(associateRQ(called, callingAE, proposals)); err != nil {
		return nil, fmt.Errorf("associate: %w", err)
	}
	a := &association{link: newLink(conn), ids: map[string]byte{}}
	kind, content, err := readPDU(a.r, nil)
	if err != nil {
		return nil, fmt.Errorf("associate: %w", err)
	}
	if kind != pduAssociateAC {
		return nil, fmt.Errorf("associate: answered by PDU type %d", kind)
	}
	n, err := parseAssociate(content)
	if err != nil {
		return nil, fmt.Errorf("associate: %w", err)
	}
	for _, c := range n.contexts {
		if i := int(c.id) / 2; c.result == 0 && i < len(proposals) {
			a.ids[proposals[i].abstract] = c.id
		}
	}
	for _, p := range proposals {
		if _, ok := a.ids[p.abstract]; !ok {
			return nil, fmt.Errorf("associate: %s is not accepted", p.abstract)
		}
	}
	if n.max > 0 {
		a.max = min(n.max, 1<<20)
	} else {
		a.max = 1 << 20
	}
	return a, nil
}

func (a *association) id() uint16 {
	a.nextID++
	return a.nextID
}

// release ends the association in order.
func (a *association) release() error {
	defer a.conn.Close()
	if _, err := a.conn.Write(pduBytes(pduReleaseRQ, make([]byte, 4))); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	_, _, err := readPDU(a.r, a.buf)
	return err
}

func (a *association) close() { a.conn.Close() }

func (a *association) echo() error {
	cmd := commandSet(
		field{tagSOPClass, verification}, field{tagCommand, uint16(cEcho)},
		field{tagMessageID, a.id()}, field{tagDataSetType, uint16(noDataSet)})
	if err := a.send(a.ids[verification], cmd, nil); err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	return a.final("echo", nil)
}

// store sends one object.
func (a *association) store(class, instance string, data []byte) error {
	cmd := commandSet(
		field{tagSOPClass, class}, field{tagCommand, uint16(cStore)}, field{tagMessageID, a.id()},
		field{tagPriority, uint16(0)}, field{tagDataSetType, uint16(0)}, field{tagSOPInstance, instance})
	if err := a.send(a.ids[class], cmd, data); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return a.final("store", nil)
}

// query sends a C-FIND, C-MOVE or C-GET; each is called for every message but
// the final response.
func (a *association) query(command uint16, class, dest string, identifier []byte, each func(*message) error) error {
	fields := []field{
		{tagSOPClass, class}, {tagCommand, command}, {tagMessageID, a.id()},
		{tagPriority, uint16(0)}, {tagDataSetType, uint16(0)},
	}
	if dest != "" {
		fields = []field{fields[0], fields[1], fields[2], {tagDestination, dest}, fields[3], fields[4]}
	}
	if err := a.send(a.ids[class], commandSet(fields...), identifier); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return a.final("query", each)
}

// final reads messages up to the final response, which must be a success.
func (a *association) final(what string, each func(*message) error) error {
	for {
		m, err := a.receive()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if m.number(tagCommand)&isRsp != 0 && !m.pending() {
			if s := m.number(tagStatus); s != 0 {
				return fmt.Errorf("%s: status %04X", what, s)
			}
			return nil
		}
		if each == nil {
			continue
		}
		if err := each(m); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// answerStore acknowledges a received C-STORE.
func answerStore(l *link, m *message) error {
	return l.send(m.context, commandSet(
		field{tagSOPClass, string(m.fields[tagSOPClass])},
		field{tagCommand, uint16(cStore | isRsp)},
		field{tagRespondedTo, m.number(tagMessageID)},
		field{tagDataSetType, uint16(noDataSet)},
		field{tagStatus, uint16(0)},
		field{tagSOPInstance, string(m.fields[tagSOPInstance])},
	), nil)
}
