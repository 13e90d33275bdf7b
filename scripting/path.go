package scripting

import (
	"context"
	"encoding/binary"
	"math"
	"strconv"

	"conquest/dicom"
)

// path is the description of an element after %V (docs/original/scripting.md 4.1).
type path struct {
	object *path // of (path): the SOP of another object, in which next is looked up
	bad    bool  // nothing that could be looked up
	seq    bool  // began with /
	wild   bool  // began with *
	tag    dicom.Tag
	index  int   // of the item, for seq
	next   *path // what follows in the item, or in the other object
	atEnd  bool  // seq at the end of the statement
	rest   string
}

// maxPathParts bounds the components of one path.
const maxPathParts = 40

// parsePath reads a path at the beginning of s and tells how much of s it is.
func parsePath(s string) (*path, int) {
	parts := 0
	return parsePart(s, &parts)
}

func parsePart(s string, parts *int) (*path, int) {
	p := &path{}
	if *parts++; *parts > maxPathParts {
		p.bad = true
		return p, 0
	}
	i := 0
	if at(s, 0) == '(' {
		object, n := parsePart(s[1:], parts)
		i = 1 + n
		if at(s, i) == ')' {
			i++
		}
		p.object = object
		next, n := parsePart(s[min(i, len(s)):], parts)
		p.next = next
		return p, i + n
	}
	if at(s, i) == '/' {
		i, p.seq = i+1, true
	}
	if at(s, i) == '*' {
		i, p.seq, p.wild = i+1, false, true
	}
	n, ok := parseTagName(s[i:], &p.tag)
	if !ok {
		p.bad = true
		return p, i
	}
	i += n
	if !p.seq {
		return p, i
	}
	if at(s, i) == '.' {
		p.index = atoi(s[i+1:])
		for i++; isDigit(at(s, i)); i++ {
		}
	}
	if i >= len(s) {
		p.atEnd = true
		return p, i
	}
	next, n := parsePart(s[i:], parts)
	p.next, p.rest = next, s[i:i+n]
	return p, i + n
}

// parseTagName reads "gggg,eeee" or a keyword at the beginning of s.
func parseTagName(s string, t *dicom.Tag) (n int, ok bool) {
	if isHex(at(s, 0)) && at(s, 4) == ',' {
		*t = columnsTag(s, 0)
		return min(9, len(s)), true
	}
	if !isAlpha(at(s, 0)) {
		return 0, false
	}
	for isAlnum(at(s, n)) {
		n++
	}
	tag, found := dicom.CurrentDictionary().Tag(s[:n])
	if !found {
		return 0, false
	}
	*t = tag
	return n, true
}

// columnsTag reads "gggg,eeee" at fixed columns; bad digits end a number.
func columnsTag(s string, i int) dicom.Tag {
	return dicom.NewTag(hexColumns(s, i), hexColumns(s, i+5))
}

func hexColumns(s string, i int) uint16 {
	var n uint16
	for k := i; k < i+4 && isHex(at(s, k)); k++ {
		c := lowerByte(s[k])
		if isDigit(c) {
			n = n<<4 | uint16(c-'0')
		} else {
			n = n<<4 | uint16(c-'a'+10)
		}
	}
	return n
}

// search is the text of the element that p describes.
func (p *path) search(d *dicom.Dataset) string {
	switch {
	case d == nil || p.bad || p.object != nil:
		return ""
	case p.wild:
		return searchAll(d, p.tag)
	case !p.seq:
		return elementText(d.Get(p.tag))
	}
	e := d.Get(p.tag)
	switch {
	case e == nil:
		return ""
	case e.IsSequence() && p.atEnd:
		return "(sequence)"
	case e.IsSequence():
		if p.index < 0 || p.index >= len(e.Items) {
			return ""
		}
		return p.next.search(e.Items[p.index])
	}
	return firstText(e) + p.rest
}

// searchAll is the first non-empty value of t at any depth, in order of tags.
func searchAll(d *dicom.Dataset, t dicom.Tag) string {
	for i := range d.Len() {
		e := d.At(i)
		if len(e.Items) > 0 {
			for _, item := range e.Items {
				if s := searchAll(item, t); s != "" {
					return s
				}
			}
			continue
		}
		if e.Tag == t {
			if s := firstText(e); s != "" {
				return s
			}
		}
	}
	return ""
}

const maxValue = 255

// elementText is the value of e as %V shows it: all numbers of the kinds that
// the dictionary calls binary, otherwise text.
func elementText(e *dicom.Element) string {
	switch {
	case e == nil:
		return ""
	case e.Items != nil:
		return "(sequence)"
	case e.Fragments != nil || e.Length() > maxValue:
		return "(too long)"
	}
	v, err := e.Bytes()
	if err != nil {
		return ""
	}
	if size := numberSize(dicom.CurrentDictionary().VR(e.Tag)); size > 0 {
		return string(appendNumbers(nil, dicom.CurrentDictionary().VR(e.Tag), v, size))
	}
	return rawText(v)
}

// firstText is the value of e as paths through sequences show it: the first of
// several integers, floats as their bytes.
func firstText(e *dicom.Element) string {
	if e.Fragments != nil || e.Length() > maxValue {
		return "(too long)"
	}
	v, err := e.Bytes()
	if err != nil {
		return ""
	}
	vr := dicom.CurrentDictionary().VR(e.Tag)
	switch vr {
	case dicom.UL, dicom.US, dicom.SL, dicom.SS:
		size := numberSize(vr)
		if len(v) < size {
			return ""
		}
		return string(appendNumbers(nil, vr, v[:size], size))
	}
	return rawText(v)
}

// numberSize is the size of the numbers that %V decodes, 0 for other VRs.
func numberSize(vr dicom.VR) int {
	switch vr {
	case dicom.US, dicom.SS, dicom.OW:
		return 2
	case dicom.UL, dicom.SL, dicom.FL, dicom.OF:
		return 4
	case dicom.FD:
		return 8
	}
	return 0
}

func appendNumbers(buf []byte, vr dicom.VR, v []byte, size int) []byte {
	for i := 0; i+size <= len(v); i += size {
		if i > 0 {
			buf = append(buf, '\\')
		}
		w := v[i : i+size]
		switch vr {
		case dicom.US:
			buf = strconv.AppendUint(buf, uint64(binary.LittleEndian.Uint16(w)), 10)
		case dicom.SS, dicom.OW:
			buf = strconv.AppendInt(buf, int64(int16(binary.LittleEndian.Uint16(w))), 10)
		case dicom.UL:
			buf = strconv.AppendUint(buf, uint64(binary.LittleEndian.Uint32(w)), 10)
		case dicom.SL:
			buf = strconv.AppendInt(buf, int64(int32(binary.LittleEndian.Uint32(w))), 10)
		case dicom.FL, dicom.OF:
			f := math.Float32frombits(binary.LittleEndian.Uint32(w))
			buf = strconv.AppendFloat(buf, float64(f), 'f', 6, 64)
		case dicom.FD:
			f := math.Float64frombits(binary.LittleEndian.Uint64(w))
			buf = strconv.AppendFloat(buf, f, 'f', 6, 64)
		}
	}
	return buf
}

// rawText is a value up to the first NUL without trailing blanks; a single
// blank stays.
func rawText(v []byte) string {
	end := len(v)
	for end > 1 && v[end-1] == ' ' {
		end--
	}
	for i := range end {
		if v[i] == 0 {
			end = i
			break
		}
	}
	if end == len(v) && end > 0 && v[end-1] == '\\' {
		end--
	}
	return string(v[:end])
}

// Value is the text of the element described at the beginning of spec, as after
// %V, and how much of spec the description is. It serves file name syntaxes.
func Value(ctx context.Context, r *Run, spec string) (text string, n int) {
	p, n := parsePath(spec)
	x := exec{run: r, env: r.Env, ctx: ctx}
	return x.search(p), n
}
