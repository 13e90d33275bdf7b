package db

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestDelete(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		d := b.open(t, defaultSettings(), nil)
		for _, o := range []string{"P1 1 1.1 1.1.1", "P1 1 1.1 1.1.2", "P1 1 1.2 1.2.1", "P1 2 2.1 2.1.1", "P2 3 3.1 3.1.1"} {
			f := strings.Fields(o)
			mustAdd(t, d, object(f[0], f[1], f[2], f[3]), f[3])
		}
		for _, id := range []string{"P1", "P2"} {
			if err := d.AddWorklist(ctx, []Field{{"PatientID", id}, {"AccessionN", "A" + id}}); err != nil {
				t.Fatal(err)
			}
		}
		steps := []struct {
			key, value string
			want       Counts
			worklist   bool
		}{
			{"0008,0018", "1.1.1", Counts{2, 3, 4, 4}, true},
			{"0008,0018", "1.1.2", Counts{2, 3, 3, 3}, true},
			{"0020,000d", "1", Counts{2, 2, 2, 2}, true},
			{"0010,0020", "P1", Counts{1, 1, 1, 1}, false},
			{"0010,0020", "P9", Counts{1, 1, 1, 1}, false},
		}
		for _, s := range steps {
			refs, err := d.Locate(ctx, identifier(s.key, s.value))
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Delete(ctx, refs...); err != nil {
				t.Fatal(err)
			}
			if c := counts(t, d); c != s.want {
				t.Errorf("after deleting %s: %+v, want %+v", s.value, c, s.want)
			}
			if _, found, err := d.Worklist(ctx, "AP1"); found != s.worklist || err != nil {
				t.Errorf("after deleting %s: worklist row %v, %v", s.value, found, err)
			}
		}
		if _, found, _ := d.Worklist(ctx, "AP2"); !found {
			t.Error("worklist row of the other patient is gone")
		}
	})
}

func TestLocations(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		d := b.open(t, defaultSettings(), nil)
		for i := range 3 {
			mustAdd(t, d, object("P1", "1", "1.1", fmt.Sprint("1.1.", i)), fmt.Sprint("f", i))
		}
		if err := d.SetLocation(ctx, "1.1.1", "P1", Location{"moved", "MAG1"}); err != nil {
			t.Fatal(err)
		}
		if n, err := d.RenameDevice(ctx, "MAG0", "CACHE0.1.0"); n != 2 || err != nil {
			t.Errorf("renamed %d, %v", n, err)
		}
		refs, err := d.Locate(ctx, identifier("0020,000e", "1.1"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range refs {
			got = append(got, r.SOPInstanceUID+" "+r.File+" "+r.Device+" "+r.PatientID+" "+r.StudyInstanceUID+" "+r.SeriesInstanceUID+" "+r.SOPClassUID)
		}
		slices.Sort(got)
		const c = " P1 1 1.1 1.2.840.10008.5.1.4.1.1.2"
		if want := []string{"1.1.0 f0 CACHE0.1.0" + c, "1.1.1 moved MAG1" + c, "1.1.2 f2 CACHE0.1.0" + c}; !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
}

func TestUIDs(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		d := b.open(t, defaultSettings(), nil)
		n := 0
		generate := func() string { n++; return fmt.Sprint("99.", n) }
		steps := []struct{ old, wanted, stage, want string }{
			{"1.2", "", "", "99.1"},
			{"1.2", "5.5", "", "99.1"},
			{"1.2", "5.5", "s", "5.5"},
			{"1.2", "", "s", "5.5"},
			{"1.3", "", "s", "99.2"},
			{"", "", "s", ""},
		}
		for i, s := range steps {
			if got, err := d.MapUID(ctx, s.old, s.wanted, s.stage, "lua", generate); got != s.want || err != nil {
				t.Errorf("step %d: %q, %v; want %q", i, got, err, s.want)
			}
		}
		for _, s := range []struct{ uid, stage, kind, want string }{
			{"99.1", "", "", "1.2"}, {"99.1", "s", "", ""}, {"5.5", "s", "", "1.2"}, {"5.5", "s", "lua", "1.2"}, {"5.5", "s", "x", ""}, {"5.5", "#s", "", ""},
		} {
			old, found, err := d.OriginalUID(ctx, s.uid, s.stage, s.kind)
			if old != s.want || found != (s.want != "") || err != nil {
				t.Errorf("back from %s in %q: %q %v %v", s.uid, s.stage, old, found, err)
			}
		}
		if err := d.MergeUIDs(ctx, []string{"1.2", "1.3"}, "7.7", "merge"); err != nil {
			t.Fatal(err)
		}
		if uid, _, _ := d.LookupUID(ctx, "1.3", "(merge)"); uid != "7.7" {
			t.Errorf("merged to %q", uid)
		}
		if err := d.DeleteUIDs(ctx, "lua"); err != nil {
			t.Fatal(err)
		}
		if _, found, _ := d.LookupUID(ctx, "1.2", ""); found {
			t.Error("mapping not deleted")
		}
	})
}

func TestStageUID(t *testing.T) {
	const want = "99999.99999.7.2388232449294842443931390169334379715176"
	if got := StageUID("99999.99999.7", "1.2.3.TESTD", "#stg"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	b, err := os.ReadFile("testdata/stageuids.txt") // old UID, stage, and what the original made of them
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "|")
		if got := StageUID("99999.99999.7", f[0], f[1]); got != f[2] {
			t.Errorf("%q in %q: got %s, want %s", f[0], f[1], got, f[2])
		}
	}
}

func TestScripts(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		d := b.open(t, defaultSettings(), nil)
		mustAdd(t, d, object("P1", "1", "1.1", "1.1.1"), "a")
		mustAdd(t, d, object("P'2", "2", "2.1", "2.1.1"), "b")
		check := func(want [][]string) func(got [][]string, err error) {
			return func(got [][]string, err error) {
				t.Helper()
				if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("got %q, %v; want %q", got, err, want)
				}
			}
		}
		check([][]string{{"P1", ""}})(d.Query(ctx, "DICOMPatients", "PatientID,PatientSex", "PatientID = 'P1'", ""))
		check([][]string{{"P1"}, {"P'2"}})(d.Query(ctx, "DICOMPatients", "PatientID", "", "PatientID DESC"))
		check([][]string{{"2"}})(d.Query(ctx, "DICOMImages", "count(*)", "", ""))
		check([][]string{})(d.Query(ctx, "DICOMPatients", "PatientID", "PatientID = 'none'", ""))
		check([][]string{})(d.SQL(ctx, "UPDATE DICOMPatients SET PatientSex = 'M' WHERE PatientID = 'P''2'"))
		check([][]string{{"M"}})(d.Query(ctx, "DICOMPatients", "PatientSex", "PatientNam LIKE 'Name^P''%'", ""))
		check([][]string{})(d.SQL(ctx, "DELETE FROM DICOMPatients WHERE PatientID = 'P1'"))
		check([][]string{{"P'2"}})(d.SQL(ctx, "SELECT PatientID FROM DICOMPatients"))
		_, err := d.Query(ctx, "NoTable", "a", "", "")
		if !isSQL(err) {
			t.Fatalf("missing table: %v", err)
		}
		if b.name == "sqlite" {
			var s *SQLError
			if s = err.(*SQLError); s.Lines()[0] != "***SQLITEExec error: no such table: NoTable" {
				t.Errorf("lines %q", s.Lines())
			}
		}
		// What is known of rows is forgotten when a script changed them.
		if r := mustAdd(t, d, object("P1", "1", "1.1", "1.1.2"), "c"); !r.NewPatient {
			t.Errorf("%+v", r)
		}
	})
}

func TestInitializeKeepsWorklist(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		d := b.open(t, defaultSettings(), nil)
		mustAdd(t, d, object("P1", "1", "1.1", "1.1.1"), "a")
		if err := d.AddWorklist(ctx, []Field{{"PatientID", "it's"}, {"AccessionN", "1234567890123456789"}}); err != nil {
			t.Fatal(err)
		}
		var lines []string
		if err := d.Initialize(ctx, AllTables, func(l string) { lines = append(lines, l) }); err != nil {
			t.Fatal(err)
		}
		want := []string{"Dropping Existing tables (if-any)", "Worklist contains data", "Dropping other tables", "Patient Database", "Study Database", "Series Database", "Image Database"}
		if !slices.Equal(lines, want) {
			t.Errorf("lines %q", lines)
		}
		row, found, err := d.Worklist(ctx, "1234567890123456")
		if !found || err != nil || row["PatientID"] != "it_s" || counts(t, d) != (Counts{}) {
			t.Errorf("worklist %v %v %v", row, found, err)
		}
		if err := d.Initialize(ctx, WorklistTable, nil); err != nil {
			t.Fatal(err)
		}
		if _, found, _ := d.Worklist(ctx, "1234567890123456"); found {
			t.Error("worklist not dropped")
		}
	})
}

func TestAddAll(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := b.open(t, defaultSettings(), nil)
		items := []Item{
			{Object: object("P1", "1", "1.1", "1.1.1")},
			{Object: object("P2", "1", "1.3", "1.3.1")},
			{Object: object("P1", "1", "1.1", "1.1.2")},
		}
		if err := d.AddAll(context.Background(), items); err != nil {
			t.Fatal(err)
		}
		if items[0].Err != nil || items[1].Err == nil || items[2].Err != nil || !items[2].Result.NewImage {
			t.Errorf("results %v %v %v", items[0].Err, items[1].Err, items[2].Err)
		}
		if c := counts(t, d); c != (Counts{1, 1, 1, 2}) {
			t.Errorf("counts %+v", c)
		}
	})
}

func TestTestTable(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := b.open(t, defaultSettings(), nil)
		for range 2 {
			if err := d.TestTable(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestDigest(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "ee7ee7f6775a4a345175ce996256f6ee",
		"abc":                   "377bee1e512b24c6ff4cdc2e5c7940f9",
		"12":                    "5f28cf827e1869f6588335757ddc5b71",
		strings.Repeat("a", 64): "bf5d0ee40077df75af2375c0a1f058ab",
		strings.Repeat("a", 55): "b3ab1267dba0538e3c6789e55d9051e2",
	} {
		if got := fmt.Sprintf("%x", digest(text)); want != "" && got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
