package regen_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"conquest/db"
	"conquest/dicom"
	"conquest/pacs/regen"
	"conquest/pacs/sitetest"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

func newRegenerator(t *testing.T, more ...string) (*sitetest.Site, *regen.Regenerator) {
	s := sitetest.New(t, more...)
	engine := &rules.Engine{Env: func(rules.Caller) scripting.Env { return &scripting.DryRun{} }}
	refused := func(err error, loc db.Location) { s.Console.Operator("refused %s: %v", loc.File, err) }
	return s, regen.New(regen.Site{Config: s.Live.Current, Index: s.DB, Rules: engine, Console: s.Console, Refused: refused})
}

// lay writes objects as files that the index does not know.
func lay(t *testing.T, dir string, objects ...*dicom.Dataset) {
	t.Helper()
	for _, ds := range objects {
		if err := (storage.Writer{}).WriteTo(filepath.Join(dir, ds.String(dicom.SOPInstanceUID)+".dcm"), ds); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAll(t *testing.T) {
	ctx := context.Background()
	s, r := newRegenerator(t)
	s.Keep("MAG0", sitetest.Image("A", 1))
	if err := s.DB.Delete(ctx, db.ObjectRef{PatientID: "A", SOPInstanceUID: sitetest.Image("A", 1).String(dicom.SOPInstanceUID)}); err != nil {
		t.Fatal(err)
	}
	lay(t, filepath.Join(s.Dir, "data", "B"), sitetest.Image("B", 1), sitetest.Image("B", 2))
	lay(t, filepath.Join(s.Dir, "data", "printer_files"), sitetest.Image("P", 1))
	lay(t, filepath.Join(s.Dir, "more"), sitetest.Image("C", 1))
	lay(t, filepath.Join(s.Dir, "jukebox", "cd0007"), sitetest.Image("D", 1))
	for name, text := range map[string]string{"data/broken.dcm": "no object", "data/notes.txt": "not looked at"} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.All(ctx, db.AllTables, func(string) {}); err != nil {
		t.Fatal(err)
	}
	s.Want("JUKEBOX0.7:1 MAG0:3 MAG1:1", "JUKEBOX:1 MAG0:4 MAG1:1")
	if said := s.Log.Take("broken.dcm -FAILED: Error on Load"); len(said) != 1 {
		t.Errorf("broken file: %q", said)
	}
	if r.Running() {
		t.Error("still running")
	}
}

func TestConverter(t *testing.T) {
	ctx := context.Background()
	s, r := newRegenerator(t, `RegenConverter0 = ifequal "%i", "B"; destroy`)
	lay(t, filepath.Join(s.Dir, "data"), sitetest.Image("A", 1), sitetest.Image("B", 1))
	if err := r.Device(ctx, "MAG0", ""); err != nil {
		t.Fatal(err)
	}
	s.Want("MAG0:1", "MAG0:2")
}

func TestParts(t *testing.T) {
	ctx := context.Background()
	s, r := newRegenerator(t)
	dir := filepath.Join(s.Dir, "data")
	lay(t, filepath.Join(dir, "A"), sitetest.Image("A", 1))
	lay(t, filepath.Join(dir, "B"), sitetest.Image("B", 1))
	if err := r.Device(ctx, "MAG0", "A"); err != nil {
		t.Fatal(err)
	}
	s.Want("MAG0:1", "MAG0:2")
	if err := r.File(ctx, filepath.ToSlash(dir)+"/B/"+sitetest.Image("B", 1).String(dicom.SOPInstanceUID)+".dcm"); err != nil {
		t.Fatal(err)
	}
	s.Want("MAG0:2", "MAG0:2")
	for what, err := range map[string]error{
		"device": r.Device(ctx, "MAG7", ""), "folder": r.Device(ctx, "MAG0", "none"), "folder outside": r.Device(ctx, "MAG0", "../more/x"),
	} {
		if !errors.Is(err, regen.ErrNoDevice) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := r.File(ctx, "/elsewhere/x.dcm"); !errors.Is(err, regen.ErrNotOnMAG) {
		t.Errorf("file elsewhere: %v", err)
	}
}
