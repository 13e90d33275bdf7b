package db

import (
	"conquest/oplog"
	"fmt"
	"strings"
)

// debugOn tells whether anybody reads the debug log, as far as the log says.
func (d *DB) debugOn() bool {
	switch l := d.log.(type) {
	case noLog:
		return false
	case interface{ DebugOn() bool }:
		return l.DebugOn()
	}
	return true
}

// logSelection writes the debug lines of a query, with values in place of
// parameters.
func (d *DB) logSelection(q *selection) {
	if !d.debugOn() {
		return
	}
	cols := make([]string, len(q.columns))
	for i, c := range q.columns {
		cols[i] = c.String()
	}
	sort := make([]string, len(q.order))
	for i, o := range q.order {
		sort[i] = o.text
		if o.text == "" {
			sort[i] = o.col.String()
		}
	}
	lines := []string{
		"Issue Query on Columns: " + placeLast.Replace(strings.Join(cols, ", ")),
		fmt.Sprintf("Values: %.1000s", conditionText(q.where, d.Kind())),
		"Tables: " + strings.Join(q.from, ", "),
	}
	if len(sort) > 0 {
		lines = append(lines, "Sort: "+strings.Join(sort, ", "))
	}
	if l, ok := d.log.(interface{ DebugAll(messages ...string) }); ok {
		l.DebugAll(lines...)
		return
	}
	for _, l := range lines {
		oplog.DebugLine(d.log, l)
	}
}

// placeLast writes the place of a file as the original does: without blanks.
var placeLast = strings.NewReplacer(", DICOMImages.ObjectFile", ",DICOMImages.ObjectFile", ", DICOMImages.DeviceName", ",DICOMImages.DeviceName")

// conditionText is the conditions as the original words them.
func conditionText(where []condition, kind Kind) string {
	parts := make([]string, len(where))
	for i, c := range where {
		col, v := c.col.String(), "'"+quoted(c.value)+"'"
		like := likeText(c.value, kind)
		switch c.op {
		case opEqual:
			parts[i] = col + " = " + v
		case opAtLeast:
			parts[i] = col + " >= " + v
		case opAtMost:
			parts[i] = col + " <= " + v
		case opFoldEq:
			parts[i] = "UPPER(" + col + ") = " + upperASCII(v)
		case opFoldLike:
			parts[i] = "UPPER(" + col + ") LIKE " + upperASCII(like)
		case opLike, opAll:
			parts[i] = col + " LIKE " + like
		case opJoin:
			parts[i] = col + " = " + c.other.String()
		case opIn:
			parts[i] = col + " in ('" + strings.Join(c.values, "','") + "')"
		case opAny:
			s := quoted(c.value)
			parts[i] = "(" + col + " = " + v + " or " + col + " LIKE '" + s + `\%' or ` + col +
				` LIKE '%\` + s + `\%' or ` + col + ` LIKE '%\` + s + "')"
		}
	}
	return strings.Join(parts, " and ")
}

// likeText is a pattern with its escapes declared, where there are some.
func likeText(key string, kind Kind) string {
	pattern := likePattern(key)
	text := "'" + quoted(pattern) + "'"
	if d := dialects[kind]; d != nil && strings.Contains(pattern, `\`) {
		return text + d.likeEscape
	}
	return text
}
