package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReferenceIsUpToDate holds docs/commands.md to the tables of the program.
func TestReferenceIsUpToDate(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != helpMarkdown() {
		t.Error("docs/commands.md is not what the tables say; run: go run ./dgate --help-markdown > docs/commands.md")
	}
}

func TestNameOfServerTask(t *testing.T) {
	for name, want := range map[string]bool{"./servertask": true, "/x/ServerTask.exe": true, "./dgate": false, "dgateservertask": false} {
		if got := isServerTask(filepath.FromSlash(name)); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
