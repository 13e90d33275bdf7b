// Package report is what a comparison of two servers tells: facts about the run,
// and the differences in groups, with examples. [Report.Text] is for a terminal,
// [Report.JSON] for programs, [Report.HTML] a page without anything around it, to
// hand on. A [Report] is filled by many goroutines and bounded in memory, however
// many differences there are.
package report

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Bounds of a report.
const (
	maxGroups   = 500 // more kinds of differences are counted together
	maxExamples = 20  // of each group
	maxValue    = 200 // bytes of a value that are shown
)

// Report is the outcome of a comparison.
type Report struct {
	Title string
	A, B  string // what was compared, as the columns of the differences are headed

	mu     sync.Mutex // guards below
	facts  []Fact
	groups map[groupKey]*Group
	others int
}

// Fact is a number or remark of a report.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Group is a kind of difference: all that differ in the same place.
type Group struct {
	Kind       string    `json:"kind"`                 // status, row, file name, element, forward, ...
	What       string    `json:"what"`                 // the column, element, destination, ...
	Documented string    `json:"documented,omitempty"` // heading in docs/differences.md
	Count      int       `json:"count"`
	Examples   []Example `json:"examples"`
}

type groupKey struct{ kind, what, documented string }

// Example is one difference.
type Example struct {
	Object string `json:"object,omitempty"` // whose: patient, UID, query, ...
	A      string `json:"a"`
	B      string `json:"b"`
	Rule   string `json:"rule,omitempty"` // that is about it
}

// Difference is one finding as it comes.
type Difference struct {
	Kind, What string
	Documented string
	Example
}

// New is an empty report about a and b.
func New(title, a, b string) *Report {
	return &Report{Title: title, A: a, B: b, groups: map[groupKey]*Group{}}
}

// Fact adds or replaces a fact.
func (r *Report) Fact(name, format string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := Fact{name, fmt.Sprintf(format, a...)}
	if i := slices.IndexFunc(r.facts, func(f Fact) bool { return f.Name == name }); i >= 0 {
		r.facts[i] = f
		return
	}
	r.facts = append(r.facts, f)
}

// Add adds a difference.
func (r *Report) Add(d Difference) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := groupKey{d.Kind, d.What, d.Documented}
	g := r.groups[k]
	if g == nil {
		if len(r.groups) >= maxGroups {
			r.others++
			return
		}
		g = &Group{Kind: d.Kind, What: shown(d.What), Documented: d.Documented}
		r.groups[k] = g
	}
	g.Count++
	if len(g.Examples) < maxExamples {
		d.A, d.B, d.Object = shown(d.A), shown(d.B), shown(d.Object)
		g.Examples = append(g.Examples, d.Example)
	}
}

// shown is a value of a sender as a report shows it.
func shown(s string) string {
	if len(s) > maxValue {
		s = s[:maxValue] + "..."
	}
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = '.'
		}
	}
	return string(b)
}

// Include adds facts and differences of another report.
func (r *Report) Include(other *Report) {
	for _, f := range other.Facts() {
		r.Fact(f.Name, "%s", f.Value)
	}
	for _, g := range other.Groups() {
		if g.Kind == othersKind {
			r.mu.Lock()
			r.others += g.Count
			r.mu.Unlock()
			continue
		}
		r.include(g)
	}
}

func (r *Report) include(g Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := groupKey{g.Kind, g.What, g.Documented}
	have := r.groups[k]
	if have == nil {
		r.groups[k] = &g
		return
	}
	have.Count += g.Count
	have.Examples = append(have.Examples, g.Examples...)
	have.Examples = have.Examples[:min(len(have.Examples), maxExamples)]
}

// othersKind is the kind of the group that counts what is beyond the bounds.
const othersKind = "others"

// Differences is the number of differences that no heading of
// docs/differences.md covers.
func (r *Report) Differences() int { return r.count(false) }

// Documented is the number of those that one covers.
func (r *Report) Documented() int { return r.count(true) }

func (r *Report) count(documented bool) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.groups {
		if (g.Documented != "") == documented {
			n += g.Count
		}
	}
	if !documented {
		n += r.others
	}
	return n
}

// Groups are the differences: those that nothing documents first, then by kind.
func (r *Report) Groups() []Group {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Group, 0, len(r.groups)+1)
	for _, g := range r.groups {
		c := *g
		c.Examples = slices.Clone(g.Examples)
		slices.SortFunc(c.Examples, func(a, b Example) int { return cmp.Compare(a.Object, b.Object) })
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Documented, b.Documented), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.What, b.What))
	})
	if r.others > 0 {
		list = append(list, Group{Kind: othersKind, What: fmt.Sprintf("beyond the first %d kinds", maxGroups), Count: r.others})
	}
	return list
}

// Facts are the facts in the order in which they came.
func (r *Report) Facts() []Fact {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.facts)
}

// Verdict is the report in one sentence.
func (r *Report) Verdict() string {
	n, known := r.Differences(), r.Documented()
	switch {
	case n == 0 && known == 0:
		return "no differences"
	case n == 0:
		return fmt.Sprintf("no differences but the documented ones (%d)", known)
	case known == 0:
		return fmt.Sprintf("%d differences", n)
	}
	return fmt.Sprintf("%d differences that are not documented, %d documented", n, known)
}

// now is the time at which a report is written.
func now() string { return time.Now().Format(time.DateTime) }
