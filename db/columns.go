package db

import (
	"context"

	"conquest/db/sqlite"
)

// ReadColumns are the columns of the tables in a file of SQLite, by the name of
// the table in lower case, read without opening it as an index.
func ReadColumns(ctx context.Context, path string) (map[string][]string, error) {
	return sqlite.Columns(ctx, path)
}

// CopyFile writes a consistent copy of a file of SQLite to a new file, while other
// processes have it in use. It is not opened as an index, and not changed.
func CopyFile(ctx context.Context, path, to string) error {
	return sqlite.Backup(ctx, path, to)
}
