package db

import (
	"slices"
	"strings"
	"testing"

	"conquest/dicom"
)

func TestUTF8IsNotEncodedTwice(t *testing.T) {
	for in, want := range map[string]string{"M\xfcller": "Müller", "Müller": "Müller", "plain": "plain", "": ""} {
		if got := utf8FromLatin1(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestComputedFieldsCompareExactly: a patient whose ID looks like a pattern has
// its own counts.
func TestComputedFieldsCompareExactly(t *testing.T) {
	d := sqliteBackend().open(t, defaultSettings(), nil)
	mustAdd(t, d, object("P*", "1", "1.1", "1.1.1"), "a")
	mustAdd(t, d, object("PX", "2", "2.1", "2.1.1"), "b")
	mustAdd(t, d, object("PX", "3", "3.1", "3.1.1"), "c")
	const studies dicom.Tag = 0x00201200
	counts := map[string]string{}
	for _, ds := range findAll(t, d, PatientRoot, identifier("0008,0052", "PATIENT", "0010,0020", "P*", "0020,1200", "")) {
		counts[strings.TrimSpace(ds.String(dicom.PatientID))] = strings.TrimSpace(ds.String(studies))
	}
	if counts["P*"] != "1" || counts["PX"] != "2" {
		t.Errorf("studies by patient: %v", counts)
	}
}

// TestNewServerTablesGetIndexes: tables made on a server can be searched by date
// and accession number.
func TestNewServerTablesGetIndexes(t *testing.T) {
	d := sqliteBackend().open(t, defaultSettings(), nil)
	list := serverIndexes(d.lay)
	for _, name := range []string{"dgate_study_date", "dgate_study_accession"} {
		if !slices.ContainsFunc(list, func(s string) bool {
			return strings.Contains(s, name) && strings.Contains(s, d.lay.study.name)
		}) {
			t.Errorf("no %s in %q", name, list)
		}
	}
}
