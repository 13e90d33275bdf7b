//go:build linux

package commands

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/regress/rig"
)

var (
	binaryFlag  = flag.String("dgate", "", "binary to be tested, instead of one built from this module")
	taskFlag    = flag.String("servertask", "", "binary of servertask, instead of the same one under that name")
	settleFlag  = flag.Duration("settle", 0, "wait so long after the start of a server: the original ends when asked at once")
	roomFlag    = flag.Int("room", 1, "use so many times 500 ports, from 22000 on")
	supportFlag = flag.String("support", "", "folder with dicom.sql, dgatesop.lst, dgate.dic, instead of the built-in ones")
)

// A site is a server folder with its ports, outside folder and log.
type site struct {
	dir, in, root string
	port          int
	server        *exec.Cmd
	ended         chan struct{} // closed when the server has ended
	logSeen       int           // bytes of the server log that were looked at
}

func (s *site) logFile() string { return filepath.Join(s.root, "server.log") }

// binaries returns the binaries under test, built once: dgate, and what runs
// as servertask.
var binaries = sync.OnceValues(func() (b struct{ dgate, task string }, err error) {
	b.dgate, b.task = *binaryFlag, *taskFlag
	if b.dgate == "" {
		if b.dgate, err = rig.Binary(); err != nil {
			return b, err
		}
	}
	if b.task == "" {
		b.task = b.dgate
	}
	return b, nil
})

// tempDir makes a folder of a short name: the original has fixed buffers.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, to, data)
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o777); err != nil {
		t.Fatal(err)
	}
}

// aeMap is acrnema.map of the recordings.
const aeMap = `/* **********************************************************
 * AE titles and where they are                             *
 ********************************************************** */

CONQUESTSRV1		127.0.0.1	<PORT>		un
DCMTK			127.0.0.1	<PORT5>		un
NOBODY			127.0.0.1	<PORT8>		un

V*	        	*               1234            un
W*	        	*               666             un
S*		        *               5678            un
`

// objects are stored in this order.
var objects = strings.Fields("p1_1_1 p1_1_2 p1_1_3 p1_2_1 p1_2_2 p1_2_3 p2 mf rgb")

// newBase makes the folder that each group of records starts from.
func newBase(t *testing.T) *site {
	t.Helper()
	b, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	in, err := filepath.Abs(filepath.Join("testdata", "inputs"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{dir: tempDir(t), in: in, root: tempDir(t), port: newPorts(t)}
	linkFile(t, b.dgate, filepath.Join(s.dir, "dgate"))
	s.support(t)
	for _, d := range []string{"lua", "data/dbase", "data/incoming"} {
		if err := os.MkdirAll(filepath.Join(s.dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	s.configure(t)
	old := "1.3.46.670589.5.2.10.2156913941.892665339.860724_0001_00%d000_1457903562000%d.dcm"
	copyFile(t, filepath.Join(in, "commands", "sample.hl7"), filepath.Join(s.dir, "sample.hl7"))
	// Entered in the order in which the folder of the recordings listed them.
	for i, action := range []string{"-r", "-fe"} {
		path := filepath.Join(s.dir, "data", "0009703828", fmt.Sprintf(old, 3-i, 1-i))
		copyFile(t, filepath.Join(in, "common", fmt.Sprintf("mr%d.dcm", 2-i)), path)
		if action == "-fe" {
			action += path
		}
		s.tool(t, "./dgate", "-v", action)
	}
	s.start(t)
	args := []string{"storescu", "-aec", "CONQUESTSRV1", "127.0.0.1", fmt.Sprint(s.port)}
	for _, o := range objects {
		args = append(args, filepath.Join(in, "commands", o+".dcm"))
	}
	s.tool(t, args...)
	s.stop()
	for _, f := range []string{"PacsUser.log", "PacsTrouble.log"} {
		os.Remove(filepath.Join(s.dir, f))
	}
	writeFile(t, filepath.Join(s.dir, "PacsTrouble.log"), nil)
	return s
}

// support puts the support files into the folder.
func (s *site) support(t *testing.T) {
	t.Helper()
	if *supportFlag == "" {
		s.tool(t, "./dgate", "--write-defaults:"+s.dir)
		return
	}
	for _, f := range []string{"dicom.sql", "dgatesop.lst", "dgate.dic"} {
		copyFile(t, filepath.Join(*supportFlag, f), filepath.Join(s.dir, f))
	}
}

// configure writes the files that name ports and folders.
func (s *site) configure(t *testing.T) {
	t.Helper()
	ini, err := os.ReadFile(filepath.Join(s.in, "commands", "dicom.ini"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(s.dir, "dicom.ini"), []byte(s.fill(string(ini))))
	writeFile(t, filepath.Join(s.dir, "acrnema.map"), []byte(s.fill(aeMap)))
}

// copyOf makes a folder of its own, with ports of its own, of the base.
func (base *site) copyOf(t *testing.T) *site {
	t.Helper()
	s := &site{dir: tempDir(t), in: base.in, root: tempDir(t), port: newPorts(t)}
	err := filepath.WalkDir(base.dir, func(path string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(base.dir, path)
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.MkdirAll(filepath.Join(s.dir, rel), 0o777)
		case rel == "dgate":
			return os.Link(path, filepath.Join(s.dir, rel))
		}
		copyFile(t, path, filepath.Join(s.dir, rel))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.configure(t)
	if err := os.Mkdir(filepath.Join(s.root, "recv"), 0o777); err != nil {
		t.Fatal(err)
	}
	b, _ := binaries()
	for _, name := range []string{"servertask_new", "servertask"} {
		linkFile(t, b.task, filepath.Join(s.root, "st", name))
	}
	return s
}

func linkFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		t.Fatal(err)
	}
	if os.Link(from, to) != nil {
		copyFile(t, from, to)
	}
}

// tool runs a program in the folder and fails the test when it fails.
func (s *site) tool(t *testing.T, argv ...string) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
}

// start runs the server and waits until it listens.
func (s *site) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.server = exec.Command("./dgate", "-v")
	s.server.Dir, s.server.Stdout, s.server.Stderr = s.dir, log, log
	if err := s.server.Start(); err != nil {
		t.Fatal(err)
	}
	ended, cmd := make(chan struct{}), s.server
	s.ended = ended
	go func() { cmd.Wait(); close(ended) }()
	// The server says its last line of the start before it listens; a look at
	// the port itself would leave a connection in its log.
	for range 200 {
		if text, _ := os.ReadFile(s.logFile()); bytes.Contains(text[s.logSeen:], []byte("Database type: ")) && listening(s.port) {
			time.Sleep(*settleFlag)
			return
		}
		if !s.running() {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	text, _ := os.ReadFile(s.logFile())
	t.Fatalf("the server does not start:\n%s", text)
}

func (s *site) running() bool {
	if s.server == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// stop ends the server at once: groups end with nothing under way.
func (s *site) stop() {
	if s.running() {
		s.server.Process.Kill()
		<-s.ended
	}
	s.server = nil
}

// exitOf is the status of the ended server, as the recordings give it.
func exitOf(cmd *exec.Cmd) int {
	if ws, ok := signalled(cmd.ProcessState); ok {
		return -ws
	}
	return cmd.ProcessState.ExitCode()
}

// listening tells whether somebody listens on a port of this machine. Neither
// binding nor connecting would do: the one takes the port away, the other leaves
// an association in the counters.
func listening(port int) bool {
	want := fmt.Sprintf(":%04X", port)
	for _, f := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, _ := os.ReadFile(f)
		for line := range strings.Lines(string(table)) {
			if c := strings.Fields(line); len(c) > 3 && strings.HasSuffix(c[1], want) && c[3] == "0A" {
				return true
			}
		}
	}
	return false
}

// portFree tells whether a server could listen on a port.
func portFree(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

var ports struct {
	sync.Mutex
	next int
}

// newPorts finds ten ports in a row, the first divisible by ten, on which
// nobody listens.
func newPorts(t *testing.T) int {
	t.Helper()
	ports.Lock()
	defer ports.Unlock()
	const first, blocks = 22000, 50
	for range *roomFlag * blocks {
		if ports.next == 0 {
			ports.next = os.Getpid()
		}
		ports.next = (ports.next + 1) % (*roomFlag * blocks)
		first := first + 10*ports.next
		free := true
		for i := range 10 {
			free = free && portFree(first+i)
		}
		if free {
			return first
		}
	}
	t.Fatal("no ten ports in a row are free")
	return 0
}
