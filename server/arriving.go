package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/storage"
)

// arrivalLog is a journal of the objects that are between the writing of their
// file and the commit of their index rows. A process that was killed in that
// moment leaves their names; the next one enters them (docs/original/storage.md 10.5).
type arrivalLog struct {
	folder string // work folder of MAG0
	name   string // begins the file names of this process

	mu      sync.Mutex // guards below
	current *arrivalFile
	made    int
}

// arrivalFile is one file of the journal: it is removed when it is full and
// nothing that it names is under way any more.
type arrivalFile struct {
	f       *os.File
	entries int
	open    int
	full    bool
}

// arrivalEntry is a line of the journal.
type arrivalEntry struct {
	Device string       `json:"d"`
	File   string       `json:"f"`
	Old    *db.Location `json:"old,omitempty"` // the same object under another name, to be removed
}

// Sizes and times of the journal.
const (
	arrivalPrefix  = "arriving-"
	arrivalEntries = 5000             // of one file
	arrivalStale   = 10 * time.Minute // age from which a file of another program belongs to nobody
)

// newArrivals makes the journal of this process. owner tells servers of one
// folder apart: its port, as only one process has it.
func newArrivals(folder, owner string) *arrivalLog {
	return &arrivalLog{folder: folder, name: fmt.Sprintf("%s%s-%d-%d", arrivalPrefix, owner, os.Getpid(), time.Now().UnixNano())}
}

// enter notes an object whose file is about to get its name; done notes that its
// rows are committed, or that it was given up. A journal that can not be written
// does not keep objects from being stored.
func (a *arrivalLog) enter(p placement) (done func()) {
	line, err := json.Marshal(arrivalEntry{p.loc.Device, p.loc.File, p.replaces})
	if a == nil || err != nil {
		return func() {}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	file, err := a.file()
	if err != nil {
		return func() {}
	}
	file.open++
	file.entries++
	file.f.Write(append(line, '\n'))
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		file.open--
		a.tidy(file)
	}
}

// file is the file to write to. The caller holds mu.
func (a *arrivalLog) file() (*arrivalFile, error) {
	if c := a.current; c != nil {
		if c.entries < arrivalEntries {
			return c, nil
		}
		c.full = true
		a.current = nil
		a.tidy(c)
	}
	a.made++
	path := filepath.Join(a.folder, fmt.Sprintf("%s-%d.log", a.name, a.made))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	a.current = &arrivalFile{f: f}
	return a.current, nil
}

// tidy removes a file that nobody needs. The caller holds mu.
func (a *arrivalLog) tidy(c *arrivalFile) {
	if c.full && c.open == 0 {
		c.f.Close()
		os.Remove(c.f.Name())
	}
}

// close removes the journal when nothing is under way.
func (a *arrivalLog) close() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.current; c != nil {
		c.full = true
		a.current = nil
		a.tidy(c)
	}
}

// recoverArrivals makes index and files agree about the objects that a killed
// process was storing. It runs when this process has the port of owner.
func (s *Server) recoverArrivals(ctx context.Context, folder, owner string) {
	found, err := filepath.Glob(filepath.Join(storage.EscapeGlob(folder), arrivalPrefix+"*.log"))
	if err != nil {
		return
	}
	for _, path := range found {
		fi, err := os.Stat(path)
		mine := strings.HasPrefix(filepath.Base(path), arrivalPrefix+owner+"-")
		if err != nil || !mine && time.Since(fi.ModTime()) < arrivalStale {
			continue
		}
		if err := s.recoverFrom(ctx, path); err != nil {
			s.con.Event("*** objects of an ended process not checked", "journal", path, "error", err)
			continue
		}
		os.Remove(path)
	}
}

func (s *Server) recoverFrom(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	entries := map[db.Location]arrivalEntry{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e arrivalEntry
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			entries[db.Location{File: e.File, Device: e.Device}] = e
		}
	}
	dev := storage.NewDevices(s.live.Current().Storage)
	for loc, e := range entries {
		if err := s.recoverArrival(ctx, dev, loc, e); err != nil {
			s.con.Event("*** object of an ended process not entered", "file", loc.File, "device", loc.Device, "error", err)
		}
	}
	return lines.Err()
}

// recoverArrival enters one object again, by what its file says.
func (s *Server) recoverArrival(ctx context.Context, dev *storage.Devices, loc db.Location, e arrivalEntry) error {
	path, moved, ok := dev.Locate(loc.Device, loc.File)
	if !ok || moved != "" && !strings.HasPrefix(moved, "MIRROR") {
		return nil
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.PixelData})
	if err != nil {
		return err
	}
	defer f.Close()
	sop := f.String(dicom.SOPInstanceUID)
	defer s.objects.lock(sop)()
	known, found, err := s.db.Lookup(ctx, sop, f.String(dicom.PatientID))
	if err != nil {
		return err
	}
	if found && known != loc && (e.Old == nil || known != *e.Old) {
		return nil // stored anew elsewhere meanwhile
	}
	if _, err := s.db.Add(ctx, f.Dataset, loc); err != nil {
		return err
	}
	if !found {
		s.con.Event("object of an ended process entered", "file", path)
	}
	if e.Old != nil && *e.Old != loc {
		if err := storage.Remove(dev.Path(e.Old.Device), e.Old.File); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		s.removeMirror(dev, *e.Old)
	}
	s.queueMirror(ctx, s.live.Current(), stored{path: path, loc: loc})
	return nil
}
