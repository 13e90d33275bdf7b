package scripting

import "strings"

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

// ifEmpty makes ifempty and ifnotempty.
func ifEmpty(want bool) func(*exec, *value) {
	return func(x *exec, line *value) {
		open := strings.IndexByte(line.text, '"') + 1
		end := strings.LastIndexByte(line.text, '"')
		if end < open {
			x.ignored("no closing quote: the condition is not tested and the next statement runs")
			return
		}
		s := line.text[open:end]
		x.debug(" executes: ", line.text)
		x.decide(&Condition{Left: s, True: (s == "") == want})
	}
}

// ifBoth makes the conditions on two strings; at is the length of the prefix.
func ifBoth(at int, test func(a, b string) bool) func(*exec, *value) {
	return func(x *exec, line *value) {
		a, b, ok := twoStrings(line, at)
		if !ok {
			x.ignored(`the strings must be written "a","b" or "a", "b": the condition is not tested and the next statement runs`)
			return
		}
		x.debug(" executes: ", line.text)
		x.decide(&Condition{Left: a, Right: b, True: test(a, b)})
	}
}

func ifNumbers(at int, test func(a, b int) bool) func(*exec, *value) {
	return ifBoth(at, func(a, b string) bool { return test(atoi(a), atoi(b)) })
}

// twoStrings splits `a","b"` at byte i of line: the first "," outside data ends
// a, the last quote ends b.
func twoStrings(line *value, i int) (a, b string, ok bool) {
	end := strings.LastIndexByte(line.text, '"')
	if end < i {
		return "", "", false
	}
	rest := value{text: line.text[:end], spans: line.spans}
	for _, sep := range [...]string{`","`, `", "`} {
		if k := rest.index(sep, i); k >= 0 {
			return rest.text[i:k], rest.text[k+len(sep):], true
		}
	}
	return "", "", false
}

// runBetween is true when the local hour h has h1 <= h < h2, going over midnight
// when h2 is the smaller.
func runBetween(x *exec, line *value) {
	a, b, ok := twoStrings(line, len(`between "`))
	if !ok {
		x.ignored(`the hours must be written "a","b" or "a", "b": the condition is not tested and the next statement runs`)
		return
	}
	x.debug(" executes: ", line.text)
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
