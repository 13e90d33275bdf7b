package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"conquest/db"
	"conquest/dicomini"
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

// makeTables makes the tables of a database that has none at all: a first
// start. A database with any table of ours is left as it is.
func (s *Server) makeTables(ctx context.Context, cfg *dicomini.Config) error {
	empty, err := s.databaseIsEmpty(ctx, cfg)
	if err != nil || !empty {
		return err
	}
	s.Console.Event("the database has no tables, making them", "database", cfg.SQLServer)
	if err := s.Index.Initialize(ctx, db.AllTables, s.SayLine); err != nil {
		return fmt.Errorf("make tables: %w", err)
	}
	return nil
}

func (s *Server) databaseIsEmpty(ctx context.Context, cfg *dicomini.Config) (bool, error) {
	var statement string
	names := "lower(table_name) in (" + db.Quote(strings.ToLower(cfg.ImageTableName)) + ", " + db.Quote(strings.ToLower(cfg.PatientTableName)) + ")"
	switch s.Index.Kind() {
	case db.SQLite:
		statement = "select count(*) from sqlite_master where type = 'table'"
	case db.Postgres:
		statement = "select count(*) from information_schema.tables where " + names
	case db.MySQL:
		statement = "select count(*) from information_schema.tables where table_schema = database() and " + names
	case db.DBase:
		files, err := filepath.Glob(filepath.Join(cfg.SQLServer, "*.[dD][bB][fF]"))
		return len(files) == 0, err
	default:
		return false, nil
	}
	rows, err := s.Index.SQL(ctx, statement)
	if err != nil {
		return false, fmt.Errorf("look for tables: %w", err)
	}
	return len(rows) == 1 && len(rows[0]) == 1 && rows[0][0] == "0", nil
}
