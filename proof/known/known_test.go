package known

import (
	"os"
	"strings"
	"testing"
)

func TestHeadingsAreThere(t *testing.T) {
	text, err := os.ReadFile("../../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !strings.Contains(string(text), "\n### "+r.heading+"\n") {
			t.Errorf("docs/differences.md has no heading %q", r.heading)
		}
	}
}
