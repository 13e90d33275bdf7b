package db

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// claimSeconds is how long a group waits for what other servers have claimed:
// they commit in milliseconds, unless their machine hangs.
const claimSeconds = 30

// claim takes locks by name in the database server. SQLite has one writer at a
// time anyway; on SQL Server several servers on one database are not supported.
func (g *sqlGroup) claim(keys []string) error {
	if len(keys) == 0 || g.bare {
		return nil
	}
	switch g.s.d.kind {
	case Postgres:
		return g.claimNumbers(keys)
	case MySQL:
		return g.claimNames(keys)
	}
	return nil
}

// claimNumbers takes locks that end with the transaction.
func (g *sqlGroup) claimNumbers(keys []string) error {
	numbers := make([]string, len(keys))
	for i, k := range keys {
		sum := sha256.Sum256([]byte("dgate " + k))
		numbers[i] = strconv.FormatInt(int64(binary.BigEndian.Uint64(sum[:])), 10)
	}
	const text = "SELECT count(pg_advisory_xact_lock(k)) FROM unnest($1::bigint[]) AS k"
	st, err := g.s.writerStatement(context.Background(), text)
	if err == nil {
		var n int
		err = st.QueryRow("{" + strings.Join(numbers, ",") + "}").Scan(&n)
	}
	return g.s.failed("claim studies", err)
}

// claimNames takes locks of the connection, which [sqlGroup.release] ends. Their
// names are those of one database, although the server knows them for all.
func (g *sqlGroup) claimNames(keys []string) error {
	parts := make([]string, len(keys))
	for i, k := range keys {
		sum := sha256.Sum256([]byte(g.s.name + " " + k))
		parts[i] = fmt.Sprintf("GET_LOCK('dgate%s', %d)", hex.EncodeToString(sum[:16]), claimSeconds)
	}
	g.claims = len(keys)
	var got int
	// A lock that is not had makes the sum smaller, an error of the server NULL.
	err := g.s.conn.QueryRowContext(context.Background(), "SELECT "+strings.Join(parts, " + ")).Scan(&got)
	if err == nil && got != len(keys) {
		err = errClaimed
	}
	return g.s.failed("claim studies", err)
}

// release ends the locks of the connection.
func (g *sqlGroup) release() {
	if g.claims == 0 {
		return
	}
	g.claims = 0
	if _, err := g.s.conn.ExecContext(context.Background(), "DO RELEASE_ALL_LOCKS()"); err != nil {
		g.s.dropConn() // they end with it
	}
}

// errClaimed tells that another server did not give back what it had claimed.
var errClaimed = fmt.Errorf("another server holds the study for more than %d s", claimSeconds)
