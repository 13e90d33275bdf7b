package databases

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// reference is a folder that the original left, with the keys to open it.
type reference struct {
	name, sql string
	keys      func(data string) map[string]string
}

var references = []reference{
	{"sqlite", "dicom.sql", func(string) map[string]string { return nil }},
	{"sqlite-v2", "dicom.sql", func(string) map[string]string {
		return map[string]string{"FileNameSyntax": "3", "IncomingCompression": "n4"}
	}},
	{"dbase", "dicom.sql.dbase", func(string) map[string]string { return map[string]string{"SqLite": "0", "IndexDBF": "10"} }},
}

// newReference copies a folder of the original into a site of ours.
func newReference(t *testing.T, r reference, binary string) *site {
	t.Helper()
	s := newSite(t, binary, r.keys(""))
	if r.name == "dbase" {
		s.ini["SQLServer"] = filepath.Join(s.dir, "data", "dbase") + string(filepath.Separator)
	}
	from := filepath.Join("testdata/reference", r.name, "data")
	err := filepath.WalkDir(from, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(from, path)
			copyFile(t, path, filepath.Join(s.dir, "data", rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// printed are the answers of the original as it left them.
func printed(t *testing.T, r reference, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/reference", r.name, name))
	if err != nil {
		t.Fatal(err)
	}
	return answers(string(text))
}

func askedOfReference(s *site) map[string][]string {
	return map[string][]string{
		"find-study.txt":    s.find("-S", "QueryRetrieveLevel=STUDY", "ModalitiesInStudy", "PatientID", "StudyInstanceUID", "NumberOfStudyRelatedInstances"),
		"find-worklist.txt": s.find("-W", "AccessionNumber", "PatientName", "PatientID", "ScheduledProcedureStepSequence[0].Modality", "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate"),
	}
}

// TestReferenceSites opens what the original left: answers as it gave them,
// every image is served, new objects are taken.
func TestReferenceSites(t *testing.T) {
	needTools(t)
	binary := dgate(t)
	for _, r := range references {
		t.Run(r.name, func(t *testing.T) {
			s := newReference(t, r, binary)
			dest := s.receive()
			s.start()
			for name, got := range askedOfReference(s) {
				if want := printed(t, r, name); !slices.Equal(want, got) {
					t.Errorf("%s:\n%s", name, difference(want, got))
				}
			}
			s.move("QueryRetrieveLevel=PATIENT", "PatientID=*")
			if n := len(dest.take(t)); n != 16 {
				t.Errorf("%d images moved, want 16", n)
			}
			if n := len(got(t, s, "QueryRetrieveLevel=STUDY", "StudyInstanceUID="+firstStudy)); n != 5 {
				t.Errorf("%d images got of the first study, want 5", n)
			}
			if list := s.store(inputs(t)[0]); !strings.HasSuffix(list[0], "Success") {
				t.Errorf("store again: %s", list)
			}
			for name, got := range askedOfReference(s) {
				if want := printed(t, r, name); !slices.Equal(sorted(want), sorted(got)) {
					t.Errorf("%s after storing again:\n%s", name, difference(want, got))
				}
			}
		})
	}
}

// TestThereAndBack lets ours, the original and ours again work on one folder,
// each storing an object. Each answers as on a folder that it had to itself.
func TestThereAndBack(t *testing.T) {
	needTools(t)
	binary := dgate(t)
	for _, r := range references {
		t.Run(r.name, func(t *testing.T) {
			program, support := original(t, r.name)
			work := func(turns ...turn) []string {
				s := newReference(t, r, binary)
				s.supportFiles(support, r.sql)
				for _, one := range turns {
					os.Remove(filepath.Join(s.dir, exe("dgate")))
					s.binary = one.binary
					s.start()
					// The original takes nothing while it indexes dBASE files.
					list := s.store(changedObject(t, s, one.uid))
					for range 8 {
						if success.MatchString(list[0]) {
							break
						}
						time.Sleep(time.Second)
						list = s.store(changedObject(t, s, one.uid))
					}
					if !success.MatchString(list[0]) {
						t.Errorf("store: %s", list)
					}
					s.stop()
				}
				s.start()
				return everyLevel(s)
			}
			const first, second = "1.2.3.9.1", "1.2.3.9.2"
			for who, pair := range map[string][2][]string{
				"the original after ours": {
					work(turn{program, first}, turn{program, second}), work(turn{binary, first}, turn{program, second}),
				},
				"ours after the original": {
					work(turn{binary, first}, turn{binary, second}), work(turn{program, first}, turn{binary, second}),
				},
			} {
				if !slices.Equal(pair[0], pair[1]) {
					t.Errorf("%s:\n%s", who, difference(pair[0], pair[1]))
				}
			}
		})
	}
}

// turn is one binary at work, storing an object with this UID.
type turn struct{ binary, uid string }

// changedObject is the first input with another SOP instance UID.
func changedObject(t *testing.T, s *site, uid string) string {
	t.Helper()
	name := filepath.Join(s.dir, "changed.dcm")
	copyFile(t, inputs(t)[0], name)
	run(t, s.dir, 30*time.Second, "dcmodify", "-nb", "-m", "SOPInstanceUID="+uid, name)
	return name
}
