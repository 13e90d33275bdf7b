package dicomini

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestLocate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("paths below have slashes")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "plain")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		argv0 string
		w     []string
		want  Location
		err   string
	}{
		{"./dgate", nil, Location{"./", "./dicom.ini"}, ""},
		{"/opt/cq/dgate", nil, Location{"/opt/cq/", "/opt/cq/dicom.ini"}, ""},
		{"dgate", nil, Location{"", "./dicom.ini"}, ""},
		{"./dgate", []string{dir}, Location{dir + "/", dir + "/dicom.ini"}, ""},
		{"./dgate", []string{dir + "/"}, Location{dir + "/", dir + "/dicom.ini"}, ""},
		{"./dgate", []string{"/etc/cq/site.INI"}, Location{"/etc/cq/", "/etc/cq/site.INI"}, ""},
		{"dgate", []string{"site.ini"}, Location{"", "site.ini"}, ""},
		{"./dgate", []string{"site.ini"}, Location{"./", "./dicom.ini"}, ""},
		{"./dgate", []string{"/no/such"}, Location{}, "Directory /no/such does not exist."},
		{"./dgate", []string{""}, Location{}, "Directory  does not exist."},
		{"./dgate", []string{"/no/such", dir}, Location{}, "Directory /no/such does not exist."},
		{"./dgate", []string{"/etc/x.ini", dir}, Location{dir + "/", dir + "/dicom.ini"}, ""},
		{"./dgate", []string{file}, Location{}, file + " is not a directory."},
	}
	for _, tt := range tests {
		got, err := Locate(tt.argv0, tt.w...)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != tt.want || text != tt.err {
			t.Errorf("Locate(%q, %q) = %v, %q; want %v, %q", tt.argv0, tt.w, got, text, tt.want, tt.err)
		}
	}
}

// TestLocateInCurrentDirectory starts a binary that has no dicom.ini beside it,
// as "go run" does.
func TestLocateInCurrentDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("dicom.ini", []byte("[sscscp]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sep := string(filepath.Separator)
	got, err := Locate(filepath.Join(t.TempDir(), "dgate"))
	if want := (Location{"." + sep, "." + sep + "dicom.ini"}); got != want || err != nil {
		t.Errorf("Locate = %v, %v; want %v", got, err, want)
	}
}
