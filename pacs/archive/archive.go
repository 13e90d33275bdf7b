// Package archive is the care for stored objects: it moves them between devices
// and to media that are burned (docs/original/storage.md), checks copies, and makes space by
// deleting the oldest patients. Each object is whole on the device that the index
// names at every moment. What comes in and goes out is not its business.
package archive

import (
	"context"
	"errors"
	"sync/atomic"

	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/group"
	"conquest/rules"
	"conquest/storage"
)

// ErrSaid is the error of work that has said on the console what is wrong.
var ErrSaid = errors.New("archival operation failed")

// Host is what archiving needs of the server it belongs to.
type Host interface {
	// Config is the configuration for work that starts now.
	Config() *dicomini.Config
	// Writer writes and copies objects.
	Writer(cfg *dicomini.Config) storage.Writer
	// Lock keeps others from storing an object until unlock is called.
	Lock(sop string) (unlock func())
	// Transcode recompresses an object to a compression code.
	Transcode(ctx context.Context, ds *dicom.Dataset, code string) error
	// Mirror enters a file that is new on a MAG device for its mirror.
	Mirror(ctx context.Context, path string, loc db.Location)
	// Remove deletes objects, their rows first.
	Remove(ctx context.Context, cfg *dicomini.Config, refs []db.ObjectRef) error
	// Moved is told of an object that lies on another device now.
	Moved(ctx context.Context, sop, patient, from string, now db.Location)
	// GiveRoom removes what is kept for an undo, the oldest first, until there is
	// enough room, and tells whether there was any.
	GiveRoom(cfg *dicomini.Config, enough func() bool) bool
	// Refused says why the index does not take an object.
	Refused(err error, loc db.Location)
}

// Archive takes care of the objects of a server.
type Archive struct {
	host     Host
	index    *db.DB
	rules    *rules.Engine // for ArchiveConverter0 and MoveDeviceConverter0
	con      *console.Console
	work     group.Group // cleaning in the background
	cleaning atomic.Bool // old patients are being deleted to make space
}

// New makes the archive of a server.
func New(host Host, index *db.DB, engine *rules.Engine, con *console.Console) *Archive {
	return &Archive{host: host, index: index, rules: engine, con: con}
}
