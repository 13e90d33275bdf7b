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
