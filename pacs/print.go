package pacs

import (
	"path/filepath"

	"conquest/dicom"
	"conquest/pacs/site"
	"conquest/storage"
)

// printHost is the server as the print service sees it.
type printHost struct{ s *PACS }

func (h printHost) Folder() string {
	return filepath.Join(storage.NewDevices(h.s.Live.Current().Storage).MAG(0), "printer_files")
}

func (h printHost) WriteObject(path string, picture *dicom.Dataset) error {
	return h.s.Writer(h.s.Live.Current()).WriteTo(path, picture)
}

func (h printHost) NewUID() string { return h.s.UIDs.New(site.UIDGeneral) }

func (h printHost) Printed(colour bool) {
	h.s.Counters.Printed.Add(1)
	if colour {
		h.s.Counters.PrintedColor.Add(1)
	}
}
