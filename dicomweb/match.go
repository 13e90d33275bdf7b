package dicomweb

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"conquest/dicom"
)

// matches tells whether a data set matches a key (PS3.4 section C.2.2.2). Its
// text is decoded by its own character set.
func (k Key) matches(d *dicom.Dataset, fuzzy bool) bool {
	if k.Text == "" && !k.Absent {
		return true
	}
	return k.matchBelow(d, k.Path, fuzzy)
}

func (k Key) matchBelow(d *dicom.Dataset, path dicom.Path, fuzzy bool) bool {
	t := path[0].Tag
	if len(path) > 1 {
		items := d.Items(t)
		if k.Absent && len(items) == 0 {
			return true
		}
		return slices.ContainsFunc(items, func(it *dicom.Dataset) bool { return k.matchBelow(it, path[1:], fuzzy) })
	}
	values := valuesOf(d, t)
	if k.Absent {
		return len(values) == 0
	}
	vr := vrOf(t)
	if vr == dicom.UI || t == dicom.ModalitiesInStudy {
		return slices.ContainsFunc(splitUIDs(k.Text), func(want string) bool { return slices.Contains(values, want) })
	}
	return slices.ContainsFunc(values, func(v string) bool { return matchValue(k.Text, v, vr, fuzzy) })
}

// valuesOf are the values of an element as text, without empty ones.
func valuesOf(d *dicom.Dataset, t dicom.Tag) []string {
	e := d.Get(t)
	if e == nil || e.IsEmpty() {
		return nil
	}
	var list []string
	for v := range strings.SplitSeq(d.Text(t), `\`) {
		if v = strings.Trim(v, " \x00"); v != "" {
			list = append(list, v)
		}
	}
	return list
}

// matchValue compares one value with the text of a key.
func matchValue(key, v string, vr dicom.VR, fuzzy bool) bool {
	switch vr {
	case dicom.DA:
		return inRange(strings.ReplaceAll(key, ".", ""), strings.ReplaceAll(v, ".", ""))
	case dicom.TM, dicom.DT:
		return inRange(strings.ReplaceAll(key, ":", ""), strings.ReplaceAll(v, ":", ""))
	case dicom.IS, dicom.DS:
		return strings.TrimLeft(key, "+0 ") == strings.TrimLeft(v, "+0 ") || key == v
	case dicom.PN:
		return matchName(key, v, fuzzy)
	}
	return wildcard(key, v)
}

// inRange compares dates and times: a value, or a range with a hyphen. Shorter
// texts stand for all that begin so.
func inRange(key, v string) bool {
	from, to, ranged := strings.Cut(key, "-")
	if !ranged {
		return strings.HasPrefix(v, key)
	}
	return (from == "" || v >= from) && (to == "" || v <= to || strings.HasPrefix(v, to))
}

// matchName compares a name, as a whole or by one of its groups, without case.
func matchName(key, v string, fuzzy bool) bool {
	if fuzzy && matchWords(key, v) {
		return true
	}
	key, v = strings.ToLower(norm.NFC.String(key)), strings.ToLower(norm.NFC.String(v))
	key = strings.TrimRight(key, "^")
	for group := range strings.SplitSeq(v, "=") {
		if wildcard(key, strings.TrimRight(group, "^ ")) {
			return true
		}
	}
	return wildcard(key, strings.TrimRight(v, "^ ="))
}

// matchWords tells whether each word of the key begins a word of the name.
func matchWords(key, v string) bool {
	words := nameWords(v)
	wanted := nameWords(strings.NewReplacer("*", " ", "?", " ").Replace(key))
	if len(wanted) == 0 {
		return false
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, w) }) {
			return false
		}
	}
	return true
}

// nameWords are the words of a name without case and accents.
func nameWords(s string) []string {
	var b strings.Builder
	for _, c := range norm.NFKD.String(s) {
		if !unicode.Is(unicode.Mn, c) {
			b.WriteRune(unicode.ToLower(c))
		}
	}
	return strings.FieldsFunc(b.String(), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}

// wildcard compares with * for any text and ? for one character.
func wildcard(pattern, s string) bool {
	p, t := []rune(pattern), []rune(s)
	pi, ti, star, mark := 0, 0, -1, 0
	for ti < len(t) {
		switch {
		case pi < len(p) && (p[pi] == '?' || p[pi] == t[ti] && p[pi] != '*'):
			pi++
			ti++
		case pi < len(p) && p[pi] == '*':
			star, mark = pi, ti
			pi++
		case star >= 0:
			mark++
			pi, ti = star+1, mark
		default:
			return false
		}
	}
	for pi < len(p) && p[pi] == '*' {
		pi++
	}
	return pi == len(p)
}
