package db

import (
	"fmt"
	"slices"
	"strings"

	"conquest/dicom"
)

// sorting adds the order: (9999,0C00), else the configured one, else by name.
func (q *query) sorting(sel *selection) error {
	if q.sort != "" { // without it limit and offset do not count
		if q.err != nil {
			return q.err
		}
		o, err := q.asked(sel)
		sel.order, sel.fixed = []order{o}, true
		sel.limit, sel.offset = q.limit, q.offset
		return err
	}
	text := [...]string{q.set.PatientOrder, q.set.StudyOrder, q.set.SeriesOrder, q.set.ImageOrder}[q.level]
	if text != "" {
		sel.order, sel.fixed = configuredOrder(text), true
		return nil
	}
	if q.byName && q.level <= StudyLevel {
		for _, t := range q.order {
			if c := t.find(dicom.PatientName); c != nil {
				sel.order = []order{{col: colref{t.name, c.name}}}
				break
			}
		}
	}
	return nil
}

// nameLength is what counts of a column name in (9999,0C00).
const nameLength = 10

// asked reads (9999,0C00): the name of a column of the tables of the query.
func (q *query) asked(sel *selection) (order, error) {
	name := q.sort
	o := order{numeric: strings.Contains(name, "Number")}
	name = name[:min(len(name), nameLength)]
	extra := []string{"AccessTime"}
	if q.level == ImageLevel {
		extra = append(extra, "ObjectFile", "DeviceName")
	}
	for _, t := range []*table{q.own(), q.d.lay.study, q.d.lay.patient, q.d.lay.series} {
		if !slices.Contains(sel.from, t.name) {
			continue
		}
		if c := t.named(name); c != nil {
			o.col = colref{t.name, c.name}
			return o, nil
		}
		for _, x := range extra {
			if t == q.own() && equalFold(x, name) {
				o.col = colref{t.name, x}
				return o, nil
			}
		}
	}
	return o, fmt.Errorf("%w: no column %q", ErrOrder, name)
}

// configuredOrder reads a sort order of dicom.ini: expressions separated by
// commas, each may end in ASC or DESC.
func configuredOrder(s string) []order {
	var list []order
	depth, start := 0, 0
	add := func(term string) {
		if term = strings.TrimSpace(term); term == "" {
			return
		}
		o := order{text: term}
		if f := strings.Fields(term); len(f) > 1 {
			switch last := f[len(f)-1]; {
			case equalFold(last, "DESC"):
				o.desc = true
				o.text = strings.TrimSpace(term[:len(term)-len(last)])
			case equalFold(last, "ASC"):
				o.text = strings.TrimSpace(term[:len(term)-len(last)])
			}
		}
		list = append(list, o)
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				add(s[start:i])
				start = i + 1
			}
		}
	}
	add(s[start:])
	return list
}
