package life

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"conquest/journal"
	"conquest/pacs/sitetest"
)

type rig struct {
	*Line
	t    testing.TB
	path string
	set  Settings
	said *sitetest.Lines
	fs   journal.FS
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "life.db3"), set: Settings{Days: 30, Size: 1 << 30}}
	r.open()
	t.Cleanup(func() { r.Close() })
	return r
}

// open is the next process.
func (r *rig) open() {
	r.t.Helper()
	con, said := sitetest.Console()
	l, err := Open(context.Background(), Options{Path: r.path, Settings: func() Settings { return r.set }, Console: con, FS: r.fs})
	if err != nil {
		r.t.Fatal(err)
	}
	r.Line, r.said = l, said
}

func (r *rig) find(q Query) string {
	r.t.Helper()
	list, err := r.Find(context.Background(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	var b []string
	for _, e := range list {
		b = append(b, e.Kind+" "+e.SOP[strings.LastIndexByte(e.SOP, '.')+1:])
	}
	return strings.Join(b, ", ")
}

func event(kind, patient string, n int) Event {
	study := "1.2.840.113619.2.55.3." + patient
	e := Event{
		Kind: kind, SOP: fmt.Sprintf("%s.1.%d", study, n), Series: study + ".1", Study: study, Patient: patient, Accession: "ACC" + patient,
		Peer: "CT1", By: "CT1 at 10.0.0.1 by C-STORE",
	}
	e.Set("syntax", "1.2.840.10008.1.2.1")
	e.Set("device", "MAG0")
	e.Set("file", fmt.Sprintf("%s/%s_%04d.dcm", patient, study, n))
	e.Set("rule", `set 0010,4000 to "checked by CT1"`)
	return e
}

func TestEventsAreFound(t *testing.T) {
	r := newRig(t)
	a, b := event(Stored, "77", 1), event(Stored, "88", 2)
	b.Peer = "CT2"
	r.Note(a)
	r.Note(b)
	sent := Event{Kind: Sent, SOP: a.SOP, Peer: "ARCHIVE"}
	r.Note(sent)
	for _, tt := range []struct {
		q    Query
		want string
	}{
		{Query{}, "stored 1, stored 2, sent 1"},
		{Query{UID: a.SOP}, "stored 1, sent 1"}, {Query{UID: a.Study}, "stored 1"}, {Query{UID: a.Series}, "stored 1"},
		{Query{Patient: "77"}, "stored 1, sent 1"}, {Query{Accession: "ACC88"}, "stored 2"}, {Query{Patient: "7"}, ""},
		{Query{Peer: "archive"}, "sent 1"}, {Query{Peer: "CT2"}, "stored 2"}, {Query{Kind: Stored}, "stored 1, stored 2"},
		{Query{Since: time.Now().Add(-time.Hour)}, "stored 1, stored 2, sent 1"}, {Query{Until: time.Now().Add(-time.Hour)}, ""},
		{Query{Limit: 1}, "sent 1"}, {Query{Before: 3, Limit: 1}, "stored 2"}, {Query{UID: "1.2.3"}, ""},
	} {
		if got := r.find(tt.q); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.q, got, tt.want)
		}
	}
	list, _ := r.Find(context.Background(), Query{UID: a.SOP})
	if e := list[0]; e.Fact("device") != "MAG0" || e.Fact("file") != a.Fact("file") || e.By != a.By || e.Time.IsZero() || e.Seq != 1 {
		t.Errorf("%+v", e)
	}
}

// TestKilled: what was noted is there after a kill, once, whatever the database had
// taken.
func TestKilled(t *testing.T) {
	r := newRig(t)
	var want []string
	for n := range 60 {
		r.Note(event(Stored, "77", n))
		want = append(want, fmt.Sprint("stored ", n))
		if n%7 == 0 {
			if err := r.drain(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if n%10 == 9 {
			r.Line.log.file.Close() // and nothing more
			r.open()
		}
	}
	if got := r.find(Query{}); got != strings.Join(want, ", ") {
		t.Errorf("found %s", got)
	}
	// A torn record at the end costs only itself.
	r.Note(event(Sent, "77", 1))
	r.Note(event(Sent, "77", 2))
	size, _ := r.log.file.Size()
	r.log.file.Truncate(size - 3)
	r.open()
	r.Note(event(Sent, "77", 3))
	if got := r.find(Query{Kind: Sent}); got != "sent 1, sent 3" {
		t.Errorf("after a torn record: %s", got)
	}
}

// TestCommittedButNotEmptied: a process that is killed between the commit of the
// database and the emptying of the log leaves nothing twice.
func TestCommittedButNotEmptied(t *testing.T) {
	r := newRig(t)
	r.Note(event(Stored, "77", 1))
	generation, end := r.log.end()
	events, n, err := r.log.read(logHead, 1<<20)
	if err != nil || n != end-logHead {
		t.Fatal(n, err)
	}
	if err := r.db.write(context.Background(), events, generation, end); err != nil {
		t.Fatal(err)
	}
	r.open()
	r.Note(event(Stored, "77", 2))
	if got := r.find(Query{}); got != "stored 1, stored 2" {
		t.Errorf("found %s", got)
	}
}

// full is a disk on which nothing can be written while full is set.
type full struct {
	journal.Disk
	full bool
}

type fullFile struct {
	journal.File
	fs *full
}

func (f *full) Open(path string, create bool) (journal.File, error) {
	file, err := f.Disk.Open(path, create)
	return fullFile{file, f}, err
}

func (f fullFile) WriteAt(p []byte, at int64) (int, error) {
	if f.fs.full {
		return 0, syscall.ENOSPC
	}
	return f.File.WriteAt(p, at)
}

// TestFullDisk: what can not be noted is lost and counted, said once, and nothing
// waits.
func TestFullDisk(t *testing.T) {
	r := newRig(t)
	disk := &full{}
	r.fs = disk
	r.open()
	disk.full = true
	for n := range 5 {
		r.Note(event(Stored, "77", n))
	}
	if said := r.said.Take(""); len(said) != 1 || !strings.Contains(said[0], "*** life line can not be written") {
		t.Errorf("said %q", said)
	}
	disk.full = false
	r.Note(event(Stored, "77", 9))
	if got := r.find(Query{}); got != "stored 9" {
		t.Errorf("found %s", got)
	}
	if said := r.said.Take(""); len(said) != 1 || !strings.Contains(said[0], "life line goes on lost=5") {
		t.Errorf("said %q", said)
	}
}

// TestLockedDatabase: while another program holds the database events wait in the
// log; it is said once.
func TestLockedDatabase(t *testing.T) {
	r := newRig(t)
	other, err := sql.Open("sqlite", r.path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r.Note(event(Stored, "77", 1))
	if d := time.Since(began); d > time.Second {
		t.Errorf("noting took %v", d)
	}
	for range 2 {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		if err := r.drain(ctx); err == nil {
			t.Error("written in spite of the lock")
		} else {
			r.sayFailed(err)
		}
		cancel()
	}
	if said := r.said.Take("***"); len(said) != 1 {
		t.Errorf("said %q", said)
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if got := r.find(Query{}); got != "stored 1" {
		t.Errorf("found %s", got)
	}
}

// TestClockSetBack: order is that of the events, and nothing goes early.
func TestClockSetBack(t *testing.T) {
	r := newRig(t)
	now := time.Now()
	r.now = func() time.Time { return now }
	r.Note(event(Stored, "77", 1))
	now = now.AddDate(-1, 0, 0)
	r.Note(event(Stored, "77", 2))
	r.care(context.Background())
	if got := r.find(Query{}); got != "stored 1, stored 2" {
		t.Errorf("found %s", got)
	}
}

func TestOldEventsGo(t *testing.T) {
	r := newRig(t)
	old := event(Stored, "77", 1)
	old.Time = time.Now().AddDate(0, 0, -31)
	r.Note(old)
	r.drain(context.Background())
	r.Note(event(Stored, "88", 2))
	r.drain(context.Background())
	r.care(context.Background())
	if got := r.find(Query{}); got != "stored 2" {
		t.Errorf("found %s", got)
	}
	var left int
	r.db.db.QueryRow("SELECT (SELECT COUNT(*) FROM study) + (SELECT COUNT(*) FROM object) + (SELECT COUNT(*) FROM peer)").Scan(&left)
	if left != 4 { // a study, its series and object, a peer
		t.Errorf("%d rows are left", left)
	}
	r.Note(event(Stored, "77", 3))
	if got := r.find(Query{Patient: "77"}); got != "stored 3" {
		t.Errorf("found %s", got)
	}
}

func TestSizeIsBounded(t *testing.T) {
	r := newRig(t)
	r.set.Size = 1 << 20
	for g := range 40 {
		var list []Event
		for n := range 100 {
			e := event(Stored, fmt.Sprint(g), n)
			e.Set("noise", strings.Repeat(fmt.Sprint(n*g), 300))
			list = append(list, e)
		}
		r.Note(list...)
		r.drain(context.Background())
	}
	r.care(context.Background())
	if more, err := r.db.shrink(context.Background(), r.set.Size); more || err != nil {
		t.Errorf("more to remove: %v %v", more, err)
	}
	if got := r.find(Query{Patient: "0"}); got != "" {
		t.Error("the oldest events are there")
	}
}

func TestDamagedDatabase(t *testing.T) {
	r := newRig(t)
	r.Close()
	if err := os.WriteFile(r.path, []byte(strings.Repeat("this is no database ", 1000)), 0o644); err != nil {
		t.Fatal(err)
	}
	r.open()
	r.Note(event(Stored, "77", 1))
	if got := r.find(Query{}); got != "stored 1" || len(r.said.Take("damaged")) != 1 {
		t.Errorf("found %s", got)
	}
}

func TestOff(t *testing.T) {
	var none *Line
	none.Note(event(Stored, "77", 1))
	if none.On() || none.Close() != nil {
		t.Error("a nil line does something")
	}
	if _, err := none.Find(context.Background(), Query{}); err != ErrOff {
		t.Error(err)
	}
}

func TestEncoding(t *testing.T) {
	list := []Event{event(Stored, "77", 1), event(Sent, "77", 2), {Kind: "x"}, event(Stored, "8", 1)}
	list[1].Facts = append(list[1].Facts, "long", strings.Repeat("x", 5000))
	for n := range list[3].Facts {
		list[3].Facts[n] += "ä"
	}
	var enc encoder
	var b []byte
	for i := range list {
		list[i].Seq, list[i].Time = uint64(i*i), time.UnixMicro(int64(1e15-i*1e6))
		b = enc.append(b, &list[i])
	}
	list[1].Facts[len(list[1].Facts)-1] = strings.Repeat("x", maxText)
	var dec decoder
	for i := range list {
		e, rest, err := dec.next(b)
		if err != nil || e.Seq != list[i].Seq || !e.Time.Equal(list[i].Time) || !slices.Equal(e.texts(nil), list[i].texts(nil)) {
			t.Fatalf("%d: %+v %v", i, e, err)
		}
		b = rest
	}
}

// Nothing that stands in a damaged file makes the decoder fail but with an error.
func FuzzDecoder(f *testing.F) {
	e := event(Stored, "77", 1)
	f.Add(appendRecord(nil, &e))
	f.Fuzz(func(t *testing.T, b []byte) {
		nextRecord(b)
		var c decoder
		for len(b) > 0 {
			_, rest, err := c.next(b)
			if err != nil {
				return
			}
			b = rest
		}
	})
}
