// Package store takes objects in: the receive pipeline from converters to file, index row,
// mirror and export queues.
package store

import (
	"path/filepath"

	"conquest/dicomini"
	"conquest/pacs/arriving"
	"conquest/pacs/export"
	"conquest/pacs/quarantine"
	"conquest/pacs/remove"
	"conquest/pacs/site"
	"conquest/pacs/transcode"
	"conquest/pacs/worklist"
	"conquest/storage"
)

// Store takes objects in.
type Store struct {
	*site.Site
	transcode *transcode.Transcoder
	export    *export.Queues
	remove    *remove.Remover
	worklist  *worklist.Worklist

	reserved reservedNames
	arriving *arriving.Log
	// Quarantine has objects whose converter failed.
	Quarantine *quarantine.Quarantine
	// MakeSpace is told that a device is nearly full.
	MakeSpace func(*dicomini.Config)
}

// New makes it.
func New(s *site.Site, transcode *transcode.Transcoder, export *export.Queues, remove *remove.Remover, worklist *worklist.Worklist) *Store {
	cfg := s.Live.Current()
	st := &Store{
		Site: s, transcode: transcode, export: export, remove: remove, worklist: worklist,
		arriving: arriving.New(filepath.Join(storage.NewDevices(cfg.Storage).MAG(0), "printer_files"), cfg.Owner(), s.JournalOptions(cfg)),
	}
	st.Quarantine = st.newQuarantine()
	return st
}

// Close removes the journal of objects under way, when nothing is.
func (s *Store) Close() error { return s.arriving.Close() }
