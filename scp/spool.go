package scp

import (
	"bytes"
	"fmt"

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
func (s *SCP) spool(_ *dimse.Association, m dimse.Spooled) (dimse.SpoolFile, error) {
	cfg := s.Live.Current()
	dev := storage.NewDevices(cfg.Storage)
	choice, err := dev.Choose("", true)
	if err != nil {
		return dimse.SpoolFile{}, fmt.Errorf("keep a large object while it is received: %w", err)
	}
	f, err := storage.Spool(choice.Dir)
	return dimse.SpoolFile{File: f, Offset: s.spoolOffset(cfg, m)}, err
}

// spoolOffset foresees where a data set of which the start is known has to lie.
func (s *SCP) spoolOffset(cfg *dicomini.Config, m dimse.Spooled) int64 {
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
