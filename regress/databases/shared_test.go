package databases

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"conquest/db/testserver"
)

// TestTwoServersShareDatabase stores the same patients, studies and objects on
// two servers at once, with one PostgreSQL database and one folder tree, and
// kills one: what was acknowledged is there once, with its file.
func TestTwoServersShareDatabase(t *testing.T) {
	needTools(t)
	binary := dgate(t)
	server := start(t, testserver.StartPostgres)
	first := newSite(t, binary, map[string]string{
		"SQLServer": server.name, "SQLHost": server.Addr, "Username": server.User, "SqLite": "0", "Postgres": "1",
	})
	first.write()
	first.command("-v", "-r")
	second := newSite(t, binary, first.ini)
	first.start()
	second.start()
	files := inputs(t)[:11]
	var wg sync.WaitGroup
	for _, s := range []*site{first, second} {
		wg.Go(func() {
			for range 2 {
				for _, line := range s.store(files...) {
					if !success.MatchString(line) {
						t.Errorf("store: %s", line)
					}
				}
			}
		})
	}
	wg.Wait()
	ask := func(s *site) []string {
		return sorted(s.find("-S", "QueryRetrieveLevel=STUDY", "PatientID", "StudyInstanceUID", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"))
	}
	images := []string{"QueryRetrieveLevel=IMAGE", "PatientID", "SOPInstanceUID"}
	want := ask(first)
	if got := ask(second); !slices.Equal(want, got) {
		t.Errorf("the servers differ:\n%s", difference(want, got))
	}
	if n := len(first.find("-S", images...)); n != len(files) {
		t.Errorf("%d images, want %d", n, len(files))
	}

	// One dies in the middle of storing; the other goes on with the same objects.
	wg.Go(func() { second.store(files...) })
	first.store(files[:3]...)
	second.kill()
	wg.Wait()
	for _, line := range first.store(files...) {
		if !success.MatchString(line) {
			t.Errorf("store after the other died: %s", line)
		}
	}
	second.start()
	for _, s := range []*site{first, second} {
		if got := ask(s); !slices.Equal(want, got) {
			t.Errorf("after the kill:\n%s", difference(want, got))
		}
	}
	if n := len(got(t, second, "QueryRetrieveLevel=STUDY", "StudyInstanceUID="+firstStudy)); n != 5 {
		t.Errorf("%d images served of the first study, want 5", n)
	}
	if n := objectFiles(t, first); n < len(files) {
		t.Errorf("%d files for %d images", n, len(files))
	}
}

// objectFiles counts the files of objects on the device.
func objectFiles(t *testing.T, s *site) int {
	t.Helper()
	n := 0
	filepath.WalkDir(s.ini["MAGDevice0"], func(path string, e os.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".dcm" {
			n++
		}
		return nil
	})
	return n
}
