package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"conquest/db"
	"conquest/dicomini"
	"conquest/journal"
	"conquest/pacs/health"
	"conquest/storage"
)

// makeDatabaseFolder makes the folder of an SQLite file or of dBASE files when
// it is missing.
func makeDatabaseFolder(cfg *dicomini.Config) error {
	folder := ""
	switch {
	case cfg.SQLServer == "":
	case cfg.SqLite:
		folder = filepath.Dir(cfg.SQLServer)
	case usesDBase(cfg):
		folder = cfg.SQLServer
	}
	if folder == "" {
		return nil
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("make folder of the database: %w", err)
	}
	return nil
}

// devicesEmpty tells whether no device has an object: the site is new.
func devicesEmpty(ctx context.Context, cfg *dicomini.Config) bool {
	_, found := storage.NewDevices(cfg.Storage).FirstObject(ctx)
	return !found
}

// whenOpen does work that needs the index, at once or as soon as its database can
// be reached.
func (s *Server) whenOpen(ctx context.Context, do func()) {
	select {
	case <-s.Index.Opened():
		do()
		return
	default:
	}
	if err := s.Index.Unreachable(); err != nil && !s.saidAway {
		s.saidAway = true
		s.Console.Event("*** the database is not reachable, work waits for it", "database", s.Live.Current().SQLServer, "error", err)
	}
	s.work.Go("start of the index", func() {
		select {
		case <-s.Index.Opened():
			do()
		case <-ctx.Done():
		}
	})
}

// makeTables makes the tables of a database that has none at all, at the first
// start, and those that are missing among others. Tables that can not be made end
// nothing: stores are refused, as in the original.
func (s *Server) makeTables(ctx context.Context, cfg *dicomini.Config) {
	has, lacks, err := s.Index.Tables(ctx)
	switch {
	case err != nil:
		s.Console.Event("*** tables of the database not looked for", "error", err)
	case len(has) == 0:
		s.firstTables(ctx, cfg)
	case len(lacks) > 0:
		s.Console.Event("the database lacks tables, making them", "tables", strings.Join(lacks, " "))
		if _, err := s.Index.Complete(ctx); err != nil {
			s.Console.Event("*** tables not made, objects that need them will be refused", "error", err)
		}
	default:
		s.sayEmptyIndex(ctx, cfg)
	}
}

func (s *Server) firstTables(ctx context.Context, cfg *dicomini.Config) {
	if path, found := storage.NewDevices(cfg.Storage).FirstObject(ctx); found {
		s.Console.Event("*** the database has no tables, but the devices hold objects: look at SQLServer in dicom.ini. dgate -r makes a new index of them; until then nothing is stored",
			"database", cfg.SQLServer, "object", path)
		return
	}
	s.Console.Event("the database has no tables, making them", "database", cfg.SQLServer)
	if err := s.Index.Initialize(ctx, db.AllTables, s.SayLine); err != nil {
		s.Console.Event("*** tables not made, objects will be refused", "error", err)
		return
	}
	s.isNew.Store(true)
}

// sayEmptyIndex says when the index is empty and the devices are not.
func (s *Server) sayEmptyIndex(ctx context.Context, cfg *dicomini.Config) {
	if err := health.Filled(s.Index, storage.NewDevices(cfg.Storage)).Look(ctx); err != nil {
		s.Console.Event("*** index", "database", cfg.SQLServer, "error", err)
	}
}

// lockQueues keeps other processes from the files of the queues.
func (s *Server) lockQueues(cfg *dicomini.Config) (unlock func(), err error) {
	name := ".dgate" + cfg.Owner() + ".lock"
	unlock, err = journal.Lock(name)
	if errors.Is(err, journal.ErrLocked) {
		return nil, fmt.Errorf("another server works with the queues of port %s in this folder: several need different values of NodeName in dicom.ini", cfg.Owner())
	}
	if err != nil {
		s.Console.Event("*** queues are not locked", "file", name, "error", err)
		return func() {}, nil
	}
	return unlock, nil
}

// HandOver writes the work of the queues to the failure files of the original, while
// no server runs.
func (s *Server) HandOver(ctx context.Context) (written, kept int, err error) {
	cfg := s.Live.Current()
	unlock, err := s.lockQueues(cfg)
	if err != nil {
		return 0, 0, err
	}
	defer unlock()
	return s.PACS.HandOver(ctx, cfg)
}
