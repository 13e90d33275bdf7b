package server

import (
	"bytes"
	"fmt"
	"os"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/storage"
)

const (
	// maxInMemory is the size in bytes up to which objects are received into
	// memory.
	maxInMemory = 4 << 20
	// spoolBulk is the size from which a value of a spooled object stays in its
	// file.
	spoolBulk = 1 << 20
)

// spool is the file for an object that is too large for memory, on the device
// that would take it. The object goes where its large values will lie in the
// file that is to be stored, when nothing before them is changed: that file is
// then written while the object arrives.
func (s *Server) spool(_ *dimse.Association, m dimse.Spooled) (dimse.SpoolFile, error) {
	cfg := s.live.Current()
	dev := storage.NewDevices(cfg.Storage)
	choice, err := dev.Choose("", true)
	if err != nil {
		return dimse.SpoolFile{}, fmt.Errorf("keep a large object while it is received: %w", err)
	}
	f, err := storage.Spool(choice.Dir)
	return dimse.SpoolFile{File: f, Offset: s.spoolOffset(cfg, m)}, err
}

// spoolOffset foresees where a data set of which the start is known has to lie.
func (s *Server) spoolOffset(cfg *dicomini.Config, m dimse.Spooled) int64 {
	ts := m.Context.TransferSyntax
	if ts.Deflated || ts.BigEndian {
		return 0
	}
	const unknown = 1 << 40 // bytes still to come
	// The end is missing: an error is what comes after the large values.
	ds, _ := dicom.ParseReaderAt(bytes.NewReader(m.Start), 0, unknown, ts, dicom.ParseOptions{BulkThreshold: spoolBulk})
	first := firstBulk(ds)
	if first == nil {
		return 0
	}
	ds.SetTransferSyntax(ts.UID)
	storage.FixImage(ds, storage.Fixes{
		Philips: cfg.FixPhilips, Kodak: cfg.FixKodak, AllowEmpty: cfg.AllowEmptyPatientID, UIDs: true,
	})
	lead, ok := s.writer(cfg).Lead("object"+s.namer.Extension(), ds)
	if !ok {
		return 0
	}
	return max(lead-first.Offset, 0)
}

// firstBulk is the first file-backed value of the top level.
func firstBulk(ds *dicom.Dataset) *dicom.Bulk {
	for e := range ds.All() {
		switch {
		case e.Bulk != nil:
			return e.Bulk
		case e.Fragments != nil && len(e.Fragments.Bulk) > 0:
			return e.Fragments.Bulk[0]
		}
	}
	return nil
}

// stage writes the file of an object under a temporary name.
func (s *Server) stage(cfg *dicomini.Config, in *arrival, dir, name string) (*storage.Staged, error) {
	w := s.writer(cfg)
	if in.spooled != nil {
		staged, done, err := w.Adopt(dir, name, in.ds, in.spooled)
		if done && err == nil {
			in.adopted = true
		}
		if done {
			return staged, err
		}
	}
	return w.Stage(dir, name, in.ds)
}

// letGo frees what was received of an object that is stored. Only scripts may
// hold objects longer: then memory is left to the garbage collector, and a file
// stays open, without its name, until nobody has it any more.
func (ses *session) letGo(d *dimse.Data, in *arrival) {
	scripted := ses.lua.Started()
	f := d.File()
	switch {
	case f == nil:
		if !scripted {
			d.Recycle()
		}
	case in.adopted:
		if d.TakeFile(); !scripted {
			f.Close()
		}
	case scripted && os.Remove(f.Name()) == nil:
		d.TakeFile()
	}
}
