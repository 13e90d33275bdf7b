package lua

import (
	"github.com/yuin/gopher-lua/ast"
)

// parser reads Lua 5.1 and makes the syntax tree of the engine. It differs from
// the parser of the engine in that it knows Lua 5.1 only (no goto), has its
// messages, and that it makes concatenation a call of [State.concat], because the
// engine has another way to write numbers.
type parser struct {
	x        lexer
	t        token // current
	ahead    token
	hasAhead bool
	line     int // of t
	lastLine int // of the token before t
	aheadAt  int
	fn       *scope
	depth    int
	names    []nameUse
}

// scope is a function being read.
type scope struct {
	outer  *scope
	locals []string
	vararg bool
	loops  int
}

// parseChunk reads a chunk called name (as [chunkID] gives it).
func parseChunk(src, name string) (stmts []ast.Stmt, names []nameUse, err error) {
	p := &parser{x: lexer{src: src, line: 1, chunk: name}}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *syntaxError:
			err = r
		default:
			panic(r)
		}
	}()
	p.advance()
	p.fn = &scope{vararg: true}
	stmts = p.block()
	if p.t.kind != tokEOF {
		p.expected(token{kind: tokEOF})
	}
	return stmts, p.names, nil
}

func (p *parser) advance() {
	p.lastLine = p.line
	if p.hasAhead {
		p.t, p.line, p.hasAhead = p.ahead, p.aheadAt, false
		return
	}
	p.t = p.x.next()
	p.line = p.x.line
}

func (p *parser) lookAhead() token {
	if !p.hasAhead {
		p.ahead = p.x.next()
		p.aheadAt, p.hasAhead = p.x.line, true
	}
	return p.ahead
}

func (p *parser) fail(msg string) {
	x := p.x
	x.line = p.line
	x.fail(msg, p.t.String())
}

func (p *parser) expected(t token) { p.fail("'" + t.String() + "' expected") }

func (p *parser) is(kind tokenKind) bool  { return p.t.kind == kind }
func (p *parser) isWord(word string) bool { return p.t.kind == tokKeyword && p.t.text == word }
func (p *parser) keyword(w string) token  { return token{kind: tokKeyword, text: w} }
func (p *parser) same(t token) bool {
	return p.t.kind == t.kind && (t.kind != tokKeyword || p.t.text == t.text)
}
func (p *parser) accept(k tokenKind) bool  { return p.acceptToken(token{kind: k}) }
func (p *parser) acceptWord(w string) bool { return p.acceptToken(p.keyword(w)) }

func (p *parser) acceptToken(t token) bool {
	if p.same(t) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) need(t token) {
	if !p.acceptToken(t) {
		p.expected(t)
	}
}

// match needs what closes the token opened at line.
func (p *parser) match(what, opened token, line int) {
	if p.acceptToken(what) {
		return
	}
	if line == p.line {
		p.expected(what)
	}
	p.fail("'" + what.String() + "' expected (to close '" + opened.String() + "' at line " + itoa(line) + ")")
}

func (p *parser) name() string {
	if p.t.kind != tokName {
		p.expected(token{kind: tokName})
	}
	s := p.t.text
	p.advance()
	return s
}

func (p *parser) enter() {
	p.depth++
	if p.depth > 200 {
		x := p.x
		x.line = p.line
		x.fail("chunk has too many syntax levels", "")
	}
}

func (p *parser) leave() { p.depth-- }

// maxChain bounds operators, calls and branches one after the other: they are
// nested in the syntax tree.
const maxChain = 20000

func (p *parser) chain(n *int) {
	if *n++; *n > maxChain {
		x := p.x
		x.line = p.line
		x.fail("chunk has too many syntax levels", "")
	}
}

func (p *parser) blockEnds() bool {
	if p.t.kind == tokEOF {
		return true
	}
	if p.t.kind != tokKeyword {
		return false
	}
	switch p.t.text {
	case "else", "elseif", "end", "until":
		return true
	}
	return false
}

// block reads statements up to the end of the block; locals end with it.
func (p *parser) block() []ast.Stmt {
	n := len(p.fn.locals)
	stmts := p.statements()
	p.fn.locals = p.fn.locals[:n]
	return stmts
}

func (p *parser) statements() []ast.Stmt {
	p.enter()
	defer p.leave()
	stmts := []ast.Stmt{}
	for !p.blockEnds() {
		s, last := p.statement()
		stmts = append(stmts, s)
		p.accept(';')
		if last {
			break
		}
	}
	return stmts
}

func (p *parser) statement() (s ast.Stmt, last bool) {
	line := p.line
	if p.t.kind == tokKeyword {
		switch p.t.text {
		case "if":
			return p.ifStatement(), false
		case "while":
			return p.whileStatement(), false
		case "do":
			p.advance()
			d := &ast.DoBlockStmt{Stmts: p.block()}
			p.close(d, "do", line)
			return d, false
		case "for":
			return p.forStatement(), false
		case "repeat":
			return p.repeatStatement(), false
		case "function":
			return p.functionStatement(), false
		case "local":
			p.advance()
			if p.acceptWord("function") {
				return p.localFunction(line), false
			}
			return p.localStatement(line), false
		case "return":
			return p.returnStatement(), true
		case "break":
			p.advance()
			if p.fn.loops == 0 {
				p.fail("no loop to break")
			}
			b := &ast.BreakStmt{}
			b.SetLine(line)
			return b, true
		}
	}
	return p.expressionStatement(), false
}

// close needs "end" and notes the lines of a block statement.
func (p *parser) close(n ast.PositionHolder, opened string, line int) {
	n.SetLine(line)
	n.SetLastLine(p.line)
	p.match(p.keyword("end"), p.keyword(opened), line)
}

func (p *parser) ifStatement() ast.Stmt {
	line := p.line
	first := &ast.IfStmt{}
	cur := first
	for n := 0; ; {
		p.chain(&n)
		p.advance() // if, elseif
		cur.SetLine(p.lastLine)
		cur.Condition = p.expression()
		p.need(p.keyword("then"))
		cur.Then = p.block()
		if p.isWord("elseif") {
			next := &ast.IfStmt{}
			cur.Else = []ast.Stmt{next}
			cur = next
			continue
		}
		if p.acceptWord("else") {
			cur.Else = p.block()
		}
		break
	}
	p.close(first, "if", line)
	return first
}

func (p *parser) loopBody() []ast.Stmt {
	p.fn.loops++
	defer func() { p.fn.loops-- }()
	return p.block()
}

func (p *parser) whileStatement() ast.Stmt {
	line := p.line
	p.advance()
	s := &ast.WhileStmt{Condition: p.expression()}
	p.need(p.keyword("do"))
	s.Stmts = p.loopBody()
	p.close(s, "while", line)
	return s
}

func (p *parser) repeatStatement() ast.Stmt {
	line := p.line
	p.advance()
	n := len(p.fn.locals)
	p.fn.loops++
	s := &ast.RepeatStmt{Stmts: p.statements()}
	p.fn.loops--
	p.match(p.keyword("until"), p.keyword("repeat"), line)
	s.Condition = p.expression() // sees the locals of the body
	p.fn.locals = p.fn.locals[:n]
	s.SetLine(line)
	s.SetLastLine(p.lastLine)
	return s
}

// loopBounds are the bounds of a loop as errors name them, in their order. Texts have
// a field of each name, a function that makes a number of a text: values of elements
// are texts, which the engine does not take as bounds.
var loopBounds = [3]string{"'for' initial value", "'for' limit", "'for' step"}

// loopNumber is bound n of a loop as a number.
func loopNumber(e ast.Expr, n int) ast.Expr {
	switch e.(type) {
	case *ast.NumberExpr, *ast.ArithmeticOpExpr, *ast.UnaryLenOpExpr, *ast.UnaryMinusOpExpr:
		return e
	}
	name, object := &ast.StringExpr{Value: loopBounds[n]}, &ast.StringExpr{}
	function := &ast.AttrGetExpr{Object: object, Key: name}
	call := &ast.FuncCallExpr{Func: function, Args: []ast.Expr{e}}
	for _, x := range []ast.Expr{name, object, function, call} {
		x.SetLine(e.Line())
		x.SetLastLine(e.LastLine())
	}
	return call
}

func (p *parser) forStatement() ast.Stmt {
	line := p.line
	p.advance()
	first := p.name()
	n := len(p.fn.locals)
	if p.is('=') {
		p.advance()
		s := &ast.NumberForStmt{Name: first, Init: loopNumber(p.expression(), 0)}
		p.need(token{kind: ','})
		s.Limit = loopNumber(p.expression(), 1)
		if p.accept(',') {
			s.Step = loopNumber(p.expression(), 2)
		}
		p.need(p.keyword("do"))
		p.fn.locals = append(p.fn.locals, first)
		s.Stmts = p.loopBody()
		p.close(s, "for", line)
		p.fn.locals = p.fn.locals[:n]
		return s
	}
	if p.t.kind != ',' && !p.isWord("in") {
		p.fail("'=' or 'in' expected")
	}
	s := &ast.GenericForStmt{Names: []string{first}}
	for p.accept(',') {
		s.Names = append(s.Names, p.name())
	}
	p.need(p.keyword("in"))
	s.Exprs = p.expressions()
	p.need(p.keyword("do"))
	p.fn.locals = append(p.fn.locals, s.Names...)
	s.Stmts = p.loopBody()
	p.close(s, "for", line)
	p.fn.locals = p.fn.locals[:n]
	return s
}

func (p *parser) functionStatement() ast.Stmt {
	line := p.line
	p.advance()
	var target ast.Expr = p.variable(p.name(), p.lastLine)
	n := &ast.FuncName{Func: target}
	method := false
	for p.is('.') || p.is(':') {
		method = p.is(':')
		p.advance()
		key := p.name()
		if method {
			n = &ast.FuncName{Receiver: target, Method: key}
			break
		}
		target = p.field(target, key, line)
		n.Func = target
	}
	f := p.functionBody(line, method)
	s := &ast.FuncDefStmt{Name: n, Func: f}
	s.SetLine(line)
	s.SetLastLine(f.LastLine())
	return s
}

func (p *parser) localFunction(line int) ast.Stmt {
	name := p.name()
	p.fn.locals = append(p.fn.locals, name)
	f := p.functionBody(line, false)
	s := &ast.LocalAssignStmt{Names: []string{name}, Exprs: []ast.Expr{f}}
	s.SetLine(line)
	s.SetLastLine(f.LastLine())
	return s
}

func (p *parser) localStatement(line int) ast.Stmt {
	s := &ast.LocalAssignStmt{Names: []string{p.name()}, Exprs: []ast.Expr{}}
	for p.accept(',') {
		s.Names = append(s.Names, p.name())
	}
	if p.accept('=') {
		s.Exprs = p.expressions()
	}
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if f, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			// The engine would let the function see its own local.
			extra := &ast.NilExpr{}
			extra.SetLine(f.Line())
			s.Exprs = append(s.Exprs, extra)
		}
	}
	s.SetLine(line)
	p.fn.locals = append(p.fn.locals, s.Names...)
	return s
}

func (p *parser) returnStatement() ast.Stmt {
	s := &ast.ReturnStmt{}
	s.SetLine(p.line)
	p.advance()
	if !p.blockEnds() && !p.is(';') {
		s.Exprs = p.expressions()
	}
	return s
}

func (p *parser) expressionStatement() ast.Stmt {
	line := p.line
	e, kind := p.primary()
	if kind == isCall {
		s := &ast.FuncCallStmt{Expr: e}
		s.SetLine(line)
		return s
	}
	a := &ast.AssignStmt{Lhs: []ast.Expr{e}}
	a.SetLine(line)
	for {
		if kind != isVariable {
			p.fail("syntax error")
		}
		if !p.accept(',') {
			break
		}
		e, kind = p.primary()
		a.Lhs = append(a.Lhs, e)
	}
	p.need(token{kind: '='})
	a.Rhs = p.expressions()
	if len(a.Lhs) > 1 || p.overwrites(a.Lhs[0], a.Rhs[0]) {
		return assignAll(a)
	}
	return a
}
