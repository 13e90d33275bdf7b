package scripting

import (
	"strings"

	"conquest/dicom"
)

// target is what set and setifempty change.
type target struct {
	variable byte // x, y, z or 0
	tag      dicom.Tag
	index    int
	all      bool // .*
	inner    dicom.Tag
	nested   bool // inner is given
}

// assignment is TARGET [format "F"] to|if "VALUE", or TAG to nil.
type assignment struct {
	target
	format  string
	remove  bool // to nil
	onlyIf  bool // if "VALUE": nothing when it is empty
	unknown bool // the target is a variable that is not known yet
	text    part
}

const needsValue = `the target must be followed by to "value" or if "value"`

func parseSet(r *reader) (a assignment) {
	line := r.line.text
	i, why := a.target.read(line, r.start)
	switch {
	case why != "" && r.open(i):
		a.unknown = true
		return a
	case why != "":
		r.ignore("set does nothing: "+why, "write gggg,eeee or a keyword of the dictionary, with its capitals")
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
		r.take(i+len(" to nil"), len(line))
		return a
	}
	a.readValue(r, "set", i)
	return a
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
		x.remove(a.target)
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
		x.debug(" executes: ", x.line.text)
	default:
		x.setVariable(a.variable, x.take(a.text))
		x.debug(" executes: ", x.line.text)
	}
}

func (x *exec) void() {
	x.step.Outcome = Void
	x.debug(" executes void: ", x.line.text)
}

// setVariable keeps a value for %x, %y or %z, without blanks at its end.
func (x *exec) setVariable(name byte, v value) {
	n := len(v.text)
	for n > 1 && v.text[n-1] == ' ' {
		n--
	}
	x.run.vars().v[name-'x'] = v.slice(0, n)
}

func (x *exec) setElement(t target, text string) {
	d := x.object()
	if d == nil {
		x.ignored("no object")
		return
	}
	if t.nested {
		setInSequence(d, t, text)
	} else if e := d.Get(t.tag); e == nil && dicom.CurrentDictionary().VR(t.tag) == dicom.SQ {
		d.Put(dicom.Element{Tag: t.tag, VR: dicom.SQ, Items: []*dicom.Dataset{}})
		x.debug(" created sequence: ", t.tag.String())
		return
	} else if e == nil || !e.IsSequence() {
		Assign(d, t.tag, text)
	}
	x.debug(" executes: ", x.line.text)
}

// setInSequence sets an element of an item. An index beyond the end appends an
// item. Where the first tag is an element of another kind, that is overwritten.
func setInSequence(d *dicom.Dataset, t target, text string) {
	e := d.Get(t.tag)
	switch {
	case e == nil:
		item := &dicom.Dataset{}
		Assign(item, t.inner, text)
		d.SetItems(t.tag, item)
	case !e.IsSequence():
		Assign(d, t.tag, text)
	case t.all || t.index < 0 || t.index >= len(e.Items):
		item := &dicom.Dataset{}
		Assign(item, t.inner, text)
		items := append(e.Items[:len(e.Items):len(e.Items)], item)
		d.SetItems(t.tag, items...)
	default:
		Assign(e.Items[t.index], t.inner, text)
	}
}

// remove is set TAG to nil.
func (x *exec) remove(t target) {
	d := x.object()
	if t.variable != 0 || t.nested || d == nil || !d.Delete(t.tag) {
		x.step.Outcome = Void
		return
	}
	x.debug(" deletes: ", t.tag.String())
}

// read reads the target at byte i of a line and tells where it ends, or where
// and why there is none.
func (t *target) read(line string, i int) (end int, why string) {
	if c := lowerByte(at(line, i)); c >= 'x' && c <= 'z' && at(line, i+1) == ' ' {
		t.variable = c
		return i + 1, ""
	}
	n, ok := parseTagName(line[i:], &t.tag)
	if !ok {
		return i, "no such element"
	}
	i += n
	if at(line, i) == '.' {
		if at(line, i+1) == '*' {
			t.all = true
			i += 2
		} else {
			t.index = atoi(line[i+1:])
			for i++; isDigit(at(line, i)); i++ {
			}
		}
	}
	if at(line, i) == '/' {
		n, ok := parseTagName(line[i+1:], &t.inner)
		if !ok {
			return i + 1, "no such element in the sequence"
		}
		t.nested = true
		i += 1 + n
	}
	return i, ""
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
		r.note(Warning, 0, "setifempty takes gggg,eeee, x, y or z; with a name it does nothing", "use the number of the element")
		return a
	default:
		a.tag, i = columnsTag(line, i), i+len("gggg,eeee")
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
		x.operator(" executes: " + x.line.text)
	default:
		d := x.object()
		if d == nil {
			x.ignored("no object")
			return
		}
		if e := d.Get(a.tag); e != nil && !e.IsEmpty() {
			x.void()
			return
		}
		Assign(d, a.tag, text)
		x.operator(" executes: " + x.line.text)
	}
}

// parseDelete reads gggg,eeee at fixed columns. The delayed deletes do not exist
// in import scripts: "delete study" does nothing here.
func parseDelete(r *reader) dicom.Tag {
	if !isHex(at(r.line.text, r.start)) && !r.open(r.start) {
		r.note(Warning, 0, "in import converters delete removes an element gggg,eeee; this does nothing", "use an export converter to delete stored objects")
	}
	return columnsTag(r.line.text, r.start)
}

func runDelete(x *exec, t dicom.Tag) {
	d := x.object()
	if d == nil || !d.Delete(t) {
		x.void()
		return
	}
	x.operator(" executes: " + x.line.text)
}
