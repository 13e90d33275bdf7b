package db

import "conquest/db/dbase"

// exprOp joins expressions.
type exprOp int

const (
	leaf exprOp = iota
	allOf
	anyOf
	noneOf
)

// expression is a WHERE clause of a script on dBASE files.
type expression struct {
	op   exprOp
	list []*expression
	c    condition // of a leaf
}

func (e *expression) negated(not bool) *expression {
	if !not {
		return e
	}
	return &expression{op: noneOf, list: []*expression{e}}
}

// split sorts e into conditions that must hold, by which an index can be used,
// and the rest.
func (e *expression) split(list *[]condition, rest *expression) {
	switch {
	case e.op == allOf:
		for _, x := range e.list {
			x.split(list, rest)
		}
	case e.op == leaf && e.c.op < opUnequal:
		*list = append(*list, e.c)
	default:
		rest.list = append(rest.list, e)
	}
}

// bind makes a test of e for records of f, the table t.
func (s *dbaseStore) bind(f *dbase.File, t string, e *expression) (func(dbase.Record) bool, error) {
	if e.op == leaf {
		if e.c.op == opJoin {
			return func(dbase.Record) bool { return true }, nil
		}
		at, err := s.place(f, t, e.c.col)
		if err != nil {
			return nil, err
		}
		c := &boundCondition{&e.c, at}
		return c.met, nil
	}
	tests := make([]func(dbase.Record) bool, len(e.list))
	for i, x := range e.list {
		var err error
		if tests[i], err = s.bind(f, t, x); err != nil {
			return nil, err
		}
	}
	return func(r dbase.Record) bool {
		for _, met := range tests {
			if met(r) != (e.op == allOf) {
				return e.op == anyOf
			}
		}
		return e.op != anyOf
	}, nil
}
