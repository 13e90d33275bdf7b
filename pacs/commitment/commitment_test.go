package commitment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/pacs/commitment"
	"conquest/storage"
)

const (
	classCT       = "1.2.840.10008.5.1.4.1.1.2"
	transactionOf = dicom.Tag(0x00081195)
	reasonOf      = dicom.Tag(0x00081197)
	failedOf      = dicom.Tag(0x00081198)
	referencedOf  = dicom.Tag(0x00081199)
)

// host is a server with some objects, that can call one AE back.
type host struct {
	cfg     *dicomini.Config
	objects map[string]db.Location
	known   string // AE
	address string // of the AE
}

func (h *host) Config() *dicomini.Config { return h.cfg }

func (h *host) Lookup(_ context.Context, sop, _ string) (db.Location, bool, error) {
	if sop == "9.9" {
		return db.Location{}, false, errors.New("index is out of order")
	}
	loc, found := h.objects[sop]
	return loc, found, nil
}

func (h *host) Knows(ae string) bool { return ae == h.known }

func (h *host) Call(ctx context.Context, ae, calling string) (*dimse.Association, func(), error) {
	a, err := dimse.Dial(ctx, h.address, dimse.Request{
		Calling: calling, Called: ae, Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.StorageCommitmentPush}},
		Roles: []dimse.RoleSelection{{SOPClassUID: dimse.StorageCommitmentPush, SCP: true}},
	})
	if err != nil {
		return nil, nil, err
	}
	return a, func() { a.Release(context.Background()) }, nil
}

// newHost is in a folder of its own, which is the current one: the queue lies
// there. It keeps object 1.1, has a row but no file of 1.2, and a damaged file
// of 1.3.
func newHost(t *testing.T) *host {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	ini := fmt.Sprintf("[sscscp]\nMicroPACS = sscscp\nMyACRNema = HOUSE\nTCPPort = 17\nRetryDelay = 0\nFailHoldOff = 0\nMAGDevices = 1\nMAGDevice0 = %s/\n", filepath.ToSlash(dir))
	if err := os.WriteFile("dicom.ini", []byte(ini), 0o644); err != nil {
		t.Fatal(err)
	}
	live, err := dicomini.Open(dicomini.Location{BaseDir: dir + string(filepath.Separator), Path: filepath.Join(dir, "dicom.ini")}, dicomini.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ds := dicom.NewDataset(4)
	ds.SetString(dicom.SOPClassUID, classCT)
	ds.SetString(dicom.SOPInstanceUID, "1.1")
	ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	if err := (storage.Writer{}).WriteTo(filepath.Join(dir, "one.dcm"), ds); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("three.dcm", bytes.Repeat([]byte{0xff}, 200), 0o644); err != nil {
		t.Fatal(err)
	}
	return &host{cfg: live.Current(), objects: map[string]db.Location{
		"1.1": {File: "one.dcm", Device: "MAG0"}, "1.2": {File: "two.dcm", Device: "MAG0"}, "1.3": {File: "three.dcm", Device: "MAG0"},
	}}
}

// requester keeps what it is told.
type requester struct {
	mu      sync.Mutex
	status  []dimse.Status
	reports []*dicom.Dataset
}

func (r *requester) Calling() string { return "ASKER" }
func (r *requester) Called() string  { return "HOUSE" }

func (r *requester) ReplyStatus(_ *dimse.Message, s dimse.Status, _ string) error {
	r.status = append(r.status, s)
	return nil
}

func (r *requester) Request(_ context.Context, _ *dimse.PresentationContext, _ dimse.Command, d *dimse.Data, _ func(*dimse.Response) error) (*dimse.Response, error) {
	ds, err := d.Dataset(dicom.ParseOptions{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports = append(r.reports, ds)
	return nil, err
}

// ask is an N-ACTION for objects, each a class and an instance.
func ask(transaction string, objects ...[2]string) *dimse.Message {
	d := dicom.NewDataset(2)
	if transaction != "" {
		d.SetString(transactionOf, transaction)
	}
	var items []*dicom.Dataset
	for _, o := range objects {
		item := dicom.NewDataset(2)
		item.SetString(dicom.ReferencedSOPClassUID, o[0])
		item.SetString(dicom.ReferencedSOPInstanceUID, o[1])
		items = append(items, item)
	}
	d.SetItems(referencedOf, items...)
	return &dimse.Message{
		Command: &dimse.Command{Field: dimse.NActionRQ, RequestedSOPClassUID: dimse.StorageCommitmentPush, ActionTypeID: 1},
		Data:    dimse.NewData(d),
	}
}

func TestReport(t *testing.T) {
	tests := []struct {
		name   string
		object [2]string
		reason dimse.Status
	}{
		{"kept", [2]string{classCT, "1.1"}, dimse.Success},
		{"no class told", [2]string{"", "1.1"}, dimse.Success},
		{"another class", [2]string{"1.2.840.10008.5.1.4.1.1.4", "1.1"}, dimse.ClassInstanceConflict},
		{"row without file", [2]string{classCT, "1.2"}, dimse.NoSuchObjectInstance},
		{"damaged file", [2]string{classCT, "1.3"}, dimse.ProcessingFailure},
		{"unknown", [2]string{classCT, "1.4"}, dimse.NoSuchObjectInstance},
		{"no instance", [2]string{classCT, ""}, dimse.NoSuchObjectInstance},
		{"index out of order", [2]string{classCT, "9.9"}, dimse.ProcessingFailure},
	}
	service := commitment.New(newHost(t), console.New("", ""))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &requester{}
			if served, err := service.Serve(context.Background(), r, ask("1.5", tt.object)); !served || err != nil {
				t.Fatal(served, err)
			}
			if len(r.status) != 1 || r.status[0] != dimse.Success || len(r.reports) != 1 {
				t.Fatalf("statuses %v, %d reports", r.status, len(r.reports))
			}
			d := r.reports[0]
			if d.String(transactionOf) != "1.5" {
				t.Errorf("transaction %s", d.String(transactionOf))
			}
			got := dimse.Success
			if failed := d.Items(failedOf); len(failed) == 1 {
				n, _ := failed[0].Int(reasonOf)
				got = dimse.Status(n)
			} else if len(d.Items(referencedOf)) != 1 {
				t.Error("the object is in neither list")
			}
			if got != tt.reason {
				t.Errorf("reason %04x, want %04x", uint16(got), uint16(tt.reason))
			}
		})
	}
}

func TestRefused(t *testing.T) {
	one := [2]string{classCT, "1.1"}
	otherAction := ask("1.5", one)
	otherAction.Command.ActionTypeID = 2
	withoutData := ask("1.5", one)
	withoutData.Data = nil
	tests := []struct {
		name string
		m    *dimse.Message
		want dimse.Status
	}{
		{"action", otherAction, dimse.NoSuchActionType},
		{"no data", withoutData, dimse.InvalidArgumentValue},
		{"no transaction", ask("", one), dimse.InvalidArgumentValue},
		{"no objects", ask("1.5"), dimse.InvalidArgumentValue},
		{"too many", ask("1.5", make([][2]string, 20001)...), dimse.ResourceLimitation},
	}
	service := commitment.New(newHost(t), console.New("", ""))
	for _, tt := range tests {
		r := &requester{}
		if served, err := service.Serve(context.Background(), r, tt.m); !served || err != nil {
			t.Fatal(tt.name, served, err)
		}
		if len(r.status) != 1 || r.status[0] != tt.want || len(r.reports) != 0 {
			t.Errorf("%s: statuses %v, want %v", tt.name, r.status, tt.want)
		}
	}
	other := &dimse.Message{Command: &dimse.Command{Field: dimse.NActionRQ, RequestedSOPClassUID: dimse.BasicFilmBox}}
	if served, _ := service.Serve(context.Background(), &requester{}, other); served {
		t.Error("a request of another class is taken")
	}
}

// A promise to an AE that can be called back outlives the process.
func TestPromiseIsKept(t *testing.T) {
	h := newHost(t)
	h.known = "ASKER"
	h.address = "127.0.0.1:1" // nobody
	first := commitment.New(h, console.New("", ""))
	r := &requester{}
	if _, err := first.Serve(context.Background(), r, ask("1.5", [2]string{classCT, "1.1"})); err != nil || r.status[0] != dimse.Success {
		t.Fatal(r.status, err)
	}
	first.Close()
	if len(r.reports) != 0 {
		t.Error("reported on the association of the request")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 1)
	srv := &dimse.Server{Handler: dimse.HandlerFunc(func(_ context.Context, a *dimse.Association, m *dimse.Message) error {
		d, err := m.Data.Dataset(dicom.ParseOptions{})
		if err != nil {
			return err
		}
		told <- d.String(transactionOf)
		return a.ReplyStatus(m, dimse.Success, "")
	})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, l) }()
	defer func() { cancel(); <-done }()
	h.address = l.Addr().String()
	second := commitment.New(h, console.New("", ""))
	second.Resume(h.cfg)
	defer second.Close()
	select {
	case transaction := <-told:
		if transaction != "1.5" {
			t.Errorf("report of %s", transaction)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no report")
	}
}
