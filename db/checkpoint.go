package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"conquest/db/sqlite"
)

// idle brings the file of SQLite up to date: whoever copies it alone then has all
// rows, as with the original.
func (s *sqlStore) idle() {
	if s.d.kind != SQLite || s.connect(context.Background()) != nil {
		return
	}
	// Busy readers leave a part for the next time.
	if r, err := s.conn.QueryContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)"); err == nil {
		r.Close()
	}
}

// ErrOwnBackup tells that the database server has a program of its own for backups.
var ErrOwnBackup = errors.New("this database server makes its own backups")

// Backup writes a consistent copy of the index to path while it is in use: a file
// for SQLite, in the place of an older copy; a new folder for dBASE. Databases on
// servers have programs for it: [ErrOwnBackup] names it.
func (d *DB) Backup(ctx context.Context, path string) error {
	if err := d.gate(ctx); err != nil {
		return err
	}
	var err error
	switch k := d.Kind(); k {
	case SQLite:
		err = d.backupFile(ctx, path)
	case DBase:
		err = d.change(ctx, bare, nil, func(group) error { return d.store.(*dbaseStore).copyTo(path) })
	case Postgres:
		err = fmt.Errorf("%w: pg_dump -h %s -U %s -Fc -f FILE %s", ErrOwnBackup, d.opt.Host, d.opt.Username, d.opt.Server)
	case MySQL:
		err = fmt.Errorf("%w: mysqldump --single-transaction -h %s -u %s -p %s", ErrOwnBackup, d.opt.Host, d.opt.Username, d.opt.Server)
	default:
		err = ErrOwnBackup
	}
	if err != nil {
		return fmt.Errorf("back up database %s: %w", d.opt.Server, err)
	}
	return nil
}

func (d *DB) backupFile(ctx context.Context, path string) error {
	if same, err := sameFile(path, d.opt.Server); err != nil || same {
		return errors.Join(err, fmt.Errorf("%s is the database itself", path))
	}
	if sqlite.Exists(path) && !sqlite.IsDatabase(path) {
		return fmt.Errorf("%s is there and is no SQLite database", path)
	}
	part := path + ".partial"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err := sqlite.Backup(ctx, d.opt.Server, part)
	if err == nil {
		err = syncFile(part)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		os.Remove(part)
	}
	return err
}

func sameFile(a, b string) (bool, error) {
	one, err := os.Stat(a)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	other, err := os.Stat(b)
	if err != nil {
		return false, err
	}
	return os.SameFile(one, other), nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// copyTo copies all tables to a folder that is not there yet. Only the writer
// calls it.
func (s *dbaseStore) copyTo(folder string) error {
	if err := os.Mkdir(folder, 0o777); err != nil {
		return err
	}
	for _, f := range s.dir.Files() {
		if err := f.CopyTo(filepath.Join(folder, filepath.Base(f.Path()))); err != nil {
			return err
		}
	}
	return nil
}
