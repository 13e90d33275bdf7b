package lua

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReferenceInterpreter runs each testdata/*.lua. The text beside it is what the
// reference interpreter (PUC Lua 5.1) gives, which is asked again where it is installed.
func TestReferenceInterpreter(t *testing.T) {
	t.Chdir("testdata")
	files, err := filepath.Glob("*.lua")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	reference, missing := exec.LookPath("lua5.1")
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			name := strings.TrimSuffix(file, ".lua") + ".txt"
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text := evalOK(t, "return dofile('"+file+"')")
			got := strings.Split(text+"\n", "\n")
			for i, line := range strings.Split(string(want), "\n") {
				if i >= len(got) || got[i] != line {
					t.Errorf("line %d:\n got  %q\n want %q", i+1, got[min(i, len(got)-1)], line)
				}
			}
			if missing != nil {
				return
			}
			again, err := exec.Command(reference, "-e", "io.write(dofile('"+file+"'), '\\n')").Output()
			if err != nil || string(again) != string(want) {
				t.Errorf("%s is not what %s gives: %v", name, reference, err)
			}
		})
	}
}
