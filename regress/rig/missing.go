package rig

import (
	"fmt"
	"os"
	"testing"
)

// Missing ends a test that lacks a program of others: it fails where $CI is set,
// and is skipped elsewhere with a line that says what was not tested.
func Missing(t testing.TB, what ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal("missing: ", fmt.Sprint(what...))
	}
	t.Skip("NOT TESTED, missing: ", fmt.Sprint(what...))
}
