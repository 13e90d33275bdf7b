package replay

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"conquest/proof/compare"
	"conquest/proof/record"
	"conquest/proof/report"
)

// ObjectDifferences are where what became of an object differs. Forwards are
// compared by destination.
func ObjectDifferences(a, b *Object) []report.Difference {
	var list []report.Difference
	whose := cmp.Or(a.Received, a.SOP)
	if p := cmp.Or(a.Patient, b.Patient); p != "" {
		whose = p + " / " + whose
	}
	add := func(kind, what, x, y string) {
		if x != y {
			list = append(list, report.Difference{Kind: kind, What: what, Example: report.Example{Object: whose, A: x, B: y}})
		}
	}
	add("object", "what became of it", a.Outcome, b.Outcome)
	add("device", "where it is stored", a.Device, b.Device)
	if x, y := slashes(a.File), slashes(b.File); timeless(x) != timeless(y) {
		add("file name", "ObjectFile", x, y)
	}
	if len(a.Header) > 0 && len(b.Header) > 0 {
		add("element", "0002,0010 TransferSyntaxUID", a.Syntax, b.Syntax)
		list = append(list, heads(whose, a.Header, b.Header)...)
		for _, col := range slices.Sorted(maps.Keys(a.Rows)) {
			if y, ok := b.Rows[col]; ok && y != a.Rows[col] {
				add("row", col, a.Rows[col], y)
			}
		}
	}
	list = append(list, Forwards(whose, a.Forwards, b.Forwards)...)
	rule := ChangedRules(a, b)
	for i := range list {
		list[i].Rule = rule
	}
	return list
}

func heads(whose string, a, b []byte) []report.Difference {
	x, err1 := record.ParseHead(a)
	y, err2 := record.ParseHead(b)
	if err1 != nil || err2 != nil {
		return []report.Difference{{Kind: "element", What: "can not be read", Example: report.Example{Object: whose, A: fmt.Sprint(err1), B: fmt.Sprint(err2)}}}
	}
	return compare.DataSets(whose, x, y)
}

// Meanwhile tells whether a difference is one of time: an object that both deleted was
// sent by one of them before.
func Meanwhile(d *report.Difference, deleted ...int) bool {
	for _, n := range deleted {
		if n == 0 {
			return false
		}
	}
	return d.Kind == "forward"
}

// Forwards are where the forwards of an object differ.
func Forwards(whose string, a, b []Forward) []report.Difference {
	var list []report.Difference
	left := slices.Clone(b)
	for i := range a {
		k := slices.IndexFunc(left, func(f Forward) bool { return f.To == a[i].To })
		if k < 0 {
			list = append(list, report.Difference{Kind: "forward", What: "to " + a[i].To, Example: report.Example{Object: whose, A: "sent", B: "not sent"}})
			continue
		}
		list = append(list, forward(whose, &a[i], &left[k])...)
		left = slices.Delete(left, k, k+1)
	}
	for i := range left {
		list = append(list, report.Difference{Kind: "forward", What: "to " + left[i].To, Example: report.Example{Object: whose, A: "not sent", B: "sent"}})
	}
	return list
}

func forward(whose string, a, b *Forward) []report.Difference {
	var list []report.Difference
	to := "to " + a.To
	for _, d := range [][3]string{{"transfer syntax of a forward", a.Syntax, b.Syntax}, {"calling AE of a forward", a.As, b.As}} {
		if d[1] != d[2] {
			list = append(list, report.Difference{Kind: d[0], What: to, Example: report.Example{Object: whose, A: d[1], B: d[2]}})
		}
	}
	x, err1 := a.Dataset()
	y, err2 := b.Dataset()
	if err1 != nil || err2 != nil || x == nil || y == nil {
		return list
	}
	for _, d := range compare.DataSets(whose, x, y) {
		d.Kind = d.Kind + " of a forward " + to
		list = append(list, d)
	}
	return list
}

// ChangedRules names the rules that did something else with an object.
func ChangedRules(a, b *Object) string {
	x, y := rulesOf(a), rulesOf(b)
	var names []string
	for _, n := range x.order {
		if x.text[n] != y.text[n] {
			names = append(names, n)
		}
	}
	for _, n := range y.order {
		if _, ok := x.text[n]; !ok && y.text[n] != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

type ruleTexts struct {
	order []string
	text  map[string]string
}

func rulesOf(o *Object) ruleTexts {
	t := ruleTexts{text: map[string]string{}}
	all := slices.Clone(o.Rules)
	for _, e := range o.Exports {
		all = append(all, e.Rules...)
	}
	for _, r := range all {
		name := shownRule(r.Name)
		if _, ok := t.text[name]; !ok {
			t.order = append(t.order, name)
		}
		if r.Runs {
			t.text[name] += timeless(strings.Join(r.Lines, "\n"))
		}
	}
	return t
}

// shownRule is the name of a rule as dicom.ini has it.
func shownRule(name string) string { return strings.Replace(name, "converter", "Converter", 1) }

func slashes(file string) string { return strings.ReplaceAll(file, `\`, "/") }

// stamp is a time of arrival with its counter in a file name.
var stamp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`1[0-9]{9}[0-9a-f]{4}`) })

func timeless(s string) string { return stamp().ReplaceAllString(s, "TIME") }
