package lua

import "github.com/yuin/gopher-lua/ast"

// use is what a source does with a value, for messages about wrong ones.
type use byte

const (
	useIndex use = iota
	useCall
	useArith
	useLength
)

// anyKey stands for a key that is not a constant.
const anyKey = "\x00any"

// nameUse notes that a named value is used at a line.
type nameUse struct {
	line int
	use  use
	key  string // of useIndex
	name string // as in messages: "local 'x'"
}

func (p *parser) noteAt(u use, e ast.Expr, key string, line int) {
	if name := p.describe(e); name != "" {
		p.uses(u, name, key, line)
	}
}

func (p *parser) uses(u use, name, key string, line int) {
	p.names = append(p.names, nameUse{line: line, use: u, key: key, name: name})
}

// describe is how messages call an expression, "" for those without a name.
func (p *parser) describe(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return p.kindOf(e.Value) + " '" + e.Value + "'"
	case *ast.AttrGetExpr:
		if k, ok := e.Key.(*ast.StringExpr); ok {
			return "field '" + k.Value + "'"
		}
		return "field '?'"
	}
	return ""
}

func (p *parser) kindOf(name string) string {
	kind := "local"
	for s := p.fn; s != nil; s = s.outer {
		for i := len(s.locals) - 1; i >= 0; i-- {
			if s.locals[i] == name {
				return kind
			}
		}
		kind = "upvalue"
	}
	return "global"
}
