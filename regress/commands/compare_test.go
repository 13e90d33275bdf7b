//go:build linux

package commands

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// differences tells what of an observation is not as recorded; nothing when it
// agrees.
func differences(r *record, o observation, like likeness) []string {
	var list []string
	say := func(what string, want, got any) {
		list = append(list, what+":"+lineDiff(fmt.Sprint(want), fmt.Sprint(got)))
	}
	if like == inAnyOrder {
		c := *r
		c.Stdout, c.ServerLog = sortedLines(released(r.Stdout)), sortedLines(released(r.ServerLog))
		o.stdout, o.log = sortedLines(released(o.stdout)), sortedLines(released(o.log))
		r = &c
	}
	if !sameOutput(r, o.stdout) {
		say("standard output", r.Stdout, o.stdout)
	}
	o.stderr, o.log = advice.ReplaceAllString(o.stderr, ""), unknown.ReplaceAllString(o.log, "")
	if !sameText(r.Stderr, o.stderr) {
		say("standard error", r.Stderr, o.stderr)
	}
	if want, timeout := r.Exit.(string); timeout && !strings.HasPrefix(want, fmt.Sprint(o.exit)) || !timeout && r.Exit != o.exit {
		say("exit status", r.Exit, o.exit)
	}
	if want, got, ok := sameEffect(r, o.effect); !ok {
		say("effect", strings.ReplaceAll(want, "; ", "\n"), strings.ReplaceAll(got, "; ", "\n"))
	}
	if want, got, ok := sameLog(r, o.log); !ok {
		say("server log", want, got)
	}
	return list
}

// A likeness is how a record and an observation are compared.
type likeness int

const (
	asRecorded likeness = iota
	inAnyOrder          // lines may have changed places
)

var (
	// advice and unknown are lines of ours for people, who see nothing in the original.
	advice     = regexp.MustCompile(`(?m)^dgate: .*\n?`)
	unknown    = regexp.MustCompile(`(?m)^a server command is not known .*\n?`)
	binaryText = regexp.MustCompile(`(?s)^<binary (\d+) bytes, head: (.*)>$`)
	cutText    = regexp.MustCompile(`(?s)^(.*)\.\.\.<(\d+) more characters>$`)
)

// sameText compares texts, of which the record may have the beginning only.
func sameText(want, got string) bool {
	if m := cutText.FindStringSubmatch(want); m != nil {
		w, g := released(m[1]), released(got)
		return len(g) >= len(w)-200 && strings.HasPrefix(g, w[:max(len(w)-200, 0)])
	}
	return released(want) == released(got)
}

// sameOutput compares standard outputs. Of what is not text the record has
// length and beginning; JPEG and zip files may differ in both.
func sameOutput(r *record, got string) bool {
	want := r.Stdout
	w, g := binaryText.FindStringSubmatch(want), binaryText.FindStringSubmatch(got)
	if w == nil || g == nil {
		return sameText(want, got) || sortedLines(released(want)) == sortedLines(released(got)) && unordered(want)
	}
	if strings.Contains(r.Command, "transferSyntax=n") { // deflated, by another implementation
		return sameHeader(w[2], g[2], regexp.MustCompile(`^Content-type: application/dicom\\n.*?\\n\\n`))
	}
	header := regexp.MustCompile(`^(?:Content-type: (\S+)\\n(?:.*?\\n)?\\n)?(\\xff\\xd8|PK)`)
	if header.MatchString(w[2]) {
		return sameHeader(w[2], g[2], header)
	}
	n := min(len(w[2]), len(g[2]))
	return w[1] == g[1] && w[2][:n] == g[2][:n]
}

// sameHeader compares what a pattern finds, lengths aside.
func sameHeader(want, got string, header *regexp.Regexp) bool {
	length := regexp.MustCompile(`Content-length: \d+`)
	w, g := length.ReplaceAllString(header.FindString(want), ""), length.ReplaceAllString(header.FindString(got), "")
	return w != "" && w == g
}

// unordered tells whether the lines of a log come in no particular order:
// files are regenerated as the folder lists them, and threads run side by side.
func unordered(text string) bool {
	return strings.Contains(text, "[Regen]") || strings.Count(text, "UPACS THREAD") > 0
}

func sameLog(r *record, got string) (w, g string, ok bool) {
	w, g = released(r.ServerLog), released(got)
	if m := cutText.FindStringSubmatch(w); m != nil {
		w = m[1]
		w, g = w[:max(strings.LastIndex(w, "\n"), 0)], g[:min(strings.LastIndex(w, "\n"), len(g))]
	}
	if w == g {
		return w, g, true
	}
	if unordered(w) && sortedLines(w) == sortedLines(g) {
		return w, g, true
	}
	return w, g, false
}

// sameEffect compares effects item by item, the end of the template as a whole. A
// line for the trouble log may come when the next command runs already; the server
// log is what holds its text.
func sameEffect(r *record, got string) (w, g string, ok bool) {
	w, g = releasedEffect(r.Effect), releasedEffect(got)
	if w == g {
		return w, g, true
	}
	items := func(text string) []string {
		list := slices.DeleteFunc(strings.Split(text, "; "), func(item string) bool { return strings.HasPrefix(item, "~PacsTrouble.log") })
		slices.Sort(list)
		return list
	}
	return w, g, slices.Equal(items(w), items(g))
}
