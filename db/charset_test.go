package db

import (
	"context"
	"strings"
	"testing"

	"conquest/dicom"
)

// unicodeBackends are indexes that hold text in UTF-8.
func unicodeBackends(t *testing.T) []backend {
	list := []backend{{"sqlite", func(t testing.TB, set Settings, log Log) *DB {
		set.UTF8ToDB = true
		return sqliteBackend().open(t, set, log)
	}}}
	return append(list, servers(t)...)
}

// named makes an object whose patient name is text in a character set.
func named(t *testing.T, n, charset, name string) *dicom.Dataset {
	t.Helper()
	ds := object("P"+n, n, n+".1", n+".1.1")
	ds.SetString(dicom.SpecificCharacterSet, charset)
	if err := ds.SetText(dicom.PatientName, name); err != nil {
		t.Fatal(err)
	}
	return ds
}

// TestTextIsDecoded enters names in many character sets and finds each by a key
// in another set; answers are in a set that holds them, and say which.
func TestTextIsDecoded(t *testing.T) {
	names := map[string][2]string{
		"1": {"ISO_IR 100", "Müller^Éric"}, "2": {"ISO_IR 144", "Люкceмбypг"}, "3": {"ISO_IR 192", "王^小東"},
		"4": {"ISO 2022 IR 6\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"}, "5": {"ISO_IR 126", "Διονυσιος"}, "6": {"", "Plain^Name"},
	}
	for _, b := range unicodeBackends(t) {
		for _, fromDB := range []bool{false, true} {
			set := defaultSettings()
			set.UTF8FromDB = fromDB
			d := b.open(t, set, nil)
			for n, v := range names {
				mustAdd(t, d, named(t, n, v[0], v[1]), "f")
			}
			for n, v := range names {
				for _, charset := range []string{"ISO_IR 192", v[0]} {
					id := identifier("0008,0052", "STUDY", "0020,000d", "")
					id.SetString(dicom.SpecificCharacterSet, charset)
					if err := id.SetText(dicom.PatientName, v[1]); err != nil {
						t.Fatal(err)
					}
					got := findAll(t, d, StudyRoot, id)
					if len(got) != 1 || got[0].String(0x0020000d) != n {
						t.Errorf("%s, UTF8FromDB %v: %s in %q: %d studies", b.name, fromDB, v[1], charset, len(got))
						continue
					}
					if text := got[0].Text(dicom.PatientName); text != v[1] {
						t.Errorf("%s, UTF8FromDB %v: answer %q in %q, want %q", b.name, fromDB, text, got[0].String(dicom.SpecificCharacterSet), v[1])
					}
					label := got[0].String(dicom.SpecificCharacterSet)
					if n != "6" && label != charset {
						t.Errorf("%s: asked in %q, answered in %q", b.name, charset, label)
					}
				}
			}
			// Asked without a character set.
			for n, want := range map[string]string{"P1": map[bool]string{true: "ISO_IR 100", false: "ISO_IR 192"}[fromDB], "P2": "ISO_IR 192", "P6": ""} {
				got := findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0010,0010", "", "0010,0020", n))
				if len(got) != 1 || got[0].String(dicom.SpecificCharacterSet) != want {
					t.Errorf("%s, UTF8FromDB %v, %s: %s", b.name, fromDB, n, render(got))
				}
			}
		}
	}
}

// TestBytesStayBytes is the default: the index holds and answers what came.
func TestBytesStayBytes(t *testing.T) {
	for _, b := range []backend{sqliteBackend(), dbaseBackend()} {
		d := b.open(t, defaultSettings(), nil)
		ds := named(t, "1", "ISO_IR 144", "Люкceмбypг")
		raw := ds.String(dicom.PatientName)
		mustAdd(t, d, ds, "f")
		got := findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0010,0010", "", "0020,000d", "1"))
		if len(got) != 1 || got[0].String(dicom.PatientName) != raw || got[0].Has(dicom.SpecificCharacterSet) {
			t.Errorf("%s: %s", b.name, render(got))
		}
	}
}

// TestLongUIDsShareNoRow enters two objects whose UIDs differ behind the length
// of their columns only.
func TestLongUIDsShareNoRow(t *testing.T) {
	for _, b := range backends(t) {
		d := b.open(t, defaultSettings(), nil)
		long := "1.2.840." + strings.Repeat("1234567.", 7)
		for _, end := range []string{"1111", "2222"} {
			mustAdd(t, d, object("P", "1", long+end, long+end+".1"), end)
		}
		if c := counts(t, d); c.Images != 2 || c.Series != 2 {
			t.Errorf("%s: %+v", b.name, c)
		}
		for _, end := range []string{"1111", "2222"} {
			loc, found, err := d.Lookup(context.Background(), long+end+".1", "P")
			if !found || err != nil || loc.File != end {
				t.Errorf("%s: %s is at %+v, %v", b.name, end, loc, err)
			}
			if got := findAll(t, d, StudyRoot, identifier("0008,0052", "IMAGE", "0008,0018", "", "0020,000e", long+end)); len(got) != 1 {
				t.Errorf("%s: %d images of series %s", b.name, len(got), end)
			}
		}
	}
}
