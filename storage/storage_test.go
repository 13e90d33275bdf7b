package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
)

func devices(t *testing.T, n int) (*Devices, string) {
	t.Helper()
	root := t.TempDir()
	var c dicomini.Storage
	for i := range n {
		dir := filepath.Join(root, "mag"+string(rune('0'+i)))
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		c.MAGDevices = append(c.MAGDevices, dir)
	}
	c.MIRRORDevices = []string{filepath.Join(root, "mirror")}
	c.CACHEDevices = []string{filepath.Join(root, "cd%02d_%04d")}
	c.JUKEBOXDevices = []string{filepath.Join(root, "box%03d")}
	return NewDevices(c), root
}

func TestPathOfDevices(t *testing.T) {
	d, root := devices(t, 2)
	for device, want := range map[string]string{
		"MAG0": "mag0", "mag1": "mag1", "MAG1.Archiving": "mag1", "MAG0.3": "mag0", "MIRROR0": "mirror",
		"CACHE0.1.23": "cd01_0023", "JUKEBOX0.7": "box007",
	} {
		if got := d.Path(device); got != filepath.Join(root, want)+string(filepath.Separator) {
			t.Errorf("%s: %s", device, got)
		}
	}
	for _, device := range []string{"MAG7", "CACHE0.1", "JUKEBOX3.1", "DISK0", ""} {
		if got := d.Path(device); got != "" {
			t.Errorf("%s: %s, want none", device, got)
		}
	}
}

func TestChooseSkipsFullDevices(t *testing.T) {
	d, _ := devices(t, 2)
	if c, err := d.Choose("", false); err != nil || c.Device != "MAG0" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := d.Choose("MAG1", false); err != nil || c.Device != "MAG1" {
		t.Errorf("preferred MAG1: %+v, %v", c, err)
	}
	if c, err := d.Choose("MAG9", false); err != nil || c.Device != "MAG0" {
		t.Errorf("preferred device that is not there: %+v, %v", c, err)
	}
	d.fullBelow = 1 << 40
	if _, err := d.Choose("", false); !errors.Is(err, ErrNoSpace) {
		t.Errorf("full devices: %v", err)
	}
	d.cleanBelow = 100
	if c, err := d.Choose("", false); err != nil || !c.Low {
		t.Errorf("full devices with cleaning: %+v, %v", c, err)
	}
}

func TestLocateLooksElsewhere(t *testing.T) {
	d, root := devices(t, 2)
	put := func(path string) {
		os.MkdirAll(filepath.Dir(path), 0o777)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(root, "mag0", "P", "a.dcm"))
	put(filepath.Join(root, "mirror", "P", "b.dcm"))
	put(filepath.Join(root, "mag1", "P", "c.dcm"))
	for file, moved := range map[string]string{"P/a.dcm": "", `P\b.dcm`: "MIRROR0", "P/c.dcm": "MAG1"} {
		_, got, ok := d.Locate("MAG0", file)
		if !ok || got != moved {
			t.Errorf("%s: on %q, %v, want %q", file, got, ok, moved)
		}
	}
	if _, _, ok := d.Locate("MAG0", "P/d.dcm"); ok {
		t.Error("found a file that is not there")
	}
}

func TestWriteIsWholeOrAbsent(t *testing.T) {
	d, _ := devices(t, 1)
	dir := d.MAG(0)
	w := Writer{Sync: true}
	if err := w.Write(dir, filepath.Join("P", "x.dcm"), ct()); err != nil {
		t.Fatal(err)
	}
	f, err := dicom.ReadFile(dir+"P/x.dcm", dicom.ParseOptions{})
	if err != nil || f.String(dicom.PatientID) != "PAT001" {
		t.Fatalf("read back: %v", err)
	}
	f.Close()

	changed := ct()
	changed.SetString(dicom.PatientName, "New^Name")
	staged, err := w.Stage(dir, "P/x.dcm", changed)
	if err != nil {
		t.Fatal(err)
	}
	staged.Discard()
	f, err = dicom.ReadFile(dir+"P/x.dcm", dicom.ParseOptions{})
	if err != nil || f.String(dicom.PatientName) != "Doe^John" {
		t.Errorf("a discarded file replaced the old one: %v", err)
	}
	f.Close()
	if left, _ := os.ReadDir(dir + workFolder); len(left) != 0 {
		t.Errorf("left in the work folder: %v", left)
	}
	if err := Remove(dir, "P/x.dcm"); err != nil {
		t.Fatal(err)
	}
	if exists(dir + "P") {
		t.Error("the empty folder stays")
	}
}

func TestWatchTakesInAndSetsAside(t *testing.T) {
	dir := t.TempDir() + string(filepath.Separator)
	old := time.Now().Add(-time.Minute)
	put := func(name, content string) {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o777)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(path, old, old)
	}
	put("good.dcm", "good")
	put("sub/deep.dcm", "good")
	put("bad.dcm", "bad")
	put("later.partial", "good")
	put("._mac", "junk")
	added := make(chan string, 10)
	rejected := make(chan string, 10)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- Watch(ctx, Watched{
			Dir: dir,
			Add: func(_ context.Context, path string) error {
				b, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				if string(b) == "bad" {
					return errors.New("not DICOM")
				}
				added <- filepath.Base(path)
				return nil
			},
			Rejected: func(path string, _ error) { rejected <- path },
			Failed:   func(err error) { t.Error(err) },
		})
	}()
	got := map[string]bool{<-added: true, <-added: true}
	bad := <-rejected
	put("next.dcm", "good")
	got[<-added] = true
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"good.dcm", "deep.dcm", "next.dcm"} {
		if !got[name] {
			t.Errorf("%s was not taken in", name)
		}
	}
	if reason, _ := os.ReadFile(bad + ".reason.txt"); string(reason) != "not DICOM\n" {
		t.Errorf("reason %q", reason)
	}
	for _, gone := range []string{"good.dcm", "sub", "bad.dcm", "._mac"} {
		if exists(filepath.Join(dir, gone)) {
			t.Errorf("%s is still there", gone)
		}
	}
	if !exists(filepath.Join(dir, "later.partial")) {
		t.Error("a partial file was touched")
	}
}

// TestBoundsOfDevices holds at which free space a device counts as full, and
// which device is chosen when all are.
func TestBoundsOfDevices(t *testing.T) {
	d, _ := devices(t, 3)
	free := map[string]int{}
	d.freeMB = func(folder string) int { return free[folder] }
	set := func(mb ...int) {
		clear(free)
		for n, v := range mb {
			free[d.MAG(n)] = v
		}
	}
	d.fullBelow = 30
	for _, tt := range []struct {
		mb        []int
		preferred string
		clean     int
		mayFail   bool
		want      string
		low       bool
	}{
		{mb: []int{31, 500, 500}, want: "MAG0"},
		{mb: []int{30, 31, 500}, want: "MAG1"},
		{mb: []int{100, 30, 500}, preferred: "MAG1", want: "MAG0"},
		{mb: []int{100, 31, 500}, preferred: "MAG1", want: "MAG1"},
		{mb: []int{100, 0, 0}, clean: 100, want: "MAG0"},
		{mb: []int{99, 0, 0}, clean: 100, want: "MAG0", low: true},
		{mb: []int{5, 7, 7}, clean: 100, want: "MAG1", low: true},
		{mb: []int{0, 0, 0}, clean: 100, want: "MAG0", low: true},
		{mb: []int{5, 7, 7}, clean: 100, mayFail: true},
		{mb: []int{5, 7, 7}},
	} {
		set(tt.mb...)
		d.cleanBelow = tt.clean
		c, err := d.Choose(tt.preferred, tt.mayFail)
		if tt.want == "" {
			if !errors.Is(err, ErrNoSpace) {
				t.Errorf("%+v: %+v, %v", tt, c, err)
			}
			continue
		}
		if err != nil || c.Device != tt.want || c.Low != tt.low {
			t.Errorf("%+v: %+v, %v", tt, c, err)
		}
	}
	for n, want := range map[int]bool{-1: false, 0: true, 2: true, 3: false} {
		if got := d.MAG(n) != ""; got != want {
			t.Errorf("MAG%d is there: %v", n, got)
		}
	}
}
