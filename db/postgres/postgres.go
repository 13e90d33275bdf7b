// Package postgres opens a PostgreSQL index.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"conquest/db/dial"
)

// retryAfter is the pause before the second and last attempt to connect.
const retryAfter = 555 * time.Millisecond

// Open connects to database name on host ("host" or "host:port"). startup is run
// on each connection, its errors ignored. By itself the connection is encrypted
// where the server can; sockets of this machine never are.
func Open(ctx context.Context, host, user, password, name, startup string, e dial.Encryption) (*sql.DB, error) {
	mode := "prefer"
	if e.Mode == dial.Off {
		mode = "disable"
	}
	cfg, err := pgx.ParseConfig("host=localhost sslmode=" + mode) // a host, that there may be encryption
	if err != nil {
		return nil, fmt.Errorf("configure PostgreSQL: %w", err)
	}
	cfg.Host, cfg.Port = host, 5432
	if h, p, err := net.SplitHostPort(host); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("PostgreSQL host %q: %w", host, err)
		}
		cfg.Host, cfg.Port = h, uint16(n)
	}
	for _, f := range cfg.Fallbacks {
		f.Host, f.Port = cfg.Host, cfg.Port
	}
	if e.Demanded() && !strings.HasPrefix(host, "/") {
		if cfg.TLSConfig, err = e.Config(cfg.Host); err != nil {
			return nil, err
		}
		cfg.Fallbacks = nil
	}
	cfg.User, cfg.Password, cfg.Database = user, password, name
	cfg.ConnectTimeout = dial.Timeout
	cfg.DialFunc = dial.Context
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		if startup != "" {
			_, _ = c.Exec(ctx, startup, pgx.QueryExecModeSimpleProtocol)
		}
		return nil
	}))
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	if err := ping(ctx, db); err != nil {
		db.Close()
		return nil, fmt.Errorf("connect to PostgreSQL database %s on %s: %w", name, host, err)
	}
	return db, nil
}

func ping(ctx context.Context, db *sql.DB) error {
	err := db.PingContext(ctx)
	if err == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return err
	case <-time.After(retryAfter):
	}
	return db.PingContext(ctx)
}

// IsUnicode tells whether the database refuses text that is not UTF-8.
func IsUnicode(ctx context.Context, db *sql.DB) bool {
	var enc string
	err := db.QueryRowContext(ctx, "SHOW server_encoding").Scan(&enc)
	return err != nil || enc != "SQL_ASCII"
}

func state(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// IsDuplicate tells whether err is a violated unique key.
func IsDuplicate(err error) bool { return state(err) == "23505" }

// IsTransient tells whether trying again may help: deadlocks, serialization
// failures, lost connections.
func IsTransient(err error) bool {
	s := state(err)
	return s == "40P01" || s == "40001" || s == "57P01" || pgconn.SafeToRetry(err)
}

// IsAway tells whether err says that the server can not be reached, or takes no
// work now: it starts, stops, or is a standby.
func IsAway(err error) bool {
	switch s := state(err); {
	case s == "57P01", s == "57P02", s == "57P03", s == "53300", s == "25006", strings.HasPrefix(s, "08"):
		return true
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.HasSuffix(err.Error(), "conn closed")
}

// Message is the text of the server for err.
func Message(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Severity + ":  " + e.Message
	}
	return err.Error()
}
