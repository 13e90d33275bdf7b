package db

import (
	"strconv"
	"strings"
)

// dialect is what the SQL servers write differently.
type dialect struct {
	kind        Kind
	placeholder string // "?", or what stands before the number of a parameter
	numbered    bool
	likeEscape  string // after a pattern that holds escapes
	begin       string
	numeric     func(column string) string
	failure     string // name of the call in error lines
}

var dialects = map[Kind]*dialect{
	SQLite: {
		kind: SQLite, placeholder: "?", likeEscape: ` ESCAPE '\'`, begin: "BEGIN IMMEDIATE",
		numeric: func(c string) string { return "(" + c + "+0)" }, failure: "SQLITEExec",
	},
	Postgres: {
		kind: Postgres, placeholder: "$", numbered: true, likeEscape: ` ESCAPE '\'`, begin: "BEGIN",
		numeric: func(c string) string { return `CAST(substring(` + c + ` from '^ *(-?[0-9]+)') AS numeric)` },
		failure: "PGSQLExec",
	},
	MySQL: {
		kind: MySQL, placeholder: "?", begin: "START TRANSACTION",
		numeric: func(c string) string { return "(" + c + "+0)" }, failure: "MYSQLExec",
	},
	SQLServer: {
		kind: SQLServer, placeholder: "@p", numbered: true, likeEscape: ` ESCAPE '\'`, begin: "BEGIN TRANSACTION",
		numeric: func(c string) string { return "TRY_CAST(" + c + " AS bigint)" }, failure: "SQLExecDirect",
	},
}

// maxParameters is the length from which lists of UIDs are written into the
// statement instead of bound.
const maxParameters = 100

// statement collects the text and parameters of one SQL statement.
type statement struct {
	strings.Builder
	d      *dialect
	args   []any
	encode func(string) string // text as the server takes it
	wrap   func(string) any    // parameter from text; nil is the text
	ready  bool                // worth keeping prepared
	bare   bool                // the original does not escape backslashes for this server
}

func (d *dialect) statement(encode func(string) string) *statement {
	return &statement{d: d, encode: encode, ready: true}
}

func (s *statement) bind(v any) {
	if t, ok := v.(string); ok {
		t = s.encode(t)
		v = t
		if s.wrap != nil {
			v = s.wrap(t)
		}
	}
	s.args = append(s.args, v)
	s.WriteString(s.d.placeholder)
	if s.d.numbered {
		s.WriteString(strconv.Itoa(len(s.args)))
	}
}

func (s *statement) sel(q *selection) {
	s.WriteString("SELECT ")
	if q.distinct && !q.count {
		s.WriteString("DISTINCT ")
	}
	if q.count {
		s.WriteString("COUNT(1)")
	} else {
		for i, c := range q.columns {
			s.comma(i)
			s.WriteString(c.String())
		}
		switch {
		case q.grouped:
			s.WriteString(", COUNT(1)")
		case q.distinct:
			s.sortColumns(q)
		}
	}
	s.WriteString(" FROM ")
	s.WriteString(strings.Join(q.from, ", "))
	s.conditions(q.where)
	if q.count {
		return
	}
	if q.grouped {
		s.WriteString(" GROUP BY ")
		for i, c := range q.columns {
			s.comma(i)
			s.WriteString(c.String())
		}
	}
	for i, o := range q.order {
		if i == 0 {
			s.WriteString(" ORDER BY ")
		} else {
			s.WriteString(", ")
		}
		s.WriteString(s.d.orderText(o))
		if o.desc {
			s.WriteString(" DESC")
		}
	}
	if s.d.kind == SQLite && len(q.habit) > 0 {
		s.WriteString(" ORDER BY +" + strings.Join(q.habit, ", +"))
	}
	s.limits(q)
}

// sortColumns adds the sort terms to the columns, as SELECT DISTINCT demands;
// readers of the rows ignore them.
func (s *statement) sortColumns(q *selection) {
	for _, o := range q.order {
		if !o.numeric && o.text == "" && hasColumn(q.columns, o.col) {
			continue
		}
		s.WriteString(", ")
		s.WriteString(s.d.orderText(o))
	}
}

func hasColumn(list []colref, c colref) bool {
	for _, x := range list {
		if x == c {
			return true
		}
	}
	return false
}

func (d *dialect) orderText(o order) string {
	switch {
	case o.text != "":
		return o.text
	case o.numeric:
		return d.numeric(o.col.String())
	}
	return o.col.String()
}

func (s *statement) limits(q *selection) {
	if s.d.kind == SQLServer {
		if q.limit >= 0 || q.offset > 0 {
			if len(q.order) == 0 {
				s.WriteString(" ORDER BY 1") // OFFSET demands an order
			}
			s.WriteString(" OFFSET " + strconv.Itoa(q.offset) + " ROWS")
			if q.limit >= 0 {
				s.WriteString(" FETCH NEXT " + strconv.Itoa(q.limit) + " ROWS ONLY")
			}
		}
		return
	}
	limit := q.limit
	if limit < 0 && q.offset > 0 && s.d.kind != Postgres {
		limit = 1<<31 - 1
	}
	if limit >= 0 {
		s.WriteString(" LIMIT " + strconv.Itoa(limit))
	}
	if q.offset > 0 {
		s.WriteString(" OFFSET " + strconv.Itoa(q.offset))
	}
}

func (s *statement) comma(i int) {
	if i > 0 {
		s.WriteString(", ")
	}
}

func (s *statement) conditions(list []condition) {
	word := " WHERE "
	for i := range list {
		if list[i].op == opAll {
			continue
		}
		s.WriteString(word)
		s.condition(&list[i])
		word = " and "
	}
}

func (s *statement) condition(c *condition) {
	col := c.col.String()
	if plain := withoutEscapes(c.value); s.bare && plain != c.value {
		s.escaped(c, plain)
		return
	}
	switch c.op {
	case opEqual:
		s.compare(col, " = ", c.value)
	case opAtLeast:
		s.compare(col, " >= ", c.value)
	case opAtMost:
		s.compare(col, " <= ", c.value)
	case opFoldEq:
		s.compare("UPPER("+col+")", " = ", upperASCII(c.value))
	case opLike:
		s.like(col, likePattern(c.value))
	case opFoldLike:
		s.like("UPPER("+col+")", likePattern(upperASCII(c.value)))
	case opJoin:
		s.WriteString(col + " = " + c.other.String())
	case opAny:
		v := likeLiteral(c.value)
		s.WriteByte('(')
		s.compare(col, " = ", c.value)
		for _, p := range [3]string{v + `\\%`, `%\\` + v + `\\%`, `%\\` + v} {
			s.WriteString(" or ")
			s.like(col, p)
		}
		s.WriteByte(')')
	case opIn:
		s.in(col, c.values)
	case opNull:
		s.WriteString("(" + col + " IS NULL or ")
		s.compare(col, " = ", "")
		s.WriteByte(')')
	case opEither:
		s.ready = s.ready && len(c.either) <= 4
		s.WriteByte('(')
		for i := range c.either {
			if i > 0 {
				s.WriteString(" or ")
			}
			s.condition(&c.either[i])
		}
		s.WriteByte(')')
	}
}

// escaped writes a condition whose value has backslashes: rows of the original
// have what the server made of them, our rows have them.
func (s *statement) escaped(c *condition, plain string) {
	with, without := *c, *c
	without.value = plain
	switch c.op {
	case opEqual, opFoldEq, opLike, opFoldLike:
		s.WriteByte('(')
		s.bare = false
		s.condition(&with)
		s.WriteString(" or ")
		s.condition(&without)
		s.bare = true
		s.WriteByte(')')
	default:
		s.bare = false
		s.condition(&with)
		s.bare = true
	}
}

func (s *statement) compare(col, op, value string) {
	s.WriteString(col)
	s.WriteString(op)
	s.bind(value)
}

func (s *statement) like(col, pattern string) {
	s.WriteString(col)
	s.WriteString(" LIKE ")
	s.bind(pattern)
	s.WriteString(s.d.likeEscape)
}

func (s *statement) in(col string, values []string) {
	s.WriteString(col)
	s.WriteString(" in (")
	s.ready = s.ready && len(values) <= 4
	for i, v := range values {
		if i > 0 {
			s.WriteByte(',')
		}
		if len(values) <= maxParameters {
			s.bind(v)
			continue
		}
		s.WriteString("'" + quoted(s.encode(v)) + "'")
	}
	s.WriteByte(')')
}

// likePattern turns the wildcards of DICOM into those of LIKE; a backslash
// escapes what LIKE would take as special.
func likePattern(key string) string {
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		switch c := key[i]; c {
		case '*':
			b.WriteByte('%')
		case '?':
			b.WriteByte('_')
		case '%', '_', '[', '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func likeLiteral(s string) string {
	return strings.NewReplacer("%", `\%`, "_", `\_`, "[", `\[`, `\`, `\\`).Replace(s)
}

// upperASCII leaves bytes outside ASCII alone, whatever character set they are.
func upperASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// realText is a floating point number as the database itself writes it.
func (d *dialect) realText(f float64) string {
	if d.kind != SQLite {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	if f == 0 {
		return "0.0" // without a sign
	}
	const digits = 15
	text, exponent, far := strings.Cut(strconv.FormatFloat(f, 'g', digits, 64), "e")
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	if far {
		text += "e" + exponent
	}
	return text
}
