package dicomini

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// site is a dicom.ini on disk with a clock of its own.
type site struct {
	t    *testing.T
	path string
	now  time.Time
	said []string
}

func newSite(t *testing.T, text string) *site {
	s := &site{t: t, path: filepath.Join(t.TempDir(), "dicom.ini"), now: time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)}
	s.write(text)
	return s
}

func (s *site) write(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chtimes(s.path, s.now, s.now); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) open(opt Options) *Live {
	s.t.Helper()
	opt.Now = func() time.Time { return s.now }
	opt.Message = func(m string) { s.said = append(s.said, m) }
	l, err := Open(Location{BaseDir: filepath.Dir(s.path) + "/", Path: s.path}, opt)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (s *site) later(d time.Duration) { s.now = s.now.Add(d) }

func TestUseKeysFollowTheFile(t *testing.T) {
	s := newSite(t, "[sscscp]\nImportConverter0 = nop old\nFailHoldOff = 1\nFileNameSyntax = 3\nSqLite = 0\nPrefetcher = 1\n")
	l := s.open(Options{})
	before := l.Current()
	s.later(10 * time.Millisecond)
	s.write("[sscscp]\nImportConverter0 = nop new\nFailHoldOff = 2\nFileNameSyntax = 9\nSqLite = 1\nPrefetcher = 2\n")
	if l.Current() != before {
		t.Error("the file was looked at twice in one second")
	}
	s.later(time.Second)
	c := l.Current()
	if v, _ := c.Converter("Import", 0); v.Text != "nop new" {
		t.Errorf("use key: %q", v.Text)
	}
	if !c.SqLite {
		t.Error("open key did not follow")
	}
	if c.FailHoldOff != 1 || c.FileNameSyntax != "3" || c.Prefetcher != 1 {
		t.Errorf("cfg %d, once %q, start %d changed by an edit", c.FailHoldOff, c.FileNameSyntax, c.Prefetcher)
	}
	if v, _ := before.Converter("Import", 0); v.Text != "nop old" {
		t.Error("an older snapshot changed")
	}
	if c, err := l.Reload(); err != nil || c.FailHoldOff != 2 || c.FileNameSyntax != "3" || c.Prefetcher != 1 {
		t.Errorf("after reload cfg %d, once %q, start %d: %v", c.FailHoldOff, c.FileNameSyntax, c.Prefetcher, err)
	}
}

func TestReloadSeesAnEditOfTheSameSecond(t *testing.T) {
	s := newSite(t, "[sscscp]\nFailHoldOff = 1\n")
	l := s.open(Options{})
	s.write("[sscscp]\nFailHoldOff = 2\n")
	if c, err := l.Reload(); err != nil || c.FailHoldOff != 2 {
		t.Errorf("FailHoldOff %d, %v", c.FailHoldOff, err)
	}
}

func TestCommandLineLastsUntilReload(t *testing.T) {
	s := newSite(t, "[sscscp]\nMyACRNema = FILE\nTCPPort = 1111\n")
	l := s.open(Options{AE: "OPTION", Port: "2222"})
	if c := l.Current(); c.MyACRNema != "OPTION" || c.TCPPort != "2222" {
		t.Errorf("%s %s", c.MyACRNema, c.TCPPort)
	}
	if c, _ := l.Reload(); c.MyACRNema != "FILE" || c.TCPPort != "1111" {
		t.Errorf("after reload %s %s", c.MyACRNema, c.TCPPort)
	}
}

func TestMissingFileKeepsTheConfiguration(t *testing.T) {
	s := newSite(t, "[sscscp]\nFailHoldOff = 1\n")
	l := s.open(Options{})
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	s.later(2 * time.Second)
	if l.Current().FailHoldOff != 1 {
		t.Error("lost the configuration")
	}
	if c, err := l.Reload(); err == nil || c.FailHoldOff != 1 {
		t.Errorf("reload: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	_, err := Open(Location{Path: "/nowhere/dicom.ini"}, Options{})
	var se *StartError
	if !errors.As(err, &se) || se.Message != "Configuration file /nowhere/dicom.ini not found, but required." {
		t.Errorf("error %v", err)
	}
}

func TestUpdateAndSubscribe(t *testing.T) {
	s := newSite(t, "[sscscp]\nDebugLevel = 0\n")
	l := s.open(Options{})
	var seen []int
	cancel := l.Subscribe(func(_, c *Config) { seen = append(seen, c.DebugLevel) })
	l.Update(func(c *Config) { c.DebugLevel = 4 })
	s.later(2 * time.Second)
	s.write("[sscscp]\nDebugLevel = 1\n")
	if l.Current().DebugLevel != 4 {
		t.Error("an edit of the file changed a cfg key")
	}
	if _, err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	cancel()
	l.Update(func(c *Config) { c.DebugLevel = 2 })
	if want := []int{4, 4, 1}; len(seen) != 3 || seen[0] != want[0] || seen[1] != want[1] || seen[2] != want[2] {
		t.Errorf("subscriber saw %v, want %v", seen, want)
	}
}

func TestLongConverterIsReportedWhenUsed(t *testing.T) {
	s := newSite(t, "[sscscp]\nImportConverter0 = nop "+strings.Repeat("x", 600)+"\n")
	l := s.open(Options{})
	if len(s.said) != 0 {
		t.Errorf("said at start: %q", s.said)
	}
	for range 2 {
		if v, _ := l.Current().Converter("import", 0); len(v.Text) != 511 {
			t.Errorf("%d bytes", len(v.Text))
		}
	}
	if len(s.said) != 1 || s.said[0] != "***Ini file item 'sscscp:ImportConverter0' trucated" {
		t.Errorf("said %q", s.said)
	}
}

func TestLivePutParam(t *testing.T) {
	s := newSite(t, "[sscscp]\nIgnoreRewrite = 0\nFailHoldOff = 1\n[lua]\n")
	l := s.open(Options{})
	if err := l.PutParam("IgnoreRewrite", "1"); err != nil {
		t.Fatal(err)
	}
	if err := l.PutParam("FailHoldOff", "2"); err != nil {
		t.Fatal(err)
	}
	c := l.Current()
	if !c.IgnoreRewrite || c.FailHoldOff != 1 {
		t.Errorf("use %v, cfg %d", c.IgnoreRewrite, c.FailHoldOff)
	}
	if v, _ := c.MainGet("FailHoldOff"); v != "2" {
		t.Errorf("get_param gives %q", v)
	}
	if err := l.DeleteParam("ignorerewrite"); err != nil {
		t.Fatal(err)
	}
	if l.Current().IgnoreRewrite {
		t.Error("deleted key is still there")
	}
	if _, err := os.Stat(s.path + ".new"); !os.IsNotExist(err) {
		t.Error("the new file was left behind")
	}
}

func TestConcurrentUse(t *testing.T) {
	s := newSite(t, "[sscscp]\nImportConverter0 = nop\n")
	l, err := Open(Location{Path: s.path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 50 {
				if i == 0 {
					if _, err := l.Reload(); err != nil {
						t.Error(err)
					}
				}
				if _, ok := l.Current().Converter("Import", 0); !ok {
					t.Error("converter is missing")
				}
			}
		})
	}
	wg.Wait()
}
