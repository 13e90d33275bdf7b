package store

import (
	"bytes"
	"fmt"
	"os"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/storage"
)

const (
	// MaxInMemory is the size in bytes up to which objects are received into
	// memory.
	MaxInMemory = 4 << 20
	// SpoolBulk is the size from which a value of a spooled object stays in its
	// file.
	SpoolBulk = 1 << 20
)

// Spool is the file for an object that is too large for memory, on the device
// that would take it; start is the beginning of its data set, which goes to
// offset: where its large values will lie in the file that is to be stored, when
// nothing before them is changed. That file is then written while the object
// arrives.
func (s *Store) Spool(start []byte, ts dicom.TransferSyntax) (f *os.File, offset int64, err error) {
	cfg := s.Live.Current()
	choice, err := s.Devices(cfg).Choose("", true)
	if err != nil {
		return nil, 0, fmt.Errorf("keep a large object while it is received: %w", err)
	}
	f, err = s.Writer(cfg).Spool(choice.Dir)
	return f, s.spoolOffset(cfg, start, ts), err
}

// spoolOffset foresees where a data set of which the start is known has to lie.
func (s *Store) spoolOffset(cfg *dicomini.Config, start []byte, ts dicom.TransferSyntax) int64 {
	if ts.Deflated || ts.BigEndian || len(start) == 0 {
		return 0
	}
	const unknown = 1 << 40 // bytes still to come
	// The end is missing: an error is what comes after the large values.
	ds, _ := dicom.ParseReaderAt(bytes.NewReader(start), 0, unknown, ts, dicom.ParseOptions{BulkThreshold: SpoolBulk})
	if ds == nil {
		return 0
	}
	first := firstBulk(ds)
	if first == nil {
		return 0
	}
	ds.SetTransferSyntax(ts.UID)
	storage.FixImage(oplog.Lines(func(string) {}), ds, storage.Fixes{
		Philips: cfg.FixPhilips, Kodak: cfg.FixKodak, AllowEmpty: cfg.AllowEmptyPatientID, UIDs: true,
	})
	lead, ok := s.Writer(cfg).Lead("object"+s.Namer.Extension(), ds)
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
func (s *Store) stage(cfg *dicomini.Config, in *Incoming, dir, name string) (*storage.Staged, error) {
	w := s.Writer(cfg)
	if in.Spooled != nil {
		staged, done, err := w.Adopt(dir, name, in.Object, in.Spooled)
		if done && err == nil {
			in.Adopted = true
		}
		if done {
			return staged, err
		}
	}
	return w.Stage(dir, name, in.Object)
}
