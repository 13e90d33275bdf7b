// Package mssql opens a SQL Server index, in the place of the ODBC data source
// that the original uses.
package mssql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"golang.org/x/text/encoding/charmap"

	"conquest/db/dial"
)

// Open connects to the data source named by the SQLServer key: an
// "sqlserver://" address, a connection string ("server=..;database=.."), the
// name of an ODBC data source of this machine (Windows), or else a database on
// host. By itself the login is encrypted where the server can.
func Open(ctx context.Context, source, host, user, password string, e dial.Encryption) (*sql.DB, error) {
	cfg, err := configure(connectionString(source, host, user, password), e)
	if err != nil {
		return nil, fmt.Errorf("configure SQL Server data source %s: %w", source, err)
	}
	db := sql.OpenDB(mssql.NewConnectorConfig(cfg))
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("connect to SQL Server data source %s: %w", source, err)
	}
	return db, nil
}

// configure reads a connection string; what e demands counts more than what stands
// in it.
func configure(dsn string, e dial.Encryption) (msdsn.Config, error) {
	cfg, err := msdsn.Parse(dsn)
	if err != nil {
		return cfg, err
	}
	switch {
	case e.Mode == dial.Off:
		cfg.Encryption, cfg.TLSConfig = msdsn.EncryptionDisabled, nil
	case e.Demanded():
		cfg.Encryption, cfg.TrustServerCertificate = msdsn.EncryptionRequired, e.Mode == dial.Require
		cfg.TLSConfig, err = e.Config(cfg.Host)
		if cfg.TLSConfig != nil {
			cfg.TLSConfig.DynamicRecordSizingDisabled = true // packets of the login lie in records of TLS
		}
	}
	return cfg, err
}

// IsAddress tells whether source is an address although it holds slashes.
func IsAddress(source string) bool {
	return strings.HasPrefix(source, "sqlserver://") || strings.Contains(source, "=")
}

// dataSource is an ODBC data source of this machine.
type dataSource struct {
	server, database string
	trusted          bool // the Windows account is used
}

// connectionString encrypts the login whenever the server can, as the ODBC
// driver does; all else only when the server asks for it.
func connectionString(source, host, user, password string) string {
	if IsAddress(source) {
		return source
	}
	database := source
	if d, ok := odbcSource(source); ok {
		host, database = d.server, d.database
		if d.trusted {
			user = ""
		}
	}
	instance := ""
	if h, i, ok := strings.Cut(host, `\`); ok {
		host, instance = h, "/"+i
	}
	if h, p, ok := strings.Cut(host, ","); ok {
		host = net.JoinHostPort(h, p)
	}
	u := url.URL{Scheme: "sqlserver", Host: host, Path: instance}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	q := url.Values{"database": {database}, "encrypt": {"false"}, "TrustServerCertificate": {"true"}, "tlsmin": {"1.0"}}
	u.RawQuery = q.Encode()
	return u.String()
}

// Text is a parameter sent as varchar, byte by byte.
func Text(s string) any { return mssql.VarChar(s) }

// Bytes gives back the bytes of a varchar, which the driver reads as Windows-1252,
// the code page of the usual collations; what that lacks becomes an underscore.
func Bytes(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		c, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			c = '_'
		}
		b = append(b, c)
	}
	return string(b)
}

func number(err error) int32 {
	var e mssql.Error
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

// IsDuplicate tells whether err is a violated unique key.
func IsDuplicate(err error) bool {
	n := number(err)
	return n == 2601 || n == 2627
}

// IsTransient tells whether trying again may help: deadlocks, lost connections.
func IsTransient(err error) bool { return number(err) == 1205 }

// IsAway tells whether err says that the server can not be reached.
func IsAway(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF)
}

// Message is the text of the server for err.
func Message(err error) string {
	var e mssql.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
