package conquest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// reference is a page of docs/original in a comment and the sections named
	// behind it: "docs/original/lua.md 1.2, 3 and 4".
	reference = regexp.MustCompile(`docs/original/([\w-]+\.md)((?:(?:,| and|;)? \d+(?:\.\d+)*\b)*)`)
	section   = regexp.MustCompile(`\d+(?:\.\d+)*`)
	heading   = regexp.MustCompile(`(?m)^#+ (\d+(?:\.\d+)*)`)
)

// TestReferencesToTheOriginal: every page and section of docs/original that a
// comment names is there.
func TestReferencesToTheOriginal(t *testing.T) {
	known := map[string]map[string]bool{}
	pages, err := filepath.Glob("docs/original/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		sections := map[string]bool{}
		for _, m := range heading.FindAllStringSubmatch(string(text), -1) {
			sections[m[1]] = true
		}
		known[filepath.Base(page)] = sections
	}
	found := 0
	eachFile(t, func(path string, set *token.FileSet, f *ast.File) {
		for _, c := range f.Comments {
			text := strings.Join(strings.Fields(c.Text()), " ")
			for _, m := range reference.FindAllStringSubmatch(text, -1) {
				sections, ok := known[m[1]]
				if !ok {
					t.Errorf("%s: docs/original has no page %s", set.Position(c.Pos()), m[1])
					continue
				}
				for _, s := range section.FindAllString(m[2], -1) {
					found++
					if !sections[s] {
						t.Errorf("%s: %s has no section %s", set.Position(c.Pos()), m[1], s)
					}
				}
			}
		}
	})
	if found < 50 {
		t.Errorf("%d references found, there should be many", found)
	}
}

var (
	entry    = regexp.MustCompile(`(?m)^### .*$`)
	testName = regexp.MustCompile(`\b(?:Test|Fuzz|Example)[A-Z]\w*\b`)
	placed   = regexp.MustCompile("`((?:Test|Fuzz|Example)[A-Z]\\w*)` in ([\\w/]*\\w)(?:, case (\\w+))?")
	untested = regexp.MustCompile(`\bNo test: \w`)
)

// TestDifferencesAreHeld: every entry of docs/differences.md names tests that are
// there, or says why it has none.
func TestDifferencesAreHeld(t *testing.T) {
	text, err := os.ReadFile("docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testFunctions(t)
	at := entry.FindAllIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		title, body := string(text[m[0]+len("### "):m[1]]), text[m[1]:end]
		names := testName.FindAll(body, -1)
		if len(names) == 0 && !untested.Match(body) {
			t.Errorf("docs/differences.md: %q names no test and no reason", title)
		}
		for _, n := range names {
			if tests[string(n)] == nil {
				t.Errorf("docs/differences.md: %q names %s, which is not there", title, n)
			}
		}
		for _, m := range placed.FindAllStringSubmatch(string(body), -1) {
			if !tests[m[1]][m[2]] {
				t.Errorf("docs/differences.md: %q names %s in %s, which is not there", title, m[1], m[2])
			}
			if _, err := os.Stat("regress/cases/" + m[3] + ".txtar"); m[3] != "" && err != nil {
				t.Errorf("docs/differences.md: %q: %v", title, err)
			}
		}
	}
}

// testFunctions are the names of all tests of the repository, each with the
// folders that have one of that name.
func testFunctions(t *testing.T) map[string]map[string]bool {
	t.Helper()
	names := map[string]map[string]bool{}
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				if names[fn.Name.Name] == nil {
					names[fn.Name.Name] = map[string]bool{}
				}
				names[fn.Name.Name][filepath.ToSlash(filepath.Dir(path))] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
