// Package prefetch reads the files of what is asked for ahead of a move, so that
// the move finds them in the cache of the system (key Prefetcher; docs/original/network.md
// 4.7). What it reads it throws away.
package prefetch

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/group"
	"conquest/oplog"
	"conquest/storage"
)

// Prefetcher reads the files of one patient or study at a time.
type Prefetcher struct {
	config func() *dicomini.Config // for work that starts now
	index  *db.DB
	con    *console.Console

	work    group.Group
	mu      sync.Mutex // guards below
	current string     // "P" or "S" and the key of what was read last
	cancel  context.CancelFunc
}

// New makes the prefetcher of a server.
func New(config func() *dicomini.Config, index *db.DB, con *console.Console) *Prefetcher {
	return &Prefetcher{config: config, index: index, con: con}
}

// Queried starts reading what a query asks for.
func (p *Prefetcher) Queried(identifier *dicom.Dataset) {
	cfg := p.config()
	if cfg.Prefetcher == 0 {
		return
	}
	kind, tag, key := "P", dicom.PatientID, identifier.String(dicom.PatientID)
	if key == "" || strings.Contains(key, "*") {
		kind, tag, key = "S", dicom.StudyInstanceUID, identifier.String(dicom.StudyInstanceUID)
	}
	if key == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == kind+key {
		return
	}
	if p.cancel != nil {
		p.cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.current, p.cancel = kind+key, cancel
	if kind == "P" {
		oplog.PrefetchingPatient(p.con, key)
	} else {
		oplog.PrefetchingStudy(p.con, key)
	}
	keys := dicom.NewDataset(1)
	keys.SetString(tag, key)
	p.work.Go("prefetch", func() { p.readAll(ctx, keys) })
}

// Moved stops reading because of a move, but not of one of single objects.
func (p *Prefetcher) Moved(identifier *dicom.Dataset) {
	if identifier.String(dicom.SOPInstanceUID) != "" {
		return
	}
	p.Stop()
}

// Stop stops reading.
func (p *Prefetcher) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
		p.cancel, p.current = nil, ""
	}
}

// Close stops reading and waits until nothing is read any more.
func (p *Prefetcher) Close() {
	p.Stop()
	p.work.Wait()
}

// readAll reads the files of a selection.
func (p *Prefetcher) readAll(ctx context.Context, keys *dicom.Dataset) {
	refs, err := p.index.Locate(ctx, keys)
	if err != nil {
		oplog.PrefetchQueryFailed(p.con)
		return
	}
	start, size := time.Now(), int64(0)
	dev := storage.NewDevices(p.config().Storage)
	for n, ref := range refs {
		seconds, megabytes := int(time.Since(start).Seconds()), (size+1<<19)>>20
		if ctx.Err() != nil {
			oplog.PrefetchAborted(p.con, n, megabytes, seconds, len(refs)-n)
			return
		}
		size += p.readOne(dev, ref)
	}
	oplog.Prefetched(p.con, len(refs), (size+1<<19)>>20, int(time.Since(start).Seconds()))
}

func (p *Prefetcher) readOne(dev *storage.Devices, ref db.ObjectRef) (size int64) {
	path, _, ok := dev.Locate(ref.Device, ref.File)
	if !ok {
		return 0
	}
	oplog.PrefetchingFile(p.con, path)
	Read(path)
	if fi, err := os.Stat(path); err == nil {
		size = fi.Size()
	}
	return size
}

// Read reads a file to its end.
func Read(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	io.Copy(io.Discard, f)
}
