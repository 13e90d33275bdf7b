package shell

import "strings"

// kind is what a value in a place can do.
type kind int

const (
	argument  kind = iota // a word, or a part of one
	program               // begins the name of a program
	program2              // stands in the name of a program
	target                // the file of a redirection
	code                  // text that a shell reads again, or that can not be read here
	script                // text of another interpreter
	number                // arithmetic
	variable              // what decides which programs run
	option                // begins an argument of a program that runs others
	comment               // behind #
	document              // a here-document, with expansions
	plainText             // a here-document without them
	delimiter             // the end of a here-document
)

// refuses tells whether some values are refused in such a place.
func (k kind) refuses() bool {
	switch k {
	case program, program2, code, script, number, variable, delimiter, option:
		return true
	}
	return false
}

// trusts tells whether values that this server chose may stand there.
func (k kind) trusts() bool {
	return k == program || k == program2 || k == variable || k == option || k == target
}

// why is what the place is.
func (k kind) why() string {
	switch k {
	case program, program2:
		return "the name of a program"
	case code:
		return "code for a shell"
	case script:
		return "code for an interpreter"
	case number:
		return "arithmetic of a shell"
	case variable:
		return "a variable that decides which programs run"
	case option:
		return "an option of a program that runs others"
	case delimiter:
		return "the end of a here-document"
	}
	return ""
}

// place is where a value stands.
type place struct {
	kind      kind
	quote     byte // that is open: 0, " or '
	alone     bool // all of a word, without quotes
	wordStart bool
	layers    []func(string) string // what is read again, from the inside out
}

// put is a value for its place.
func (p *place) put(v Piece) (string, error) {
	s := strings.ReplaceAll(v.Text, "\x00", "")
	refused := &RefusedError{Value: v.Text, Why: p.kind.why()}
	k := p.kind
	if v.Own && k.trusts() {
		k = argument
	}
	switch k {
	case program, variable:
		return "", refused
	case program2:
		if !consists(s, "_.-") || strings.Contains(s, "..") {
			return "", refused
		}
	case target:
		s = inName(s)
	case option:
		if strings.HasPrefix(s, "-") && !isNumber(s) {
			return "", refused
		}
	case code:
		return raw(s, refused, !consists(s, " _.,:/@+=^-"))
	case script:
		return raw(s, refused, !consists(s, " _.,:+=^-"))
	case number:
		return raw(s, refused, !isNumber(s))
	case delimiter:
		return raw(s, refused, true)
	case comment, plainText:
		return p.through(oneLine(s)), nil
	case document:
		return p.through(documentText.Replace(oneLine(s))), nil
	}
	return p.through(quote(s, p.quote, p.alone)), nil
}

// raw is a value that is put in as it is, or not at all.
func raw(s string, refused error, bad bool) (string, error) {
	if bad {
		return "", refused
	}
	return s, nil
}

// through escapes what is read again.
func (p *place) through(s string) string {
	for _, f := range p.layers {
		s = f(s)
	}
	return s
}

var (
	doubleQuoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`")
	documentText = strings.NewReplacer(`\`, `\\`, "$", `\$`, "`", "\\`")
	backquoted   = strings.NewReplacer(`\`, `\\`, "$", `\$`, "`", "\\`")
)

// quote is s behind an open quote, or as a part of a bare word.
func quote(s string, open byte, alone bool) string {
	switch {
	case open == '"':
		return doubleQuoted.Replace(s)
	case open == '\'':
		return strings.ReplaceAll(s, "'", `'\''`)
	case s == "" && !alone:
		return ""
	case s != "" && s[0] != '-' && s[0] != '~' && isPlain(s):
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Quote is s as one word of /bin/sh.
func Quote(s string) string { return quote(strings.ReplaceAll(s, "\x00", ""), 0, true) }

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && strings.IndexByte("_-./:,=+@", c) < 0 {
			return false
		}
	}
	return true
}

// consists tells whether s has only letters, digits, characters beyond ASCII and
// some others, and does not begin like an option.
func consists(s, others string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c < 0x80 && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return !strings.HasPrefix(s, "-") || isNumber(s)
}

// inName replaces what could lead a file name elsewhere.
func inName(s string) string { return strings.NewReplacer("/", "_", `\`, "_", "..", "__").Replace(s) }

func oneLine(s string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(s) }

func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits, fraction, dot := strings.Cut(s, ".")
	all := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return all(digits) && (!dot || all(fraction))
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
