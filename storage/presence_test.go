package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"conquest/dicom"
)

// watched is the presence of devices, with what it said.
func presenceOf(d *Devices, rows map[string][]string) (p *Presence, said *[]string) {
	p, said = NewPresence(d), new([]string)
	p.Holds = func(device string) ([]string, error) { return rows[device], nil }
	p.Changed = func(device, _ string, there bool) {
		*said = append(*said, device+map[bool]string{true: " there", false: " absent"}[there])
	}
	return p, said
}

// unmount puts an empty mount point in the place of a device, or takes it away;
// mount puts the device back.
func unmount(t *testing.T, dir string, point bool) (mount func()) {
	t.Helper()
	away := filepath.Clean(dir) + ".away"
	must(t, os.Rename(dir, away))
	if point {
		must(t, os.Mkdir(dir, 0o777))
	}
	return func() {
		t.Helper()
		os.Remove(dir)
		must(t, os.Rename(away, dir))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDeviceThatIsNotMountedIsNeverMade(t *testing.T) {
	for _, point := range []bool{false, true} {
		d, _ := devices(t, 2)
		p, said := presenceOf(d, nil)
		w := Writer{Ready: p.Ready}
		for _, dir := range []string{d.MAG(0), d.MAG(1), d.Mirror(0)} {
			must(t, w.Write(dir, "a/1.dcm", small("1.2")))
		}
		for _, dir := range []string{d.MAG(1), d.Mirror(0)} {
			mount := unmount(t, dir, point)
			// A later process knows it too.
			for _, p := range []*Presence{p, NewPresence(d)} {
				var absent *AbsentError
				err := Writer{Ready: p.Ready}.Write(dir, "a/2.dcm", small("1.3"))
				if !errors.As(err, &absent) || absent.Dir != dir {
					t.Errorf("mount point %v: written to %s: %v", point, dir, err)
				}
				if list := p.Absent(); len(list) != 1 || list[0].Dir != dir {
					t.Errorf("absent: %v", list)
				}
			}
			if entries, _ := os.ReadDir(dir); len(entries) > 0 || !point && Exists(dir) {
				t.Errorf("mount point %v: %s was made or filled", point, dir)
			}
			mount()
			must(t, w.Write(dir, "a/2.dcm", small("1.3")))
			if list := p.Absent(); len(list) > 0 {
				t.Errorf("there again, but absent: %v", list)
			}
		}
		want := []string{"MAG1 absent", "MAG1 there", "MIRROR0 absent", "MIRROR0 there"}
		if !slices.Equal(*said, want) {
			t.Errorf("said %v, want %v", *said, want)
		}
	}
}

// TestDeviceOfTheOriginal has rows and files, but no marker yet.
func TestDeviceOfTheOriginal(t *testing.T) {
	d, _ := devices(t, 2)
	must(t, os.MkdirAll(d.MAG(1)+"p", 0o777))
	must(t, os.WriteFile(d.MAG(1)+"p/old.dcm", nil, 0o644))
	p, _ := presenceOf(d, map[string][]string{"MAG1": {`q\gone.dcm`, `p\old.dcm`}})
	mount := unmount(t, d.MAG(1), true)
	if p.Ready(d.MAG(1)) == nil {
		t.Error("a device with rows and an empty folder counts as there")
	}
	if c, err := d.With(p).Choose("MAG1", true); err != nil || c.Device != "MAG0" {
		t.Errorf("chosen: %+v %v", c, err)
	}
	mount()
	if err := p.Ready(d.MAG(1)); err != nil {
		t.Errorf("mounted: %v", err)
	}
	if !Exists(MarkerOf(d.MAG(1))) {
		t.Error("no marker")
	}
	if c, err := d.With(p).Choose("MAG1", true); err != nil || c.Device != "MAG1" {
		t.Errorf("chosen: %+v %v", c, err)
	}
}

func TestNewDeviceIsMade(t *testing.T) {
	d, _ := devices(t, 1)
	must(t, os.Remove(d.MAG(0)))
	p, _ := presenceOf(d, nil)
	must(t, p.Ready(d.MAG(0)))
	if !IsDir(d.MAG(0)) || len(p.Absent()) > 0 {
		t.Error("a new device was not made")
	}
	for _, dir := range []string{t.TempDir() + "/", "NULL/"} {
		if err := p.Ready(dir); err != nil {
			t.Errorf("folder of no device: %v", err)
		}
	}
}

// TestIndexAway neither makes a folder nor forgets the question.
func TestIndexAway(t *testing.T) {
	d, _ := devices(t, 1)
	must(t, os.Remove(d.MAG(0)))
	p := NewPresence(d)
	away := errors.New("index is away")
	p.Holds = func(string) ([]string, error) { return nil, away }
	if err := p.Ready(d.MAG(0)); !errors.Is(err, away) || Exists(d.MAG(0)) {
		t.Errorf("folder made while nothing is known of it: %v", err)
	}
	away = nil
	must(t, p.Ready(d.MAG(0)))
}

func TestAllDevicesAbsent(t *testing.T) {
	d, _ := devices(t, 1)
	d.cleanBelow = 1
	p, _ := presenceOf(d, map[string][]string{"MAG0": {"a.dcm"}})
	must(t, os.Mkdir(d.Mirror(0), 0o777))
	d.freeMB = func(folder string) int { return map[string]int{d.MAG(0): 1000}[folder] }
	if c, err := d.With(p).Choose("", false); !errors.Is(err, ErrNoSpace) {
		t.Errorf("chosen: %+v %v", c, err)
	}
}

// TestMarkerIsNoObject holds that no walk of a device meets the marker.
func TestMarkerIsNoObject(t *testing.T) {
	d, _ := devices(t, 1)
	p, _ := presenceOf(d, nil)
	must(t, Writer{Ready: p.Ready}.Write(d.MAG(0), "a/1.dcm", small("1.2")))
	var found []string
	must(t, WalkObjects(context.Background(), d.MAG(0), func(path string) error { found = append(found, path); return nil }, func(err error) { t.Error(err) }))
	if len(found) != 1 {
		t.Errorf("found %v", found)
	}
}

func small(uid string) *dicom.Dataset {
	ds := dicom.NewDataset(4)
	ds.SetString(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.2")
	ds.SetString(dicom.SOPInstanceUID, uid)
	ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	return ds
}
