package oplog

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/log.md")

const (
	operator = "Operator"
	debug    = "Debug"
	trouble  = "Trouble"
)

// golden is one line: the function that writes it, its level and its bytes for
// the arguments that write gives.
type golden struct {
	name, level, text string
	write             func(to *listener)
}

// listener is a console that remembers the last line.
type listener struct{ level, text string }

func (l *listener) hear(level, format string, a []any) {
	*l = listener{level, fmt.Sprintf(format, a...)}
}

func (l *listener) Operator(format string, a ...any) { l.hear(operator, format, a) }
func (l *listener) Debug(format string, a ...any)    { l.hear(debug, format, a) }
func (l *listener) Trouble(format string, a ...any)  { l.hear(trouble, format, a) }

func check(t *testing.T, list []golden) {
	t.Helper()
	for _, g := range list {
		var heard listener
		g.write(&heard)
		if want := (listener{g.level, g.text}); heard != want {
			t.Errorf("%s writes %q, want %q", g.name, heard, want)
		}
	}
	theme := strings.ToLower(strings.TrimPrefix(t.Name(), "TestLinesOf"))
	for _, l := range linesOf(t, theme+".go") {
		if !slices.ContainsFunc(list, func(g golden) bool { return g.name == l.name }) {
			t.Errorf("%s has no golden line", l.name)
		}
	}
}

// rule is the name of a statement.
type rule string

func (r rule) String() string { return string(r) }

// line is a line as the source of this package has it.
type line struct{ name, level, format, when string }

var spoken = map[string]string{operator: "operator", debug: "debug channel", trouble: "trouble log"}

// linesOf reads the functions of a file. Each begins its documentation with where
// it is written to and when.
func linesOf(t *testing.T, file string) []line {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var list []line
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || !fn.Name.IsExported() {
			continue
		}
		l := line{name: fn.Name.Name}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				l.level = c.Fun.(*ast.SelectorExpr).Sel.Name
				l.format, _ = strconv.Unquote(c.Args[0].(*ast.BasicLit).Value)
				return false
			}
			return true
		})
		doc := strings.Join(strings.Fields(fn.Doc.Text()), " ")
		when, ok := strings.CutPrefix(doc, l.name+" is written to the "+spoken[l.level]+" ")
		if !ok {
			t.Errorf("the documentation of %s does not begin with %q", l.name, l.name+" is written to the "+spoken[l.level])
		}
		l.when = when
		list = append(list, l)
	}
	return list
}

// TestLogPage holds that docs/log.md lists every line.
func TestLogPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# The log, line by line

Every line that the server writes in fixed words, with the names of what it puts in: ` + "`%s`" + ` a text, ` + "`%d`" + ` a number, ` + "`%04x`" + ` a hexadecimal number.
The lines are those of the original to the byte, but where the last column says that the original has none. They are the functions of package ` + "`oplog`" + `; this page is made of them.

Level: *operator* lines are always written; *debug* lines when the debug channel is read (` + "`-v`, `debug_level`" + `). A line with three stars also goes to the trouble log, and debug lines with
three stars go there whether or not anybody reads the debug channel. Besides these lines there are events of dgate's own, a sentence followed by key=value pairs, and what rules and scripts say.
`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "oplog.go" {
			continue
		}
		theme := strings.TrimSuffix(file, ".go")
		fmt.Fprintf(&b, "\n## %s\n\n| line | level | when | function |\n|---|---|---|---|\n", strings.ToUpper(theme[:1])+theme[1:])
		for _, l := range linesOf(t, file) {
			text := strconv.Quote(l.format)
			text = strings.ReplaceAll(strings.ReplaceAll(text[1:len(text)-1], `\"`, `"`), "|", `\|`)
			if text == "" {
				text = "(an empty line)"
			} else {
				text = "`" + text + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", text, strings.Fields(spoken[l.level])[0], strings.TrimSuffix(l.when, "."), l.name)
		}
	}
	const page = "../docs/log.md"
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(page)
	if err != nil && !os.IsNotExist(err) || err == nil && string(data) != b.String() || os.IsNotExist(err) {
		t.Errorf("%s is not what the functions say (%v); go test ./oplog -update writes it", page, err)
	}
}
