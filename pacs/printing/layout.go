package printing

import (
	"strconv"
	"strings"
)

// layout is an image display format: the number of image boxes in each row, or
// in each column.
type layout struct {
	parts         []int
	columns       bool // parts are columns
	first, second int  // the numbers as the original reads them
}

// parseLayout reads STANDARD\C,R, ROW\R1,R2.. and COL\C1,C2..; anything else is
// one box.
func parseLayout(format string) layout {
	kind, numbers, _ := strings.Cut(format, `\`)
	var n []int
	for text := range strings.SplitSeq(numbers, ",") {
		if v, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && v > 0 {
			n = append(n, min(v, maxImageBoxes))
		}
	}
	l := layout{parts: []int{1}, first: 1, second: 1}
	if len(n) > 0 {
		l.first = n[0]
	}
	if len(n) > 1 {
		l.second = n[1]
	}
	switch {
	case strings.HasPrefix(kind, "ROW") && len(n) > 0:
		l.parts = n
	case strings.HasPrefix(kind, "COL") && len(n) > 0:
		l.parts, l.columns = n, true
	case len(n) >= 2:
		l.parts = nil
		for range n[1] {
			l.parts = append(l.parts, n[0])
		}
	}
	for l.count() > maxImageBoxes {
		l.parts = l.parts[:len(l.parts)-1]
	}
	return l
}

func (l layout) count() int {
	n := 0
	for _, p := range l.parts {
		n += p
	}
	return n
}
