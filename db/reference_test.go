package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dicomini"
)

// referenceDir copies the database that the original wrote to a fresh place and
// returns what to give as SQLServer.
func referenceDir(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files(t, "reference/"+name+"/*") {
		if e := filepath.Ext(f); e == ".db3" || e == ".DBF" {
			copyFile(t, f, filepath.Join(dir, filepath.Base(f)))
		}
	}
	if name == "dbase" {
		return dir + string(filepath.Separator)
	}
	return filepath.Join(dir, "conquest.db3")
}

var resultLine = regexp.MustCompile(`^I: ( *)\(([0-9a-f]{4},[0-9a-f]{4})\) (..) (?:\[(.*)\]|\((no value).*|\((Seq).*) +#`)

// answersOf reads the printed answers of the original: one string of tags and
// values each.
func answersOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, "Find Response") {
			list = append(list, "")
			continue
		}
		if m := resultLine.FindStringSubmatch(line); m != nil && m[2] != "fffe,e0dd" {
			v := m[4]
			if m[6] != "" {
				v = "SQ"
			}
			list[len(list)-1] += m[2] + "=" + v + " "
		}
	}
	return list
}

func flat(ds *dicom.Dataset) string {
	var b strings.Builder
	for e := range ds.All() {
		if e.IsSequence() {
			fmt.Fprintf(&b, "%s=SQ ", e.Tag)
			for _, it := range e.Items {
				b.WriteString(flat(it))
			}
			continue
		}
		fmt.Fprintf(&b, "%s=%s ", e.Tag, e.Value)
	}
	return b.String()
}

// TestReferenceAnswers asks databases of the original what the original was
// asked.
func TestReferenceAnswers(t *testing.T) {
	for _, name := range []string{"sqlite", "sqlite-v2", "dbase"} {
		t.Run(name, func(t *testing.T) {
			d := openOnly(t, Options{Server: referenceDir(t, name), SQLite: name != "dbase", IndexDBF: 10}, defaultSettings())
			study := findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0008,0061", "", "0010,0020", "", "0020,000d", "", "0020,1208", ""))
			id := identifier("0008,0050", "", "0010,0010", "", "0010,0020", "")
			id.SetItems(0x00400100, identifier("0008,0060", "", "0040,0002", ""))
			worklist := findAll(t, d, ModalityWorklist, id)
			for file, list := range map[string][]*dicom.Dataset{"find-study.txt": study, "find-worklist.txt": worklist} {
				var got []string
				for _, ds := range list {
					got = append(got, flat(ds))
				}
				if want := answersOf(t, filepath.Join("testdata/reference", name, file)); !slices.Equal(got, want) {
					t.Errorf("%s:\n got %q\nwant %q", file, got, want)
				}
			}
		})
	}
}

var fileTime = regexp.MustCompile(`_[0-9]{10}[0-9a-f]{4}\.`)

// dump reads a table, without what depends on the hour.
func dump(t *testing.T, d *DB, tb *table, fileColumns bool) []string {
	t.Helper()
	names := []string{}
	for _, c := range tb.cols {
		names = append(names, c.name)
	}
	names = append(names, "qTimeStamp", "qFlags", "qSpare")
	if fileColumns {
		names = append(names, "ObjectFile", "DeviceName")
	}
	rows, err := d.Query(context.Background(), tb.name, strings.Join(names, ","), "", "")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, r := range rows {
		list = append(list, fileTime.ReplaceAllString(strings.Join(r, "|"), "_T."))
	}
	return list
}

// TestReferenceTables stores the objects of the reference session and compares
// all rows and messages with those of the original.
func TestReferenceTables(t *testing.T) {
	for _, b := range []backend{sqliteBackend(), dbaseBackend()} {
		t.Run(b.name, func(t *testing.T) {
			ref := openOnly(t, Options{Server: referenceDir(t, b.name), SQLite: b.name == "sqlite", IndexDBF: 10}, defaultSettings())
			log := &recorder{}
			d := b.open(t, defaultSettings(), log)
			log.trouble = nil
			places := referencePlaces(t, ref)
			refused := 0
			for _, f := range files(t, "reference/input/*.dcm") {
				ds := readObject(t, f)
				sop := ds.String(dicom.SOPInstanceUID)
				loc, ok := places[sop]
				if !ok {
					loc = Location{ds.String(dicom.PatientID) + "/" + sop, "MAG0"}
				}
				_, err := d.Add(context.Background(), ds, loc)
				var link *LinkError
				if errors.As(err, &link) {
					log.Operator("%s", link.Error())
					refused++
				} else if err != nil {
					t.Fatalf("%s: %v", f, err)
				}
			}
			if refused != 2 {
				t.Errorf("%d objects refused, want 2", refused)
			}
			for _, tb := range []*table{d.lay.patient, d.lay.study, d.lay.series, d.lay.image} {
				got, want := dump(t, d, tb, tb == d.lay.image), dump(t, ref, tb, tb == d.lay.image)
				if !slices.Equal(got, want) {
					t.Errorf("%s:\n got %s\nwant %s", tb.name, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
				}
			}
			if b.name == "sqlite" {
				compareSchema(t, d, ref)
			}
			compareLines(t, b.name, log)
		})
	}
}

func referencePlaces(t *testing.T, ref *DB) map[string]Location {
	refs, err := ref.Locate(context.Background(), identifier())
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]Location)
	for _, r := range refs {
		m[r.SOPInstanceUID] = r.Location
	}
	if len(m) != 16 {
		t.Fatalf("%d objects in the reference, want 16", len(m))
	}
	return m
}

func compareSchema(t *testing.T, d, ref *DB) {
	read := func(d *DB) []string {
		rows, err := d.Query(context.Background(), "sqlite_master", "sql", "name not like 'dgate_%' and name not like 'sqlite_%'", "name")
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, r := range rows {
			list = append(list, r[0])
		}
		return list
	}
	if got, want := read(d), read(ref); !slices.Equal(got, want) {
		t.Errorf("schema:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// compareLines compares the messages with the trouble log of the session.
func compareLines(t *testing.T, name string, log *recorder) {
	text, err := os.ReadFile(filepath.Join("testdata/reference", name, "PacsTrouble.log"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		line = fileTime.ReplaceAllString(line[25:], "_T.")
		if !strings.Contains(line, "Error saving") {
			want = append(want, strings.TrimRight(line, "\r "))
		}
	}
	var got []string
	for _, l := range append(slices.Clone(log.trouble), log.operator...) {
		if strings.HasPrefix(l, "***") || strings.HasPrefix(l, "Inconsistent") {
			got = append(got, fileTime.ReplaceAllString(l, "_T."))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("messages:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// TestOldLayout opens a database without keys and without stages.
func TestOldLayout(t *testing.T) {
	ctx := context.Background()
	o := Options{Server: filepath.Join(t.TempDir(), "old.db3"), SQLite: true}
	d := openOnly(t, o, defaultSettings())
	if err := d.Initialize(ctx, NoKeys, nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"DROP TABLE UIDMODS", "CREATE TABLE UIDMODS (MODTime int, OldUID varchar(64), MODType varchar(32), NewUID varchar(64))"} {
		if _, err := d.SQL(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	mustAdd(t, d, object("P", "1", "1.1", "1.1.1"), "f")
	n := 0
	generate := func() string { n++; return fmt.Sprint("9.", n) }
	first, err := d.MapUID(ctx, "1", "", "stage", "lua", generate)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.MapUID(ctx, "1", "", "stage", "lua", generate)
	if err != nil || first != "9.1" || again != first {
		t.Errorf("mapped to %s and %s (%v)", first, again, err)
	}
}

func TestSchemaText(t *testing.T) {
	lay := newLayout(dicomini.DefaultSchema(dicomini.SchemaOptions{TruncateFieldNames: 10}), &Options{})
	got := createTable(lay.patient, true) + housekeeping + ")"
	const want = "CREATE TABLE  DICOMPatients (PatientID  varchar(64) PRIMARY KEY not null, PatientNam  varchar(64), PatientBir char(8) , PatientSex  varchar(16), AccessTime  int, qTimeStamp   int, qFlags       int, qSpare       varchar(64))"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
