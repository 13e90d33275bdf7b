package conquest_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// structured are packages that log with slog only, whose Debug is another one.
var structured = []string{"web", "dicomweb", "ui"}

// TestLinesOfTheLogAreFunctions: what is written to the operator, the debug
// channel or the trouble log in fixed words is a function of package oplog, so
// that whoever sees a line finds where it is written.
func TestLinesOfTheLogAreFunctions(t *testing.T) {
	eachFile(t, func(path string, set *token.FileSet, f *ast.File) {
		room, _, _ := strings.Cut(path, "/")
		if room == "oplog" || room == "console" || slices.Contains(structured, room) {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := c.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"Operator", "Debug", "Trouble"}, s.Sel.Name) {
				for _, a := range c.Args {
					ast.Inspect(a, func(n ast.Node) bool {
						if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
							t.Errorf("%s: a line of the log in words of its own: make it an event (console.Event) or a function of oplog", set.Position(l.Pos()))
						}
						return true
					})
				}
			}
			return true
		})
	})
}
