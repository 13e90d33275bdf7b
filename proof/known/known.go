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

// rows in the order in which they are tried. A row says what both did as narrowly as
// it can: what looks alike for another reason is a difference.
var rows = []row{
	{kind: "association", a: "accepted:", b: "refused: .*", heading: "An association without any acceptable transfer syntax is refused"},
	{kind: "VR( of .*)?", a: "US", b: "SS|OW", heading: "Implicit objects get the VR that fits"},
	{kind: "VR( of .*)?", a: "OB", b: "OW", heading: "Implicit objects get the VR that fits"},
	{kind: "VR( of .*)?", what: "7fe0,0010 .*", a: "OW", b: "OB", heading: "Encapsulated pixel data keep VR OB"},
	{kind: "element( .*)?", what: "0028,2110 .*", a: "01", b: "not there|00", heading: "LossyImageCompression tells what happened"},
	{kind: "element( .*)?", what: "0028,2110 .*", a: "not there|00", b: "01", heading: "LossyImageCompression tells what happened"},
	{kind: "element( .*)?", what: "0028,0004 .*", a: "YBR_FULL", b: "YBR_FULL_422", heading: "Lossy colour JPEG is labelled YBR_FULL_422"},
	{kind: "answer", what: "C-FIND", a: "(0008,0054=)?", b: "0008,0054=\\S{16}", heading: "RetrieveAETitle of 16 characters"},
	{kind: "answer", what: "C-FIND", a: `0008,0061=(\S*\\|\\\S*|\S*\\\\\S*)?`, b: `0008,0061=\S*`, heading: "Study modalities"},
	{kind: "answer of a command", what: "delete(patient|study|series|image|studies|record)", a: "", b: ".*confirm.*", heading: "Deleting everything needs a confirmation"},
}

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
