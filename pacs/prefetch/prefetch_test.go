package prefetch_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/pacs/prefetch"
	"conquest/pacs/sitetest"
)

// query is an identifier for a patient and a study.
func query(patient, study string) *dicom.Dataset {
	d := dicom.NewDataset(2)
	d.SetString(dicom.PatientID, patient)
	d.SetString(dicom.StudyInstanceUID, study)
	return d
}

// await gives the lines once one of them holds text.
func await(t *testing.T, log *sitetest.Lines, text string) string {
	t.Helper()
	var all []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		all = append(all, log.Take("")...)
		if said := strings.Join(all, "\n"); strings.Contains(said, text) {
			return said
		}
	}
	t.Fatalf("%q is not said: %q", text, all)
	return ""
}

func TestPrefetcher(t *testing.T) {
	s := sitetest.New(t, "Prefetcher = 1")
	s.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("A", 2), sitetest.Image("B", 1))
	p := prefetch.New(s.Live.Current, s.DB, s.Console)
	defer p.Stop()
	p.Queried(query("", ""))
	p.Queried(query("*", "")) // nothing that can be read
	if said := s.Log.Take(""); len(said) > 0 {
		t.Errorf("said %q", said)
	}
	p.Queried(query("A", ""))
	if said := await(t, s.Log, "Prefetch done"); !strings.Contains(said, "Prefetching patient A") || !strings.Contains(said, "read 2 images") {
		t.Errorf("said %q", said)
	}
	p.Queried(query("A", "")) // read already
	study := sitetest.Image("B", 1).String(dicom.StudyInstanceUID)
	p.Queried(query("B*", study))
	if said := await(t, s.Log, "Prefetch done"); strings.Contains(said, "patient A") || !strings.Contains(said, "Prefetching study "+study) || !strings.Contains(said, "read 1 images") {
		t.Errorf("said %q", said)
	}
	p.Moved(query("A", "")) // a later query reads again
	p.Queried(query("B*", study))
	await(t, s.Log, "Prefetch done: read 1 images")
}

func TestOff(t *testing.T) {
	s := sitetest.New(t)
	path := s.Keep("MAG0", sitetest.Image("A", 1))
	prefetch.New(s.Live.Current, s.DB, s.Console).Queried(query("A", ""))
	if said := s.Log.Take("Prefetch"); len(said) > 0 {
		t.Errorf("said %q", said)
	}
	os.Remove(path)
	prefetch.Read(path) // a missing file is nothing to tell
}
