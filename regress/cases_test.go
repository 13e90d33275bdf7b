package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestCases runs the recorded cases against the module's server, or against
// $DGATE (with $DGATE_SUPPORT).
func TestCases(t *testing.T) {
	if testing.Short() {
		t.Skip("whole-server cases")
	}
	if missing := missingTools(); len(missing) > 0 {
		text := "NOT RUN: the cases need " + strings.Join(missing, ", ") + " on the PATH"
		if os.Getenv("CI") != "" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	r, err := newRunner(t.Context(), &options{
		dgate: os.Getenv("DGATE"), support: os.Getenv("DGATE_SUPPORT"),
		ports: defaultPorts, timeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cases, err := listCases([]string{"cases"}, regexp.MustCompile(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range cases {
		t.Run(caseName(path), func(t *testing.T) {
			t.Parallel()
			res := r.Run(t.Context(), path)
			switch {
			case !res.OK:
				t.Fatal(res.Log)
			case res.Skipped:
				t.Skip(res.Log)
			}
		})
	}
}
