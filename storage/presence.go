package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Marker is the file, in the work folder of a device, by which a device that is
// mounted is told from an empty mount point. Regeneration, ours and the
// original's, leaves the work folder out. That of the first device lists the
// folders of all devices that were seen.
const Marker = ".dgate-device"

// markerText is what a marker tells whoever finds it.
const markerText = "This folder is a storage device of a DICOM server. Without this file it counts as not mounted.\n"

// AbsentError tells that a device that holds objects, or was seen before, is not
// there: not mounted, most likely.
type AbsentError struct {
	Device string // as in the index
	Dir    string
}

func (e *AbsentError) Error() string {
	return fmt.Sprintf("device %s is not there: %s is not mounted, or no longer the folder that it was", e.Device, e.Dir)
}

// Presence tells which devices are there. A folder of a device that was seen
// before, or that the index has objects on, is never made and never written to
// without its marker. It may be used by many goroutines.
type Presence struct {
	// Holds gives names of files that the index has on a device, a few of many.
	// An error leaves the question open until the next time.
	Holds func(device string) ([]string, error)
	// Changed is told when a device is found absent, or there again; may be nil.
	Changed func(device, dir string, there bool)

	devices *Devices

	mu    sync.Mutex // guards below
	known map[string]*deviceState
}

// deviceState is what is known of a device folder.
type deviceState struct {
	device   string
	judged   bool
	expected bool     // to have its marker
	listed   bool     // among those that were seen
	samples  []string // files that the index has on it
	absent   bool     // as said last
}

// NewPresence looks after the MAG and MIRROR devices of a configuration.
func NewPresence(d *Devices) *Presence {
	p := &Presence{devices: d, known: map[string]*deviceState{}}
	add := func(kind string, dirs []string) {
		for n, dir := range dirs {
			if p.known[dir] == nil && !strings.HasPrefix(dir, noDevice) {
				p.known[dir] = &deviceState{device: fmt.Sprint(kind, n)}
			}
		}
	}
	add("MAG", d.mag)
	add("MIRROR", d.mirror)
	return p
}

// noDevice begins the folder of a device that dicom.ini does not name.
const noDevice = "NULL"

// Ready tells whether a device folder may be written to: nil, and the folder is
// there, made if it is new; or why not, which is an *[AbsentError] when it is not
// mounted. Folders of no device may always be written to.
func (p *Presence) Ready(dir string) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	s := p.known[dir]
	p.mu.Unlock()
	if s == nil {
		return nil
	}
	if !Exists(MarkerOf(dir)) {
		return p.unmarked(s, dir)
	}
	p.mu.Lock()
	p.seen(s, dir)
	p.mu.Unlock()
	p.say(s, dir, true)
	return nil
}

// Absent lists the devices that are not there, each with what is wrong.
func (p *Presence) Absent() []*AbsentError {
	var list []*AbsentError
	for _, dir := range slices.Concat(p.devices.mag, p.devices.mirror) {
		var absent *AbsentError
		if errors.As(p.examine(dir), &absent) {
			list = append(list, absent)
		}
	}
	return list
}

// examine is Ready without making anything.
func (p *Presence) examine(dir string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.known[dir]
	if s == nil || Exists(MarkerOf(dir)) {
		return nil
	}
	if err := p.judge(s, dir); err != nil {
		return err
	}
	if !s.expected || p.familiar(s, dir) {
		return nil
	}
	return &AbsentError{s.device, dir}
}

// unmarked decides about a folder that has no marker.
func (p *Presence) unmarked(s *deviceState, dir string) error {
	p.mu.Lock()
	err := p.judge(s, dir)
	familiar := err == nil && s.expected && p.familiar(s, dir)
	fresh := err == nil && !s.expected
	p.mu.Unlock()
	switch {
	case err != nil:
		return err
	case !familiar && !fresh:
		p.say(s, dir, false)
		return &AbsentError{s.device, dir}
	}
	if err := os.MkdirAll(dir+workFolder, 0o777); err == nil {
		_ = os.WriteFile(MarkerOf(dir), []byte(markerText), 0o644)
	} else if !IsDir(dir) {
		return fmt.Errorf("make folder of device %s: %w", s.device, err)
	}
	p.mu.Lock()
	// A device that can only be read gets no marker and is not asked for one.
	if s.expected = Exists(MarkerOf(dir)); s.expected {
		p.seen(s, dir)
	}
	p.mu.Unlock()
	p.say(s, dir, true)
	return nil
}

// judge finds out, once, whether a folder is that of a device with objects, or
// was seen before. The caller holds mu.
func (p *Presence) judge(s *deviceState, dir string) error {
	if s.judged {
		return nil
	}
	if p.Holds != nil && strings.HasPrefix(s.device, "MAG") {
		samples, err := p.Holds(s.device)
		if err != nil && !IsDir(dir) {
			return fmt.Errorf("device %s has no folder %s, and whether it had one is not known: %w", s.device, dir, err)
		}
		if err != nil {
			return nil
		}
		s.samples = samples
	}
	s.judged = true
	s.expected = len(s.samples) > 0 || slices.Contains(p.remembered(), filepath.Clean(dir))
	return nil
}

// familiar tells whether a folder without marker has files of its device: one of
// the original, or one whose marker was lost.
func (p *Presence) familiar(s *deviceState, dir string) bool {
	return slices.ContainsFunc(s.samples, func(file string) bool { return isFile(dir + Native(file)) })
}

func (p *Presence) say(s *deviceState, dir string, there bool) {
	p.mu.Lock()
	changed := s.absent == there
	s.absent = !there
	p.mu.Unlock()
	if changed && p.Changed != nil {
		p.Changed(s.device, dir, there)
	}
}

// MarkerOf is where the marker of a device folder lies.
func MarkerOf(dir string) string { return filepath.Join(dir, workFolder, Marker) }

// remembered are the folders that the marker of the first device lists.
func (p *Presence) remembered() []string {
	if len(p.devices.mag) == 0 {
		return nil
	}
	text, err := os.ReadFile(MarkerOf(p.devices.mag[0]))
	if err != nil {
		return nil
	}
	var list []string
	for line := range strings.Lines(string(text)) {
		if dir, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "seen "); ok {
			list = append(list, dir)
		}
	}
	return list
}

// seen notes that a device has its marker. The caller holds mu.
func (p *Presence) seen(s *deviceState, dir string) {
	s.judged, s.expected = true, true
	if s.listed || len(p.devices.mag) == 0 || strings.ContainsAny(dir, "\r\n") {
		return
	}
	dir = filepath.Clean(dir)
	if slices.Contains(p.remembered(), dir) {
		s.listed = true
		return
	}
	f, err := os.OpenFile(MarkerOf(p.devices.mag[0]), os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return // the first device is not there, or is only read
	}
	_, err = f.WriteString("seen " + dir + "\n")
	s.listed = errors.Join(err, f.Close()) == nil
}
