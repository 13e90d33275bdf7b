// Package undo keeps what is deleted or replaced for UndoHours, so that it can be
// taken back.
//
// A [Deed] is one deletion or change, of one object or of many. Its files are set
// aside on the device on which they lay, in printer_files/undo/ID, which
// regeneration, archiving and watching leave out; what it did stands in a journal in
// the folder of that name on MAG0. The order of a deletion is: what will be done is
// in the journal, the rows go, the files move. A process that is killed at any point
// leaves either what was, or what is needed to go on; [Journal.Recover] does that.
//
// With UndoHours = 0 there is no deed, [Journal.Begin] gives nil, and nothing is
// written or moved. All methods of a nil *Deed do nothing.
package undo

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"conquest/console"
	"conquest/db"
	"conquest/dicomini"
	"conquest/journal"
	"conquest/storage"
)

// Kinds of deeds.
const (
	Deleted   = "deleted"
	Forgotten = "taken out of the index"
	Modified  = "modified"
	Merged    = "merged"
	Undone    = "undone" // what an undo replaced
)

// Errors of [Journal.Undo].
var (
	ErrUnknown  = errors.New("there is no such deed, or its time is over")
	ErrUnderWay = errors.New("it is still being carried out")
)

// Site is what a journal works on.
type Site struct {
	Config  func() *dicomini.Config // for work that starts now
	Index   *db.DB
	Console *console.Console
	Options func(*dicomini.Config) journal.Options
	// Lock keeps others from storing an object until unlock is called.
	Lock func(sop string) (unlock func())
	// Removed is told of a file that was set aside, whose mirror copy goes.
	Removed func(cfg *dicomini.Config, loc db.Location)
}

// Journal keeps the deeds of a site. It is safe for concurrent use.
type Journal struct {
	site Site
	// OnRestored is told of a file that is in its place and in the index again. It is
	// set before work begins; nil: nobody is told.
	OnRestored func(ctx context.Context, path string, ref db.ObjectRef)
	// OnFinished is told of the objects of a deed that a killed process had begun.
	OnFinished func(e Entry, refs []db.ObjectRef)

	any atomic.Bool // there may be deeds

	undoing sync.Mutex // one undo or expiry at a time

	mu      sync.Mutex // guards below
	serving bool       // this process has the port of the site
	open    map[string]*Deed
	known   map[string]known // by ID
}

// New makes the journal of a site. Nothing is read or written yet.
func New(site Site) *Journal {
	return &Journal{site: site, open: map[string]*Deed{}, known: map[string]known{}}
}

const (
	folder  = "undo"
	logName = "deed.log"
	// workFolder is the folder on each device that regeneration leaves out.
	workFolder = "printer_files"
)

// Hours is how long deeds of a configuration can be taken back; 0 is not at all.
func Hours(cfg *dicomini.Config) time.Duration {
	return time.Duration(max(cfg.Number("UndoHours"), 0)) * time.Hour
}

// home is the folder of all deeds of a site.
func home(cfg *dicomini.Config) string {
	return filepath.Join(storage.NewDevices(cfg.Storage).MAG(0), workFolder, folder)
}

// asideDir is where the files of a deed lie on the device folder dir.
func asideDir(dir, id string) string { return filepath.Join(dir, workFolder, folder, id) }

// head is the first entry of the journal of a deed.
type head struct {
	Kind  string    `json:"kind"`
	What  string    `json:"what"` // what was asked for
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Owner string    `json:"owner"` // port of the server
	Tool  bool      `json:"tool,omitempty"`
}

// step is one object of a deed.
type step struct {
	Ref db.ObjectRef `json:"ref"` // its row
	// Device is where its file lay, "" for that of the row.
	Device string `json:"device,omitempty"`
	// Aside is the name of the file in the folder of the deed, "" when it stays.
	Aside string `json:"aside,omitempty"`
	Size  int64  `json:"size,omitempty"`
	// New is what took its place.
	New *db.ObjectRef `json:"new,omitempty"`
}

// from is the device folder on which the file of a step lay, and its path.
func (s *step) from(dev *storage.Devices) (dir, path string) {
	device := s.Device
	if device == "" {
		device = s.Ref.Device
	}
	dir = dev.Path(device)
	return dir, dir + storage.Native(s.Ref.File)
}

// aside is the path of the file of a step while it is set aside.
func (s *step) aside(dev *storage.Devices, id string) string {
	dir, _ := s.from(dev)
	return filepath.Join(asideDir(dir, id), s.Aside)
}

// record is an entry of the journal of a deed: one of these.
type record struct {
	Head    *head      `json:"head,omitempty"`
	Steps   []step     `json:"steps,omitempty"`
	Row     []db.Field `json:"row,omitempty"`     // of the worklist, that went with its patient
	End     bool       `json:"end,omitempty"`     // the deed is whole
	Undoing bool       `json:"undoing,omitempty"` // it is being taken back
}
