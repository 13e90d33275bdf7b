package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A normaliser replaces values that differ from run to run.
type normaliser struct {
	work     string
	dirs     []string // server folders
	ports    []int
	prefixes []string // UID prefixes besides the usual one
	started  time.Time
}

const defaultUIDPrefix = "1.2.999.7"

var (
	ctimeDate = regexp.MustCompile(`\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-3]\d \d\d:\d\d:\d\d \d{4}\b`)
	clockTime = regexp.MustCompile(`\b\d\d:\d\d:\d\d(?:\.\d+)?\b`)
	nameTime  = regexp.MustCompile(`_\d{10}[0-9a-f]{4}(\b|_)`)
)

// text returns s with the volatile values replaced by <UID>, <DATE>, <TIME>,
// <DIR>, <WORK> and <PORT>.
func (n *normaliser) text(s string) string {
	dirs := slices.Clone(n.dirs)
	slices.SortFunc(dirs, func(a, b string) int { return len(b) - len(a) })
	for _, d := range dirs {
		s = replacePath(s, d, "<DIR>")
	}
	s = replacePath(s, n.work, "<WORK>")
	for _, p := range append([]string{defaultUIDPrefix}, n.prefixes...) {
		re := regexp.MustCompile(`(^|[^0-9.])` + regexp.QuoteMeta(p) + `(?:\.\d+)+`)
		s = re.ReplaceAllString(s, "${1}<UID>")
	}
	for _, p := range n.ports {
		s = regexp.MustCompile(fmt.Sprintf(`(^|[^0-9.])%d\b`, p)).ReplaceAllString(s, "${1}<PORT>")
	}
	s = nameTime.ReplaceAllString(s, "_<TIME>$1")
	s = ctimeDate.ReplaceAllString(s, "<DATE>")
	for _, day := range []time.Time{n.started, time.Now()} {
		for _, layout := range []string{"20060102", "2006-01-02"} {
			s = regexp.MustCompile(`\b`+day.Format(layout)+`\b`).ReplaceAllString(s, "<DATE>")
		}
	}
	return clockTime.ReplaceAllString(s, "<TIME>")
}

// replacePath replaces a folder where it stands as a whole.
func replacePath(s, dir, with string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, dir)
		if !ok {
			break
		}
		b.WriteString(before)
		if after == "" || !strings.ContainsRune("-_.", rune(after[0])) && !isAlnum(after[0]) {
			b.WriteString(with)
		} else {
			b.WriteString(dir)
		}
		s = after
	}
	b.WriteString(s)
	return b.String()
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
