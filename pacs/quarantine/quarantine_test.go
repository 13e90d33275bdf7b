package quarantine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/pacs/sitetest"
	"conquest/queue"
	"conquest/storage"
)

func TestQuarantine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), Folder)
	var released []string
	var said []string
	fails := true
	q := &Quarantine{
		Dir: func() string { return dir }, Writer: func() storage.Writer { return storage.Writer{} },
		Say: func(l string) { said = append(said, l) },
		Release: func(_ context.Context, d *dicom.Dataset, n Note) error {
			if fails {
				return errors.New("the converter fails")
			}
			released = append(released, d.String(dicom.SOPInstanceUID)+" from "+n.Calling)
			return nil
		},
	}
	if len(q.Letters()) != 0 {
		t.Error("letters in a folder that is not there")
	}
	d, other := sitetest.Image("A", 1), sitetest.Image("A", 2)
	other.SetString(dicom.SOPInstanceUID, "../../etc/passwd")
	for _, d := range []*dicom.Dataset{d, d, other} {
		if err := q.Keep(d, Note{Reason: "set: bad tag", Converter: "ImportConverter0", Calling: "CT"}); err != nil {
			t.Fatal(err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 6 {
		t.Errorf("%d files", len(entries))
	}
	list := q.Letters()
	if len(list) != 3 || list[0].Patient != "A" || list[0].Reason != "set: bad tag" || list[0].ID == list[1].ID {
		t.Fatalf("letters %+v", list)
	}
	objects := 0
	storage.WalkObjects(context.Background(), filepath.Dir(dir), func(string) error { objects++; return nil }, func(error) {})
	if objects != 0 {
		t.Errorf("a regeneration would enter %d of them", objects)
	}
	if err := q.Retry(list[0].ID); err == nil || len(q.Letters()) != 3 {
		t.Error("an object is released though its converter fails")
	}
	fails = false
	if err := errors.Join(q.Retry(list[0].ID), q.Skip(list[1].ID)); err != nil {
		t.Fatal(err)
	}
	if len(released) != 1 || !strings.HasSuffix(released[0], " from CT") || len(said) != 2 || len(q.Letters()) != 1 {
		t.Errorf("released %q, said %q", released, said)
	}
	var missing *queue.LetterError
	if err := q.Skip(list[0].ID); !errors.As(err, &missing) || q.Move(list[2].ID, "X") == nil {
		t.Errorf("skip of what is gone: %v", err)
	}
}
