package server_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// usage is the number of open descriptors and threads of a running server, and
// its resident memory in kB.
func (s *site) usage(t *testing.T) (descriptors, memory int) {
	t.Helper()
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		t.Skipf("NOT TESTED: no /proc: %v", err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		fmt.Sscanf(line, "VmRSS: %d kB", &memory)
	}
	return len(fds), memory
}

// TestBadPeers: peers that hang up, stay silent, lie about lengths or send
// nonsense leave nothing behind, and the server goes on serving others.
func TestBadPeers(t *testing.T) {
	s := newSite(t, "TCPIPTimeOut = 2", "MaximumAssociations = 200").start()
	s.store(image("BAD", "1.2.3.80.1", "1.2.3.80.1.1", "1.2.3.80.1.1.1", 1))
	before, _ := s.usage(t)
	const ct = "1.2.840.10008.5.1.4.1.1.2"
	associate := dimse.AppendPDU(nil, request(s.ae, "BAD", proposed([]string{ct, dimse.StudyRootFind, dimse.StudyRootMove}, nil)...))
	huge := func(kind byte) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{kind, 0}, 0xfffffff0), make([]byte, 100)...)
	}
	pdv := func(command bool, b []byte) []byte {
		return dimse.AppendPDU(nil, &dimse.DataTF{Values: []dimse.PDV{{ContextID: 1, Command: command, Last: true, Data: b}}})
	}
	storing := encode([]field{{dimse.TagAffectedSOPClassUID, ct}, {dimse.TagCommandField, 1}, {dimse.TagMessageID, 1},
		{dimse.TagPriority, 0}, {dimse.TagCommandDataSetType, 0x0102}, {dimse.TagAffectedSOPInstanceUID, "1.2"}})
	attacks := map[string][][]byte{
		"nothing":             {},
		"half a request":      {associate[:len(associate)/2]},
		"huge request":        {huge(1)},
		"unknown PDU":         {{0x77, 0, 0, 0, 0, 4, 1, 2, 3, 4}},
		"silence":             {associate},
		"huge data PDU":       {associate, huge(4)},
		"garbage in command":  {associate, pdv(true, []byte("garbage garbage!"))},
		"data before command": {associate, pdv(false, make([]byte, 4096))},
		"half an object":      {associate, pdv(true, storing), {4, 0, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xfb, 1, 0}},
		"long element":        {associate, pdv(true, storing), pdv(false, []byte{0x10, 0, 0x10, 0, 0xff, 0xff, 0xff, 0x7f, 'A', 'B'})},
		"endless sequences":   {associate, pdv(true, storing), pdv(false, []byte(strings.Repeat("\x40\x00\x00\x01\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff", 5000)))},
		"second request":      {associate, associate},
	}
	var wg sync.WaitGroup
	for range 8 {
		for _, parts := range attacks {
			wg.Go(func() {
				c, err := net.DialTimeout("tcp", s.addr(), 5*time.Second)
				if err != nil {
					return
				}
				defer c.Close()
				for _, b := range parts {
					c.Write(b)
					time.Sleep(20 * time.Millisecond)
				}
				c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
				b := make([]byte, 1<<16)
				c.Read(b)
			})
		}
	}
	// A requester that asks for a retrieval and goes away.
	for range 8 {
		wg.Go(func() {
			a := s.dial(nil, dimse.StudyRootMove)
			keys := dicom.NewDataset(1)
			keys.SetString(dicom.PatientID, "BAD")
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
			defer cancel()
			a.Move(ctx, dimse.Query{SOPClassUID: dimse.StudyRootMove, Identifier: keys, Destination: "MYDEST"}, nil)
			a.Close()
		})
	}
	wg.Wait()
	if n := s.count("BAD"); n != 1 {
		t.Errorf("%d objects found after the attacks, want 1", n)
	}
	var after, memory int
	await(t, "release of descriptors", func() bool { after, memory = s.usage(t); return after <= before+3 })
	if memory > 200<<10 {
		t.Errorf("server holds %d MB", memory>>10)
	}
	if log := s.log(); strings.Contains(log, "internal error") {
		t.Errorf("internal error:\n%s", log)
	}
}

// TestScriptOfRetrieval: a script in an identifier runs for this machine; others
// need CommandIPs (tested by the list itself).
func TestScriptOfRetrieval(t *testing.T) {
	s := newSite(t, "CommandIPs = 10.9.9.9").start()
	s.store(image("SCR", "1.2.3.81.1", "1.2.3.81.1.1", "1.2.3.81.1.1.1", 1))
	dest := newAcceptor(t, s.port+4)
	a := s.dial(nil, dimse.StudyRootMove)
	keys := dicom.NewDataset(3)
	keys.SetString(dicom.PatientID, "SCR")
	keys.Put(dicom.NewText(0x99990900, dicom.LO, "set PatientName to \"CHANGED\""))
	if _, err := a.Move(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootMove, Identifier: keys, Destination: "MYDEST"}, nil); err != nil {
		t.Fatal(err)
	}
	if got := parseImplicit(t, dest.seen()[0]).String(dicom.PatientName); got != "CHANGED" {
		t.Errorf("name %q", got)
	}
}
