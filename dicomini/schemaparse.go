package dicomini

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// SchemaError is a mistake in dicom.sql; Error gives the original's text.
type SchemaError struct {
	Line    int
	Message string
}

func (e *SchemaError) Error() string { return e.Message }

// maxColumnName is the longest column name that is kept.
const maxColumnName = 63

// ReadSchema reads the dicom.sql at path. When there is no such file, the error
// wraps fs.ErrNotExist; DefaultSchema or DBaseSchema then serve.
func ReadSchema(path string, opt SchemaOptions) (*Schema, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read database layout: %w", err)
	}
	return ParseSchema(text, opt)
}

// ParseSchema parses the text of a dicom.sql (docs/original/config.md 5.2); errors are
// of type *SchemaError. A text without closing quote ends at the comma, the brace or the
// end of its line, and the end of the file closes what is open.
func ParseSchema(text []byte, opt SchemaOptions) (*Schema, error) {
	mended, lines := closeQuotes(strings.TrimPrefix(string(text), "\xef\xbb\xbf"))
	p := schemaParser{tokens: schemaTokens(mended)}
	s := emptySchema()
	s.unquoted = lines
	for {
		t := p.next()
		switch {
		case t.text == "":
			return s.limited(opt), nil
		case t.text == "*/":
		default:
			table := s.section(t.text)
			if table == nil {
				return nil, p.fail(t, "Parse error : Parse : %s", t.text)
			}
			if err := p.table(table); err != nil {
				return nil, err
			}
			if p.open {
				s.unclosed = table.Name
			}
		}
	}
}

func emptySchema() *Schema {
	s := new(Schema)
	for i, t := range s.Tables() {
		t.Name = [...]string{"Patient", "Study", "Series", "Image", "WorkList"}[i]
	}
	return s
}

func (s *Schema) section(word string) *Table {
	for _, t := range s.Tables() {
		if word == "*"+t.Name+"*" {
			return t
		}
	}
	return nil
}

type schemaToken struct {
	text string // "" at the end
	line int
}

type schemaParser struct {
	tokens []schemaToken
	at     int
	open   bool // the file ended within a section
}

func (p *schemaParser) next() schemaToken {
	if p.at >= len(p.tokens) {
		line := 1
		if len(p.tokens) > 0 {
			line = p.tokens[len(p.tokens)-1].line
		}
		return schemaToken{line: line}
	}
	p.at++
	return p.tokens[p.at-1]
}

func (p *schemaParser) fail(t schemaToken, format string, args ...any) error {
	return &SchemaError{Line: t.line, Message: fmt.Sprintf(format, args...)}
}

// table reads { rows } after a section name; commas between rows may be missing.
func (p *schemaParser) table(table *Table) error {
	t := p.next()
	if t.text != "{" {
		return p.fail(t, "Expected: Database  { : %s", t.text)
	}
	for t = p.next(); t.text == "{"; {
		c, err := p.row(table.Name == "WorkList")
		if err != nil {
			return err
		}
		table.Columns = append(table.Columns, c)
		if t = p.next(); t.text == "," {
			t = p.next()
		}
	}
	if p.open = t.text == ""; t.text != "}" && !p.open {
		return p.fail(t, "Parse error : Parse : %s", t.text)
	}
	return nil
}

// row reads group, element, "name", length, SQL type, DICOM type [, "HL7"] }.
func (p *schemaParser) row(hl7 bool) (Column, error) {
	var item [6]string
	first := p.at
	for i := range item {
		t := p.next()
		if i == 2 {
			t = p.next()
			p.next()
		}
		item[i] = t.text
		if i < len(item)-1 {
			p.next()
		}
	}
	t := p.next()
	c := Column{}
	if hl7 && t.text == "," {
		p.next()
		c.HL7 = p.next().text
		p.next()
		t = p.next()
	}
	at := schemaToken{line: t.line}
	if first < len(p.tokens) {
		at.line = p.tokens[first].line
	}
	if t.text != "}" {
		return c, p.fail(at, "Expected { Group, Element, Column, Length, SQLType, DICOMType }\nGot { %s }", strings.Join(item[:], ", "))
	}
	return p.column(c, item, at)
}

func (p *schemaParser) column(c Column, item [6]string, at schemaToken) (Column, error) {
	c.Group, c.Element = uint16(schemaNumber(item[0])), uint16(schemaNumber(item[1]))
	c.Name, c.line = cutAt(item[2], maxColumnName), at.line
	c.Length = int(uint16(schemaNumber(item[3])))
	sql, dt := indexOf(sqlWords, item[4]), indexOf(dtWords, item[5])
	if sql < 0 {
		return c, p.fail(at, "Unknown SQL Type: %s", item[4])
	}
	if dt < 0 {
		return c, p.fail(at, "Unknown DICOM Type: %s", item[5])
	}
	c.SQLType, c.DTType = SQLType(sql), DTType(dt)
	return c, nil
}

func indexOf(words []string, word string) int {
	for i, w := range words {
		if w == word {
			return i
		}
	}
	return -1
}

// schemaNumber reads 0x hexadecimal or decimal; digits that are none count 0.
func schemaNumber(s string) int {
	if len(s) <= 2 || (s[1] != 'x' && s[1] != 'X') {
		return Atoi(s)
	}
	n := 0
	for _, c := range s[2:] {
		d, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil {
			d = 0
		}
		n = (n<<4 + int(d)) & 0xffff
	}
	return n
}

// closeQuotes adds the closing quote that lines lack, and tells which these are.
// Releases up to 1.4.14 have such a line in every dicom.sql.
func closeQuotes(text string) (mended string, lines []int) {
	if !strings.Contains(text, `"`) {
		return text, nil
	}
	var out strings.Builder
	n := 0
	for line := range strings.Lines(text) {
		n++
		if strings.Count(line, `"`)%2 == 0 || strings.Contains(line, "/*") || strings.Contains(line, "*/") {
			out.WriteString(line)
			continue
		}
		lines = append(lines, n)
		last := strings.LastIndexByte(line, '"') + 1
		end := len(strings.TrimRight(line[last:], " \t\r\n"))
		if i := strings.IndexAny(line[last:], "},"); i >= 0 {
			end = len(strings.TrimRight(line[last:last+i], " \t"))
		}
		out.WriteString(line[:last+end] + `"` + line[last+end:])
	}
	return out.String(), lines
}

// schemaWords are the tokens that end a word wherever they stand, the longer of
// two with the same beginning first.
var schemaWords = []string{"/*", "*/", "*Patient*", "*Study*", "*Series*", "*Image*", "*WorkList*",
	"{", "}", ",", `"`, "SQL_C_CHAR", "SQL_C_DATE", "DT_STR", "DT_MSTR", "DT_ISTR", "DT_DATE", "DT_TIME",
	"DT_UINT16", "DT_UINT32", "DT_UI", "DT_FL", "DT_FD", "DT_STARTSEQUENCE", "DT_ENDSEQUENCE"}

// schemaTokens splits the text into tokens and words and drops comments.
func schemaTokens(s string) []schemaToken {
	var out []schemaToken
	line := 1
	for i := 0; i < len(s); {
		if c := s[i]; c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			if c == '\n' {
				line++
			}
			i++
			continue
		}
		n := len(tokenAt(s[i:]))
		if n == 0 {
			for n = 1; i+n < len(s) && !strings.ContainsRune(" \t\r\n", rune(s[i+n])) && tokenAt(s[i+n:]) == ""; {
				n++
			}
		}
		word := s[i : i+n]
		if word == "/*" {
			n = commentLength(s[i:])
			line += strings.Count(s[i:i+n], "\n")
			i += n
			continue
		}
		out = append(out, schemaToken{word, line})
		i += n
	}
	return out
}

func commentLength(s string) int {
	if j := strings.Index(s[2:], "*/"); j >= 0 {
		return j + 4
	}
	return len(s)
}

// tokenAt is the longest token that s begins with, "" if none.
func tokenAt(s string) string {
	best := ""
	for _, w := range schemaWords {
		if len(w) > len(best) && strings.HasPrefix(s, w) {
			best = w
		}
	}
	return best
}
