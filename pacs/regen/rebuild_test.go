package regen_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/db"
	"conquest/dicom"
	"conquest/pacs/regen"
	"conquest/pacs/sitetest"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// rebuild makes a new index for the objects of a site whose index is at path.
func rebuild(t *testing.T, s *sitetest.Site, path string) (said string, err error) {
	t.Helper()
	var b strings.Builder
	_, set := db.FromConfig(s.Live.Current())
	site := regen.Site{
		Config: s.Live.Current, Rules: &rules.Engine{Env: func(rules.Caller) scripting.Env { return &scripting.DryRun{} }}, Console: s.Console,
		Refused: func(error, db.Location) {},
	}
	err = regen.Rebuild(context.Background(), site, s.Schema, db.Options{Server: path, SQLite: true}, set, &b)
	return b.String(), err
}

// imagesOf counts the images of an index, and looks for a mapped UID.
func imagesOf(t *testing.T, s *sitetest.Site, path string) (images int64, mapped bool) {
	t.Helper()
	d, err := db.Open(context.Background(), s.Schema, db.Options{Server: path, SQLite: true, MustExist: true}, db.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c, err := d.Counts(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	_, mapped, err = d.LookupUID(context.Background(), "1.2.3", "")
	if err != nil {
		t.Fatal(err)
	}
	return c.Images, mapped
}

func TestRebuild(t *testing.T) {
	s, _ := newRegenerator(t)
	lay(t, filepath.Join(s.Dir, "data", "A"), sitetest.Image("A", 1), sitetest.Image("A", 2))
	path := filepath.Join(t.TempDir(), "index.db3")
	d, err := db.Open(context.Background(), s.Schema, db.Options{Server: path, SQLite: true}, db.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Initialize(context.Background(), db.AllTables, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.MapUID(context.Background(), "1.2.3", "4.5.6", "", "x", nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	said, err := rebuild(t, s, path)
	if err != nil || !strings.Contains(said, "is sound and stays") {
		t.Errorf("%v\n%s", err, said)
	}
	if n, mapped := imagesOf(t, s, path); n != 0 || !mapped {
		t.Errorf("the sound index has %d images", n)
	}
	if n, mapped := imagesOf(t, s, path+".rebuilt"); n != 2 || !mapped {
		t.Errorf("the new index has %d images, mapped UIDs %v", n, mapped)
	}

	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(make([]byte, 512), whole[512:]...), 0o644); err != nil {
		t.Fatal(err)
	}
	said, err = rebuild(t, s, path)
	if err != nil || !strings.Contains(said, "the new index is in its place") {
		t.Errorf("%v\n%s", err, said)
	}
	if n, _ := imagesOf(t, s, path); n != 2 {
		t.Errorf("%d images", n)
	}
	if aside, _ := filepath.Glob(path + ".damaged-*"); len(aside) != 1 {
		t.Errorf("set aside: %v", aside)
	}
}

// TestAbsentDevice keeps the rows of a device that is not mounted.
func TestAbsentDevice(t *testing.T) {
	ctx := context.Background()
	s, _ := newRegenerator(t)
	s.Keep("MAG1", sitetest.Image("A", 1))
	presence := storage.NewPresence(storage.NewDevices(s.Live.Current().Storage))
	presence.Holds = func(device string) ([]string, error) { return s.DB.DeviceFiles(ctx, device, 20) }
	r := regen.New(regen.Site{Config: s.Live.Current, Index: s.DB, Console: s.Console, Presence: func() *storage.Presence { return presence }})
	if err := os.Rename(filepath.Join(s.Dir, "more"), filepath.Join(s.Dir, "away")); err != nil {
		t.Fatal(err)
	}
	if err := r.All(ctx, db.AllTables, func(string) {}); err == nil {
		t.Error("regenerated without a device")
	}
	if _, found, err := s.DB.Lookup(ctx, sitetest.Image("A", 1).String(dicom.SOPInstanceUID), "A"); !found || err != nil {
		t.Errorf("row is gone: %v", err)
	}
}
