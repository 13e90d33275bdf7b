package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"conquest/dicom"
)

// archive fills an index: three patients, series with 12 images.
func archive(t *testing.T, b backend, set Settings) *DB {
	t.Helper()
	d := b.open(t, set, nil)
	var items []Item
	for p := range 3 {
		for i := range 12 {
			ds := object(fmt.Sprint("P", p), fmt.Sprint(p+1), fmt.Sprint(p+1, ".1"), fmt.Sprint(p+1, ".1.", i), "0020,0013", fmt.Sprint(i+1),
				"0008,0030", fmt.Sprintf("%02d0000", 8+p), "0008,0050", fmt.Sprint("ACC", p))
			items = append(items, Item{Object: ds, Location: Location{fmt.Sprint("f", p, "-", i), "MAG0"}})
		}
	}
	if err := d.AddAll(context.Background(), items); err != nil {
		t.Fatal(err)
	}
	return d
}

func values(list []*dicom.Dataset, tag dicom.Tag) []string {
	var v []string
	for _, ds := range list {
		v = append(v, ds.String(tag))
	}
	return v
}

func TestFindOrder(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := archive(t, b, defaultSettings())
		base := []string{"0008,0052", "IMAGE", "0020,000e", "1.1", "0020,0013", "", "0008,0018", ""}
		for _, c := range []struct {
			keys []string
			want string
		}{
			{[]string{"9999,0c00", "ImageNumber", "9999,0c01", "3"}, "1 2 3"},
			{[]string{"9999,0c00", "ImageNumber", "9999,0c01", "3", "9999,0c02", "9"}, "10 11 12"},
			{[]string{"9999,0c00", "ImageNumber", "9999,0c02", "10"}, "11 12"},
			{[]string{"9999,0c00", "imagenumbe"}, "1 10 11 12 2 3 4 5 6 7 8 9"},
		} {
			list := findAll(t, d, StudyRoot, identifier(append(slices.Clone(base), c.keys...)...))
			if got := strings.Join(values(list, dicom.InstanceNumber), " "); got != c.want {
				t.Errorf("%v: %s, want %s", c.keys, got, c.want)
			}
		}
		for _, bad := range [][]string{
			{"9999,0c00", "1;DROP TABLE x"}, {"9999,0c00", "NoColumn"}, {"9999,0c00", "ImageNumber", "9999,0c01", "1;x"}, {"9999,0c00", "a' or 1"},
		} {
			_, err := d.Find(context.Background(), StudyRoot, identifier(append(slices.Clone(base), bad...)...), FindOptions{})
			var s *StatusError
			if !errors.As(err, &s) || s.Status != 0xC001 {
				t.Errorf("%v: %v", bad, err)
			}
		}
	})
}

func TestConfiguredOrders(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		set := defaultSettings()
		set.StudyOrder = "DICOMStudies.StudyTime DESC, DICOMStudies.PatientID"
		set.SeriesOrder = "DICOMSeries.SeriesInst DESC"
		set.PatientOrder = "DICOMPatients.PatientID DESC"
		d := archive(t, b, set)
		for level, tag := range map[string]dicom.Tag{"STUDY": dicom.StudyInstanceUID, "SERIES": dicom.SeriesInstanceUID, "PATIENT": dicom.PatientID} {
			id := identifier("0008,0052", level, tag.String(), "")
			got := strings.Join(values(findAll(t, d, PatientRoot, id), tag), " ")
			want := map[string]string{"STUDY": "3 2 1", "SERIES": "3.1 2.1 1.1", "PATIENT": "P2 P1 P0"}[level]
			if got != want {
				t.Errorf("%s: %s, want %s", level, got, want)
			}
		}
	})
}

func TestFindLongList(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := archive(t, b, defaultSettings())
		for _, n := range []int{5, 90, 6000} {
			uids := make([]string, 0, n+12)
			for i := range n {
				uids = append(uids, fmt.Sprint("9.9.", i))
			}
			for i := range 12 {
				uids = append(uids, fmt.Sprint("2.1.", i))
			}
			list := findAll(t, d, StudyRoot, identifier("0008,0052", "IMAGE", "0008,0018", strings.Join(uids, `\`)))
			if len(list) != 12 {
				t.Errorf("%d of %d found, want 12", len(list), n)
			}
		}
	})
}

func TestFindPaths(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := archive(t, b, defaultSettings())
		id := identifier("0008,0052", "IMAGE", "0008,0018", "1.1.3", "9999,0800", "", "9999,0801", "")
		if got := render(findAll(t, d, StudyRoot, id)); !strings.Contains(got, `9999,0800="f0-3" 9999,0801="MAG0"`) {
			t.Errorf("got %s", got)
		}
		seq, err := d.Find(context.Background(), StudyRoot, id, FindOptions{HidePaths: true})
		if err != nil {
			t.Fatal(err)
		}
		for a := range seq {
			if a.Has(0x99990800) {
				t.Error("path shown")
			}
		}
	})
}

func TestFindAdditions(t *testing.T) {
	set := defaultSettings()
	set.AETitle, set.QueriesReturnISO_IR = "SIXTEENCHARACTER", 192
	d := archive(t, sqliteBackend(), set)
	got := render(findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", "1", "0008,0054", "", "0020,1206", "", "0020,1208", "", "0020,1209", "")))
	want := "0008,0005=\"ISO_IR 192\" 0008,0052=\"STUDY \" 0008,0054=\"SIXTEENCHARACTER\" 0020,000d=\"1\\x00\" 0020,1206=\"1 \" 0020,1208=\"12\" \n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestFindLevels(t *testing.T) {
	d := archive(t, sqliteBackend(), defaultSettings())
	for _, c := range []struct {
		m     Model
		level string
		ok    bool
	}{
		{PatientRoot, "PATIENT", true}, {PatientRoot, "PATIENTS", true}, {PatientRoot, "patient", false}, {PatientRoot, "IMAGE", true},
		{StudyRoot, "PATIENT", false}, {StudyRoot, "SERIES", true}, {PatientStudyOnly, "SERIES", false}, {PatientStudyOnly, "STUDY", true},
		{StudyRoot, "", false}, {ModalityWorklist, "", true},
	} {
		_, err := d.Find(context.Background(), c.m, identifier("0008,0052", c.level, "0010,0020", ""), FindOptions{})
		if (err == nil) != c.ok {
			t.Errorf("model %d, level %q: %v", c.m, c.level, err)
		}
	}
	if _, err := d.Find(context.Background(), StudyRoot, identifier("0008,0052", "STUDY", "0028,0010", ""), FindOptions{}); !errors.Is(err, ErrNoKeys) {
		t.Errorf("no usable key: %v", err)
	}
}

// TestFindWhileAdding reads on while the writer commits, and stops early.
func TestFindWhileAdding(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := archive(t, b, defaultSettings())
		seq, err := d.Find(context.Background(), StudyRoot, identifier("0008,0052", "IMAGE", "0008,0018", ""), FindOptions{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range seq {
			mustAdd(t, d, object("P9", "9", "9.1", fmt.Sprint("9.1.", n)), "f")
			if n++; n == 20 {
				break
			}
		}
		if n != 20 {
			t.Errorf("%d answers", n)
		}
	})
}

// FuzzFind asks with any values: never a failure of the database, and SQLite
// and dBASE agree on how many answers there are, letter case of equality aside.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"*", "P?", `1\2`, "2024-", "-", "'", "%", `a\`, "[x]", "_", "\xff", "20240101-20250101", "**", " *", "a'b*"} {
		f.Add(s, uint8(0))
	}
	tags := []string{"0010,0010", "0010,0020", "0020,000d", "0008,0020", "0008,0061", "0020,000e", "0008,0018", "0008,0030", "9999,0c00", "9999,0c01"}
	d := openFresh(f, Options{Server: f.TempDir() + "/f.db3", SQLite: true}, defaultSettings())
	for i := range 5 {
		mustAdd(f, d, object(fmt.Sprint("P", i), fmt.Sprint(i), fmt.Sprint(i, ".1"), fmt.Sprint(i, ".1.1")), "f")
	}
	f.Fuzz(func(t *testing.T, v string, pick uint8) {
		for _, level := range []string{"STUDY", "SERIES", "IMAGE"} {
			id := identifier("0008,0052", level, "0020,000d", "")
			id.SetString(mustTag(tags[int(pick)%len(tags)]), v)
			seq, err := d.Find(context.Background(), StudyRoot, id, FindOptions{})
			var s *SQLError
			if errors.As(err, &s) {
				t.Fatal(err)
			}
			if err != nil {
				continue
			}
			for _, err := range seq {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func mustTag(s string) dicom.Tag {
	t, ok := dicom.ParseTag(s)
	if !ok {
		panic(s)
	}
	return t
}

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		s, key string
		want   bool
	}{
		{"Doe^John", "doe*", true}, {"Doe^John", "*JOHN", true}, {"Doe", "D?e", true}, {"Doe", "D?", false}, {"Doe", "*", true},
		{"", "*", true}, {"abcbc", "a*bc", true}, {"abcbd", "a*bc", false}, {"a%b", "a%b", true}, {"ab", "a%b", false},
	} {
		if got := wildcard(c.s, c.key); got != c.want {
			t.Errorf("%q matches %q: %v", c.s, c.key, got)
		}
	}
}

// What the database does not have of a number is 0, of a text nothing.
func TestNumbersThatAreNotThere(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := b.open(t, defaultSettings(), nil)
		if _, err := d.Add(context.Background(), object("P", "1", "1.1", "1.1.1"), Location{"f", "MAG0"}); err != nil {
			t.Fatal(err)
		}
		list := findAll(t, d, StudyRoot, identifier("0008,0052", "IMAGE", "0008,0018", "", "0028,0010", "", "0008,0008", ""))
		if len(list) != 1 || string(list[0].Value(dicom.Rows)) != "\x00\x00" || len(list[0].Value(0x00080008)) != 0 {
			t.Errorf("answer %v", list)
		}
	})
}

// A key of blanks is compared, which no row meets; one without a value is not.
func TestKeyOfBlanks(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := archive(t, b, defaultSettings())
		for value, want := range map[string]int{"": 3, " ": 0, "  ": 0, "ACC1 ": 1} {
			id := identifier("0008,0052", "STUDY", "0020,000d", "")
			id.Put(dicom.Element{Tag: dicom.AccessionNumber, VR: dicom.SH, Value: []byte(value)})
			if list := findAll(t, d, StudyRoot, id); len(list) != want {
				t.Errorf("key %q: %d answers, want %d", value, len(list), want)
			}
		}
	})
}

// Answers to a range of dates come in the order the studies were entered.
func TestRangesInOrderOfEntry(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := b.open(t, defaultSettings(), nil)
		for i, date := range []string{"20240305", "20240101", "20240304", "20230101"} {
			n := fmt.Sprint(i + 1)
			ds := object("P"+n, n, n+".1", n+".1.1", "0008,0020", date)
			if _, err := d.Add(context.Background(), ds, Location{"f" + n, "MAG0"}); err != nil {
				t.Fatal(err)
			}
		}
		id := identifier("0008,0052", "STUDY", "0020,000d", "", "0008,0020", "20240101-20241231")
		list := findAll(t, d, StudyRoot, id)
		if got := strings.Join(values(list, dicom.StudyInstanceUID), " "); got != "1 2 3" {
			if b.name == "sqlite" || b.name == "dbase" { // servers promise none
				t.Errorf("order %s", got)
			}
		}
	})
}
