package luabind

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// probe is a record of testdata/probes.jsonl: what the original did.
type probe struct {
	Where  string  `json:"where"`
	Chunk  string  `json:"chunk"`
	Output *string `json:"output"`
	Class  string  `json:"class"`
	Input  struct {
		Data    string          `json:"Data"`
		UIDMods json.RawMessage `json:"uidmods"`
		DB      string          `json:"db"`
	} `json:"input"`
	Run      []string        `json:"run"`
	Volatile bool            `json:"volatile"`
	Log      json.RawMessage `json:"log"`
}

// logLine is the text that is to be found in the log, "" when it is not of this
// package.
func (p *probe) logLine() string {
	var line string
	if json.Unmarshal(p.Log, &line) != nil || strings.HasPrefix(line, "Warn[") {
		return ""
	}
	return line
}

func readProbes(t *testing.T) []probe {
	t.Helper()
	f, err := os.Open("testdata/probes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ps []probe
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var p probe
		if err := json.Unmarshal(sc.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

// workFolder is a folder like that of the recordings, as current directory.
func workFolder(t *testing.T) {
	t.Helper()
	from, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"std", "h.lua"} {
		if name == "std" {
			err = os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(from, name)))
		} else {
			var b []byte
			if b, err = os.ReadFile(filepath.Join(from, name)); err == nil {
				err = os.WriteFile(filepath.Join(dir, name), b, 0o666)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if scripts := os.Getenv("DGATE_LUA_SCRIPTS"); scripts != "" {
		if err := os.CopyFS(filepath.Join(dir, "lua"), os.DirFS(scripts)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

// latin1 is the text with a byte for each character, as it was recorded.
func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

func TestProbes(t *testing.T) {
	probes, differences := readProbes(t), readDifferences(t)
	workFolder(t)
	h := newFakeHost()
	e := NewEngine(h, Options{})
	h.global = e.NewState()
	defer h.global.Close()
	ran := 0
	for i, p := range probes {
		d, differs := differences[i+1]
		if p.Run != nil || !strings.HasPrefix(p.Where, "--") || p.Volatile {
			continue
		}
		if p.Output == nil && !differs {
			t.Errorf("probe %d ends the original: how we answer is not listed", i+1)
			continue
		}
		if strings.Contains(p.Chunk, `dofile("lua/`) && os.Getenv("DGATE_LUA_SCRIPTS") == "" {
			continue
		}
		want := d.Output
		if !differs {
			want = *p.Output
		}
		ran++
		h.log()
		got := h.replay(t, e, p)
		if differs && p.Output != nil && got == *p.Output {
			t.Errorf("probe %d: %s\n is listed as different, but agrees", i+1, p.Chunk)
		}
		if got != want {
			t.Errorf("probe %d: %s\n with %q\n got  %s\n want %s", i+1, p.Chunk, p.Input.Data, got, want)
		}
		if line := p.logLine(); line != "" && !strings.Contains(strings.Join(h.log(), "\n"), line) {
			t.Errorf("probe %d: %s\n no log line %q", i+1, p.Chunk, line)
		}
	}
	t.Logf("%d probes", ran)
}

func (h *fakeHost) replay(t *testing.T, e *Engine, p probe) string {
	t.Helper()
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("chunk.txt", latin1(p.Chunk))
	write("obj.txt", p.Input.Data)
	_ = os.Remove("result.txt")
	st := e.NewState()
	defer st.Close()
	h.state = st
	c := Chunk{Text: "dofile('h.lua')", Lines: h}
	c.Association = Association{Calling: "CONQUESTSRV1", Called: "CONQUESTSRV1", ConnectedIP: "127.0.0.1"}
	if strings.HasPrefix(p.Where, "--dolua") {
		c.Globals = map[string]any{"arg": []string{"./dgate", "--dolua:h.lua"}, "version": "1.5.0e"}
	}
	if _, err := st.Run(context.Background(), c); err != nil {
		return err.Error()
	}
	out, err := os.ReadFile("result.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// difference is how we answer a record on purpose.
type difference struct {
	Record  int    `json:"record"`  // line of probes.jsonl
	Heading string `json:"heading"` // of the entry in docs/differences.md
	Chunk   string `json:"chunk"`
	Output  string `json:"output"`
}

func readDifferences(t *testing.T) map[int]difference {
	t.Helper()
	b, err := os.ReadFile("testdata/differences.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	m := map[int]difference{}
	for line := range strings.Lines(string(b)) {
		var d difference
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		m[d.Record] = d
	}
	return m
}

// TestDifferencesAreListed looks every difference up in the document.
func TestDifferencesAreListed(t *testing.T) {
	doc, err := os.ReadFile("../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	probes := readProbes(t)
	for n, d := range readDifferences(t) {
		if n < 1 || n > len(probes) || probes[n-1].Chunk != d.Chunk {
			t.Errorf("record %d is not %s", n, d.Chunk)
		}
		if !strings.Contains(string(doc), "\n### "+d.Heading+"\n") {
			t.Errorf("record %d: docs/differences.md has no %q", n, d.Heading)
		}
	}
}

// TestMoreChunks runs chunks with odd keys, arguments, values, JSON and pixels,
// whose results were recorded from the original.
func TestMoreChunks(t *testing.T) {
	b, err := os.ReadFile("testdata/more.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	workFolder(t)
	h := newFakeHost()
	e := NewEngine(h, Options{})
	for line := range strings.Lines(string(b)) {
		var r struct{ Chunk, Data, Output string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		p := probe{Where: "--dolua", Chunk: r.Chunk}
		p.Input.Data = r.Data
		if got := h.replay(t, e, p); got != r.Output {
			t.Errorf("%s\n with %q\n got  %s\n want %s", r.Chunk, r.Data, got, r.Output)
		}
	}
}
