package conquest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoroutinesHaveAnOwner: only package group has go statements, so that every
// goroutine recovers, has a name and is waited for. The programs of regress,
// which are no part of the server, and tests may do as they like.
func TestGoroutinesHaveAnOwner(t *testing.T) {
	eachFile(t, func(path string, set *token.FileSet, f *ast.File) {
		if strings.HasPrefix(path, "group/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a goroutine without owner; use package group", set.Position(g.Pos()))
			}
			return true
		})
	})
}

// eachFile parses every source file that is no test and belongs to no program of
// regress.
func eachFile(t *testing.T, look func(path string, set *token.FileSet, f *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (path == "regress" || e.Name() == "testdata" || path != "." && strings.HasPrefix(e.Name(), ".")):
			return fs.SkipDir
		case e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err == nil {
			look(filepath.ToSlash(path), set, f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
