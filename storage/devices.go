package storage

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"conquest/dicomini"
)

// Devices are the storage devices of a configuration snapshot
// (docs/original/storage.md 1). It is immutable.
type Devices struct {
	mag, mirror, cache, jukebox []string
	fullBelow                   int // MB; no new objects on a device with less
	cleanBelow                  int // MB; 0 = never
	ignoreFree                  bool

	presence *Presence               // nil: all devices count as there
	freeMB   func(folder string) int // of tests; nil asks the system
}

// With is the same devices without those that are not there, where a place for a
// new object is chosen.
func (d *Devices) With(p *Presence) *Devices {
	c := *d
	c.presence = p
	return &c
}

// NewDevices takes the devices of a configuration.
func NewDevices(c dicomini.Storage) *Devices {
	d := &Devices{
		cache: c.CACHEDevices, jukebox: c.JUKEBOXDevices,
		fullBelow: c.MAGDeviceFullThreshHold, cleanBelow: c.MAGDeviceThreshHold,
		ignoreFree: c.IgnoreMAGDeviceThreshHold,
	}
	for _, p := range c.MAGDevices {
		d.mag = append(d.mag, withSeparator(p))
	}
	for _, p := range c.MIRRORDevices {
		d.mirror = append(d.mirror, withSeparator(p))
	}
	return d
}

func withSeparator(p string) string {
	if p == "" || os.IsPathSeparator(p[len(p)-1]) {
		return p
	}
	return p + string(filepath.Separator)
}

// MAGs is the number of MAG devices.
func (d *Devices) MAGs() int { return len(d.mag) }

// MAG is the folder of MAG device n, ending in a separator; "" when there is no
// such device.
func (d *Devices) MAG(n int) string { return at(d.mag, n) }

// Mirror is the folder of MIRROR device n, ending in a separator; "" when there
// is no such device.
func (d *Devices) Mirror(n int) string { return at(d.mirror, n) }

func at(list []string, n int) string {
	if n < 0 || n >= len(list) {
		return ""
	}
	return list[n]
}

// Path is the folder of a device named as in the index ("MAG0",
// "MAG0.Archiving", "MIRROR1", "CACHE0.1.23", "JUKEBOX1.23"), ending in a
// separator; "" when there is no such device. Letter case does not matter.
func (d *Devices) Path(device string) string {
	upper := strings.ToUpper(device)
	switch {
	case strings.HasPrefix(upper, "MAG"):
		return d.MAG(dicomini.Atoi(device[3:]))
	case strings.HasPrefix(upper, "MIRROR"):
		return d.Mirror(dicomini.Atoi(device[6:]))
	case strings.HasPrefix(upper, "CACHE"):
		if n := numbers(device[5:]); len(n) == 3 {
			return withSeparator(pattern(at(d.cache, n[0]), n[1], n[2]))
		}
	case strings.HasPrefix(upper, "JUKEBOX"):
		if n := numbers(device[7:]); len(n) == 2 {
			return withSeparator(pattern(at(d.jukebox, n[0]), n[1]))
		}
	}
	return ""
}

func numbers(s string) []int {
	var list []int
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		list = append(list, n)
	}
	return list
}

// pattern puts numbers in the %d fields of a device path.
func pattern(format string, n ...int) string {
	if format == "" || strings.Count(format, "%") != len(n) {
		return ""
	}
	args := make([]any, len(n))
	for i := range n {
		args[i] = n[i]
	}
	return fmt.Sprintf(format, args...)
}

// Free is the free space of a device in MB: a fixed 10000 when free space is
// ignored, 0 when it can not be found out.
func (d *Devices) Free(device string) int {
	if d.ignoreFree {
		return 10000
	}
	p := d.Path(device)
	if p == "" {
		return 0
	}
	return d.free(p)
}

func (d *Devices) free(folder string) int {
	if d.freeMB != nil {
		return d.freeMB(folder)
	}
	free, _, err := Space(folder)
	if err != nil {
		return freeUnknown
	}
	return int(min(free>>20, math.MaxInt32))
}

// room is the space for new objects on a device, in MB; -1 when it is not there.
func (d *Devices) room(device, dir string) int {
	if d.presence != nil && d.presence.Ready(dir) != nil {
		return -1
	}
	return d.Free(device)
}

// ErrNoSpace tells that no device has room for a new object.
var ErrNoSpace = errors.New("*** Out of disk space")

// Choice is the device for a new object.
type Choice struct {
	Device string // for the index: MAGn
	Dir    string // ends in a separator
	Low    bool   // the device has less free than MAGDeviceThreshHold: start cleaning
}

// preferredNeeds is the free space in MB below which a preference is ignored.
const preferredNeeds = 30

// Choose finds the device for a new object: preferred ("MAGn") when it has
// room, else the first MAG with more free than MAGDeviceFullThreshHold, else a
// mirror. When all are full and cleaning is configured the emptiest MAG is
// chosen unless mayFail is set; otherwise the error is [ErrNoSpace].
func (d *Devices) Choose(preferred string, mayFail bool) (Choice, error) {
	if preferred != "" {
		if p := d.Path(preferred); p != "" && d.room(preferred, p) > preferredNeeds {
			return Choice{Device: preferred, Dir: p}, nil
		}
	}
	best, bestFree := 0, -1
	for n, dir := range d.mag {
		name := "MAG" + strconv.Itoa(n)
		free := d.room(name, dir)
		if free > d.fullBelow {
			return Choice{name, dir, d.cleanBelow != 0 && free < d.cleanBelow}, nil
		}
		if free > bestFree {
			best, bestFree = n, free
		}
	}
	for n, dir := range d.mirror {
		if d.room("MIRROR"+strconv.Itoa(n), dir) > d.fullBelow {
			return Choice{"MAG" + strconv.Itoa(n), dir, d.cleanBelow != 0}, nil
		}
	}
	if d.cleanBelow == 0 || mayFail || bestFree < 0 {
		return Choice{}, ErrNoSpace
	}
	return Choice{"MAG" + strconv.Itoa(best), d.mag[best], true}, nil
}

// Locate finds the file of an index row: on its device, on the mirror of that
// device, on related archive devices, then on every MAG and MIRROR. moved is
// the name of the other device it was found on, "" when it is in its place.
// ok is false when there is no such file. Both path separators are understood
// in file.
func (d *Devices) Locate(device, file string) (path, moved string, ok bool) {
	file = filepath.FromSlash(strings.ReplaceAll(file, `\`, "/"))
	if dir := d.Path(device); dir != "" && isFile(dir+file) {
		return dir + file, "", true
	}
	for _, other := range d.alternatives(device) {
		if dir := d.Path(other); dir != "" && isFile(dir+file) {
			return dir + file, other, true
		}
	}
	return "", "", false
}

func (d *Devices) alternatives(device string) []string {
	var list []string
	upper := strings.ToUpper(device)
	add := func(format string, n ...any) { list = append(list, fmt.Sprintf(format, n...)) }
	switch {
	case strings.HasPrefix(upper, "MAG"):
		add("MIRROR%d", dicomini.Atoi(device[3:]))
	case strings.HasPrefix(upper, "JUKEBOX"):
		if n := numbers(device[7:]); len(n) == 2 {
			for k := range d.jukebox {
				add("JUKEBOX%d.%d", k, n[1])
			}
			for k := range d.cache {
				add("CACHE%d.%d.%d", k, n[0], n[1])
			}
		}
	case strings.HasPrefix(upper, "CACHE"):
		if n := numbers(device[5:]); len(n) == 3 {
			for k := range d.jukebox {
				add("JUKEBOX%d.%d", k, n[2])
			}
		}
	}
	for n := range d.mag {
		add("MAG%d", n)
	}
	for n := range d.mirror {
		add("MIRROR%d", n)
	}
	return list
}

func isFile(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular()
}

// Caches is the number of CACHE devices.
func (d *Devices) Caches() int { return len(d.cache) }

// Jukeboxes is the number of JUKEBOX devices.
func (d *Devices) Jukeboxes() int { return len(d.jukebox) }

// FreeAt is the free space in MB where a folder is, or will be made.
func (d *Devices) FreeAt(dir string) int {
	if d.ignoreFree {
		return 10000
	}
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return d.free(dir)
		}
	}
}
