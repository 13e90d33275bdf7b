// Package known names the documented differences from the original: which heading of
// docs/differences.md covers what two servers did differently.
package known

import (
	"regexp"
	"strings"
	"sync"

	"conquest/proof/report"
)

// row is one documented difference as it shows. Empty fields match all.
type row struct {
	kind, what string // regular expressions
	a, b       string
	heading    string
}

// rows in the order in which they are tried.
var rows = []row{}

type compiled struct {
	fields  [4]*regexp.Regexp
	heading string
}

var table = sync.OnceValue(func() []compiled {
	list := make([]compiled, len(rows))
	for i, r := range rows {
		list[i].heading = r.heading
		for k, text := range []string{r.kind, r.what, r.a, r.b} {
			list[i].fields[k] = regexp.MustCompile("^(?:" + text + ")$")
			if text == "" {
				list[i].fields[k] = nil
			}
		}
	}
	return list
})

// Heading is the heading that covers a difference; A is the original, B is this
// server. "" is none.
func Heading(d report.Difference) string {
	for _, c := range table() {
		matches := true
		for k, text := range []string{d.Kind, d.What, d.A, d.B} {
			matches = matches && (c.fields[k] == nil || c.fields[k].MatchString(strings.TrimSpace(text)))
		}
		if matches {
			return c.heading
		}
	}
	return ""
}
