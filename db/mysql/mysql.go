// Package mysql opens a MySQL or MariaDB index.
package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/go-sql-driver/mysql"

	"conquest/db/dial"
)

// Character sets of connections: in latin1 bytes come back as they went in, as
// with the client library of MySQL; that of MariaDB speaks utf8mb4.
const (
	Latin1 = "latin1"
	UTF8   = "utf8mb4"
)

// Open connects to database name on host ("host" or "host:port") in a character
// set. startup is run on each connection, its errors ignored. By itself the
// connection is not encrypted.
func Open(ctx context.Context, host, user, password, name, startup, charset string, e dial.Encryption) (*sql.DB, error) {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.DBName = user, password, name
	cfg.Net, cfg.Addr = "tcp", host
	if _, _, err := net.SplitHostPort(host); err != nil {
		cfg.Addr = net.JoinHostPort(host, "3306")
	}
	server, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("MySQL host %q: %w", host, err)
	}
	if cfg.TLS, err = e.Config(server); err != nil {
		return nil, err
	}
	cfg.AllowNativePasswords = true
	cfg.Timeout = dial.Timeout
	cfg.Logger = &mysql.NopLogger{} // errors are returned as well
	cfg.DialFunc = dial.Context
	if err := cfg.Apply(mysql.Charset(charset, "")); err != nil {
		return nil, fmt.Errorf("configure MySQL: %w", err)
	}
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("configure MySQL: %w", err)
	}
	db := sql.OpenDB(&connector{Connector: c, startup: startup})
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("connect to MySQL database %s on %s: %w", name, cfg.Addr, err)
	}
	return db, nil
}

type connector struct {
	driver.Connector
	startup string
}

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err == nil && c.startup != "" {
		if e, ok := conn.(driver.ExecerContext); ok {
			_, _ = e.ExecContext(ctx, c.startup, nil)
		}
	}
	return conn, err
}

func number(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

// IsDuplicate tells whether err is a violated unique key.
func IsDuplicate(err error) bool {
	n := number(err)
	return n == 1062 || n == 1169
}

// IsTransient tells whether trying again may help: deadlocks, lock time-outs,
// lost connections.
func IsTransient(err error) bool {
	n := number(err)
	return n == 1213 || n == 1205 || errors.Is(err, mysql.ErrInvalidConn)
}

// IsAway tells whether err says that the server can not be reached, or takes no
// work now.
func IsAway(err error) bool {
	switch number(err) {
	case 1040, 1053, 1077, 1079, 1927, 1290, 1836, 3032: // too many connections, shutdown, killed, read only, offline
		return true
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.HasSuffix(err.Error(), "bad connection") // of the driver, which has one error more than it tells
}

// Message is the text of the server for err.
func Message(err error) string {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
