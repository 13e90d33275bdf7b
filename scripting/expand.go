package scripting

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"conquest/attribute"
	"conquest/dicom"
)

// expand replaces the variables of a statement. The spans of the result are
// valid until the next expansion.
func (x *exec) expand(pieces []piece) value {
	x.marks = x.markSpace[:0]
	if len(pieces) == 1 && pieces[0].letter == 0 && !pieces[0].data {
		return value{text: pieces[0].text}
	}
	buf, spans, shape := x.buf[:0], x.spans[:0], 0
	for i := range pieces {
		p := &pieces[i]
		start := len(buf)
		x.marks = append(x.marks, mark{shape, start})
		shape++
		if p.letter == 0 {
			buf = append(buf, p.text...)
			shape += len(p.text) - 1
			if p.data {
				spans = append(spans, span{start, len(buf), fromObject})
			}
			continue
		}
		v, from, isData := x.variable(p)
		text := v.text
		if p.cut.on {
			a, b := p.cut.apply(text)
			if a != 0 || b != len(text) {
				text, v.spans, isData = text[a:b], nil, isData || len(v.spans) > 0
			}
		}
		switch p.fold {
		case '^':
			text = mapASCII(text, 'a', 'z', 'A'-'a')
		case '~':
			text = mapASCII(text, 'A', 'Z', 'a'-'A')
		}
		buf = append(buf, text...)
		if isData {
			spans = append(spans, span{start, len(buf), from})
		}
		for _, s := range v.spans {
			spans = append(spans, span{start + s.start, start + s.end, s.from})
		}
	}
	x.marks = append(x.marks, mark{shape, len(buf)})
	x.buf, x.spans = buf, spans
	return value{text: string(buf), spans: spans}
}

// variable is the text of one variable; isData tells that all of it is a value
// of the given origin.
func (x *exec) variable(p *piece) (v value, from origin, isData bool) {
	text := func(s string) (value, origin, bool) { return value{text: s}, fromObject, true }
	plain := func(s string) (value, origin, bool) { return value{text: s}, fromServer, false }
	switch p.letter {
	case 'f', 'b', 'p':
		return value{text: x.fileVariable(p.letter)}, p.origin(), true
	case 'm', 's', 'o', 'i':
		return text(x.identity(p.letter))
	case 'u':
		return text(trimAE(x.run.Calling))
	case 'c':
		return text(trimAE(x.run.Called))
	case 'd':
		return plain(x.env.Now().Format(time.ANSIC))
	case 'n':
		return plain("\n")
	case 't':
		return plain("\t")
	case '%', '^', '~', '[':
		return plain(string(rune(p.letter)))
	case 'x', 'y', 'z':
		if x.export {
			return plain("")
		}
		v = x.run.vars().v[p.letter-'x']
		return v, fromObject, false
	case 'v', 'a', 'e', 'r':
		v, rest := x.element(p)
		if rest == "" {
			return text(v)
		}
		return value{text: v + rest, spans: []span{{0, len(v), fromObject}}}, fromObject, false
	case 'g':
		return plain(x.env.GenerateUID())
	case 'q':
		if x.export {
			return plain("")
		}
		return text(x.database(p))
	}
	return plain("")
}

func trimAE(s string) string {
	if s == "" || s[0] <= ' ' {
		return s
	}
	return strings.TrimRight(s, " ")
}

// fileVariable is the full path (f), base name (b) or directory (p) of the
// stored file, or of the file that the object would become.
func (x *exec) fileVariable(letter byte) string {
	if !x.fileKnown {
		x.fileKnown = true
		x.file = x.env.ProposeFile(x.run)
	}
	slash := strings.LastIndexByte(x.file, filepath.Separator)
	if slash < 0 {
		slash = strings.LastIndexByte(x.file, '/')
	}
	switch letter {
	case 'b':
		if slash < 0 {
			return ""
		}
		base := x.file[slash+1:]
		if dot := strings.LastIndexByte(base, '.'); dot >= 0 {
			base = base[:dot]
		}
		return base
	case 'p':
		if slash < 0 {
			return x.file
		}
		return x.file[:slash]
	}
	return x.file
}

// identity is %m, %s, %o or %i: as received where the caller knows it, otherwise
// from the object. The patient ID of imports is always that of the object.
func (x *exec) identity(letter byte) string {
	if r := x.received; r != nil {
		switch {
		case letter == 'm' && r.Modality != Live:
			return r.Modality
		case letter == 's' && r.StationName != Live:
			return r.StationName
		case letter == 'o' && r.SOP != Live:
			return r.SOP
		case letter == 'i' && x.export:
			return r.PatientID
		}
	}
	switch letter {
	case 'm':
		return x.text(dicom.Modality)
	case 's':
		return x.text(dicom.StationName)
	case 'o':
		return x.text(dicom.SOPInstanceUID)
	}
	return x.text(dicom.PatientID)
}

// text is the value of a top-level element as %V shows it.
func (x *exec) text(t dicom.Tag) string {
	d := x.object()
	if d == nil {
		return ""
	}
	return elementText(d, t)
}

func elementText(d *dicom.Dataset, t dicom.Tag) string {
	text, _ := attribute.Text(d.Get(t))
	return text
}

// element is %V, or what %A, %E and %R make of it, and what is left of its
// description.
func (x *exec) element(p *piece) (v, rest string) {
	v, rest = x.search(p.path)
	switch p.letter {
	case 'a':
		return strconv.FormatUint(uint64(attribute.Checksum(v)), 10), rest
	case 'e':
		uid, err := x.env.ChangeUID(v, "percente", "")
		if err != nil {
			return "", rest
		}
		return uid, rest
	case 'r':
		uid, err := x.env.ChangeUIDBack(v, "")
		if err != nil {
			return "", rest
		}
		return uid, rest
	}
	return v, rest
}

func (x *exec) search(p *attribute.Path) (text, rest string) {
	d := x.object()
	for p != nil && p.Object != nil {
		sop, _ := p.Object.Search(d)
		if d == nil || sop == "" {
			return "", ""
		}
		d = x.env.LoadObject(x.ctx, elementText(d, dicom.PatientID), sop)
		p = p.Next
	}
	if p == nil {
		return "", ""
	}
	return p.Search(d)
}

// database is %Q: a value of the database for P, S, E and W, otherwise the value
// of the element replaced through an alias file.
func (x *exec) database(p *piece) string {
	k := QueryKeys{Level: p.level}
	complete := true
	key := func(t dicom.Tag) string {
		s := x.text(t)
		complete = complete && s != ""
		return s
	}
	switch p.level {
	case 'P':
		k.PatientID = key(dicom.PatientID)
	case 'S':
		k.PatientID, k.StudyUID = key(dicom.PatientID), key(dicom.StudyInstanceUID)
	case 'E':
		k.PatientID, k.StudyUID = key(dicom.PatientID), key(dicom.StudyInstanceUID)
		k.SeriesUID = key(dicom.SeriesInstanceUID)
	case 'W':
		k.AccessionNo = key(dicom.AccessionNumber)
	default:
		v, _ := x.search(p.path)
		return x.alias(p.level, v)
	}
	if !complete {
		return ""
	}
	return x.env.QueryValue(x.ctx, k, p.path.Tag)
}

func (x *exec) alias(file byte, old string) string {
	if !isAlnum(file) {
		return old
	}
	text, err := x.env.ReadText("aliasfileq" + string(rune(file)) + ".txt")
	if err != nil {
		return old
	}
	for line := range strings.Lines(text) {
		name, alias, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if ok && equalFold(name, old) {
			return alias
		}
	}
	return old
}
