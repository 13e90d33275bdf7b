package scripting

import (
	"strings"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/finding"
	"conquest/oplog"
)

// assignment is TARGET [format "F"] to|if "VALUE", or TAG to nil.
type assignment struct {
	variable byte // x, y, z or 0
	target   attribute.Target
	format   string
	remove   bool // to nil
	onlyIf   bool // if "VALUE": nothing when it is empty
	unknown  bool // the target is a variable that is not known yet
	text     part
}

const needsValue = `the target must be followed by to "value" or if "value"`

func parseSet(r *reader) (a assignment) {
	line, i := r.line.text, r.start
	if c := lowerByte(at(line, i)); c >= 'x' && c <= 'z' && at(line, i+1) == ' ' {
		a.variable, i = c, i+1
	} else if t, n, ok := attribute.ParseTarget(line[i:]); ok {
		a.target, i = t, i+n
	} else {
		a.noTarget(r, i+n, n > 0)
		return a
	}
	if hasPrefixFold(line[i:], ` format "`) {
		i += len(` format "`)
		if end := strings.IndexByte(line[i:], '"'); end >= 0 {
			a.format = line[i : i+end]
			i += end + 1
		}
	}
	if hasPrefixFold(line[i:], " to nil") {
		a.remove = true
		if a.variable == 0 && !a.target.Nested {
			r.checkRemoval(a.target.Tag)
		}
		r.take(i+len(" to nil"), len(line))
		return a
	}
	a.readValue(r, "set", i)
	switch empty := a.text.from == a.text.to; {
	case a.variable != 0 || a.target.Nested || r.void != "" || a.onlyIf:
	case a.target.Tag == dicom.TransferSyntaxUID:
		r.note(finding.Warning, 0, "this changes the label of the object, not its pixel data", "write compression j2 or the like")
	case empty && a.format == "":
		r.checkRemoval(a.target.Tag)
	}
	return a
}

// noTarget tells why set has no target at byte i, which may be inside a sequence.
func (a *assignment) noTarget(r *reader, i int, inside bool) {
	why := "no such element"
	if inside {
		why = "no such element in the sequence"
	}
	if r.open(i) {
		a.unknown = true
		return
	}
	r.ignore("set does nothing: "+why, "write gggg,eeee or a keyword of the dictionary, with its capitals")
}

// readValue reads to|if "VALUE" at byte i; the last quote of the line ends it.
func (a *assignment) readValue(r *reader, verb string, i int) {
	rest := r.line.text[min(i, len(r.line.text)):]
	if !hasPrefixFold(rest, ` to "`) && !hasPrefixFold(rest, ` if "`) {
		r.ignore(verb+" does nothing: "+needsValue, "single blanks, value in double quotes")
		return
	}
	a.onlyIf = lowerByte(rest[1]) == 'i'
	from := i + len(` to "`)
	end := r.lastQuote(from)
	if end < 0 {
		r.ignore(verb+" does nothing: the closing quote is missing", "")
		return
	}
	a.text = r.take(from, end)
}

// runSet is statement set (docs/original/scripting.md 3.2).
func runSet(x *exec, a assignment) {
	if a.remove {
		x.remove(a)
		return
	}
	text := x.string(a.text)
	if a.format != "" {
		text = formatC(a.format, text)
	}
	switch {
	case a.onlyIf && text == "":
		x.void()
	case a.variable == 0:
		x.setElement(a.target, text)
	case a.format != "":
		x.setVariable(a.variable, value{text: text, spans: []span{{0, len(text), fromObject}}})
		oplog.RuleRuns(says{x}, x, x.line.text)
	default:
		x.setVariable(a.variable, x.take(a.text))
		oplog.RuleRuns(says{x}, x, x.line.text)
	}
}

func (x *exec) void() {
	x.step.Outcome = Void
	oplog.RuleIsVoid(says{x}, x, x.line.text)
}

// setVariable keeps a value for %x, %y or %z, without blanks at its end.
func (x *exec) setVariable(name byte, v value) {
	n := len(v.text)
	for n > 1 && v.text[n-1] == ' ' {
		n--
	}
	x.run.vars().v[name-'x'] = v.slice(0, n)
}

func (x *exec) setElement(t attribute.Target, text string) {
	d := x.object()
	if d == nil {
		x.ignored("no object")
		return
	}
	e := d.Get(t.Tag)
	switch {
	case t.Nested:
		t.Set(d, text)
	case e == nil && dicom.CurrentDictionary().VR(t.Tag) == dicom.SQ:
		d.Put(dicom.Element{Tag: t.Tag, VR: dicom.SQ, Items: []*dicom.Dataset{}})
		oplog.RuleCreates(says{x}, x, t.Tag.String())
		return
	case e == nil || !e.IsSequence():
		t.Set(d, text)
	}
	oplog.RuleRuns(says{x}, x, x.line.text)
}

// remove is set TAG to nil.
func (x *exec) remove(a assignment) {
	d := x.object()
	if a.variable != 0 || a.target.Nested || d == nil || !a.target.Remove(d) {
		x.step.Outcome = Void
		return
	}
	oplog.RuleDeletes(says{x}, x, a.target.Tag.String())
}

// parseSetIfEmpty reads gggg,eeee|x|y|z to|if "VALUE".
func parseSetIfEmpty(r *reader) (a assignment) {
	line, i := r.line.text, r.start
	switch c := lowerByte(at(line, i)); {
	case r.open(i):
		a.unknown = true
		return a
	case c >= 'x' && c <= 'z':
		a.variable, i = c, i+1
	case !isHex(c) || at(line, i+4) != ',':
		r.void = "setifempty takes gggg,eeee, x, y or z, no names"
		r.note(finding.Warning, 0, "setifempty takes gggg,eeee, x, y or z; with a name it does nothing", "use the number of the element")
		return a
	default:
		a.target.Tag, i = attribute.Columns(line[i:]), i+len("gggg,eeee")
	}
	a.readValue(r, "setifempty", i)
	return a
}

// runSetIfEmpty sets an element that is absent or empty.
func runSetIfEmpty(x *exec, a assignment) {
	text := x.string(a.text)
	switch {
	case a.onlyIf && text == "":
		x.void()
	case a.variable != 0:
		if x.run.vars().v[a.variable-'x'].text != "" {
			x.void()
			return
		}
		x.setVariable(a.variable, x.take(a.text))
		oplog.RuleExecutes(says{x}, x, x.line.text)
	default:
		d := x.object()
		if d == nil {
			x.ignored("no object")
			return
		}
		if e := d.Get(a.target.Tag); e != nil && !e.IsEmpty() {
			x.void()
			return
		}
		a.target.Set(d, text)
		oplog.RuleExecutes(says{x}, x, x.line.text)
	}
}

// parseDelete reads gggg,eeee at fixed columns. The delayed deletes do not exist
// in import scripts: "delete study" does nothing here.
func parseDelete(r *reader) dicom.Tag {
	if !isHex(at(r.line.text, r.start)) && !r.open(r.start) {
		r.note(finding.Warning, 0, "in import converters delete removes an element gggg,eeee; this does nothing", "use an export converter to delete stored objects")
	}
	t := attribute.Columns(r.text())
	r.checkRemoval(t)
	return t
}

func runDelete(x *exec, t dicom.Tag) {
	d := x.object()
	if d == nil || !d.Delete(t) {
		x.void()
		return
	}
	oplog.RuleExecutes(says{x}, x, x.line.text)
}
