//go:build linux

package commands

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"conquest/regress/rig"
)

// A webRecord is one request to dgate as a CGI program and its answer.
type webRecord struct {
	Request  string            `json:"request"`
	Group    string            `json:"group"`
	Ini      string            `json:"cgi_ini"`   // of the CGI folder
	Files    []string          `json:"cgi_files"` // beside it
	Env      map[string]string `json:"env"`
	Args     []string          `json:"args"`
	Response string            `json:"response"`
	Exit     any               `json:"exit"`

	name string
}

// counters are the lines of the status that tell what happened so far.
var counters = regexp.MustCompile(`(?m)^(Run time|Associations=|Images|Activity:).*\n`)

// TestWeb replays all requests.
func TestWeb(t *testing.T) {
	if _, err := exec.LookPath("storescu"); err != nil {
		rig.Missing(t, err)
	}
	known := readKnown(t, "webdifferences.txt")
	base := newBase(t)
	groups, order := readWeb(t)
	var n tally
	for _, name := range order {
		t.Run(name, func(t *testing.T) {
			s := base.copyOf(t)
			s.start(t)
			defer s.stop()
			for _, r := range groups[name] {
				k, listed := known[r.name]
				want := &record{Command: r.Request, Number: 0, Stdout: counters.ReplaceAllString(r.Response, ""), Exit: r.Exit}
				fmt.Sscan(r.name, &want.index)
				n.judge(t, want, s.request(t, r), k, listed)
			}
		})
	}
	t.Logf("%d requests agree, %d differ as listed, %d differ", n.agree, n.listed, n.failed)
}

func readWeb(t *testing.T) (groups map[string][]*webRecord, order []string) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "web.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	groups = map[string][]*webRecord{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<22)
	for i := 0; sc.Scan(); i++ {
		r := &webRecord{name: fmt.Sprint(i)}
		if err := json.Unmarshal(sc.Bytes(), r); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		if groups[r.Group] == nil {
			order = append(order, r.Group)
		}
		groups[r.Group] = append(groups[r.Group], r)
	}
	return groups, order
}

// request asks dgate in a CGI folder of its own.
func (s *site) request(t *testing.T, r *webRecord) observation {
	t.Helper()
	dir := filepath.Join(s.root, "cgi")
	os.RemoveAll(dir)
	b, _ := binaries()
	linkFile(t, b.dgate, filepath.Join(dir, "dgate"))
	for _, name := range []string{"dgate.dic", "dicom.sql", "acrnema.map"} {
		copyFile(t, filepath.Join(s.dir, name), filepath.Join(dir, name))
	}
	ini, err := os.ReadFile(filepath.Join(s.in, "web", r.Ini))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "dicom.ini"), []byte(s.fill(strings.ReplaceAll(string(ini), "<CGI>", dir))))
	for _, name := range r.Files {
		copyFile(t, filepath.Join(s.in, "web", name), filepath.Join(dir, name))
	}
	var args []string
	for _, a := range r.Args {
		args = append(args, s.fill(a))
	}
	cmd := exec.Command("./dgate", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SERVER_NAME=www.host", "SCRIPT_NAME=/cgi-bin/dgate")
	for k, v := range r.Env {
		cmd.Env = append(cmd.Env, k+"="+s.fill(v))
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	text := s.text(stdout.Bytes(), &record{})
	return observation{stdout: counters.ReplaceAllString(text, ""), stderr: stderr.String(), exit: float64(exitOf(cmd))}
}
