package pack

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestToolOfTheCurrentFolder: programs beside the server are run where the system
// looks there; Go refuses that unless it is told otherwise.
func TestToolOfTheCurrentFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a program to run") // the path is that of the current folder there
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "7za"), []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("PATH", ".")
	if err := Tool(context.Background(), "7za").Run(); err != nil {
		t.Error(err)
	}
}
