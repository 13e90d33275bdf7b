package db

import (
	"context"
	"errors"
	"strconv"

	"conquest/db/dbase"
)

// errSyntax refuses what the dBASE driver does not know of SQL: it has SELECT,
// INSERT, UPDATE, DELETE, CREATE TABLE of one table.
var errSyntax = errors.New("syntax error")

// intWidth is the width of an integer column.
const intWidth = 10

func (s *dbaseStore) raw(ctx context.Context, statement string) (rows, error) {
	p := newSQLParser(statement)
	q, err := p.selectStatement(s)
	if err != nil {
		return nil, s.failed(statement, err)
	}
	return s.query(ctx, q)
}

func (g *dbaseGroup) exec(ctx context.Context, statement string) (rows, error) {
	p := newSQLParser(statement)
	var err error
	switch {
	case p.word("CREATE"):
		if p.word("TABLE") {
			err = g.create(p)
		}
	case p.word("DROP"):
	case p.word("INSERT"):
		err = g.insertStatement(ctx, p)
	case p.word("UPDATE"):
		err = g.updateStatement(ctx, p)
	case p.word("DELETE"):
		err = g.deleteStatement(ctx, p)
	case p.peek("SELECT"):
		return g.s.raw(ctx, statement)
	default:
		err = p.fail("statement")
	}
	if err != nil {
		if isSQL(err) {
			return nil, err
		}
		return nil, g.s.failed(statement, err)
	}
	return &memoryRows{}, nil
}

// create makes a table: varchar(n) and char(n) become fields of that width,
// others of the width of integers.
func (g *dbaseGroup) create(p *sqlParser) error {
	name := p.next()
	if !p.word("(") {
		return p.fail("(")
	}
	var fields []dbase.Field
	for {
		f := dbase.Field{Name: p.next(), Length: intWidth}
		if f.Name == "" {
			return p.fail("column")
		}
		p.next() // type
		if p.word("(") {
			n, err := strconv.Atoi(p.next())
			if err != nil || !p.word(")") {
				return p.fail("length")
			}
			f.Length = min(n, 255)
		}
		fields = append(fields, f)
		for !p.peek(",") && !p.peek(")") && !p.end() {
			p.next() // PRIMARY KEY not null
		}
		if p.word(")") {
			break
		}
		if !p.word(",") {
			return p.fail(")")
		}
	}
	f, err := g.s.dir.Create(name, fields)
	if err != nil {
		return err
	}
	return g.s.index(f)
}

func (g *dbaseGroup) insertStatement(ctx context.Context, p *sqlParser) error {
	p.word("INTO")
	table := p.next()
	var set []assign
	if !p.word("(") {
		return p.fail("(")
	}
	for !p.word(")") {
		if p.end() {
			return p.fail(")")
		}
		set = append(set, assign{name: p.next()})
		p.word(",")
	}
	if !p.word("VALUES") || !p.word("(") {
		return p.fail("VALUES")
	}
	for i := range set {
		v, err := p.value()
		if err != nil {
			v = p.words()
		}
		set[i].value = v
		p.word(",")
	}
	if !p.word(")") {
		return p.fail(")")
	}
	return g.insert(ctx, table, set)
}

// words takes a value that is not quoted, as the original's driver does.
func (p *sqlParser) words() string {
	first := p.at
	for !p.end() && !p.peek(",") && !p.peek(")") {
		p.next()
	}
	if p.at == first {
		return ""
	}
	return p.text[p.places[first][0]:p.places[p.at-1][1]]
}

func (g *dbaseGroup) updateStatement(ctx context.Context, p *sqlParser) error {
	table := p.next()
	if !p.word("SET") {
		return p.fail("SET")
	}
	var set []assign
	for {
		a := assign{name: p.next()}
		if !p.word("=") {
			return p.fail("=")
		}
		v, err := p.value()
		if err != nil {
			return err
		}
		a.value = v
		set = append(set, a)
		if !p.word(",") {
			break
		}
	}
	where, rest, err := p.where(table)
	if err != nil {
		return err
	}
	_, err = g.each(ctx, table, where, rest, g.assigning(set))
	return err
}

func (g *dbaseGroup) deleteStatement(ctx context.Context, p *sqlParser) error {
	if !p.word("FROM") {
		return p.fail("FROM")
	}
	table := p.next()
	where, rest, err := p.where(table)
	if err != nil {
		return err
	}
	_, err = g.each(ctx, table, where, rest, (*dbase.File).Delete)
	return err
}

func (p *sqlParser) selectStatement(s *dbaseStore) (*selection, error) {
	q := &selection{limit: -1}
	if !p.word("SELECT") {
		return nil, p.fail("SELECT")
	}
	q.distinct = p.word("DISTINCT")
	var fields []string
	for !p.peek("FROM") {
		if p.end() {
			return nil, p.fail("FROM")
		}
		if p.word("COUNT") {
			for !p.word(")") && !p.end() {
				p.next()
			}
			q.count = true
			continue
		}
		fields = append(fields, p.next())
		p.word(",")
	}
	p.next()
	for {
		q.from = append(q.from, p.next())
		if !p.word(",") {
			break
		}
	}
	f, err := s.file(q.from[0])
	if err != nil {
		return nil, err
	}
	for _, name := range fields {
		if name == "*" {
			for _, c := range f.Fields() {
				q.columns = append(q.columns, colref{q.from[0], c.Name})
			}
			continue
		}
		q.columns = append(q.columns, columnOf(name, q.from[0]))
	}
	if q.where, q.filter, err = p.where(q.from[0]); err != nil {
		return nil, err
	}
	if err := p.tail(q); err != nil {
		return nil, err
	}
	return q, nil
}

// tail takes ORDER BY, LIMIT and OFFSET.
func (p *sqlParser) tail(q *selection) error {
	if p.word("ORDER") && p.word("BY") {
		q.fixed = true
		computed := false // an expression sorts nothing, as in the original
		for {
			o := order{col: columnOf(p.next(), q.from[0])}
			for !p.end() && !p.peek(",") && !p.peek("ASC") && !p.peek("DESC") && !p.peek("LIMIT") && !p.peek("OFFSET") {
				p.next()
				computed = true
			}
			if p.word("DESC") {
				o.desc = true
			} else {
				p.word("ASC")
			}
			q.order = append(q.order, o)
			if !p.word(",") {
				break
			}
		}
		if computed {
			q.order = nil
		}
	}
	if p.word("LIMIT") {
		q.fixed = true
		q.limit, _ = strconv.Atoi(p.next())
	}
	if p.word("OFFSET") {
		q.offset, _ = strconv.Atoi(p.next())
	}
	if !p.end() {
		return p.fail("end")
	}
	return nil
}
