package api_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"conquest/api"
)

var update = flag.Bool("update", false, "write the table of docs/api.md")

// docs/api.md has the table of routes.
func TestReferenceIsUpToDate(t *testing.T) {
	const path, mark = "../docs/api.md", "\n## Calls\n\n"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, _, found := strings.Cut(string(page), mark)
	if !found {
		t.Fatalf("%s has no heading Calls", path)
	}
	want := text + mark + api.Reference()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(page) != want {
		t.Errorf("%s is not current: go test ./api -run Reference -update", path)
	}
}
