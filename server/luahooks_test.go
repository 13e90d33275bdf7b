package server_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// configureFor puts the lines of a record into dicom.ini.
func (p *luaProbe) configureFor(s *site) {
	lines := append(append([]string{}, p.Input.Main...), "[lua]")
	s.ini = strings.Replace(s.ini, "[lua]\n", strings.Join(append(lines, p.Input.Lua...), "\n")+"\n", 1)
	s.args = p.ServerArgs
}

// TestLuaStores sends the object of each record to a server with the converters
// and hooks of the record.
func TestLuaStores(t *testing.T) {
	base := luaSite(t)
	differences := readLuaDifferences(t)
	for _, p := range readLuaProbes(t) {
		if p.Where != "importconverter" {
			continue
		}
		t.Run(fmt.Sprint(p.number), func(t *testing.T) {
			s := luaCopy(t, base)
			p.configureFor(s)
			s.start()
			got := "store=" + p.send(s)
			s.ini = base.ini // the hooks of the record are not to see the reading
			s.stop()
			got += " stored=" + p.stored(t, s)
			if closed := "store=association closed"; strings.HasPrefix(*p.Output, closed) {
				got = strings.Replace(got, "store=refused", closed, 1)
			}
			want := *p.Output
			if ours, differs := differences[p.number]; differs {
				if got == want {
					t.Errorf("%v %v\nis in differences.jsonl, but agrees", p.Input.Main, p.Input.Lua)
				}
				want = ours
			}
			if got != want {
				t.Errorf("%v %v\n got  %s\n want %s\n%s", p.Input.Main, p.Input.Lua, got, want, s.log())
			}
			inOrder(t, s.plain(s.log()), p.logLines())
		})
	}
}

// send stores the object and tells how that went.
func (p *luaProbe) send(s *site) string {
	out, err := exec.Command("storescu", "-v", "-aet", p.Input.Calling, "-aec", p.Input.Called, "127.0.0.1", fmt.Sprint(s.port),
		filepath.Join(s.dir, "std", p.Input.Data+".dcm")).CombinedOutput()
	switch {
	case strings.Contains(string(out), "(Success)"):
		return "success"
	case err != nil, strings.Contains(string(out), "Received Store Response"):
		return "refused"
	}
	return "association closed"
}

// stored are the values of the stored object.
func (p *luaProbe) stored(t *testing.T, s *site) string {
	sop := "1.2.3.4.2"
	if p.SOP != "" {
		sop = p.SOP
	}
	var fields []string
	for _, f := range p.Input.Read {
		fields = append(fields, "d."+f)
	}
	s.configure()
	read := luaProbe{number: p.number, Chunk: fmt.Sprintf(
		`local d=DicomObject:new() if not pcall(d.Read,d,":%s") then return "NOTSTORED" end return %s`, sop, strings.Join(fields, ","))}
	result, _ := read.runChunk(t, s, "--dolua")
	return result
}

// inOrder demands that the lines stand in the log, one after the other.
func inOrder(t *testing.T, log string, lines []string) {
	t.Helper()
	rest := log
	for _, line := range lines {
		_, after, found := strings.Cut(rest, line)
		if !found {
			t.Errorf("no line %q in\n%s", line, log)
			return
		}
		rest = after
	}
}

// TestLuaHooks replays the records of hooks other than import converters.
func TestLuaHooks(t *testing.T) {
	base := luaSite(t)
	differences := readLuaDifferences(t)
	for _, p := range readLuaProbes(t) {
		if p.Run == nil {
			continue
		}
		t.Run(fmt.Sprintf("%d %s", p.number, p.Where), func(t *testing.T) {
			t.Parallel()
			s := luaCopy(t, base)
			p.configureFor(s)
			s.start()
			got := p.replayHook(s)
			want := fmt.Sprint(p.Observed.Client)
			if ours, differs := differences[p.number]; differs {
				if got == want {
					t.Errorf("%s\nis in differences.jsonl, but agrees", p.Chunk)
				}
				want = ours
			}
			if got != want {
				t.Errorf("%s\n got  %s\n want %s\n%s", p.Chunk, got, want, s.log())
			}
			p.checkLog(t, s)
			if p.ShowFile != "" {
				b, _ := os.ReadFile(filepath.Join(s.dir, p.ShowFile))
				if string(b) != p.Observed.File {
					t.Errorf("%s: got %q, want %q", p.ShowFile, b, p.Observed.File)
				}
			}
		})
	}
}

// replayHook runs the commands of the record; what they gave is printed as
// p.Observed.Client would be.
func (p *luaProbe) replayHook(s *site) string {
	filter := regexp.MustCompile(p.ClientFilter)
	got := p.Observed.Client[:0:0]
	for _, line := range p.Run {
		cmd := exec.Command("sh", "-c", s.fill(line))
		cmd.Dir = s.dir
		out, _ := cmd.CombinedOutput()
		lines := []string{}
		for l := range strings.Lines(string(out)) {
			if l = strings.TrimRight(l, "\n"); filter.MatchString(l) {
				lines = append(lines, s.plain(l))
			}
		}
		got = append(got, struct {
			Exit  int      `json:"exit"`
			Lines []string `json:"lines"`
		}{cmd.ProcessState.ExitCode(), lines})
	}
	return fmt.Sprint(got)
}

// checkLog waits for the log lines of the record. Where there are to be none, it
// gives them a second.
func (p *luaProbe) checkLog(t *testing.T, s *site) {
	filter := regexp.MustCompile(p.LogFilter)
	read := func() []string {
		text := s.log()
		if p.LogFrom != "" {
			found, _ := filepath.Glob(filepath.Join(s.dir, p.LogFrom+"*"))
			text = ""
			for _, name := range found {
				b, _ := os.ReadFile(name)
				text += string(b)
			}
		}
		lines := []string{}
		for l := range strings.Lines(text) {
			if l = strings.TrimRight(l, "\n"); filter.MatchString(l) {
				lines = append(lines, timeText.ReplaceAllString(s.plain(l), "<DATE>"))
			}
		}
		return lines
	}
	for end := time.Now().Add(time.Second); ; {
		got := read()
		if slices.Equal(got, p.Observed.Log) && (len(got) > 0 || time.Now().After(end)) {
			return
		}
		if time.Now().After(end.Add(4 * time.Second)) {
			t.Errorf("%s: log\n got  %q\n want %q\n%s", p.Chunk, got, p.Observed.Log, s.log())
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
