package main

import (
	"context"
	"flag"
	"os"
	"testing"

	"conquest/regress/rig"
)

var all = flag.Bool("all", false, "send the large ones as well")

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	rig.Clean()
	os.Exit(code)
}

// TestBadInputs sends what no honest peer sends; the server bears it within its
// bounds and serves on.
func TestBadInputs(t *testing.T) {
	results, err := run(context.Background(), !*all, "")
	t.Log("\n" + table(results))
	if err != nil {
		t.Error(err)
	}
}
