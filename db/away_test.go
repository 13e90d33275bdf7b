package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/db/testserver"
)

// starters start database servers of a test's own, to be killed.
var starters = map[string]func(t *testing.T) (*testserver.Server, Options){
	"PostgreSQL": func(t *testing.T) (*testserver.Server, Options) {
		return ownServer(t, testserver.StartPostgres, Options{Postgres: true})
	},
	"MariaDB": func(t *testing.T) (*testserver.Server, Options) {
		return ownServer(t, testserver.StartMariaDB, Options{MySQL: true})
	},
}

func ownServer(t *testing.T, start func() (*testserver.Server, error), o Options) (*testserver.Server, Options) {
	t.Helper()
	s := &sharedServer{start: start}
	if !s.have(t, t.Name()) {
		t.Skip("no database server")
	}
	t.Cleanup(func() { s.server.Stop() })
	o.Server, o.Host, o.Username = s.newDatabase(t), s.server.Addr, s.server.User
	return s.server, o
}

// TestServerAway opens an index whose database server is away: work waits for it
// as long as it may, and goes on when it comes.
func TestServerAway(t *testing.T) {
	if testing.Short() {
		t.Skip("starts database servers")
	}
	for name, start := range starters {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			server, o := start(t)
			if err := openOnly(t, o, defaultSettings()).Initialize(ctx, AllTables, nil); err != nil {
				t.Fatal(err)
			}
			server.Kill()
			if _, err := Open(ctx, schemaFor(Postgres), o, defaultSettings()); err == nil {
				t.Fatal("opened by a tool that does not wait")
			}
			log := &recorder{}
			o.Log, o.Wait, o.Patience = log, true, 300*time.Millisecond
			d, err := Open(ctx, schemaFor(Postgres), o, defaultSettings())
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			begin := time.Now()
			_, err = d.Add(ctx, object("P", "1", "1.1", "1.1.1"), Location{"f", "MAG0"})
			if took := time.Since(begin); took < o.Patience || took > 10*o.Patience {
				t.Errorf("refused after %v", took)
			}
			var away *UnreachableError
			if !errors.As(err, &away) || err.Error() != "database not reachable" {
				t.Errorf("refused with %v", err)
			}
			for what, err := range map[string]error{
				"look up": second(d.Lookup(ctx, "1.1.1", "P")), "find": second2(d.Find(ctx, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", ""), FindOptions{})),
				"map": second3(d.MapUID(ctx, "1.2", "", "", "x", func() string { return "1.3" })), "statement": second3(d.SQL(ctx, "SELECT 1")),
			} {
				if !errors.As(err, &away) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if err := server.Resume(); err != nil {
				t.Fatal(err)
			}
			<-d.opened
			mustAdd(t, d, object("P", "1", "1.1", "1.1.1"), "f")
			if n := len(log.operator); n < 2 || !strings.Contains(log.operator[0], "is not reachable") || !strings.Contains(log.operator[n-1], "is reachable again") {
				t.Errorf("log: %q", log.operator)
			}
		})
	}
}

func second(_ Location, _ bool, err error) error { return err }
func second2(_ any, err error) error             { return err }
func second3[T any](_ T, err error) error        { return err }

// TestServerRestarts kills and stops the database server while objects are added:
// none is refused, and all are there.
func TestServerRestarts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts database servers")
	}
	for name, start := range starters {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			server, o := start(t)
			o.Patience = 50 * time.Second
			d := openFresh(t, o, defaultSettings())
			stop := make(chan struct{})
			var workers sync.WaitGroup
			var mu sync.Mutex
			var added []string
			for w := range 4 {
				workers.Go(func() {
					for n := 0; ; n++ {
						select {
						case <-stop:
							return
						default:
						}
						sop := fmt.Sprintf("1.%d.%d", w, n)
						if _, _, err := d.Lookup(ctx, sop, ""); err != nil {
							t.Errorf("look up %s: %v", sop, err)
							return
						}
						if _, err := d.MapUID(ctx, sop, "", "", "test", func() string { return "2" + sop }); err != nil {
							t.Errorf("map %s: %v", sop, err)
							return
						}
						if _, err := d.Add(ctx, object(fmt.Sprint("P", n/9), fmt.Sprint("2.", n/9), fmt.Sprintf("3.%d", n/3), sop), Location{"f", "MAG0"}); err != nil {
							t.Errorf("add %s: %v", sop, err)
							return
						}
						mu.Lock()
						added = append(added, sop)
						mu.Unlock()
					}
				})
			}
			for i := range 4 {
				waitFor(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(added) > 50*(i+1) })
				if i%2 == 0 {
					server.Kill()
				} else {
					server.Halt()
				}
				if err := server.Resume(); err != nil {
					t.Fatal(err)
				}
			}
			waitFor(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(added) > 300 })
			close(stop)
			workers.Wait()
			for _, sop := range added {
				if _, found, err := d.Lookup(ctx, sop, ""); !found {
					t.Errorf("%s was added and is lost: %v", sop, err)
				}
			}
			if c := counts(t, d); c.Images != int64(len(added)) {
				t.Errorf("%d images, %d added", c.Images, len(added))
			}
		})
	}
}

// waitFor polls a condition.
func waitFor(t *testing.T, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !met(); time.Sleep(10 * time.Millisecond) {
		if t.Failed() || time.Now().After(deadline) {
			t.Fatal("does not come about")
		}
	}
}
