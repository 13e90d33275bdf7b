package lua

import (
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

func itoa(n int) string { return strconv.Itoa(n) }

// kinds of primary expressions.
type primaryKind int

const (
	isValue primaryKind = iota
	isVariable
	isCall
)

func (p *parser) expressions() []ast.Expr {
	es := []ast.Expr{p.expression()}
	for p.accept(',') {
		es = append(es, p.expression())
	}
	return es
}

func (p *parser) expression() ast.Expr { return p.binary(0) }

// binaryOperators have left and right priority.
var binaryOperators = map[string][2]int{
	"or": {1, 1}, "and": {2, 2},
	"<": {3, 3}, ">": {3, 3}, "<=": {3, 3}, ">=": {3, 3}, "~=": {3, 3}, "==": {3, 3},
	"..": {5, 4}, "+": {6, 6}, "-": {6, 6}, "*": {7, 7}, "/": {7, 7}, "%": {7, 7}, "^": {10, 9},
}

const unaryPriority = 8

func (p *parser) operator() (string, [2]int, bool) {
	switch p.t.kind {
	case tokName, tokString, tokNumber, tokEOF:
		return "", [2]int{}, false
	}
	op := p.t.String()
	pr, ok := binaryOperators[op]
	return op, pr, ok
}

func (p *parser) binary(limit int) ast.Expr {
	p.enter()
	defer p.leave()
	line := p.line
	var e ast.Expr
	switch {
	case p.isWord("not"):
		p.advance()
		e = &ast.UnaryNotOpExpr{Expr: p.binary(unaryPriority)}
		line = p.lastLine
	case p.is('-'):
		p.advance()
		x := p.binary(unaryPriority)
		line = p.lastLine
		p.noteAt(useArith, x, "", line)
		e = &ast.UnaryMinusOpExpr{Expr: x}
	case p.is('#'):
		p.advance()
		x := p.binary(unaryPriority)
		line = p.lastLine
		p.noteAt(useLength, x, "", line)
		e = &ast.UnaryLenOpExpr{Expr: x}
	default:
		e = p.simple()
	}
	if e.Line() == 0 {
		e.SetLine(line)
	}
	for n := 0; ; {
		p.chain(&n)
		op, pr, ok := p.operator()
		if !ok || pr[0] <= limit {
			return e
		}
		p.advance()
		rhs := p.binary(pr[1])
		e = p.combine(op, e, rhs, p.lastLine) // Lua has the operation on the line of its last part
	}
}

func (p *parser) combine(op string, lhs, rhs ast.Expr, line int) ast.Expr {
	var e ast.Expr
	switch op {
	case "or", "and":
		e = &ast.LogicalOpExpr{Operator: op, Lhs: lhs, Rhs: rhs}
	case "<", ">", "<=", ">=", "==", "~=":
		e = &ast.RelationalOpExpr{Operator: op, Lhs: lhs, Rhs: rhs}
	case "..":
		return p.concat(lhs, rhs, line)
	default:
		p.noteAt(useArith, lhs, "", line)
		p.noteAt(useArith, rhs, "", line)
		e = &ast.ArithmeticOpExpr{Operator: op, Lhs: lhs, Rhs: rhs}
	}
	e.SetLine(line)
	return e
}

// concatMethod is the name under which strings have [State.concat].
const concatMethod = "\x00concat"

// concat makes a..b the call of a method of a string that holds the descriptions
// of the operands. a..(b..c) becomes one call of three.
func (p *parser) concat(lhs, rhs ast.Expr, line int) ast.Expr {
	single(lhs)
	single(rhs)
	args := []ast.Expr{lhs}
	about := p.describe(lhs)
	if c, ok := rhs.(*ast.FuncCallExpr); ok && c.Method == concatMethod && p.chains(c) {
		args = append(args, c.Args...)
		about += "\n" + c.Receiver.(*ast.StringExpr).Value
	} else {
		args = append(args, rhs)
		about += "\n" + p.describe(rhs)
	}
	recv := &ast.StringExpr{Value: about}
	recv.SetLine(line)
	e := &ast.FuncCallExpr{Receiver: recv, Method: concatMethod, Args: args, AdjustRet: true}
	e.SetLine(line)
	return e
}

// maxConcat bounds the operands of one call, for the registers it takes.
const maxConcat = 50

func (p *parser) chains(c *ast.FuncCallExpr) bool {
	return c.LastLine() == 0 && len(c.Args) < maxConcat
}

// single makes an expression give exactly one value.
func single(e ast.Expr) {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
}

func (p *parser) simple() ast.Expr {
	line := p.line
	var e ast.Expr
	switch {
	case p.is(tokNumber):
		e = &ast.NumberExpr{Value: strconv.FormatFloat(p.t.num, 'g', -1, 64)}
	case p.is(tokString):
		e = &ast.StringExpr{Value: p.t.text}
	case p.isWord("nil"):
		e = &ast.NilExpr{}
	case p.isWord("true"):
		e = &ast.TrueExpr{}
	case p.isWord("false"):
		e = &ast.FalseExpr{}
	case p.is(tokDots):
		if !p.fn.vararg {
			p.fail("cannot use '...' outside a vararg function")
		}
		e = &ast.Comma3Expr{}
	case p.is('{'):
		return p.table()
	case p.isWord("function"):
		p.advance()
		return p.functionBody(line, false)
	default:
		e, _ := p.primary()
		return e
	}
	p.advance()
	e.SetLine(line)
	return e
}

func (p *parser) primary() (ast.Expr, primaryKind) {
	line := p.line
	var e ast.Expr
	kind := isValue
	switch {
	case p.is('('):
		p.advance()
		e = p.expression()
		p.match(token{kind: ')'}, token{kind: '('}, line)
		single(e)
		if c, ok := e.(*ast.FuncCallExpr); ok && c.Method == concatMethod {
			c.SetLastLine(line) // parentheses end a chain
		}
	case p.is(tokName):
		e = p.variable(p.name(), line)
		kind = isVariable
	default:
		p.fail("unexpected symbol")
	}
	for n := 0; ; {
		p.chain(&n)
		switch {
		case p.is('.'):
			p.advance()
			e = p.field(e, p.name(), p.lastLine)
			kind = isVariable
		case p.is('['):
			p.advance()
			key := p.expression()
			p.need(token{kind: ']'})
			e = p.index(e, key, line)
			kind = isVariable
		case p.is(':'):
			p.advance()
			name := p.name()
			p.noteAt(useIndex, e, name, line)
			call := &ast.FuncCallExpr{Receiver: e, Method: name}
			call.SetLine(line)
			p.uses(useCall, "method '"+name+"'", "", line)
			call.Args = p.arguments(line)
			e, kind = call, isCall
		case p.is('('), p.is('{'), p.is(tokString):
			p.noteAt(useCall, e, "", line)
			call := &ast.FuncCallExpr{Func: e}
			call.SetLine(line)
			call.Args = p.arguments(line)
			e, kind = call, isCall
		default:
			return e, kind
		}
	}
}

func (p *parser) arguments(line int) []ast.Expr {
	switch p.t.kind {
	case tokString:
		s := &ast.StringExpr{Value: p.t.text}
		s.SetLine(p.line)
		p.advance()
		return []ast.Expr{s}
	case '{':
		return []ast.Expr{p.table()}
	case '(':
		if p.line != p.lastLine {
			p.fail("ambiguous syntax (function call x new statement)")
		}
		open := p.line
		p.advance()
		if p.accept(')') {
			return []ast.Expr{}
		}
		args := p.expressions()
		p.match(token{kind: ')'}, token{kind: '('}, open)
		return args
	}
	p.fail("function arguments expected")
	return nil
}

func (p *parser) variable(name string, line int) ast.Expr {
	e := &ast.IdentExpr{Value: name}
	e.SetLine(line)
	return e
}

func (p *parser) field(object ast.Expr, key string, line int) ast.Expr {
	k := &ast.StringExpr{Value: key}
	k.SetLine(line)
	return p.index(object, k, line)
}

func (p *parser) index(object, key ast.Expr, line int) ast.Expr {
	k := ""
	switch key := key.(type) {
	case *ast.StringExpr:
		k = key.Value
	case *ast.NumberExpr:
		k = key.Value
	default:
		k = anyKey
	}
	p.noteAt(useIndex, object, k, line)
	e := &ast.AttrGetExpr{Object: object, Key: key}
	e.SetLine(line)
	return e
}

func (p *parser) table() ast.Expr {
	line := p.line
	p.need(token{kind: '{'})
	e := &ast.TableExpr{Fields: []*ast.Field{}}
	for !p.is('}') {
		f := &ast.Field{}
		switch {
		case p.is(tokName) && p.lookAhead().kind == '=':
			key := &ast.StringExpr{Value: p.t.text}
			key.SetLine(p.line)
			f.Key = key
			p.advance()
			p.advance()
		case p.is('['):
			p.advance()
			f.Key = p.expression()
			p.need(token{kind: ']'})
			p.need(token{kind: '='})
		}
		f.Value = p.expression()
		e.Fields = append(e.Fields, f)
		if !p.accept(',') && !p.accept(';') {
			break
		}
	}
	p.match(token{kind: '}'}, token{kind: '{'}, line)
	e.SetLine(line)
	return e
}

// functionBody reads parameters and body up to "end".
func (p *parser) functionBody(line int, method bool) *ast.FunctionExpr {
	s := &scope{outer: p.fn}
	p.fn = s
	if method {
		s.locals = append(s.locals, "self")
	}
	pars := &ast.ParList{Names: []string{}}
	p.need(token{kind: '('})
	for !p.is(')') {
		if p.accept(tokDots) {
			pars.HasVargs, s.vararg = true, true
			break
		}
		if p.t.kind != tokName {
			p.fail("<name> or '...' expected")
		}
		pars.Names = append(pars.Names, p.name())
		if !p.accept(',') {
			break
		}
		if p.is(')') {
			p.fail("<name> or '...' expected")
		}
	}
	p.need(token{kind: ')'})
	s.locals = append(s.locals, pars.Names...)
	if s.vararg {
		s.locals = append(s.locals, "arg")
	}
	f := &ast.FunctionExpr{ParList: pars, Stmts: p.block()}
	f.SetLine(line)
	f.SetLastLine(p.line)
	p.match(p.keyword("end"), p.keyword("function"), line)
	p.fn = s.outer
	return f
}
