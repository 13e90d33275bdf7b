package replay

import (
	"fmt"
	"slices"
	"strings"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/proof/play"
	"conquest/proof/record"
	"conquest/proof/report"
)

// Answered is the answer to one request, of whichever server.
type Answered struct {
	Status  string
	Answers []string // of a C-FIND, each as text, in order of that
	Counts  string   // of a C-MOVE or C-GET
	Text    string   // of a server command
}

// OfPlayed is the answer that a server gave when a request was played to it.
func OfPlayed(r *play.Result) Answered {
	if r.Skipped != "" {
		return Answered{Status: "not sent: " + r.Skipped}
	}
	if r.Final == nil {
		return Answered{Status: "no answer"}
	}
	a := ofFinal(r.Final.Command)
	for i := range r.Pending {
		if r.Pending[i].Command.Field == dimse.CFindRSP {
			ds, err := r.Pending[i].Dataset()
			a.Answers = append(a.Answers, AnswerText(ds, err))
		}
	}
	slices.Sort(a.Answers)
	return a
}

// OfRecorded is the answer to message i of a recorded association.
func OfRecorded(a *record.Association, i int) Answered {
	x := Answered{Status: "no answer"}
	if rsp := Response(a, i); rsp != nil {
		x = ofFinal(rsp.Command)
	}
	for _, m := range Pending(a, i) {
		if m.Command.Field == dimse.CFindRSP {
			ds, err := a.Dataset(m)
			x.Answers = append(x.Answers, AnswerText(ds, err))
		}
	}
	slices.Sort(x.Answers)
	return x
}

// ofFinal is what a last response says.
func ofFinal(c *dimse.Command) Answered {
	a := Answered{Status: StatusText(c.Status)}
	if p := c.Progress; p != nil && (c.Field == dimse.CMoveRSP || c.Field == dimse.CGetRSP) {
		a.Counts = fmt.Sprintf("completed %d, failed %d, warnings %d", p.Completed, p.Failed, p.Warning)
	}
	const consoleResponse dicom.Tag = 0x99990401
	if v, ok := c.Value(consoleResponse); ok && c.Field == dimse.CEchoRSP {
		a.Text = strings.TrimRight(string(v), " \x00\r\n")
	}
	return a
}

// AnswerText is an answer of a C-FIND as it is compared: its elements, a line each.
func AnswerText(ds *dicom.Dataset, err error) string {
	if err != nil || ds == nil {
		return fmt.Sprintf("can not be read: %v", err)
	}
	var b strings.Builder
	for e := range ds.All() {
		if e.Tag.IsGroupLength() {
			continue
		}
		if e.IsSequence() {
			for _, item := range e.Items {
				fmt.Fprintf(&b, "%s [%s] ", e.Tag, AnswerText(item, nil))
			}
			continue
		}
		fmt.Fprintf(&b, "%s=%s ", e.Tag, strings.TrimRight(e.String(), " \x00"))
	}
	return b.String()
}

// RequestText names a request.
func RequestText(c *dimse.Command, identifier *dicom.Dataset) string {
	name := strings.TrimSuffix(c.Field.String(), "-RQ")
	if text := play.CommandText(c); text != "" {
		return "command " + text
	}
	if identifier != nil && c.Field != dimse.CStoreRQ {
		name += " " + AnswerText(identifier, nil)
	}
	if c.MoveDestination != "" {
		name += "to " + c.MoveDestination
	}
	if c.Field == dimse.CStoreRQ {
		name += " " + c.AffectedSOPInstanceUID
	}
	return strings.TrimSpace(name)
}

// CompareAnswers adds what differs in the answers to one request.
func CompareAnswers(add func(report.Difference), field dimse.CommandField, request, rule string, a, b Answered) {
	what := strings.TrimSuffix(field.String(), "-RQ")
	differ := func(kind, what, x, y string) {
		if x != y {
			add(report.Difference{Kind: kind, What: what, Example: report.Example{Object: request, A: x, B: y, Rule: rule}})
		}
	}
	differ("status", what, a.Status, b.Status)
	differ("sub-operations", what, a.Counts, b.Counts)
	differ("answer of a command", commandName(request), a.Text, b.Text)
	onlyA, onlyB := apart(a.Answers, b.Answers)
	for i := range max(len(onlyA), len(onlyB)) {
		x, y := "not answered", "not answered"
		if i < len(onlyA) {
			x = onlyA[i]
		}
		if i < len(onlyB) {
			y = onlyB[i]
		}
		x, y = shortened(x, y)
		differ("answer", what, x, y)
	}
}

func commandName(request string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(request, "command "), ":")
	return strings.ToLower(name)
}

// apart are the members of two sorted lists that the other has not.
func apart(a, b []string) (onlyA, onlyB []string) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			onlyA, a = append(onlyA, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			onlyB, b = append(onlyB, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return onlyA, onlyB
}

// shortened leaves out the elements that two answers have in common.
func shortened(a, b string) (string, string) {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) < 2 || len(y) < 2 || !strings.Contains(x[0], "=") || !strings.Contains(y[0], "=") {
		return a, b
	}
	keep := func(list, other []string) string {
		var out []string
		for _, w := range list {
			if !slices.Contains(other, w) {
				out = append(out, w)
			}
		}
		return strings.Join(out, " ")
	}
	if s, t := keep(x, y), keep(y, x); s != t {
		return s, t
	}
	return a, b
}
