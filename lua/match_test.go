package lua

import (
	"fmt"
	"strings"
	"testing"
)

// TestClasses holds what each class of patterns is made of: all 256 bytes, by the C
// locale.
func TestClasses(t *testing.T) {
	const (
		lower = "abcdefghijklmnopqrstuvwxyz"
		upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		digit = "0123456789"
	)
	control := "\x7f"
	for c := range 32 {
		control += string(rune(c))
	}
	classes := map[string]string{
		"a": lower + upper, "c": control, "d": digit, "l": lower, "p": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
		"s": " \t\n\v\f\r", "u": upper, "w": lower + upper + digit, "x": digit + "abcdefABCDEF", "z": "\x00",
		"y": "y", ".": ".", "%": "%", "]": "]",
	}
	st := newTestState(t, Options{})
	for class, members := range classes {
		for c := range 256 {
			in := strings.IndexByte(members, byte(c)) >= 0
			text := fmt.Sprintf("local c = string.char(%d) return tostring(c:find('^%%%s$') == 1) .. tostring(c:find('^[%%%s]$') == 1) .. tostring(c:find('^[^%%%s]$') == 1)",
				c, class, class, class)
			want := fmt.Sprint(in, in, !in)
			if got, err := eval(st, text); err != nil || got != strings.ReplaceAll(want, " ", "") {
				t.Fatalf("byte %d, class %%%s: %s, %v, want %s", c, class, got, err, want)
			}
			if up := strings.ToUpper(class); up != class && class != "y" {
				text := fmt.Sprintf("return tostring(string.char(%d):find('^%%%s$') == 1)", c, up)
				if got, err := eval(st, text); err != nil || got != fmt.Sprint(!in) {
					t.Fatalf("byte %d, class %%%s: %s, %v, want %v", c, up, got, err, !in)
				}
			}
		}
	}
}

// TestPatterns has results of the reference interpreter at the ends of things.
func TestPatterns(t *testing.T) {
	st := newTestState(t, Options{})
	for text, want := range map[string]string{
		"('abc'):find('c$')":                            "3 3",
		"('abc'):find('b$')":                            "nil",
		"('a$'):find('$', 1)":                           "3 2",
		"('a$b'):match('a$b')":                          "a$b",
		"('abc'):find('', 4)":                           "4 3",
		"('abc'):find('', 5)":                           "4 3",
		"('abc'):find('^b', 2)":                         "2 2",
		"('THE (quick) fox'):find('%((%a+)%)')":         "5 11 quick",
		"('a-z'):match('[a-]+')":                        "a-",
		"('a-z'):match('[-z]+')":                        "-z",
		"(']x'):match('[]]')":                           "]",
		"('x]'):match('[^]]')":                          "x",
		"('b'):match('[a-c]')":                          "b",
		"('d'):match('[a-c]')":                          "nil",
		"('f(a(b)c)d'):match('%b()')":                   "(a(b)c)",
		"('f(a(b'):match('%b()')":                       "nil",
		"('xyx'):match('(x)y%1')":                       "x",
		"('xyz'):match('(x)y%1')":                       "nil",
		"('THE END'):match('%f[%a]%a+%f[%A]')":          "THE",
		"('hello'):match('()ll()')":                     "3 5",
		"('aaa'):match('a-$')":                          "aaa",
		"('aaa'):match('^a-')":                          "",
		"('aaab'):match('a?a?b')":                       "aab",
		"('abc'):gsub('%w', '%0%0')":                    "aabbcc 3",
		"('abc'):gsub('', '-')":                         "-a-b-c- 4",
		"('abc'):gsub('b', '%%')":                       "a%c 1",
		"('abc'):gsub('^a', 'x', 5)":                    "xbc 1",
		"('a b'):gsub('%w', {a = 'x', b = false})":      "x b 2",
		"('abab'):gsub('a', 'x', 1)":                    "xbab 1",
		"('abab'):gsub('a', 'x', 0)":                    "abab 0",
		"(('a'):rep(32)):match(('(a)'):rep(32)) ~= nil": "true",
	} {
		got, err := eval(st, "local t = {"+text+"} for i = 1, math.max(#t, 1) do t[i] = tostring(t[i]) end return table.concat(t, ' ')")
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"('a'):find('%')": "malformed pattern (ends with '%')", "('a'):find('[a')": "malformed pattern (missing ']')",
		"('a'):find('[%')": "malformed pattern (missing ']')", "('a'):find('%b')": "unbalanced pattern", "('a'):find('%f')": "missing '[' after '%f' in pattern",
		"('a'):find('(')": "unfinished capture", "('a'):match('a)')": "invalid pattern capture", "('a'):find('%1')": "invalid capture index",
		"('a'):gsub('a', '%2')": "invalid capture index", "(('a'):rep(33)):match(('(a)'):rep(33))": "too many captures",
		"('a'):gsub('a', function() return {} end)": "invalid replacement value (a table)",
	} {
		if _, err := eval(st, "return "+text); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
