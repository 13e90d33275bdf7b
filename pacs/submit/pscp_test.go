//go:build !windows

package submit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/console"
	"conquest/pacs/site"
)

// The password is no argument of a pscp that can read it from a file, and the
// file is gone afterwards.
func TestPscpPassword(t *testing.T) {
	for _, c := range []struct{ version, want string }{
		{"pscp: Release 0.78", "-pwfile FILE -batch a.zip u@h:/d;secret"},
		{"pscp: Release 0.70", "-pw secret -batch a.zip u@h:/d;"},
	} {
		dir := t.TempDir()
		out := filepath.Join(dir, "arguments")
		program := "#!/bin/sh\n[ \"$1\" = -V ] && { echo '" + c.version + "'; exit 1; }\necho \"$@\" > " + out +
			"\n[ \"$1\" = -pwfile ] && cat \"$2\" >> " + out + "\nexit 0\n"
		if err := os.WriteFile(filepath.Join(dir, "pscp"), []byte(program), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
		s := &Submitter{Site: &site.Site{Console: console.New("", "")}}
		if err := s.Pscp(t.Context(), "a.zip", "u@h:/d", "secret"); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		line, rest, _ := strings.Cut(string(got), "\n")
		words := strings.Fields(line)
		if words[0] == "-pwfile" {
			if _, err := os.Stat(words[1]); err == nil {
				t.Error("the file with the password is still there")
			}
			words[1] = "FILE"
		}
		if text := strings.Join(words, " ") + ";" + strings.TrimSpace(rest); text != c.want {
			t.Errorf("%s: %s, want %s", c.version, text, c.want)
		}
	}
}
