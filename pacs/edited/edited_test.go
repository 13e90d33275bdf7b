package edited_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"conquest/pacs/edited"
)

// Comments, order, line ends and letters of Latin-1 stay as they are, what was is
// kept, and what somebody else changed meanwhile is not overwritten.
func TestFile(t *testing.T) {
	f := edited.File{Path: filepath.Join(t.TempDir(), "dicom.ini")}
	const was = "# K\xfcche\r\nA = 1\r\n"
	if err := os.WriteFile(f.Path, []byte(was), 0o640); err != nil {
		t.Fatal(err)
	}
	text, err := f.Read()
	if err != nil || text.Text != "# Küche\r\nA = 1\r\n" {
		t.Fatal(text, err)
	}
	raw, err := f.Bytes(text.Text + "B = ö\r\n")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := f.Replace(raw, text.Tag, now); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(f.Path); string(got) != was+"B = \xf6\r\n" {
		t.Errorf("%q", got)
	}
	if fi, _ := os.Stat(f.Path); fi.Mode().Perm() != 0o640 {
		t.Error(fi.Mode())
	}
	if err := f.Replace([]byte("x"), text.Tag, now.Add(time.Second)); !errors.Is(err, edited.ErrChanged) {
		t.Errorf("a second edit of the same state: %v", err)
	}
	if _, err := f.Bytes("日本"); err == nil {
		t.Error("letters that Latin-1 has not are taken")
	}
	list, err := f.History()
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if old, err := f.Version(list[0].ID); err != nil || string(old) != was {
		t.Errorf("%q %v", old, err)
	}
	if _, err := f.Version("../dicom.ini"); !errors.Is(err, edited.ErrNotFound) {
		t.Errorf("a path: %v", err)
	}
}
