package db

import (
	"os"
	"sync"
	"testing"

	"conquest/db/testserver"
)

// sharedServer is a database server of this test run, started on first use.
type sharedServer struct {
	once   sync.Once
	start  func() (*testserver.Server, error)
	server *testserver.Server
	err    error
}

var (
	postgresServer = sharedServer{start: testserver.StartPostgres}
	mariaServer    = sharedServer{start: testserver.StartMariaDB}
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, s := range []*sharedServer{&postgresServer, &mariaServer} {
		if s.server != nil && s.err == nil {
			s.server.Stop()
		}
	}
	os.Exit(code)
}

// have tells whether the server runs; without it on a machine that runs all
// tests the test fails.
func (s *sharedServer) have(t testing.TB, name string) bool {
	s.once.Do(func() { s.server, s.err = s.start() })
	if s.err == nil {
		return true
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is needed: %v", name, s.err)
	}
	t.Logf("NOT TESTED with %s: %v", name, s.err)
	return false
}

func (s *sharedServer) newDatabase(t testing.TB) string {
	t.Helper()
	name, err := s.server.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// servers are the SQL servers that are installed here.
func servers(t testing.TB) []backend {
	if testing.Short() {
		return nil
	}
	var list []backend
	if postgresServer.have(t, "PostgreSQL") {
		list = append(list, backend{"postgres", openPostgres})
	}
	if mariaServer.have(t, "MariaDB") {
		list = append(list, backend{"mariadb", openMaria})
	}
	return list
}

func postgresOptions(t testing.TB) Options {
	s := &postgresServer
	return Options{Server: s.newDatabase(t), Host: s.server.Addr, Username: s.server.User, Postgres: true}
}

func mariaOptions(t testing.TB) Options {
	s := &mariaServer
	return Options{Server: s.newDatabase(t), Host: s.server.Addr, Username: s.server.User, MySQL: true}
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
