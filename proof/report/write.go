package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
)

// Text writes the report for a terminal.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  A: %s\n  B: %s\n", r.Title, r.A, r.B)
	for _, f := range r.Facts() {
		fmt.Fprintf(&b, "  %s: %s\n", f.Name, f.Value)
	}
	documented := false
	for _, g := range r.Groups() {
		if g.Documented != "" && !documented {
			documented = true
			b.WriteString("\nDocumented differences\n")
		}
		fmt.Fprintf(&b, "\n%s, %s: %d\n", g.Kind, g.What, g.Count)
		if g.Documented != "" {
			fmt.Fprintf(&b, "  differences.md: %s\n", g.Documented)
		}
		for _, e := range g.Examples {
			fmt.Fprintf(&b, "  %s%s\n    A: %s\n    B: %s\n", e.Object, by(e.Rule), e.A, e.B)
		}
		if n := g.Count - len(g.Examples); n > 0 && len(g.Examples) > 0 {
			fmt.Fprintf(&b, "  and %d more\n", n)
		}
	}
	fmt.Fprintf(&b, "\nResult: %s\n", r.Verdict())
	_, err := io.WriteString(w, b.String())
	return err
}

func by(rule string) string {
	if rule == "" {
		return ""
	}
	return " (" + rule + ")"
}

// Written is a report as it stands in JSON.
type Written struct {
	Title       string  `json:"title"`
	Made        string  `json:"made"`
	A           string  `json:"a"`
	B           string  `json:"b"`
	Verdict     string  `json:"verdict"`
	Differences int     `json:"differences"`
	Documented  int     `json:"documented"`
	Facts       []Fact  `json:"facts"`
	Groups      []Group `json:"groups"`
}

func (r *Report) written() Written {
	return Written{r.Title, now(), r.A, r.B, r.Verdict(), r.Differences(), r.Documented(), r.Facts(), r.Groups()}
}

// JSON writes the report as one object.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r.written())
}

//go:embed page.html
var pageText string

var page = sync.OnceValue(func() *template.Template { return template.Must(template.New("report").Parse(pageText)) })

// HTML writes the report as a page that needs nothing else.
func (r *Report) HTML(w io.Writer) error { return r.Page(w, 0) }

// Page is [Report.HTML] that a browser reads again after some seconds; 0 is never.
func (r *Report) Page(w io.Writer, again int) error {
	return page().Execute(w, struct {
		Written
		Again int
	}{r.written(), again})
}
