package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// webCall runs dgate as a web server does.
func (s *site) webCall(t *testing.T, query string, args ...string) string {
	t.Helper()
	cmd := s.command()
	cmd.Args = append([]string{cmd.Path}, args...)
	cmd.Env = append(cmd.Environ(), "QUERY_STRING="+query, "REQUEST_METHOD=GET", "GATEWAY_INTERFACE=CGI/1.1")
	timer := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	out, err := cmd.CombinedOutput()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	return string(out)
}

// TestQueryWordsAreNoOptions: the words of a query without "=" come as arguments.
func TestQueryWordsAreNoOptions(t *testing.T) {
	s := newSite(t)
	before := s.read("dicom.ini")
	s.start(nil)
	for _, c := range []struct {
		query string
		args  []string
	}{
		{"--put_param:CommandIPs,0.0.0.0/0", []string{"--put_param:CommandIPs,0.0.0.0/0"}},
		{"--put_param:CommandIPs,0.0.0.0/0", []string{`\--put_param:CommandIPs,0.0.0.0/0`}},
		{"%2D%2Dput_param:CommandIPs,0.0.0.0/0", []string{"--put_param:CommandIPs,0.0.0.0/0"}},
		{"-v+--put_param:CommandIPs,0.0.0.0/0", []string{"-v", "--put_param:CommandIPs,0.0.0.0/0"}},
		{"--quit:", []string{"--quit:"}}, {"-r", []string{"-r"}}, {"-i", []string{"-i"}}, {"-zP1", []string{"-zP1"}},
		{"--deletepatient:P1", []string{"--deletepatient:P1"}},
		{"--dolua:os.execute(%22touch%20pwned%22)", []string{`--dolua:os.execute\(\"touch pwned\"\)`}},
		{"--dolua:os.execute(%22touch%20pwned%22)", []string{`--dolua:os.execute("touch pwned")`}},
		{"version", []string{"version"}}, {"-?", []string{"-?"}},
		{"--quit:%00x", []string{"--quit:"}}, // cut at the zero byte
		{"--dolua:io.open(%22pwned%22,%22w%22)--%zz%41", []string{`--dolua:io.open\(\"pwned\",\"w\"\)--%zzA`}},
		{"--quit:" + strings.Repeat("+", 4200), append([]string{"--quit:"}, make([]string, 4090)...)}, // cut off
		{"+--quit:", []string{"--quit:"}}, {"a%20--quit:", []string{"a", "--quit:"}}, {"a=b+--quit:", []string{"a=b", "--quit:"}},
		{"%252D%252Dquit:", []string{"--quit:"}}, {"--quit:%0A", []string{"--quit: "}}, {"-q192.0.2.1+-p1", []string{"-q192.0.2.1", "-p1"}},
	} {
		out := s.webCall(t, c.query, c.args...)
		if !strings.Contains(out, "Content-type:") || strings.Contains(out, "Dropping") {
			t.Errorf("%s: %.300s", c.query, out)
		}
	}
	if s.read("dicom.ini") != before {
		t.Error("dicom.ini has changed")
	}
	if list, _ := filepath.Glob(filepath.Join(s.dir, "pwned")); list != nil {
		t.Error("a script of a stranger ran")
	}
	if out, _, _ := s.run("--get_param:MyACRNema"); !strings.Contains(out, "TESTED") {
		t.Errorf("the server is gone: %s", out)
	}
}

// TestPagesOfSitesStartDgate: what PHP pages start inherits the variables of
// their own request.
func TestPagesOfSitesStartDgate(t *testing.T) {
	s := newSite(t)
	s.start(nil)
	if out := s.webCall(t, "study=1.2.3", "-p"+s.port, "-q127.0.0.1", "-ymode=top"); !strings.Contains(out, "Content-type:") {
		t.Errorf("-y: %.200s", out)
	}
	if out := s.webCall(t, "hello", "-w"+s.dir, "--get_param:MyACRNema"); !strings.Contains(out, "TESTED") {
		t.Errorf("a command: %.200s", out)
	}
	if out := s.webCall(t, "a=b", "-w"+s.dir, "--dolua:print('lua '..1+1)"); !strings.Contains(out, "lua 2") {
		t.Errorf("a chunk: %.200s", out)
	}
}

// TestServerTaskAnswersNoWebServer: the words of a query are no chunk nor command
// of servertask, which pages of a site start for themselves.
func TestServerTaskAnswersNoWebServer(t *testing.T) {
	for _, c := range []struct {
		query, arg string
		refused    bool
	}{
		{"--dolua:print(6*7)", `--dolua:print\(6\*7\)`, true}, {"print(6*7)", "print(6*7)", true}, {"%2D%2Ddolua:print(6*7)", "--dolua:print(6*7)", true},
		{"hello", "--dolua:print(6*7)", false}, {"a=b", "--dolua:print(6*7)", false}, {"", "--dolua:print(6*7)", false},
	} {
		t.Setenv("QUERY_STRING", c.query)
		if got := ofQuery([]string{c.arg}, c.query); got != c.refused {
			t.Errorf("%q: %v", c.query, got)
		}
		if c.refused && serverTask([]string{c.arg}) != exitFailed {
			t.Errorf("%q: not refused", c.query)
		}
	}
}

// FuzzQueryWords: a word is known again whatever it is, plain or decoded.
func FuzzQueryWords(f *testing.F) {
	for _, s := range []string{"--quit:", "--quit:%00x", "a+b", "%zz%41", "-?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.Contains(word, "+") {
			return // ends a word
		}
		if bare(word) != "" && !ofQuery([]string{"-p5678", word}, "first+"+word) {
			t.Errorf("%q is not known", word)
		}
		decoded, _, _ := strings.Cut(unescape(word), "\x00")
		if bare(decoded) != "" && !ofQuery([]string{decoded}, word) {
			t.Errorf("%q is not known, of %q", decoded, word)
		}
	})
}
