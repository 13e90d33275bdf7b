package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// A table collects the results: a row per kind of work, a column per server.
type table struct {
	peers []*peer
	rows  []tableRow
}

type tableRow struct {
	row   row
	cells []cell
}

type cell struct {
	measures []*measure
	err      error
}

// median returns the measure with the middle rate.
func (c cell) median() *measure {
	if len(c.measures) == 0 {
		return nil
	}
	m := slices.Clone(c.measures)
	slices.SortFunc(m, func(a, b *measure) int {
		switch {
		case a.rate() < b.rate():
			return -1
		case a.rate() > b.rate():
			return 1
		}
		return 0
	})
	return m[len(m)/2]
}

func (t *table) print(w io.Writer) {
	fmt.Fprint(w, "\n| row (p99 in ms) |")
	for _, p := range t.peers {
		fmt.Fprintf(w, " %s |", p.name)
	}
	judged := len(t.peers) > 0 && t.peers[0].name == "dgate"
	if judged {
		fmt.Fprint(w, " target (p99) | met, first |")
	}
	fmt.Fprint(w, "\n|---|")
	for range t.peers {
		fmt.Fprint(w, "---:|")
	}
	if judged {
		fmt.Fprint(w, "---:|---|")
	}
	fmt.Fprintln(w)
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s, %s |", r.row.about, r.row.unit)
		for _, c := range r.cells {
			switch m := c.median(); {
			case m != nil:
				fmt.Fprintf(w, " %s (%.3g) |", rate(m.rate()), float64(m.quantile(.99))/float64(time.Millisecond))
			case c.err != nil && c.err != errNotThis:
				fmt.Fprint(w, " fails |")
			default:
				fmt.Fprint(w, " |")
			}
		}
		if judged {
			fmt.Fprint(w, t.judge(r))
		}
		if judged {
			fmt.Fprint(w, t.judge(r))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "| start to first echo, ms; memory then, MB |")
	for _, p := range t.peers {
		if p.startUp == 0 {
			fmt.Fprint(w, " |")
			continue
		}
		fmt.Fprintf(w, " %.1f; %d |", float64(p.startUp)/float64(time.Millisecond), p.idle>>20)
	}
	if judged {
		fmt.Fprint(w, " 25; 20 | |")
	}
	fmt.Fprintln(w)
}

func rate(f float64) string {
	if f >= 100 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.1f", f)
}
