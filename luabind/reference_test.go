package luabind

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/lua.md")

const referenceFile = "../docs/lua.md"

// TestReference holds that docs/lua.md is what the tables say.
func TestReference(t *testing.T) {
	want := Reference()
	if *update {
		if err := os.WriteFile(referenceFile, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referenceFile)
	if err != nil || string(got) != want {
		t.Errorf("%s is not current (%v): go test ./luabind -run TestReference -update", referenceFile, err)
	}
}

// TestTablesAreWhole holds that each function is there once, with its text, and that
// each module that require finds is named.
func TestTablesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range api() {
		for _, f := range c.features {
			if f.f == nil || f.help == "" || !strings.HasPrefix(f.args, "(") || f.global == "" && f.method == "" {
				t.Errorf("%s%s lacks something", f.global, f.method)
			}
			for _, name := range []string{f.global, "obj:" + f.method} {
				if seen[name] && name != "" && name != "obj:" {
					t.Errorf("%s is there twice", name)
				}
				seen[name] = true
			}
		}
	}
	for _, m := range modules {
		if names := slices.Sorted(maps.Keys(m.open())); !slices.Equal(names, slices.Sorted(slices.Values(m.names))) {
			t.Errorf("modules %v are named %v", names, m.names)
		}
	}
}
