package db

import (
	"context"
	"slices"
	"testing"
)

// TestBackslashesOfTheOriginal finds rows by values with a backslash: those that
// the original entered, whose backslashes the server took for escapes, and ours.
func TestBackslashesOfTheOriginal(t *testing.T) {
	pairs(t, func(t *testing.T, d, _ *DB) {
		if d.Kind() == Postgres {
			d.store.(*sqlStore).bare = true // UseEscapeStringConstants
		}
		mustAdd(t, d, object(`P3\X`, "1", "1.1", "1.1.1", "0008,0050", `a\b`, "0010,0010", `Na\me^X`), "f")
		mustAdd(t, d, object("P3X", "2", "2.1", "2.1.1", "0008,0050", "a\b", "0010,0010", "Name^X"), "f")
		mustAdd(t, d, object("P4", "3", "3.1", "3.1.1", "0008,0050", "ab", "0010,0010", "Other"), "f")
		for key, value := range map[string]string{"0010,0020": `P3\X`, "0008,0050": `a\b`, "0010,0010": `Na\me*`} {
			var got []string
			for _, a := range findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", "", key, value)) {
				got = append(got, a.String(0x0020000d))
			}
			slices.Sort(got)
			if !slices.Equal(got, []string{"1", "2"}) {
				t.Errorf("%s = %s: studies %v", key, value, got)
			}
		}
	})
}

// TestUniversalMatching leaves no row out, whatever the column has.
func TestUniversalMatching(t *testing.T) {
	for _, b := range backends(t) {
		d := b.open(t, defaultSettings(), nil)
		mustAdd(t, d, object("P1", "1", "1.1", "1.1.1", "0010,0040", "M", "0010,0030", "19700101", "0008,0050", "A"), "f")
		mustAdd(t, d, object("P2", "2", "2.1", "2.1.1", "0008,0060", ""), "f")
		for _, key := range []string{"0008,0061", "0010,0040", "0010,0030", "0008,0050", "0010,0010", "0008,0020", "0010,0020", "0008,1030"} {
			for _, value := range []string{"*", "**", " *"} {
				if n := len(findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", "", key, value))); n != 2 {
					t.Errorf("%s: %s = %q: %d studies", b.name, key, value, n)
				}
			}
		}
		if b.name == "dbase" {
			continue
		}
		if rows, err := d.SQL(context.Background(), "SELECT StudyInsta FROM DICOMStudies WHERE StudyModal = ''"); err != nil || len(rows) != 1 {
			t.Errorf("%s: studies with an empty list of modalities: %v, %v", b.name, rows, err)
		}
	}
}

// TestLimitWithoutOrder is ignored, whatever it says.
func TestLimitWithoutOrder(t *testing.T) {
	d := sqliteBackend().open(t, defaultSettings(), nil)
	for _, n := range []string{"1", "2", "3"} {
		mustAdd(t, d, object("P"+n, n, n+".1", n+".1.1"), "f")
	}
	for _, limit := range []string{"", "2", "x"} {
		if n := len(findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", "", "9999,0c01", limit, "9999,0c02", limit))); n != 3 {
			t.Errorf("limit %q: %d studies", limit, n)
		}
	}
}

func TestRecordWithoutQuotes(t *testing.T) {
	d := dbaseBackend().open(t, defaultSettings(), nil)
	for _, statement := range []string{
		"INSERT INTO DICOMPatients (PatientID, PatientNam) VALUES (P7, Doe^John)",
		"INSERT INTO DICOMPatients (PatientID, PatientNam) VALUES ('P8', 'Roe^Jane')",
	} {
		if _, err := d.SQL(context.Background(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	rows, err := d.Query(context.Background(), "DICOMPatients", "PatientID, PatientNam", "", "PatientID")
	if err != nil || len(rows) != 2 || rows[0][0] != "P7" || rows[0][1] != "Doe^John" || rows[1][0] != "P8" {
		t.Errorf("%q, %v", rows, err)
	}
}

// TestFindWithoutKeys is what each driver of the original does.
func TestFindWithoutKeys(t *testing.T) {
	for _, b := range backends(t) {
		d := b.open(t, defaultSettings(), nil)
		for _, n := range []string{"1", "2", "3"} {
			mustAdd(t, d, object("P"+n, n, n+".1", n+".1.1"), "f")
		}
		for level, want := range map[string]int{"PATIENT": 0, "STUDY": 3, "SERIES": 3, "IMAGE": 3} {
			got := 0
			seq, err := d.Find(context.Background(), PatientRoot, identifier("0008,0052", level, "9999,0c01", "1"), FindOptions{})
			if err == nil {
				for range seq {
					got++
				}
			}
			if b.name != "dbase" {
				want = 0
			}
			if got != want {
				t.Errorf("%s, %s: %d answers", b.name, level, got)
			}
		}
	}
}
