package record

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// image is an object of a patient.
func image(patient, sop string, syntax string) *dicom.Dataset {
	ds := dicom.NewDataset(8)
	ds.SetString(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.2")
	ds.SetString(dicom.SOPInstanceUID, sop)
	ds.SetString(dicom.PatientID, patient)
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: bytes.Repeat([]byte{7}, 5000)})
	ds.SetTransferSyntax(syntax)
	return ds
}

// recorded sends objects to a server that is recorded.
func recorded(t *testing.T, opt Options, objects ...*dicom.Dataset) *Recorder {
	t.Helper()
	if opt.Size == 0 {
		opt.Size, opt.Age = 1<<30, time.Hour
	}
	r, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	for _, ds := range objects {
		send(t, r, ds)
	}
	return r
}

// send sends one object in an association of its own and waits for its end.
func send(t *testing.T, r *Recorder, ds *dicom.Dataset) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	closed := make(chan struct{})
	srv := &dimse.Server{
		Options: dimse.Options{Tap: func(peer net.Addr) dimse.Tap {
			if tap := r.Tap(peer, false); tap != nil {
				return tap
			}
			return nil
		}},
		Handler: dimse.HandlerFunc(func(ctx context.Context, a *dimse.Association, m *dimse.Message) error {
			return a.ReplyStatus(m, 0xB007, "as it came")
		}),
		Closed: func(*dimse.Association, error) { close(closed) },
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ctx, l) }()
	a, err := dimse.Dial(ctx, l.Addr().String(), dimse.Request{Calling: "MODALITY", Called: "SERVER", Contexts: dimse.Propose(ds)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Store(ctx, dimse.StoreRequest{SOPClassUID: ds.String(dicom.SOPClassUID), SOPInstanceUID: ds.String(dicom.SOPInstanceUID), Data: dimse.NewData(ds)}); err != nil {
		t.Fatal(err)
	}
	if err := a.Release(ctx); err != nil {
		t.Fatal(err)
	}
	<-closed
	cancel()
	<-ended
}

// only is the one recording of a folder.
func only(t *testing.T, folder string) *Association {
	t.Helper()
	list, err := Recordings(folder)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	a, err := Read(list[0])
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAssociationIsReadAsItWas(t *testing.T) {
	folder := t.TempDir()
	ds := image("P1", "1.2.3", dicom.ExplicitLittleEndian)
	recorded(t, Options{Folder: folder, Pixels: true}, ds)
	a := only(t, folder)
	if a.Proposal == nil || a.Proposal.Calling.String() != "MODALITY" || a.End != "release" || a.Incomplete != "" || len(a.Messages) != 2 {
		t.Fatalf("%+v", a)
	}
	rq, rsp := &a.Messages[0], &a.Messages[1]
	if !rq.Caller || rq.Command.Field != dimse.CStoreRQ || rsp.Caller || rsp.Command.Status != 0xB007 || rsp.At < rq.Done {
		t.Errorf("%+v %+v", rq, rsp)
	}
	got, err := a.Dataset(rq)
	ds.Delete(dicom.TransferSyntaxUID)
	if err != nil || !dicom.Equal(got, ds) {
		t.Errorf("%v: %v", err, dicom.Diff(got, ds))
	}
	if fi, err := os.Stat(a.Path); err != nil || runtime.GOOS != "windows" && fi.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", fi.Mode(), err)
	}
}

func TestPixelsAreLeftOut(t *testing.T) {
	folder := t.TempDir()
	recorded(t, Options{Folder: folder}, image("P1", "1.2.3", dicom.ImplicitLittleEndian))
	a := only(t, folder)
	ds, err := a.Dataset(&a.Messages[0])
	if err != nil || ds.Has(dicom.PixelData) || ds.String(dicom.PatientID) != "P1" {
		t.Errorf("%v %v", ds, err)
	}
	if p := a.Messages[0].Pixels; p == nil || p.Length != 5000 || len(p.Hash) != 64 {
		t.Errorf("%+v", p)
	}
}

func TestLargeObjectsAreRecorded(t *testing.T) {
	folder := t.TempDir()
	ds := image("P1", "1.2.3", dicom.ExplicitLittleEndian)
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: bytes.Repeat([]byte{7}, 2*inMemory)})
	recorded(t, Options{Folder: folder, Pixels: true}, ds)
	a := only(t, folder)
	if got, err := a.Dataset(&a.Messages[0]); err != nil || got.Get(dicom.PixelData).Length() != 2*inMemory {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(folder, "*", "spool*"))
	if err != nil || left != nil {
		t.Error(left, err)
	}
}

func TestOldRecordingsMakeRoom(t *testing.T) {
	folder := t.TempDir()
	r := recorded(t, Options{Folder: folder, Pixels: true, Size: 8000, Age: time.Hour},
		image("P1", "1.2.1", dicom.ExplicitLittleEndian), image("P1", "1.2.2", dicom.ExplicitLittleEndian), image("P1", "1.2.3", dicom.ExplicitLittleEndian))
	r.prune()
	if a := only(t, folder); a.Messages[0].Command.AffectedSOPInstanceUID != "1.2.3" {
		t.Errorf("%+v", a.Messages[0].Command)
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(only(t, folder).Path, old, old); err != nil {
		t.Fatal(err)
	}
	r.prune()
	if list, _ := Recordings(folder); len(list) != 0 {
		t.Error(list)
	}
}

func TestNothingIsRecordedOnAFullDisk(t *testing.T) {
	folder := t.TempDir()
	var said []string
	recorded(t, Options{Folder: folder, Free: 1 << 60, Tell: func(what string, _ ...any) { said = append(said, what) }},
		image("P1", "1.2.1", dicom.ExplicitLittleEndian), image("P1", "1.2.2", dicom.ExplicitLittleEndian))
	if list, _ := Recordings(folder); len(list) != 0 || len(said) != 1 || !strings.Contains(said[0], "nearly full") {
		t.Error(list, said)
	}
}

func TestAPatientIsTakenOut(t *testing.T) {
	folder := t.TempDir()
	r := recorded(t, Options{Folder: folder, Pixels: true}, image("P1", "1.2.1", dicom.ExplicitLittleEndian), image("P12", "1.2.2", dicom.ExplicitLittleEndian))
	header, pixels := Head(image("P1", "1.2.1", dicom.ExplicitLittleEndian))
	r.Event(&Event{Kind: Object, SOP: "1.2.1", Patient: "P1", Header: header, Pixels: pixels})
	r.Event(&Event{Kind: Object, SOP: "1.2.2", Patient: "P12"})
	associations, events, err := Purge(folder, "P1")
	if err != nil || associations != 1 || events != 1 {
		t.Error(associations, events, err)
	}
	if a := only(t, folder); a.Messages[0].Command.AffectedSOPInstanceUID != "1.2.2" {
		t.Errorf("%+v", a.Messages[0].Command)
	}
	r.Event(&Event{Kind: Deleted, SOP: "1.2.3", Patient: "P3"})
	list, err := Events(folder)
	var sops []string
	for _, e := range list {
		sops = append(sops, e.SOP)
	}
	if err != nil || !slices.Equal(sops, []string{"1.2.2", "1.2.3"}) {
		t.Error(sops, err)
	}
}

func TestARecordingThatBreaksOffIsReadAsFarAsItGoes(t *testing.T) {
	folder := t.TempDir()
	recorded(t, Options{Folder: folder, Pixels: true}, image("P1", "1.2.3", dicom.ExplicitLittleEndian))
	a := only(t, folder)
	whole, err := os.ReadFile(a.Path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 200; n < len(whole); n += 97 {
		if err := os.WriteFile(a.Path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(a.Path); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
