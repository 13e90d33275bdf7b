package command

import (
	"strings"
	"unicode"
)

// grammar is what may stand behind the colon of a command. It is read from the
// very text that help and reference show, so that they can not differ from what
// is carried out: words are parted at commas or bars, those in brackets may be
// missing, and the last takes what is left. "UID,UID..." has as many as there
// are. A FILE or FOLDER that something optional follows may hold commas
// (docs/original/commands.md 2), and so may a SELECTION.
type grammar struct {
	words     []string // their names
	least     int      // words that must be there
	separator string
	repeated  bool // the last word may come several times
}

// parseGrammar reads a grammar such as "FILE,SCRIPT" or "TABLE[|FIELDS]".
func parseGrammar(usage string) grammar {
	g := grammar{separator: ","}
	if usage == "" {
		return g
	}
	depth, from := 0, 0
	word := func(to int, optional bool) {
		w := strings.Trim(usage[from:to], "[,|")
		if strings.Count(w, "]") > strings.Count(w, "[") {
			w = strings.TrimRight(w, "]")
		}
		if w != "..." {
			w, g.repeated = strings.CutSuffix(w, "...")
		}
		g.words = append(g.words, w)
		if !optional {
			g.least = len(g.words)
		}
	}
	optional := usage[0] == '[' && strings.IndexByte(usage, ']') == len(usage)-1
	for i, c := range usage {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == ',', c == '|' && startsWord(usage[i+1:]):
			word(i, optional)
			g.separator, from, optional = string(c), i, depth > 0
		}
	}
	word(len(usage), optional)
	return g
}

// startsWord tells whether a bar parts words, and is not between alternatives.
func startsWord(s string) bool {
	return s != "" && (s[0] == '.' || unicode.IsUpper(rune(s[0])))
}

// parse parts the text behind the colon into words; problems name what is missing.
func (g *grammar) parse(text string) (fields, problems []string) {
	switch {
	case len(g.words) == 0:
	case g.repeated:
		fields = strings.Split(text, g.separator)
	case len(g.words) == 2 && g.least == 1 && (g.words[0] == "FILE" || g.words[0] == "FOLDER"):
		fields = fileAnd(text)
	case len(g.words) == 2 && g.words[0] == "SELECTION":
		fields = []string{text}
		if i := strings.LastIndexByte(text, ','); i >= 0 {
			fields = []string{text[:i], text[i+1:]}
		}
	default:
		fields = strings.SplitN(text, g.separator, len(g.words))
	}
	given := len(fields)
	if text == "" {
		given = 0
	}
	for i := given; i < g.least; i++ {
		problems = append(problems, "lacks "+g.words[i])
	}
	return fields, problems
}

// fileAnd cuts "FILE,REST" at the first comma; commas that are followed by an
// extension of an object file belong to the name.
func fileAnd(text string) []string {
	lower, from := strings.ToLower(text), 0
	for _, ext := range []string{".dcm", ".v2", ".hl7", ".gz"} {
		from = max(from, strings.LastIndex(lower, ext))
	}
	if i := strings.IndexByte(text[from:], ','); i >= 0 {
		return []string{text[:from+i], text[from+i+1:]}
	}
	return []string{text}
}

// request is the text of a command, read.
type request struct {
	row
	name     string
	arg      string   // text behind the colon
	fields   []string // its words, as the grammar of the command parts them
	problems []string
}

// read finds the command of a text and reads what stands behind its colon.
func read(text string) (r request, ok bool) {
	name, arg, ok := strings.Cut(text, ":")
	c, known := commands()[name]
	if !ok || !known {
		return request{name: name}, false
	}
	r = request{row: c, name: name, arg: arg}
	r.fields, r.problems = c.grammar().parse(arg)
	return r, true
}

// field is a word of the command, "" when it is not there.
func (r *request) field(i int) string {
	if i < len(r.fields) {
		return r.fields[i]
	}
	return ""
}

// has tells whether a word is there, though it may be empty.
func (r *request) has(i int) bool { return i < len(r.fields) }

// Check tells what is wrong with the text of a command, without carrying it out;
// nil when nothing is.
func Check(text string) (problems []string) {
	r, ok := read(text)
	if !ok {
		return []string{"there is no command " + r.name}
	}
	for _, p := range r.problems {
		problems = append(problems, r.name+" "+p)
	}
	return problems
}
