package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"conquest/dicom"
)

func faults(trips []*trip) (n int) {
	for _, t := range trips {
		if len(t.fault) > 0 {
			n++
		}
	}
	return n
}

// table is the trips in Markdown: all, or those that are not in order or were refused.
func table(trips []*trip, all bool) string {
	var b strings.Builder
	b.WriteString("| file | syntax | plain |")
	for _, c := range compressions {
		b.WriteString(" " + c.name + " |")
	}
	b.WriteString(" judges | outcome |\n|---|---|---|" + strings.Repeat("---|", len(compressions)) + "---|---|\n")
	stored, refused, kept := 0, 0, 0
	for _, t := range trips {
		outcome := strings.Join(t.fault, "; ")
		switch {
		case t.refused != "":
			refused++
			if outcome == "" {
				outcome = "refused: " + t.refused
			}
		default:
			stored++
			if t.steps["plain"] == "kept" {
				kept++
			}
		}
		if outcome == "" && !all {
			continue
		}
		ts, _ := dicom.LookupTransferSyntax(t.syntax)
		fmt.Fprintf(&b, "| %s | %s | %s |", filepath.Base(t.path), ts.Name, t.steps["plain"])
		for _, c := range compressions {
			b.WriteString(" " + t.steps[c.name] + " |")
		}
		good := 0
		for _, what := range t.judged {
			if what == "ok" {
				good++
			}
		}
		fmt.Fprintf(&b, " %d of %d | %s |\n", good, len(t.judged), strings.ReplaceAll(outcome, "|", "/"))
	}
	fmt.Fprintf(&b, "\n%d files: %d stored, %d of them kept in their own syntax only, %d refused; %d not in order\n", len(trips), stored, kept, refused, faults(trips))
	return b.String()
}
