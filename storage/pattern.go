package storage

import (
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
)

// patternItem is one word after % in a FileNameSyntax pattern.
type patternItem struct {
	word  string
	value func(*nameValues, NameContext) string
}

func cleaned(t dicom.Tag) func(*nameValues, NameContext) string {
	return func(v *nameValues, _ NameContext) string { return v.clean(t) }
}

func plain(t dicom.Tag) func(*nameValues, NameContext) string {
	return func(v *nameValues, _ NameContext) string { return v.uid(t) }
}

const imageID dicom.Tag = 0x00540400

// patternItems in the order they are tried.
var patternItems = []patternItem{
	{"name", cleaned(dicom.PatientName)},
	{"id", cleaned(dicom.PatientID)},
	{"modality", cleaned(dicom.Modality)},
	{"studyid", cleaned(dicom.StudyID)},
	{"studyuid", plain(dicom.StudyInstanceUID)},
	{"seriesid", cleaned(dicom.SeriesNumber)},
	{"seriesuid", plain(dicom.SeriesInstanceUID)},
	{"sopuid", plain(dicom.SOPInstanceUID)},
	{"imageid", cleaned(imageID)},
	{"imagenum", cleaned(dicom.InstanceNumber)},
	{"image", func(v *nameValues, _ NameContext) string {
		return fmt.Sprintf("%06d", v.number(dicom.InstanceNumber))
	}},
	{"series", func(v *nameValues, _ NameContext) string {
		return fmt.Sprintf("%04d", v.number(dicom.SeriesNumber))
	}},
	{"time", func(v *nameValues, _ NameContext) string { return fmt.Sprint(v.now.Unix()) }},
	{"date", func(v *nameValues, _ NameContext) string { return v.now.Format("20060102") }},
	{"counter", func(v *nameValues, _ NameContext) string { return fmt.Sprintf("%04x", v.count&0xffff) }},
	{"calledae", func(_ *nameValues, c NameContext) string { return harmlessAE(c.CalledAE) }},
	{"callingae", func(_ *nameValues, c NameContext) string { return harmlessAE(c.CallingAE) }},
	{"studydate", plain(dicom.StudyDate)},
	{"studydesc", cleaned(dicom.StudyDescription)},
}

func harmlessAE(s string) string {
	s = strings.TrimRight(s, " \x00")
	if s == "" {
		return ""
	}
	return Harmless(s)
}

// expand replaces the items of the pattern. Unknown words lose their % only.
func (n *Namer) expand(v *nameValues, ctx NameContext) string {
	var out strings.Builder
	s := n.syntax
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			out.WriteString(s)
			break
		}
		out.WriteString(s[:i])
		s = s[i+1:]
		value, rest, ok := patternValue(s, v, ctx)
		if !ok {
			continue
		}
		value, s = substring(value, rest)
		out.WriteString(value)
	}
	return out.String()
}

func patternValue(s string, v *nameValues, ctx NameContext) (value, rest string, ok bool) {
	for _, it := range patternItems {
		if strings.HasPrefix(s, it.word) {
			return it.value(v, ctx), s[len(it.word):], true
		}
	}
	if s != "" && (s[0] == 'v' || s[0] == 'V') && ctx.Value != nil {
		value, length := ctx.Value(s[1:])
		return Clean(value), s[1+length:], true
	}
	return "", s, false
}

// substring applies a [a,b] directly behind an item: characters a to b, both
// included, from 0. Other forms have no effect. What follows up to the bracket is
// dropped, without a bracket all.
func substring(value, rest string) (string, string) {
	if !strings.HasPrefix(rest, "[") {
		return value, rest
	}
	inner, after, _ := strings.Cut(rest[1:], "]")
	from, to, ok := strings.Cut(inner, ",")
	if !ok || !isInteger(from) {
		return value, after
	}
	a, b := max(dicomini.Atoi(from), 0), dicomini.Atoi(to)
	if b < a || !isInteger(to) {
		return value, after
	}
	return value[min(a, len(value)):min(b+1, len(value))], after
}

// isInteger tells whether a text begins with an integer.
func isInteger(s string) bool {
	s = strings.TrimLeft(s, " ")
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	return s != "" && s[0] >= '0' && s[0] <= '9'
}
