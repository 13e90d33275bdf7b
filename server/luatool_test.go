package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLuaOnTheCommandLine: what --dolua prints, by whatever function and however
// long it is, comes out, and modules may lie in the folder lua of the site.
func TestLuaOnTheCommandLine(t *testing.T) {
	s := newSite(t)
	s.configure()
	if err := os.MkdirAll(filepath.Join(s.dir, "lua"), 0o777); err != nil {
		t.Fatal(err)
	}
	s.write("lua/siteword.lua", "return { word = 'from the site' }")
	long := strings.Repeat("x", 6000)
	for chunk, want := range map[string]string{
		"print(require('siteword').word)":               "from the site",
		"HTML('a line of HTML')":                        "a line of HTML",
		"print(string.rep('x', 6000))":                  long,
		"print(heapinfo() ~= 'not available')":          "true",
		"print(heapinfo():match('%d') ~= nil)":          "true",
		"changeuidback('1.2.3.99', nil) print('alive')": "alive",
		"print(pcall(require, 'nosuchmodule'))":         "false",
	} {
		if out := s.run("--dolua:" + chunk); !strings.Contains(out, want) {
			t.Errorf("%s: %q", chunk, out)
		}
	}
}
