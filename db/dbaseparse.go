package db

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// sqlParser reads one statement token by token.
type sqlParser struct {
	text   string
	tokens []string
	places [][]int // of tokens in text
	at     int
	depth  int
}

var sqlToken = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_.]*|-?[0-9][0-9.]*|<=|>=|<>|!=|\S`)
})

func newSQLParser(s string) *sqlParser {
	p := &sqlParser{text: s, places: sqlToken().FindAllStringIndex(s, -1)}
	for _, at := range p.places {
		p.tokens = append(p.tokens, s[at[0]:at[1]])
	}
	return p
}

func (p *sqlParser) end() bool { return p.at >= len(p.tokens) || p.tokens[p.at] == ";" }

func (p *sqlParser) next() string {
	if p.at >= len(p.tokens) {
		return ""
	}
	p.at++
	return p.tokens[p.at-1]
}

func (p *sqlParser) peek(w string) bool {
	return p.at < len(p.tokens) && equalFold(p.tokens[p.at], w)
}

// word takes w when it is next.
func (p *sqlParser) word(w string) bool {
	if !p.peek(w) {
		return false
	}
	p.at++
	return true
}

func (p *sqlParser) fail(want string) error {
	near := "end"
	if p.at < len(p.tokens) {
		near = p.tokens[p.at]
	}
	return fmt.Errorf("%w near %q: expected %s", errSyntax, near, want)
}

// value takes a quoted text, a number or NULL.
func (p *sqlParser) value() (string, error) {
	p.word("E")
	t := p.next()
	switch {
	case len(t) >= 2 && t[0] == '\'':
		return strings.ReplaceAll(t[1:len(t)-1], "''", "'"), nil
	case equalFold(t, "NULL"):
		return "", nil
	case t != "" && (t[0] == '-' || t[0] >= '0' && t[0] <= '9'):
		return t, nil
	}
	p.at--
	return "", p.fail("value")
}

// where takes the conditions of a statement, if any: those that all must hold,
// and the rest.
func (p *sqlParser) where(table string) ([]condition, *expression, error) {
	if !p.word("WHERE") {
		return nil, nil, nil
	}
	e, err := p.or(table)
	if err != nil {
		return nil, nil, err
	}
	var list []condition
	rest := &expression{op: allOf}
	e.split(&list, rest)
	if len(rest.list) == 0 {
		rest = nil
	}
	return list, rest, nil
}

func (p *sqlParser) or(table string) (*expression, error) {
	return p.chain("OR", anyOf, func() (*expression, error) {
		return p.chain("AND", allOf, func() (*expression, error) { return p.term(table) })
	})
}

// maxTerms bounds the conditions of a statement.
const maxTerms = 10000

// chain takes terms joined by word.
func (p *sqlParser) chain(word string, op exprOp, term func() (*expression, error)) (*expression, error) {
	first, err := term()
	if err != nil || !p.peek(word) {
		return first, err
	}
	e := &expression{op: op, list: []*expression{first}}
	for p.word(word) {
		t, err := term()
		if err != nil {
			return nil, err
		}
		if e.list = append(e.list, t); len(e.list) > maxTerms {
			return nil, p.fail("fewer conditions")
		}
	}
	return e, nil
}

// maxDepth bounds the nesting of parentheses and NOT.
const maxDepth = 100

func (p *sqlParser) term(table string) (*expression, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("less nesting")
	}
	defer func() { p.depth-- }()
	if p.word("NOT") {
		e, err := p.term(table)
		return &expression{op: noneOf, list: []*expression{e}}, err
	}
	if p.word("(") {
		e, err := p.or(table)
		if err == nil && !p.word(")") {
			err = p.fail(")")
		}
		return e, err
	}
	return p.condition(table)
}

var comparisons = map[string]operator{
	"=": opEqual, ">=": opAtLeast, "<=": opAtMost, "LIKE": opLike, "<>": opUnequal, "!=": opUnequal, "<": opBelow, ">": opAbove,
}

func (p *sqlParser) condition(table string) (*expression, error) {
	name := p.next()
	if name == "" || !isLetter(name[0]) {
		return nil, p.fail("column")
	}
	e := &expression{c: condition{col: columnOf(name, table)}}
	not := false
	if p.word("IS") {
		not = p.word("NOT")
		if !p.word("NULL") {
			return nil, p.fail("NULL")
		}
		e.c.op = opNull
		return e.negated(not), nil
	}
	not = p.word("NOT")
	if p.word("IN") {
		var err error
		e.c, err = p.in(e.c)
		return e.negated(not), err
	}
	op, ok := comparisons[upperASCII(p.next())]
	if !ok {
		p.at--
		return nil, p.fail("comparison")
	}
	e.c.op = op
	if p.at < len(p.tokens) && op == opEqual && strings.Contains(p.tokens[p.at], ".") && isLetter(p.tokens[p.at][0]) {
		e.c.op, e.c.other = opJoin, columnOf(p.next(), table)
		return e, nil
	}
	v, err := p.value()
	e.c.value = v
	if op == opLike {
		e.c.value = strings.ReplaceAll(v, "%", "*")
	}
	return e.negated(not), err
}

// in takes ('a','b') or the 'a|b' of the dBASE driver.
func (p *sqlParser) in(c condition) (condition, error) {
	c.op = opIn
	if !p.word("(") {
		v, err := p.value()
		c.values = strings.Split(v, "|")
		return c, err
	}
	for !p.word(")") {
		v, err := p.value()
		if err != nil {
			return c, err
		}
		c.values = append(c.values, v)
		p.word(",")
	}
	return c, nil
}

func isLetter(c byte) bool { c = lowerByte(c); return c == '_' || 'a' <= c && c <= 'z' }
