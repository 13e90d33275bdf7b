package dicomini

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

func hex4(n uint16) string { return fmt.Sprintf("%04x", n) }

// probe is a recorded command of the original with its answer.
type probe struct {
	Group, Stdout, Effect string
	Argv                  []string
}

// differing are commands that are answered differently on purpose
// (docs/differences.md, Configuration), with the heading of the entry.
var differing = map[string]string{
	"--get_ini_param:FileNameSyntax,x=%s=%s":          "crash of the original",
	"--put_sop:9999,1.2.3.5,Added":                    "put_sop appends",
	"--delete_transfer:0":                             "delete_sop works",
	"--put_localae:0,MYAE,x":                          "put_sop appends",
	"--put_remoteae:0,MYAE,x":                         "put_sop appends",
	"--put_application:0,1.2.840.10008.3.1.1.1,DICOM": "put_sop appends",
}

// probeServer answers the commands about the configuration files.
type probeServer struct {
	dir  string
	live *Live
	amap *AEMap
	sops *SOPStore
	now  time.Time
}

func newProbeServer(t *testing.T) *probeServer {
	t.Helper()
	s := &probeServer{dir: t.TempDir(), now: testTime}
	text, err := os.ReadFile("testdata/probes.ini")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.dir, "dicom.ini")
	if err := os.WriteFile(path, fillPorts(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if s.live, err = Open(Location{BaseDir: s.dir + "/", Path: path}, Options{}); err != nil {
		t.Fatal(err)
	}
	s.amap = ParseAEMap([]byte("CONQUESTSRV1 127.0.0.1 15705 un\nDCMTK 127.0.0.1 15710 un\n" +
		"NOBODY 127.0.0.1 15713 un\n\nV* * 1234 un\nW* * 666 un\nS* * 5678 un\n"))
	list := filepath.Join(s.dir, "dgatesop.lst")
	if err := os.WriteFile(list, DefaultSOPList().Text("shipped", testTime), 0o644); err != nil {
		t.Fatal(err)
	}
	s.sops = NewSOPStore(list)
	return s
}

// fillPorts puts ports for their placeholders.
func fillPorts(text []byte) []byte {
	return []byte(strings.NewReplacer("<PORT>", "15705", "<PORT5>", "15710", "<PORT8>", "15713").Replace(string(text)))
}

// format is C printf of strings with the values repeated.
func format(f string, values ...string) string {
	var args []any
	for range strings.Count(f, "%") {
		args = append(args, values[len(args)%len(values)])
	}
	return fmt.Sprintf(f, args...)
}

func (s *probeServer) run(t *testing.T, command string) string {
	name, rest, _ := strings.Cut(strings.TrimPrefix(command, "--"), ":")
	arg, second, hasSecond := strings.Cut(rest, ",")
	n := Atoi(arg)
	pick := func(def string) string {
		if hasSecond {
			return second
		}
		return def
	}
	switch name {
	case "get_param", "get_ini_param":
		if v, _ := s.live.Current().MainGet(arg); v != "" {
			return format(pick("%s"), v)
		}
	case "get_ini_num":
		if lines := s.live.Current().File().Lines(); n < len(lines) {
			return format(pick("%s"), lines[n])
		}
	case "get_ini":
		out := ""
		for _, line := range s.live.Current().File().Lines() {
			if rest != "" {
				line = format(rest, line)
			}
			out += line
		}
		return out
	case "get_amap":
		if e, ok := s.amap.Entry(n); ok {
			return format(pick("%-17s %-30s %-10s %-16s"), e.Name, e.Host, e.Port, e.Compression)
		}
	case "get_amaps":
		out := ""
		for _, e := range s.amap.Entries() {
			if rest == "" {
				rest = "%-17s %-30s %-10s %-16s\n"
			}
			if !strings.Contains(e.Name, "*") {
				out += format(rest, e.Name, e.Host, e.Port, e.Compression)
			}
		}
		return out
	case "put_amap":
		s.amap.Put(n, strings.Split(second, ",")...)
	case "delete_amap":
		s.amap.Delete(n)
	case "write_amap":
		s.check(t, s.amap.Write(filepath.Join(s.dir, "acrnema.map"), s.now))
	case "read_amap":
		s.check(t, s.amap.Reload(filepath.Join(s.dir, "acrnema.map")))
	default:
		return s.sopCommand(t, name, n, second, hasSecond)
	}
	return ""
}

func (s *probeServer) sopCommand(t *testing.T, name string, n int, second string, hasSecond bool) string {
	verb, word, _ := strings.Cut(name, "_")
	kind, ok := ParseSOPKind(word)
	if !ok {
		t.Fatalf("command %s", name)
	}
	switch verb {
	case "get":
		if e, ok := s.sops.Current().Entry(kind, n); ok {
			if !hasSecond {
				second = "%s %s"
			}
			return format(second, e.Value, e.Name)
		}
	case "put":
		value, label, _ := strings.Cut(second, ",")
		s.check(t, s.sops.Put(kind, n, value, label, s.now))
	case "delete":
		s.check(t, s.sops.Delete(kind, n, s.now))
	}
	return ""
}

func (s *probeServer) check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestProbes(t *testing.T) {
	text, err := os.ReadFile("testdata/probes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var s *probeServer
	group := ""
	for line := range bytes.Lines(text) {
		var p probe
		if err := json.Unmarshal(fillPorts(line), &p); err != nil {
			t.Fatal(err)
		}
		if p.Group != group {
			s, group = newProbeServer(t), p.Group
		}
		command := p.Argv[1]
		if reason := differing[command]; reason == "crash of the original" {
			continue
		}
		if got := s.run(t, command); got != p.Stdout {
			t.Errorf("%s: got %q, want %q", command, got, p.Stdout)
		}
		s.checkEffect(t, p, differing[command] != "")
	}
}

// checkEffect compares the files with what the record tells about them.
func (s *probeServer) checkEffect(t *testing.T, p probe, differs bool) {
	t.Helper()
	if _, want, ok := strings.Cut(p.Effect, "*/\n\n"); ok {
		got, _ := os.ReadFile(filepath.Join(s.dir, "acrnema.map"))
		if _, got, _ := strings.Cut(string(got), "*/\n\n"); got != want {
			t.Errorf("%s: file has\n%swant\n%s", p.Argv[1], got, want)
		}
	}
	_, want, ok := strings.Cut(p.Effect, "dgatesop.lst now ")
	if !ok {
		return
	}
	count, head, _ := strings.Cut(want, " lines, head: ")
	text, _ := os.ReadFile(filepath.Join(s.dir, "dgatesop.lst"))
	if n := bytes.Count(text, []byte("\n")); !differs && itoa(n) != count {
		t.Errorf("%s: %d lines, want %s", p.Argv[1], n, count)
	}
	lines := strings.SplitAfterN(head, "\n", 8)
	if got := strings.Replace(string(text), s.now.Format(time.ANSIC), "<DATE>", 1); !strings.HasPrefix(got, strings.Join(lines[:7], "")) {
		t.Errorf("%s: file begins %q, want %q", p.Argv[1], got[:300], head)
	}
}
