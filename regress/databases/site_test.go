package databases

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/dimse"
	"conquest/regress/rig"
)

// ownAE is the title of all servers under test.
const ownAE = "CONQUESTSRV1"

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Clean()
	os.Exit(code)
}

func exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// dgate is the binary under test.
func dgate(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts servers")
	}
	b, err := rig.Binary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// original is a binary of the original for SQLite or dBASE, with its support
// files ($DGATE_SUPPORT).
func original(t testing.TB, name string) (binary, support string) {
	t.Helper()
	key := "DGATE_ORIGINAL"
	if name == "dbase" {
		key += "_DBASE"
	}
	binary, support = os.Getenv(key), os.Getenv("DGATE_SUPPORT")
	if binary == "" || support == "" {
		t.Skipf("%s and DGATE_SUPPORT name a binary of the original and its files", key)
	}
	return binary, support
}

// supportFiles puts the files that the original needs beside its binary.
func (s *site) supportFiles(dir, sql string) {
	s.t.Helper()
	copyFile(s.t, filepath.Join(dir, "dgate.dic"), filepath.Join(s.dir, "dgate.dic"))
	copyFile(s.t, filepath.Join(dir, "dgatesop.lst"), filepath.Join(s.dir, "dgatesop.lst"))
	copyFile(s.t, filepath.Join(dir, sql), filepath.Join(s.dir, "dicom.sql"))
}

// needTools skips where dcmtk is not installed.
func needTools(t testing.TB) {
	t.Helper()
	for _, p := range []string{"storescu", "findscu", "movescu", "getscu", "storescp", "dcmdump"} {
		if _, err := exec.LookPath(p); err != nil {
			rig.Missing(t, err)
		}
	}
}

// site is the folder of one server.
type site struct {
	t      testing.TB
	binary string
	dir    string
	port   int
	ini    map[string]string // keys of [sscscp]
	more   string            // lines for [sscscp] as they are
	peers  string            // lines of acrnema.map
	server *rig.Process
}

// newSite makes a folder with data/ in it; set are keys of dicom.ini beside the
// usual ones.
func newSite(t testing.TB, binary string, set map[string]string) *site {
	t.Helper()
	s := &site{t: t, binary: binary, dir: t.TempDir(), port: freePort(t)}
	data := filepath.Join(s.dir, "data") + string(filepath.Separator)
	for _, d := range []string{"dbase", "incoming", "printer_files"} {
		if err := os.MkdirAll(filepath.Join(data, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	s.ini = map[string]string{
		"MicroPACS": "sscscp", "MyACRNema": ownAE, "SQLHost": "localhost", "SQLServer": data + "dbase" + string(filepath.Separator) + "conquest.db3",
		"Username": "", "Password": "", "Postgres": "0", "Mysql": "0", "SqLite": "1", "DoubleBackSlashToDB": "0", "UIDPrefix": "1.2.999.7",
		"EnableComputedFields": "1", "FileNameSyntax": "4", "IncomingCompression": "un", "DroppedFileCompression": "un",
		"ArchiveCompression": "as", "PACSName": ownAE, "MAGDevices": "1", "MAGDevice0": data, "MAGDeviceFullThreshold": "30",
		"ImportExportDragAndDrop": "1", "ZipTime": "05:",
	}
	for k, v := range set {
		s.ini[k] = v
	}
	t.Cleanup(s.stop)
	return s
}

func freePort(t testing.TB) int {
	t.Helper()
	port, release, err := rig.Ports()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return port
}

// write puts the configuration into the folder.
func (s *site) write() {
	s.t.Helper()
	s.ini["TCPPort"] = fmt.Sprint(s.port)
	var b strings.Builder
	b.WriteString("[sscscp]\n")
	keys := []string{}
	for k := range s.ini {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b.WriteString("MicroPACS = sscscp\n")
	for _, k := range keys {
		if k != "MicroPACS" {
			fmt.Fprintf(&b, "%s = %s\n", k, s.ini[k])
		}
	}
	b.WriteString(s.more)
	s.file("dicom.ini", b.String())
	s.file("acrnema.map", fmt.Sprintf("%-16s 127.0.0.1 %d un\n%s", ownAE, s.port, s.peers))
	target := filepath.Join(s.dir, exe("dgate"))
	if _, err := os.Stat(target); err != nil {
		copyFile(s.t, s.binary, target)
	}
}

func (s *site) file(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o666); err != nil {
		s.t.Fatal(err)
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o777)
	}
	if err == nil {
		err = os.WriteFile(to, b, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// command runs the binary with arguments to its end.
func (s *site) command(args ...string) string {
	s.t.Helper()
	return run(s.t, s.dir, 120*time.Second, filepath.Join(s.dir, exe("dgate")), args...)
}

// start runs the server on a fresh port and waits until it answers. The original
// can not use a port again soon, and on dBASE files it may die while it starts.
func (s *site) start() {
	s.t.Helper()
	for range 3 {
		if s.startOnce() {
			return
		}
		s.kill()
	}
	s.t.Fatalf("server does not answer:\n%s", s.tail())
}

func (s *site) startOnce() bool {
	s.t.Helper()
	s.port = freePort(s.t)
	s.write()
	var err error
	s.server, err = rig.Start(s.dir, filepath.Join(s.dir, "server.log"), filepath.Join(s.dir, exe("dgate")), "-v")
	if err != nil {
		s.t.Fatal(err)
	}
	return rig.Await(func() bool {
		a, err := s.dial(dimse.Verification)
		if err != nil {
			return !s.server.Running()
		}
		a.Release(context.Background())
		return true
	}) && s.server.Running()
}

func (s *site) tail() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "server.log"))
	return string(b[max(0, len(b)-4000):])
}

func (s *site) stop() {
	if s.server == nil {
		return
	}
	if err := s.server.Stop(); err != nil {
		s.t.Error(err)
	}
	s.server = nil
}

func (s *site) kill() {
	if s.server == nil {
		return
	}
	s.server.Kill()
	s.server = nil
}

func (s *site) dial(class string) (*dimse.Association, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return dimse.Dial(ctx, fmt.Sprintf("127.0.0.1:%d", s.port), dimse.Request{
		Calling: "TESTSCU", Called: s.ini["MyACRNema"],
		Contexts: []dimse.ContextRequest{{AbstractSyntax: class, TransferSyntaxes: []string{"1.2.840.10008.1.2.1", "1.2.840.10008.1.2"}}},
	})
}

// run runs a program to its end and returns what it printed.
func run(t testing.TB, dir string, limit time.Duration, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); ctx.Err() != nil {
		t.Errorf("%s %q: %v\n%s", filepath.Base(name), args, err, out.Bytes())
	}
	return out.String()
}

// tool runs a client of dcmtk against the server.
func (s *site) tool(name string, args ...string) string {
	s.t.Helper()
	all := append([]string{"-aet", "TESTSCU", "-aec", s.ini["MyACRNema"], "127.0.0.1", fmt.Sprint(s.port)}, args...)
	return run(s.t, s.dir, 60*time.Second, name, all...)
}

var success = regexp.MustCompile(`Success$`)

var storeStatus = regexp.MustCompile(`Received Store Response \((.*)\)`)

// store sends files, one association each, and returns the statuses.
func (s *site) store(files ...string) []string {
	s.t.Helper()
	var list []string
	for _, f := range files {
		syntax := "-x="
		if strings.Contains(f, "implicit") {
			syntax = "-xi"
		}
		out := s.tool("storescu", "-v", syntax, f)
		status := "none"
		if m := storeStatus.FindStringSubmatch(out); m != nil {
			status = m[1]
		}
		list = append(list, filepath.Base(f)+" "+status)
	}
	return list
}

var (
	element  = regexp.MustCompile(`^I: ( *)\(([0-9a-f]{4},[0-9a-f]{4})\) (..) (?:\[(.*)\]|=(\w+)|\((no value).*|\((Seq).*|([0-9\\]+)) *#`)
	response = regexp.MustCompile(`Find Response`)
)

// find asks and returns the answers, a line each, in order.
func (s *site) find(model string, keys ...string) []string {
	s.t.Helper()
	args := []string{"-v", model}
	for _, k := range keys {
		args = append(args, "-k", k)
	}
	return answers(s.tool("findscu", args...))
}

// answers reads what findscu printed.
func answers(out string) []string {
	var list []string
	for _, line := range strings.Split(out, "\n") {
		if response.MatchString(line) && !strings.Contains(line, "Final") {
			list = append(list, "")
			continue
		}
		if m := element.FindStringSubmatch(line); m != nil && len(list) > 0 && !strings.HasPrefix(m[2], "fffe") {
			list[len(list)-1] += m[2] + "=" + m[4] + m[5] + m[7] + m[8] + " "
		}
	}
	for _, line := range strings.Split(out, "\n") {
		if strings.HasPrefix(line, "E:") || strings.HasPrefix(line, "F:") {
			list = append(list, line)
		}
	}
	return list
}

// sorted is for answers whose order databases do not promise.
func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// receiver is a storescp.
type receiver struct {
	dir string
	cmd *exec.Cmd
}

// receive starts a storescp with the AE title DEST and enters it in the map.
func (s *site) receive() *receiver {
	s.t.Helper()
	r := &receiver{dir: s.t.TempDir()}
	port := freePort(s.t)
	s.peers += fmt.Sprintf("DEST 127.0.0.1 %d un\n", port)
	r.cmd = exec.Command("storescp", "-aet", "DEST", "+xa", "-od", r.dir, fmt.Sprint(port))
	if err := r.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { r.cmd.Process.Kill(); r.cmd.Wait() })
	return r
}

// take returns the SOP instance UIDs of what came and forgets it.
func (r *receiver) take(t testing.TB) []string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(r.dir, "*"))
	var list []string
	for _, f := range files {
		_, uid, _ := strings.Cut(filepath.Base(f), ".")
		list = append(list, uid)
		if err := os.Remove(f); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(list)
	return list
}

func (s *site) move(keys ...string) string {
	args := []string{"-v", "-S", "-aem", "DEST"}
	for _, k := range keys {
		args = append(args, "-k", k)
	}
	return s.tool("movescu", args...)
}
