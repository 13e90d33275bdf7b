package main

import (
	"context"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/pacs/sitetest"
	"conquest/proof/record"
	"conquest/regress/rig"
)

// receiver is a destination that takes everything; sop gets the UIDs of what it
// took.
func receiver(t *testing.T) (port string, sops <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	took := make(chan string, 1000)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	srv := &dimse.Server{Handler: dimse.HandlerFunc(func(ctx context.Context, a *dimse.Association, m *dimse.Message) error {
		err := a.ReplyStatus(m, dimse.Success, "")
		if m.Command.Field == dimse.CStoreRQ {
			took <- m.Command.AffectedSOPInstanceUID
		}
		return err
	})}
	go func() { srv.Serve(ctx, l); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, took
}

// send sends objects to the server of a site in one association.
func (s *site) send(objects ...*dicom.Dataset) []dimse.Status {
	s.t.Helper()
	return sendTo(s.t, "127.0.0.1:"+s.port, objects...)
}

func sendTo(t *testing.T, address string, objects ...*dicom.Dataset) (statuses []dimse.Status) {
	t.Helper()
	ctx := context.Background()
	a, err := dimse.Dial(ctx, address, dimse.Request{Calling: "MODALITY", Called: "TESTED", Contexts: dimse.Propose(objects...)})
	if err != nil {
		t.Fatal(err)
	}
	for _, ds := range objects {
		r, err := a.Store(ctx, dimse.StoreRequest{SOPClassUID: ds.String(dicom.SOPClassUID), SOPInstanceUID: ds.String(dicom.SOPInstanceUID), Data: dimse.NewData(ds)})
		if r == nil {
			t.Fatal(err)
		}
		statuses = append(statuses, r.Command.Status)
	}
	if err := a.Release(ctx); err != nil {
		t.Fatal(err)
	}
	return statuses
}

func TestWhatBecameOfAssociationsIsRecorded(t *testing.T) {
	port, took := receiver(t)
	s := newSite(t, "RecordFree = 0", "RecordPixels = 0", "ForwardAssociationCloseDelay = 1",
		`ImportConverter0 = ifequal "%VModality","MR"; destroy`, "ExportConverters = 1", "ExportConverter0 = forward to OTHER", "ExportModality0 = CT")
	s.write("acrnema.map", "OTHER 127.0.0.1 "+port+" un\n")
	folder := filepath.Join(s.dir, "recordings")
	s.write("dicom.ini", s.read("dicom.ini")+"RecordAssociations = "+folder+"\n")
	s.run("-r")
	server := s.start(nil)
	s.send(sitetest.Image("P1", 1), sitetest.Image("P2", 2, dicom.Modality, "MR"))
	<-took
	if !rig.Await(func() bool {
		list, err := record.Recordings(folder)
		return err == nil && slices.ContainsFunc(list, func(p string) bool {
			a, err := record.Read(p)
			return err == nil && a.Outgoing && a.End == "release"
		})
	}) {
		t.Error("the forward is not recorded to its end")
	}
	events, err := record.Events(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, string(e.Kind)+" "+e.Patient+" "+e.Outcome)
	}
	if want := []string{"object P1 stored", "object P2 left out", "export P1 keep"}; !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Fatalf("got %q", got)
	}
	for _, e := range events {
		switch {
		case e.Kind == record.Object && e.Patient == "P1":
			if e.File == "" || e.Rows["image.SOPInstanc"] != e.SOP || e.Rows["patient.PatientNam"] != "Name^P1" || e.Pixels == nil || len(e.Header) == 0 || e.Received != e.SOP {
				t.Errorf("%+v", e)
			}
		case e.Patient == "P2":
			if len(e.Rules) != 1 || e.Rules[0].Name != "ImportConverter0" || !strings.Contains(strings.Join(e.Rules[0].Lines, " "), "destroy") {
				t.Errorf("%+v", e.Rules)
			}
		}
	}
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-server.done
	out, errs, status := s.run("--record:purge:P1")
	if status != 0 || !strings.Contains(out, "2 associations and 2 events removed") {
		t.Error(out, errs, status)
	}
	if _, errs, status := newSite(t).run("--record:purge:P1"); status != 1 || !strings.Contains(errs, "RecordAssociations is not set") {
		t.Error(errs, status)
	}
}
