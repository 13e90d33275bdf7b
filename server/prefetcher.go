package server

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/storage"
)

// prefetcher reads the files of a patient or study whenever somebody asks for
// it, so that a later move finds them in the cache of the system (key
// Prefetcher; spec/network.md 4.7). A move stops it.
type prefetcher struct {
	mu      sync.Mutex
	current string // "P" or "S" and the key of what was read last
	cancel  context.CancelFunc
}

// prefetch starts reading what a query asks for.
func (s *Server) prefetch(identifier *dicom.Dataset) {
	cfg := s.live.Current()
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
	p := &s.net.prefetcher
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
		s.con.Operator("Prefetching patient %s", key)
	} else {
		s.con.Operator("Prefetching study %s", key)
	}
	keys := dicom.NewDataset(1)
	keys.SetString(tag, key)
	go s.readAll(ctx, keys)
}

// prefetchAbort stops reading because of a move, but not of one of single
// objects.
func (s *Server) prefetchAbort(identifier *dicom.Dataset) {
	if identifier.String(dicom.SOPInstanceUID) != "" {
		return
	}
	s.prefetchStop()
}

func (s *Server) prefetchStop() {
	p := &s.net.prefetcher
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
		p.cancel, p.current = nil, ""
	}
}

// readAll reads the files of a selection.
func (s *Server) readAll(ctx context.Context, keys *dicom.Dataset) {
	refs, err := s.db.Locate(ctx, keys)
	if err != nil {
		s.con.Operator("***Unable to query for image records for prefetch")
		return
	}
	start, size := time.Now(), int64(0)
	dev := storage.NewDevices(s.live.Current().Storage)
	for n, ref := range refs {
		seconds, megabytes := int(time.Since(start).Seconds()), (size+1<<19)>>20
		if ctx.Err() != nil {
			s.con.Operator("Aborted prefetch after reading %d images (%d MB) in %d s, %d images skipped", n, megabytes, seconds, len(refs)-n)
			return
		}
		size += s.readOne(dev, ref)
	}
	s.con.Operator("Prefetch done: read %d images (%d MB) in %d s", len(refs), (size+1<<19)>>20, int(time.Since(start).Seconds()))
}

func (s *Server) readOne(dev *storage.Devices, ref db.ObjectRef) (size int64) {
	path, _, ok := dev.Locate(ref.Device, ref.File)
	if !ok {
		return 0
	}
	s.con.Debug("Prefetching file: %s", path)
	readThrough(path)
	if fi, err := os.Stat(path); err == nil {
		size = fi.Size()
	}
	return size
}
