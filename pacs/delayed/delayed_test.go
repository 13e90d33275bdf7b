package delayed

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/sitetest"
	"conquest/queue"
	"conquest/scripting"
	"conquest/storage"
)

func TestRecord(t *testing.T) {
	tests := []struct {
		name string
		d    scripting.Delayed
		fits bool
	}{
		{"forward", scripting.Delayed{Verb: "forward", Operation: "forward study", Level: "study", PatientID: "A", AE: "PEER", StudyUID: "1.2", Compression: "j2"}, true},
		{"process", scripting.Delayed{Verb: "process", Operation: "process", PatientID: "A"}, false},
		{"too long", scripting.Delayed{Verb: "get", Operation: "get", PatientID: "A", AE: "A NAME THAT IS TOO LONG"}, false},
		{"without patient", scripting.Delayed{Verb: "get", Operation: "get", AE: "PEER"}, false},
	}
	for _, tt := range tests {
		rec, ok := record(tt.d)
		if ok != tt.fits {
			t.Errorf("%s fits: %v", tt.name, ok)
		}
		if !ok {
			continue
		}
		if back, err := parseRecord(rec); err != nil || back != tt.d {
			t.Errorf("%s came back as %+v, %v", tt.name, back, err)
		}
	}
	if _, err := parseRecord(make([]byte, recordSize)); err == nil {
		t.Error("an empty record is a command")
	}
}

func TestIdentifier(t *testing.T) {
	for want, d := range map[string]scripting.Delayed{
		"PATIENT": {PatientID: "A"}, "STUDY": {PatientID: "A", StudyUID: "1"}, "SERIES": {PatientID: "A", Modality: "CT"}, "IMAGE": {PatientID: "A", ImageType: "X"},
	} {
		keys, _ := Identifier(d)
		if got := keys.String(dicom.QueryRetrieveLevel); got != want {
			t.Errorf("%+v: level %s, want %s", d, got, want)
		}
	}
}

// host is a site that tells when objects were removed.
type host struct {
	*sitetest.Site
	removed chan error
}

func newHost(t *testing.T) host {
	h := host{sitetest.New(t, "FailHoldOff = 0", "RetryDelay = 0"), make(chan error, 10)}
	t.Chdir(h.Dir)
	return h
}

func (h host) Config() *dicomini.Config { return h.Live.Current() }
func (h host) Busy() bool               { return false }
func (h host) Gate() *queue.Gate        { return nil }

func (h host) Remove(ctx context.Context, refs []db.ObjectRef) error {
	err := h.remove(ctx, refs)
	h.removed <- err
	return err
}

func (h host) remove(ctx context.Context, refs []db.ObjectRef) error {
	for _, r := range refs {
		if err := storage.Remove(storage.NewDevices(h.Config().Storage).Path(r.Device), r.File); err != nil {
			return err
		}
	}
	return h.DB.Delete(ctx, refs...)
}

// open opens a queue whose actions tell what they get and answer as outcome does.
func open(t *testing.T, h host, answer func(scripting.Delayed) queue.Outcome) (*Queue, <-chan scripting.Delayed) {
	t.Helper()
	got := make(chan scripting.Delayed, 10)
	act := func(_ context.Context, d scripting.Delayed) queue.Outcome {
		outcome := answer(d)
		got <- d
		return outcome
	}
	q, err := Open(h, map[string]Action{"forward": act, "get": act}, h.Console)
	if err != nil {
		t.Fatal(err)
	}
	return q, got
}

func done(scripting.Delayed) queue.Outcome { return queue.Done }

func next(t *testing.T, got <-chan scripting.Delayed) scripting.Delayed {
	t.Helper()
	select {
	case d := <-got:
		return d
	case <-time.After(10 * time.Second):
		t.Fatal("the command is not carried out")
	}
	return scripting.Delayed{}
}

// Equal commands are carried out once, and what waits outlives the process.
func TestCollected(t *testing.T) {
	h := newHost(t)
	q, got := open(t, h, done)
	d := scripting.Delayed{Verb: "forward", Operation: "forward study", PatientID: "A", AE: "PEER", After: 3600}
	soon := scripting.Delayed{Verb: "get", Operation: "get", PatientID: "B", AE: "PEER", After: 1}
	for i, c := range []scripting.Delayed{d, d, soon} {
		if added, err := q.Push(c); err != nil || added != (i != 1) {
			t.Errorf("command %d added: %v, %v", i, added, err)
		}
	}
	if first := next(t, got); first.PatientID != "B" {
		t.Errorf("the first is %+v", first)
	}
	q.Close()
	q, _ = open(t, h, done)
	defer q.Close()
	var waiting []string
	q.Collected(func(d scripting.Delayed, _, _ time.Time) { waiting = append(waiting, d.PatientID) })
	if !slices.Equal(waiting, []string{"A"}) {
		t.Errorf("waiting after the restart: %v", waiting)
	}
}

// An object that was destroyed stays until the command that reads it is done.
func TestKept(t *testing.T) {
	tests := []struct {
		name  string
		ends  queue.Outcome
		touch bool // the object is stored anew meanwhile
		want  string
	}{
		{"done", queue.Done, false, ""},
		{"given up", queue.Refused, false, "MAG0:1"},
		{"stored anew", queue.Done, true, "MAG0:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t)
			q, got := open(t, h, func(scripting.Delayed) queue.Outcome { return tt.ends })
			ds := sitetest.Image("A", 1)
			path := h.Keep("MAG0", ds)
			loc, _, err := h.DB.Lookup(context.Background(), ds.String(dicom.SOPInstanceUID), "A")
			if err != nil {
				t.Fatal(err)
			}
			fi, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			d := scripting.Delayed{Verb: "forward", Operation: "forward patient", PatientID: "A", AE: "PEER", After: 1}
			q.Push(d)
			err = q.Keep(Kept{
				PatientID: "A", StudyUID: ds.String(dicom.StudyInstanceUID), SeriesUID: ds.String(dicom.SeriesInstanceUID),
				SOP: ds.String(dicom.SOPInstanceUID), File: loc.File, Device: loc.Device, Written: fi.ModTime(),
			})
			if err != nil || !q.HoldsOnly(ds.String(dicom.SOPInstanceUID)) {
				t.Fatal(err)
			}
			if tt.touch {
				os.Chtimes(path, time.Now(), fi.ModTime().Add(time.Minute))
			}
			next(t, got)
			if tt.want == "" {
				select {
				case err := <-h.removed:
					if err != nil {
						t.Error(err)
					}
				case <-time.After(10 * time.Second):
					t.Fatal("the object is not removed")
				}
			}
			q.Close()
			h.Want(tt.want, tt.want)
		})
	}
}
