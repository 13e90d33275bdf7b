package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// hangingPeer accepts associations and then hangs: deaf, it reads nothing more;
// otherwise it reads and does not answer, and gone is closed when the server has
// ended the connection.
func hangingPeer(t *testing.T, port int, deaf bool) (gone <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	release := make(chan struct{})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				if deaf {
					c.(*net.TCPConn).SetReadBuffer(4096)
				}
				p, err := dimse.ReadPDU(c, 1<<20)
				rq, ok := p.(*dimse.AssociateRQ)
				if err != nil || !ok {
					return
				}
				ac, _ := behaviour{}.answer(rq)
				c.Write(dimse.AppendPDU(nil, ac))
				if deaf {
					<-release
				} else {
					io.Copy(io.Discard, c)
				}
				once.Do(func() { close(ended) })
			})
		}
	})
	t.Cleanup(func() { l.Close(); close(release); wg.Wait() })
	return ended
}

// moveStatus asks for a C-MOVE of a patient to MYDEST.
func (s *site) moveStatus(ctx context.Context, patient string) (dimse.Status, error) {
	s.t.Helper()
	a := s.dial(nil, dimse.PatientRootMove)
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.QueryRetrieveLevel, "PATIENT")
	keys.SetString(dicom.PatientID, patient)
	response, err := a.Move(ctx, dimse.Query{SOPClassUID: dimse.PatientRootMove, Identifier: keys, Destination: "MYDEST"}, nil)
	var refused *dimse.StatusError
	if errors.As(err, &refused) {
		return refused.Status, nil
	}
	if err != nil {
		return 0, err
	}
	return response.Command.Status, nil
}

// largeImage does not fit the buffers of a connection.
func largeImage(patient string, n int) *dicom.Dataset {
	d := image(patient, "1.2.3.82.1", "1.2.3.82.1.1", fmt.Sprintf("1.2.3.82.1.1.%d", n), n)
	d.Put(dicom.Element{Tag: 0x00091010, VR: dicom.OB, Value: make([]byte, 24<<20)})
	return d
}

// TestHangingDestination: a destination that does not answer, or does not read,
// ends a C-MOVE after TCPIPTimeOut with the status of a lost destination, and
// nothing stays open.
func TestHangingDestination(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		t.Run(fmt.Sprintf("deaf=%v", deaf), func(t *testing.T) {
			s := newSite(t, "TCPIPTimeOut = 1").start()
			s.store(largeImage("HANG", 1), largeImage("HANG", 2))
			before, _ := s.usage(t)
			gone := hangingPeer(t, s.port+4, deaf)
			start := time.Now()
			status, err := s.moveStatus(context.Background(), "HANG")
			if err != nil || status != dimse.StatusCancel {
				t.Errorf("status %v, %v", status, err)
			}
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("took %v", took)
			}
			if !deaf {
				<-gone
			}
			if n := s.count("HANG"); n != 2 {
				t.Errorf("%d objects found afterwards, want 2", n)
			}
			var after int
			await(t, "release of descriptors", func() bool { after, _ = s.usage(t); return after <= before+3 })
		})
	}
}

// TestHangingForward: an export to a destination that hangs is tried again, and
// other objects are stored meanwhile.
func TestHangingForward(t *testing.T) {
	s := newSite(t, "TCPIPTimeOut = 1", "ExportConverters = 1", "ExportConverter0 = forward to MYDEST", "FailHoldOff = 1", "RetryDelay = 1")
	s.start()
	gone := hangingPeer(t, s.port+4, false)
	s.store(image("HF", "1.2.3.83.1", "1.2.3.83.1.1", "1.2.3.83.1.1.1", 1))
	<-gone
	s.store(image("HF", "1.2.3.83.1", "1.2.3.83.1.1", "1.2.3.83.1.1.2", 2))
	if n := s.count("HF"); n != 2 {
		t.Errorf("%d objects found, want 2", n)
	}
	await(t, "failed exports", func() bool {
		list, _ := filepath.Glob(filepath.Join(s.dir, "ExportFailures*"))
		return len(list) > 0
	})
	if log := s.log(); strings.Contains(log, "internal error") {
		t.Errorf("internal error:\n%s", log)
	}
}

// TestAbortedRetrieval: a requester that aborts while its objects are sent ends
// the sending, and the destination is let go.
func TestAbortedRetrieval(t *testing.T) {
	s := newSite(t, "TCPIPTimeOut = 30").start()
	s.store(image("AB", "1.2.3.84.1", "1.2.3.84.1.1", "1.2.3.84.1.1.1", 1), image("AB", "1.2.3.84.1", "1.2.3.84.1.1", "1.2.3.84.1.1.2", 2))
	gone := hangingPeer(t, s.port+4, false)
	w := must(t, s.addr(), request(s.ae, "PROBE", proposed([]string{dimse.PatientRootMove}, nil)...))
	w.send(1, []field{
		{dimse.TagAffectedSOPClassUID, dimse.PatientRootMove}, {dimse.TagCommandField, 0x21}, {dimse.TagMessageID, 3},
		{dimse.TagPriority, 0}, {dimse.TagMoveDestination, "MYDEST"},
	}, encode([]field{{dicom.QueryRetrieveLevel, "PATIENT"}, {dicom.PatientID, "AB"}}))
	await(t, "sending", func() bool { return strings.Contains(s.log(), "Sending file") })
	w.conn.Write(dimse.AppendPDU(nil, &dimse.Abort{}))
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the destination is held after an abort of the requester")
	}
	if n := s.count("AB"); n != 2 {
		t.Errorf("%d objects found afterwards, want 2", n)
	}
}

// TestRequesterThatDoesNotRead: C-FIND and C-GET requesters that stop reading are
// cut off after TCPIPTimeOut.
func TestRequesterThatDoesNotRead(t *testing.T) {
	const ct = "1.2.840.10008.5.1.4.1.1.2"
	s := newSite(t, "TCPIPTimeOut = 1").start()
	s.store(largeImage("DEAF", 1), largeImage("DEAF", 2))
	before, _ := s.usage(t)
	for range 4 {
		w := must(t, s.addr(), request(s.ae, "PROBE", proposed([]string{dimse.PatientRootGet, ct}, nil)...))
		w.conn.(*net.TCPConn).SetReadBuffer(4096)
		w.send(1, []field{
			{dimse.TagAffectedSOPClassUID, dimse.PatientRootGet}, {dimse.TagCommandField, 0x10}, {dimse.TagMessageID, 3}, {dimse.TagPriority, 0},
		}, encode([]field{{dicom.QueryRetrieveLevel, "PATIENT"}, {dicom.PatientID, "DEAF"}}))
	}
	await(t, "sending", func() bool { return strings.Count(s.log(), "Sending file") >= 4 })
	if n := s.count("DEAF"); n != 2 {
		t.Errorf("%d objects found meanwhile, want 2", n)
	}
	var after int
	await(t, "release of descriptors", func() bool { after, _ = s.usage(t); return after <= before+3 })
}

// TestHooksThatRefuse: destroy in a hook of the association releases it, as the
// original does.
func TestHooksThatRefuse(t *testing.T) {
	for _, hook := range []string{"association", "command"} {
		t.Run(hook, func(t *testing.T) {
			s := newSite(t, "", "[lua]", hook+" = destroy()").start()
			w := must(t, s.addr(), request(s.ae, "PROBE", proposed([]string{dimse.Verification}, nil)...))
			w.send(1, []field{
				{dimse.TagAffectedSOPClassUID, dimse.Verification}, {dimse.TagCommandField, 0x30}, {dimse.TagMessageID, 1},
			}, nil)
			p, err := w.pdu()
			if _, ok := p.(*dimse.ReleaseRQ); !ok {
				t.Errorf("got %T, %v, want a release request", p, err)
			}
		})
	}
}
