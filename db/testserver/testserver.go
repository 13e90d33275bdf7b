// Package testserver runs private PostgreSQL and MariaDB servers on loopback,
// in folders of their own, for tests and for trying a site's rules on another
// database. The programs must be installed; nothing of an existing server is
// touched.
//
//	s, err := testserver.StartPostgres()
//	defer s.Stop()
//	name, err := s.NewDatabase()
package testserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"conquest/db/dial"
	"conquest/db/mysql"
	"conquest/db/postgres"
	"conquest/group"
)

// Server is a running database server. Its user needs no password.
type Server struct {
	Addr string // host:port
	User string

	connect func(ctx context.Context) (*sql.DB, error)
	dir     string
	account string
	serve   []string
	cmd     *exec.Cmd
	ended   chan struct{} // closed when cmd has ended
	work    group.Group
	count   atomic.Int32
}

// startLimit is how long a server may take until it answers.
const startLimit = 60 * time.Second

// stopLimit is how long an orderly stop may take.
const stopLimit = 5 * time.Second

// Certificate is that of a server, with its key, both in PEM.
type Certificate struct{ Chain, Key []byte }

// keep writes the files of a certificate for the server's account.
func (c *Certificate) keep(s *Server, account string) (chain, key string, err error) {
	chain, key = filepath.Join(s.dir, "server.crt"), filepath.Join(s.dir, "server.key")
	return chain, key, errors.Join(
		os.WriteFile(chain, c.Chain, 0o600), os.WriteFile(key, c.Key, 0o600), give(account, chain), give(account, key))
}

// StartPostgres makes and starts a PostgreSQL server with UTF-8 databases.
func StartPostgres() (*Server, error) { return StartPostgresWith(nil) }

// StartPostgresWith is StartPostgres for a server that can encrypt when it has a
// certificate.
func StartPostgresWith(c *Certificate) (*Server, error) {
	initdb, err := findProgram("/usr/lib/postgresql/*/bin/initdb", "initdb")
	if err != nil {
		return nil, err
	}
	s, err := newServer("dgate-postgres", "dgate")
	if err != nil {
		return nil, err
	}
	s.connect = func(ctx context.Context) (*sql.DB, error) {
		return postgres.Open(ctx, s.Addr, s.User, "", "postgres", "", dial.Encryption{})
	}
	data := filepath.Join(s.dir, "data")
	_, port, _ := net.SplitHostPort(s.Addr)
	serve := []string{filepath.Join(filepath.Dir(initdb), "postgres"), "-D", data, "-p", port, "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=64MB"}
	if c != nil {
		chain, key, err := c.keep(s, "postgres")
		if err != nil {
			return nil, err
		}
		serve = append(serve, "-c", "ssl=on", "-c", "ssl_cert_file="+chain, "-c", "ssl_key_file="+key)
	}
	return s, s.start("postgres", []string{initdb, "-D", data, "-U", s.User, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"}, serve)
}

// StartMariaDB makes and starts a MariaDB (or MySQL) server.
func StartMariaDB() (*Server, error) { return StartMariaDBWith(nil) }

// StartMariaDBWith is StartMariaDB for a server that can encrypt when it has a
// certificate.
func StartMariaDBWith(c *Certificate) (*Server, error) {
	program, err := findProgram("/usr/sbin/mariadbd", "mariadbd", "/usr/sbin/mysqld")
	if err != nil {
		return nil, err
	}
	install, err := findProgram("mariadb-install-db", "mysql_install_db")
	if err != nil {
		return nil, err
	}
	s, err := newServer("dgate-maria", "root")
	if err != nil {
		return nil, err
	}
	s.connect = func(ctx context.Context) (*sql.DB, error) {
		return mysql.Open(ctx, s.Addr, s.User, "", "mysql", "", mysql.UTF8, dial.Encryption{})
	}
	data := "--datadir=" + filepath.Join(s.dir, "data")
	_, port, _ := net.SplitHostPort(s.Addr)
	serve := []string{program, "--no-defaults", data, "--port=" + port, "--bind-address=127.0.0.1", "--socket=" + filepath.Join(s.dir, "s"),
		"--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M", "--skip-networking=0"}
	if c != nil {
		chain, key, err := c.keep(s, "mysql")
		if err != nil {
			return nil, err
		}
		serve = append(serve, "--ssl-cert="+chain, "--ssl-key="+key)
	}
	return s, s.start("mysql", []string{install, "--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db"}, serve)
}

func newServer(prefix, user string) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find port: %w", err)
	}
	defer l.Close()
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, fmt.Errorf("make folder of a database server: %w", err)
	}
	return &Server{Addr: l.Addr().String(), User: user, dir: dir}, nil
}

// start makes the files, runs the server and waits until it answers. A root
// runs both as account.
func (s *Server) start(account string, initialise, serve []string) error {
	cmd, err := as(account, s.dir, initialise)
	if err == nil {
		var out []byte
		if out, err = cmd.CombinedOutput(); err != nil {
			err = fmt.Errorf("%s: %w: %s", initialise[0], err, out)
		}
	}
	if err != nil {
		os.RemoveAll(s.dir)
		return err
	}
	s.account, s.serve = account, serve
	if err := s.Resume(); err != nil {
		return errors.Join(err, s.Stop())
	}
	return nil
}

// Resume starts a server that was killed, and waits until it answers. One that
// ends again is started again: processes of the killed one may still be there.
func (s *Server) Resume() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	for {
		cmd, err := as(s.account, s.dir, s.serve)
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("start %s: %w", s.serve[0], err)
		}
		s.cmd = cmd
		alive, ended := context.WithCancel(ctx)
		s.ended = make(chan struct{})
		s.work.Go("database server", func() {
			defer close(s.ended)
			cmd.Wait()
			ended()
		})
		if err = s.await(alive); err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-s.ended:
		case <-ctx.Done():
			return err
		}
	}
}

// Kill ends the server at once, as a loss of power does; its files stay.
func (s *Server) Kill() {
	s.cmd.Process.Kill()
	s.work.Wait()
}

// Halt ends the server in an orderly way; its files stay.
func (s *Server) Halt() {
	interrupt(s.cmd.Process)
	select {
	case <-s.ended:
	case <-time.After(stopLimit):
		s.cmd.Process.Kill()
	}
	s.work.Wait()
}

// await waits until the server answers.
func (s *Server) await(ctx context.Context) error {
	for {
		db, err := s.connect(ctx)
		if err == nil {
			return db.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// NewDatabase makes an empty database and returns its name.
func (s *Server) NewDatabase() (string, error) {
	db, err := s.connect(context.Background())
	if err != nil {
		return "", err
	}
	defer db.Close()
	name := fmt.Sprintf("conquest%d", s.count.Add(1))
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		return "", fmt.Errorf("make database %s: %w", name, err)
	}
	return name, nil
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	if s.cmd != nil {
		s.Halt()
	}
	return os.RemoveAll(s.dir)
}

// findProgram looks for patterns of paths and for names on the PATH.
func findProgram(names ...string) (string, error) {
	for _, n := range names {
		list, _ := filepath.Glob(n)
		for _, p := range list {
			if st, err := os.Stat(p); err == nil && st.Mode()&0o111 != 0 {
				return p, nil
			}
		}
		if p, err := exec.LookPath(n); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("no program %s", strings.Join(names, ", "))
}
