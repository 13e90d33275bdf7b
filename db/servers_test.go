//go:build unix

package db

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"conquest/db/mysql"
	"conquest/db/postgres"
)

// testServer is a database server of this test run.
type testServer struct {
	once  sync.Once
	addr  string
	err   error
	stop  func()
	count atomic.Int32
}

var postgresServer, mariaServer testServer

func TestMain(m *testing.M) {
	code := m.Run()
	for _, s := range []*testServer{&postgresServer, &mariaServer} {
		if s.stop != nil {
			s.stop()
		}
	}
	os.Exit(code)
}

// servers are the SQL servers that are installed here.
func servers(t testing.TB) []backend {
	if testing.Short() {
		return nil
	}
	var list []backend
	postgresServer.once.Do(func() { postgresServer.err = postgresServer.startPostgres() })
	if missing(t, "PostgreSQL", postgresServer.err) {
		list = append(list, backend{"postgres", openPostgres})
	}
	mariaServer.once.Do(func() { mariaServer.err = mariaServer.startMaria() })
	if missing(t, "MariaDB", mariaServer.err) {
		list = append(list, backend{"mariadb", openMaria})
	}
	return list
}

func missing(t testing.TB, name string, err error) bool {
	if err == nil {
		return true
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is needed: %v", name, err)
	}
	t.Logf("NOT TESTED with %s: %v", name, err)
	return false
}

func findProgram(names ...string) (string, error) {
	var tried []string
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
		tried = append(tried, n)
	}
	return "", fmt.Errorf("no program %s", strings.Join(tried, ", "))
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// as makes a command of another user, whose folder dir becomes, when we are
// root.
func as(name, dir string, argv ...string) (*exec.Cmd, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	if os.Getuid() != 0 {
		return cmd, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	var uid, gid uint32
	fmt.Sscan(u.Uid, &uid)
	fmt.Sscan(u.Gid, &gid)
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	return cmd, nil
}

func (s *testServer) run(cmd *exec.Cmd, dir string) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	s.stop = func() {
		cmd.Process.Signal(syscall.SIGINT)
		done := make(chan struct{})
		go func() { cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			cmd.Process.Kill()
			<-done
		}
		os.RemoveAll(dir)
	}
	return nil
}

// await waits until the server answers.
func await(connect func(ctx context.Context) (*sql.DB, error)) error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for {
		db, err := connect(ctx)
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

func (s *testServer) startPostgres() error {
	initdb, err := findProgram("/usr/lib/postgresql/*/bin/initdb", "initdb")
	if err != nil {
		return err
	}
	server := filepath.Join(filepath.Dir(initdb), "postgres")
	dir, err := os.MkdirTemp("", "dgate-postgres")
	if err != nil {
		return err
	}
	cmd, err := as("postgres", dir, initdb, "-D", filepath.Join(dir, "data"), "-U", "dgate", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	if err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	s.addr = "127.0.0.1:" + port
	if cmd, err = as("postgres", dir, server, "-D", filepath.Join(dir, "data"), "-p", port, "-k", dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=32MB"); err != nil {
		return err
	}
	if err := s.run(cmd, dir); err != nil {
		return err
	}
	return await(func(ctx context.Context) (*sql.DB, error) {
		return postgres.Open(ctx, s.addr, "dgate", "", "postgres", "")
	})
}

func (s *testServer) startMaria() error {
	server, err := findProgram("/usr/sbin/mariadbd", "mariadbd", "/usr/sbin/mysqld")
	if err != nil {
		return err
	}
	install, err := findProgram("mariadb-install-db", "mysql_install_db")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "dgate-maria")
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	cmd, err := as("mysql", dir, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	if err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", install, err, out)
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	s.addr = "127.0.0.1:" + port
	if cmd, err = as("mysql", dir, server, "--no-defaults", "--datadir="+data, "--port="+port, "--bind-address=127.0.0.1",
		"--socket="+filepath.Join(dir, "s"), "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-networking=0"); err != nil {
		return err
	}
	if err := s.run(cmd, dir); err != nil {
		return err
	}
	return await(func(ctx context.Context) (*sql.DB, error) {
		return mysql.Open(ctx, s.addr, "root", "", "mysql", "")
	})
}

func (s *testServer) newDatabase(t testing.TB, connect func() (*sql.DB, error)) string {
	t.Helper()
	name := fmt.Sprintf("conquest%d", s.count.Add(1))
	db, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return name
}

func postgresOptions(t testing.TB) Options {
	name := postgresServer.newDatabase(t, func() (*sql.DB, error) {
		return postgres.Open(context.Background(), postgresServer.addr, "dgate", "", "postgres", "")
	})
	return Options{Server: name, Host: postgresServer.addr, Username: "dgate", Postgres: true}
}

func mariaOptions(t testing.TB) Options {
	name := mariaServer.newDatabase(t, func() (*sql.DB, error) {
		return mysql.Open(context.Background(), mariaServer.addr, "root", "", "mysql", "")
	})
	return Options{Server: name, Host: mariaServer.addr, Username: "root", MySQL: true}
}

func openPostgres(t testing.TB, set Settings, log Log) *DB {
	o := postgresOptions(t)
	o.Log = log
	return openFresh(t, o, set)
}

func openMaria(t testing.TB, set Settings, log Log) *DB {
	o := mariaOptions(t)
	o.Log = log
	return openFresh(t, o, set)
}
