package main

import (
	"encoding/binary"
	"fmt"
	"testing"
)

func testPeer(t *testing.T) (*peer, *acceptor) {
	t.Helper()
	a, err := newAcceptor()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.close() })
	return &peer{name: "test", addr: fmt.Sprintf("127.0.0.1:%d", a.port()), ae: "TEST"}, a
}

func TestStoreMany(t *testing.T) {
	p, dest := testPeer(t)
	b := &bench{templates: map[string]*template{}}
	for _, single := range []bool{false, true} {
		before := dest.count.Load()
		m, err := b.storeMany(p, small, 3, 30, single)
		if err != nil {
			t.Fatal(err)
		}
		if m.n != 30 || len(m.lat) != 30 || dest.count.Load()-before != 30 {
			t.Errorf("single %v: %d objects, %d latencies, %d received", single, m.n, len(m.lat), dest.count.Load()-before)
		}
	}
	if want := 60 * int64(len(b.template(small).data)); dest.bytes.Load() != want {
		t.Errorf("%d bytes received, want %d", dest.bytes.Load(), want)
	}
}

// TestTemplate walks through the elements of an object and looks at what
// differs from object to object.
func TestTemplate(t *testing.T) {
	s := newTemplate(small).sender(2, 3)
	first, _ := s.next()
	second, data := s.next()
	if first == second {
		t.Error("two objects have the same UID")
	}
	values, last := map[uint32]string{}, uint32(0)
	for len(data) > 0 {
		tag := uint32(binary.LittleEndian.Uint16(data))<<16 | uint32(binary.LittleEndian.Uint16(data[2:]))
		head, n := 8, int(binary.LittleEndian.Uint16(data[6:]))
		if vr := string(data[4:6]); vr == "OW" || vr == "SQ" {
			head, n = 12, int(binary.LittleEndian.Uint32(data[8:]))
		}
		if tag <= last || n%2 == 1 || head+n > len(data) {
			t.Fatalf("element %08x after %08x, length %d of %d", tag, last, n, len(data))
		}
		values[tag] = string(data[head : head+n])
		data, last = data[head+n:], tag
	}
	if got := values[0x00080018]; got != second+"\x00" && got != second {
		t.Errorf("SOPInstanceUID %q, want %q", got, second)
	}
	if got := values[0x00100020]; got != "L3030000" {
		t.Errorf("PatientID %q", got)
	}
	if got := len(values[0x7fe00010]); got != 2*64*72 {
		t.Errorf("%d bytes of pixel data", got)
	}
}

func TestParseAssociate(t *testing.T) {
	rq := associateRQ("CALLED", "CALLING", []proposal{
		{verification, []string{implicitLE}, false}, {ctStorage, []string{explicitLE, implicitLE}, true},
	})
	n, err := parseAssociate(rq[6:])
	if err != nil {
		t.Fatal(err)
	}
	if n.called != "CALLED" || n.max != maxPDU || len(n.contexts) != 2 {
		t.Errorf("%+v", n)
	}
	if c := n.contexts[1]; c.id != 3 || c.abstract != ctStorage || len(c.syntaxes) != 2 {
		t.Errorf("%+v", c)
	}
	if _, err := parseAssociate(rq[6:40]); err == nil {
		t.Error("a short PDU was accepted")
	}
}
