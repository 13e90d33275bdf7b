package scripting

import (
	"strings"

	"conquest/finding"
	"conquest/oplog"
)

// Match tells whether s matches a filter pattern (docs/original/scripting.md 1.4): "*"
// matches all, "x*" a beginning, "*x" an end, "*x*" a part, anything else the
// whole value, without regard to ASCII case. Blanks at the end of s do not count.
func Match(s, pattern string) bool {
	if pattern == "*" {
		return true
	}
	s = strings.TrimRight(s, " ")
	n := len(pattern)
	first, last := at(pattern, 0) == '*', n > 1 && pattern[n-1] == '*'
	switch {
	case n > 1 && first && last:
		return strings.Contains(mapASCII(s, 'A', 'Z', 32), mapASCII(pattern[1:n-1], 'A', 'Z', 32))
	case last:
		return len(s) >= n-1 && equalFold(s[:n-1], pattern[:n-1])
	case n > 1 && first:
		return len(s) >= n-1 && equalFold(s[len(s)-n+1:], pattern[1:])
	}
	return equalFold(s, pattern)
}

// parseOne reads `s"`.
func parseOne(r *reader) part {
	end := r.lastQuote(r.start)
	if end < 0 {
		r.ignore("the condition is ignored and the next statement always runs: the closing quote is missing", "")
		return part{}
	}
	r.blockBehind(end)
	return r.take(r.start, end)
}

// ifEmpty makes ifempty and ifnotempty.
func ifEmpty(want bool) func(*exec, part) {
	return func(x *exec, p part) {
		s := x.string(p)
		oplog.RuleRuns(says{x}, x, x.line.text)
		x.decide(&Condition{Left: s, True: (s == "") == want})
	}
}

// pair is the two strings of a condition.
type pair struct{ a, b part }

// parseBoth reads `a","b"`: the first "," outside values ends a, the last quote
// ends b.
func parseBoth(r *reader) pair {
	end := r.lastQuote(r.start)
	if end >= 0 {
		inner := reader{line: r.line.slice(0, end)}
		for _, sep := range [...]string{`","`, `", "`} {
			if k := inner.index(sep, r.start); k >= 0 {
				r.blockBehind(end)
				return pair{r.take(r.start, k), r.take(k+len(sep), end)}
			}
		}
	}
	r.ignore(`the condition is ignored and the next statement always runs: the strings must be written "a","b" or "a", "b"`,
		"no blank before the comma, at most one after it")
	return pair{}
}

// blockBehind finds a brace behind the last quote of a condition.
func (r *reader) blockBehind(quote int) {
	if strings.ContainsAny(r.line.text[quote+1:], "{}") {
		r.note(finding.Error, 0, "a block begins only behind a semicolon", "write a semicolon before the brace")
	}
}

func parseEqual(r *reader) pair {
	p := parseBoth(r)
	if b := r.line.text[p.b.from:p.b.to]; strings.HasPrefix(b, "=") {
		r.note(finding.Warning, 0, "the text "+b+" is compared as it is", "write the UID")
	}
	return p
}

func parseMatch(r *reader) pair {
	p := parseBoth(r)
	switch b := r.line.text[p.b.from:p.b.to]; {
	case strings.Contains(b, "**"):
		r.note(finding.Warning, 0, "** is not the same as *: the pattern contains a literal star", "use one star")
	case strings.Contains(strings.Trim(b, "*"), "*"):
		r.note(finding.Warning, 0, "a star in the middle of a pattern is literal", "")
	}
	return p
}

// ifBoth makes the conditions on two strings.
func ifBoth(test func(a, b string) bool) func(*exec, pair) {
	return func(x *exec, p pair) {
		a, b := x.string(p.a), x.string(p.b)
		oplog.RuleRuns(says{x}, x, x.line.text)
		x.decide(&Condition{Left: a, Right: b, True: test(a, b)})
	}
}

func ifNumbers(test func(a, b int) bool) func(*exec, pair) {
	return ifBoth(func(a, b string) bool { return test(atoi(a), atoi(b)) })
}

// runBetween is true when the local hour h has h1 <= h < h2, going over midnight
// when h2 is the smaller.
func runBetween(x *exec, p pair) {
	a, b := x.string(p.a), x.string(p.b)
	oplog.RuleRuns(says{x}, x, x.line.text)
	h1, h2, h := atoi(a), atoi(b), x.env.Now().Hour()
	inside := h >= h1 && h < h2
	if h2 < h1 {
		inside = h >= h1 || h < h2
	}
	x.step.Detail = "the hour is " + itoa(h)
	x.decide(&Condition{Left: a, Right: b, True: inside})
}

// decide makes the next statement be skipped when the condition is false.
func (x *exec) decide(c *Condition) {
	x.step.Condition = c
	if !c.True {
		x.code = Skip
	}
}
