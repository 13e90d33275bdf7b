package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A stage holds the servers and peers of one running case.
type stage struct {
	ctx     context.Context
	r       *Runner
	work    string
	servers []*server
	peers   []*peer
	current *server
	norm    normaliser
	ts      *testscript.TestScript // set while a command runs
}

func newStage(ctx context.Context, r *Runner, env *testscript.Env) *stage {
	return &stage{
		ctx: ctx, r: r, work: env.WorkDir,
		norm: normaliser{work: env.WorkDir, started: time.Now()},
	}
}

// prepare gives every folder with a dicom.ini its port, so that each server of
// the case is in the map of all others.
func (s *stage) prepare(env *testscript.Env) error {
	inis, err := filepath.Glob(filepath.Join(s.work, "*", "dicom.ini"))
	if err != nil {
		return fmt.Errorf("look for servers: %w", err)
	}
	for _, ini := range inis {
		srv, err := s.addServer(filepath.Base(filepath.Dir(ini)))
		if err != nil {
			return err
		}
		if srv.name == defaultServer || len(inis) == 1 {
			s.current = srv
		}
	}
	if s.current != nil {
		env.Setenv("DIR", s.current.dir)
		env.Setenv("PORT", fmt.Sprint(s.current.port))
	}
	return nil
}

// newPort reserves a port for the rest of the case.
func (s *stage) newPort() (int, error) {
	port, err := s.r.ports.get(90 * time.Second)
	if err == nil {
		s.norm.ports = append(s.norm.ports, port)
	}
	return port, err
}

// use makes a server the current one.
func (s *stage) use(srv *server) {
	s.current = srv
	s.ts.Setenv("DIR", srv.dir)
	s.ts.Setenv("PORT", fmt.Sprint(srv.port))
}

// need returns the current server.
func (s *stage) need() (*server, error) {
	if s.current == nil {
		return nil, fmt.Errorf("no server yet")
	}
	return s.current, nil
}

func (s *stage) findServer(name string) *server {
	for _, srv := range s.servers {
		if srv.name == name {
			return srv
		}
	}
	return nil
}

func (s *stage) findPeer(ae string) (*peer, error) {
	for _, p := range s.peers {
		if p.ae == ae {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no peer %s", ae)
}

// portOf returns the port of the server or peer with this AE title.
func (s *stage) portOf(ae string) int {
	for _, srv := range s.servers {
		if srv.ae == ae {
			return srv.port
		}
	}
	if p, err := s.findPeer(ae); err == nil {
		return p.port
	}
	return 0
}

// close ends all processes and gives the ports back.
func (s *stage) close() {
	for _, srv := range s.servers {
		if srv.proc != nil && !srv.proc.running() && !srv.mayEnd {
			srv.crashed = true
		}
		srv.stop()
	}
	for _, p := range s.peers {
		p.stop()
	}
	for _, port := range s.norm.ports {
		s.r.ports.put(port)
	}
}

// crashed returns the servers that ended by themselves.
func (s *stage) crashed() []string {
	var names []string
	for _, srv := range s.servers {
		if srv.crashed {
			names = append(names, srv.name)
		}
	}
	return names
}

// logTails returns the last lines of each server's log.
func (s *stage) logTails() string {
	var b strings.Builder
	for _, srv := range s.servers {
		data, err := os.ReadFile(srv.logFile())
		if err != nil {
			continue
		}
		lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
		fmt.Fprintf(&b, "--- end of %s/server.log\n%s\n", srv.name, strings.Join(lines[max(0, len(lines)-30):], "\n"))
	}
	return b.String()
}

// poll calls f every 50 ms until it reports true, for at most limit.
func (s *stage) poll(limit time.Duration, f func() bool) bool {
	end := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if f() {
			return true
		}
		select {
		case <-tick.C:
		case <-end:
			return f()
		case <-s.ctx.Done():
			return false
		}
	}
}

// listFiles returns the files below dir, sorted, as slash-separated paths
// relative to it; top folders named in skip and hidden files are left out.
func listFiles(dir string, skip ...string) []string {
	var files []string
	filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		rel, _ := filepath.Rel(dir, path)
		if e.IsDir() {
			if slices.Contains(skip, rel) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasPrefix(e.Name(), ".") {
			files = append(files, filepath.ToSlash(rel))
		}
		return nil
	})
	slices.Sort(files)
	return files
}
