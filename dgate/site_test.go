package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/regress/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Clean()
	os.Exit(code)
}

// site is the folder of a server with a free port.
type site struct {
	t    *testing.T
	dir  string
	port string
}

// newSite makes a site; more are lines of dicom.ini.
func newSite(t *testing.T, more ...string) *site {
	t.Helper()
	first, release, err := rig.Ports()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	port := strconv.Itoa(first)
	s := &site{t, t.TempDir(), port}
	data := filepath.ToSlash(s.dir) + "/data/"
	ini := "[sscscp]\nMicroPACS = sscscp\nMyACRNema = TESTED\nTCPPort = " + port + "\nSQLite = 1\nSQLServer = " + data + "dbase/conquest.db3\n" +
		"PACSName = SITE\nOperatorConsole = 127.0.0.1\nMAGDevices = 1\nMAGDevice0 = " + data + "\n" + strings.Join(more, "\n") + "\n"
	s.write("dicom.ini", ini)
	if err := os.MkdirAll(filepath.Join(s.dir, "data"), 0o777); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) read(name string) string {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

// command is a run of dgate at the site.
func (s *site) command(args ...string) *exec.Cmd {
	s.t.Helper()
	path, err := rig.Binary()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"-w" + s.dir}, args...)...)
	cmd.Dir = s.dir
	return cmd
}

// run is the output and exit status of a run that ends by itself.
func (s *site) run(args ...string) (stdout, stderr string, status int) {
	s.t.Helper()
	cmd := s.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// running is a server under way of a site.
type running struct {
	*exec.Cmd
	site *site
	out  *output
	done chan struct{}
}

// output collects what a process writes.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// patience is how long something that has to happen may take.
const patience = rig.Patience

// start starts the server and waits until it listens.
func (s *site) start(env []string, args ...string) *running {
	s.t.Helper()
	if len(args) == 0 {
		args = []string{"-v"}
	}
	v := &running{Cmd: s.command(args...), site: s, out: &output{}, done: make(chan struct{})}
	v.Stdout, v.Stderr = v.out, v.out
	v.Env = append(os.Environ(), env...)
	if err := v.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { v.Wait(); close(v.done) }()
	s.t.Cleanup(func() {
		v.Process.Kill()
		<-v.done
	})
	for end := time.Now().Add(patience); ; {
		c, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err == nil {
			c.Close()
			return v
		}
		if time.Now().After(end) {
			s.t.Fatalf("server does not listen: %v", err)
		}
	}
}
