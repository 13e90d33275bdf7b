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

// runSet is "set TARGET [format "F"] to|if "VALUE"" and "set TAG to nil"
// (docs/original/scripting.md 3.2).
func runSet(x *exec, line *value) {
	t, i, why := parseTarget(line.text)
	if why != "" {
		x.ignored(why)
		return
	}
	format := ""
	if hasPrefixFold(line.text[i:], ` format "`) {
		i += len(` format "`)
		if end := strings.IndexByte(line.text[i:], '"'); end >= 0 {
			format = line.text[i : i+end]
			i += end + 1
		}
	}
	rest := line.text[i:]
	switch {
	case hasPrefixFold(rest, ` to "`), hasPrefixFold(rest, ` if "`):
	case hasPrefixFold(rest, " to nil"):
		x.remove(t)
		return
	default:
		x.ignored(`the value must follow as to "value" or if "value", with single blanks`)
		return
	}
	v, ok := quoted(line, i+5)
	if !ok {
		x.ignored("no closing quote")
		return
	}
	if format != "" {
		v = value{text: formatC(format, v.text), spans: nil}
		v.spans = []span{{0, len(v.text), fromObject}}
	}
	if lowerByte(rest[1]) == 'i' && v.text == "" {
		x.void(line)
		return
	}
	if t.variable != 0 {
		x.setVariable(t.variable, v)
		x.debug(" executes: ", line.text)
		return
	}
	x.setElement(t, v.text, line)
}

// quoted is the value between byte i and the last quote.
func quoted(line *value, i int) (value, bool) {
	end := strings.LastIndexByte(line.text, '"')
	if end < i {
		return value{}, false
	}
	return line.slice(i, end), true
}

func (x *exec) void(line *value) {
	x.step.Outcome = Void
	x.debug(" executes void: ", line.text)
}

// setVariable keeps a value for %x, %y or %z, without blanks at its end.
func (x *exec) setVariable(name byte, v value) {
	n := len(v.text)
	for n > 1 && v.text[n-1] == ' ' {
		n--
	}
	x.run.vars().v[name-'x'] = v.slice(0, n)
}

func (x *exec) setElement(t target, text string, line *value) {
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
	x.debug(" executes: ", line.text)
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

// parseTarget reads the target after "set " and tells where it ends; why is not
// empty when there is none.
func parseTarget(line string) (t target, i int, why string) {
	const start = len("set ")
	switch c := lowerByte(at(line, start)); {
	case c >= 'x' && c <= 'z' && at(line, start+1) == ' ':
		return target{variable: c}, start + 1, ""
	}
	n, ok := parseTagName(line[start:], &t.tag)
	if !ok {
		return t, 0, "no such element"
	}
	i = start + n
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
			return t, 0, "no such element in the sequence"
		}
		t.nested = true
		i += 1 + n
	}
	return t, i, ""
}

// runSetIfEmpty is "setifempty gggg,eeee|x|y|z to|if "VALUE"": only when the
// element is absent or empty.
func runSetIfEmpty(x *exec, line *value) {
	const start = len("setifempty ")
	t, i := target{}, start+len("gggg,eeee")
	switch c := lowerByte(at(line.text, start)); {
	case c >= 'x' && c <= 'z':
		t.variable, i = c, start+1
	case !isHex(c) || at(line.text, start+4) != ',':
		x.ignored("setifempty takes gggg,eeee, x, y or z, no names")
		return
	default:
		t.tag = columnsTag(line.text, start)
	}
	rest := line.text[min(i, len(line.text)):]
	if !hasPrefixFold(rest, ` to "`) && !hasPrefixFold(rest, ` if "`) {
		x.ignored(`the value must follow as to "value" or if "value", with single blanks`)
		return
	}
	v, ok := quoted(line, i+5)
	switch {
	case !ok:
		x.ignored("no closing quote")
	case lowerByte(rest[1]) == 'i' && v.text == "":
		x.void(line)
	case t.variable != 0:
		if x.run.vars().v[t.variable-'x'].text != "" {
			x.void(line)
			return
		}
		x.setVariable(t.variable, v)
		x.operator(" executes: " + line.text)
	default:
		d := x.object()
		if d == nil {
			x.ignored("no object")
			return
		}
		if e := d.Get(t.tag); e != nil && !e.IsEmpty() {
			x.void(line)
			return
		}
		Assign(d, t.tag, v.text)
		x.operator(" executes: " + line.text)
	}
}

// runDelete is "delete gggg,eeee", at fixed columns. The delayed deletes do not exist in import
// scripts: "delete study" does nothing here.
func runDelete(x *exec, line *value) {
	const start = len("delete ")
	d := x.object()
	if d == nil || !d.Delete(columnsTag(line.text, start)) {
		x.void(line)
		return
	}
	x.operator(" executes: " + line.text)
}
