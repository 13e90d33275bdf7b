package store

import (
	"context"
	"strconv"

	"conquest/db"
	"conquest/dicom"
	"conquest/pacs/life"
	"conquest/pacs/site"
	"conquest/pacs/who"
	"conquest/rules"
	"conquest/scripting"
)

// account is what the life line gets to know of an arrival. It is nil when there is
// no life line.
type account struct {
	rules  ruleSteps
	before identity
	syntax string
	fate   string // why it was not stored, one of the kinds of package life
}

// identity is by what people know an object.
type identity struct{ patient, name, study, sop, accession string }

func identityOf(d *dicom.Dataset) identity {
	return identity{
		d.String(dicom.PatientID), d.Text(dicom.PatientName), d.String(dicom.StudyInstanceUID), d.String(dicom.SOPInstanceUID), d.String(dicom.AccessionNumber),
	}
}

// begin opens the account of an arrival.
func (s *Store) begin(in *Incoming) {
	if s.Life.On() {
		in.account = &account{before: identityOf(in.Object), syntax: in.Object.TransferSyntax().UID}
		in.trace = &in.account.rules
	}
}

// decided notes that an arrival is not stored, and why.
func (in *Incoming) decided(fate string) {
	if in.account != nil {
		in.account.fate = fate
	}
}

// end hands the account of an arrival to the life line.
func (s *Store) end(ctx context.Context, in *Incoming, res Result, err error) {
	a := in.account
	if a == nil {
		return
	}
	e := site.LifeOf(life.Stored, in.Object)
	if a.fate != "" {
		e.Kind = a.fate
	}
	if err != nil {
		e.Kind = life.Refused
		e.Set("error", err.Error())
	}
	by := site.Actor(ctx, in.Caller, ways[in.Origin])
	e.Peer, e.By = by.Name, by.String()
	if by.Address != "" && in.Origin == Received {
		e.Set("association", strconv.Itoa(in.Caller.Thread()))
	}
	e.Set("syntax", a.syntax)
	if now := in.Object.TransferSyntax().UID; now != a.syntax {
		e.Set("stored syntax", now)
	}
	e.Facts = append(e.Facts, a.rules.facts...)
	after := identityOf(in.Object)
	for _, c := range []struct{ name, before, after string }{
		{"patient", a.before.patient, after.patient}, {"name", a.before.name, after.name}, {"study", a.before.study, after.study},
		{"object", a.before.sop, after.sop}, {"accession", a.before.accession, after.accession},
	} {
		if c.before != c.after {
			e.Facts = append(e.Facts, c.name+" before", c.before, c.name+" after", c.after)
		}
	}
	if err == nil && e.Kind == life.Stored {
		e.Set("device", res.Location.Device)
		e.Set("file", res.Location.File)
		if res.Path == "" {
			e.Set("note", "nothing was written: it is known, or held by another server")
		}
	}
	s.Life.Note(e)
}

// noteRecovered notes an object that a killed process was storing.
func (s *Store) noteRecovered(path string, loc db.Location) {
	if !s.Life.On() {
		return
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.PixelData})
	if err != nil {
		return
	}
	defer f.Close()
	e := site.LifeOf(life.Recovered, f.Dataset)
	e.By = who.Actor{Way: "start after a process that was killed while it stored it"}.String()
	e.Set("device", loc.Device)
	e.Set("file", loc.File)
	s.Life.Note(e)
}

// ways are the ways in by origin.
var ways = [...]string{Received: "C-STORE", Dropped: "file", Entered: "command"}

// ruleSteps are the converters that ran and what they did. It sees them as a trace.
type ruleSteps struct{ facts []string }

var _ rules.Trace = (*ruleSteps)(nil)

// both is two traces at once; the first may be nil.
func both(a, b rules.Trace) rules.Trace {
	if a == nil {
		return b
	}
	return traces{a, b}
}

type traces [2]rules.Trace

func (t traces) Converter(d rules.Decision) {
	for _, each := range t {
		each.Converter(d)
	}
}

func (t traces) Step(s scripting.Step) {
	for _, each := range t {
		each.Step(s)
	}
}

// maxSteps bounds what is noted of the rules of one object.
const maxSteps = 60

func (t *ruleSteps) add(name, value string) {
	if len(t.facts) < 2*maxSteps {
		t.facts = append(t.facts, name, value)
	}
}

// Converter notes one that runs.
func (t *ruleSteps) Converter(d rules.Decision) {
	if d.Runs {
		t.add("rule", d.Name)
	}
}

// Step notes a statement that did something, or failed.
func (t *ruleSteps) Step(s scripting.Step) {
	switch {
	case s.Condition != nil || s.Command == "nop":
	case s.Outcome == scripting.Executed:
		t.add("did", s.Text)
	case s.Outcome == scripting.Failed:
		t.add("failed", s.Text+": "+s.Detail)
	}
}
