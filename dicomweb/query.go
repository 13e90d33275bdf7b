package dicomweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"conquest/dicom"
)

// request is a search as the caller asks for it.
type request struct {
	Query
	parent   Level       // of the address, -1 is none
	fields   []dicom.Tag // of the answers, those of the level and those asked for
	asked    []dicom.Tag // by includefield
	unknown  []string    // includefields that are no attributes
	ignored  []string    // keys that are not matched
	filters  []Key       // keys that objects are looked into for
	emptyKey bool        // emptyvaluematching
}

// maxUIDs bounds the UIDs of one list.
const maxUIDs = 1000

// queryOf reads the search that r asks for (PS3.18 section 8.3.4).
func (h *handler) queryOf(level Level, r *http.Request) (*request, error) {
	q := &request{Query: Query{Level: level, Limit: -1}, parent: -1}
	params, err := parametersOf(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	for _, p := range params {
		if strings.EqualFold(p.name, "emptyvaluematching") {
			q.emptyKey = p.value == "true"
		}
	}
	for _, p := range params {
		if err := q.parameter(p); err != nil {
			return nil, err
		}
	}
	if study := r.PathValue("study"); study != "" {
		q.parent = Studies
		q.Keys = append(q.Keys, Key{Path: pathTo(dicom.StudyInstanceUID), Text: study})
	}
	if series := r.PathValue("series"); series != "" {
		q.parent = Series
		q.Keys = append(q.Keys, Key{Path: pathTo(dicom.SeriesInstanceUID), Text: series})
	}
	q.fields = attributesOf(level, q.parent)
	h.sortKeys(q)
	for _, list := range [][]dicom.Tag{q.asked, keyTags(q.Keys), keyTags(q.filters)} {
		for _, t := range list {
			if !slices.Contains(q.fields, t) {
				q.fields = append(q.fields, t)
			}
		}
	}
	q.Want = q.fields
	return q, nil
}

// objectKeys are attributes that are looked for in objects when the archive does
// not search by them.
var objectKeys = []dicom.Tag{tagStepStartDate, tagStepStartTime, tagRequestAttributes}

// sortKeys parts the keys into those that the archive matches, those that objects
// are looked into for, and the rest, which is ignored (PS3.18 section 8.3.4.1).
func (h *handler) sortKeys(q *request) {
	keep := q.Keys[:0]
	for _, k := range q.Keys {
		scoped := q.Level == Instances && q.parent >= Studies && k.Path[0].Tag < headEnd
		switch {
		case k.Text == "" && !k.Absent:
			if !isMade(k.Path[0].Tag) {
				q.asked = append(q.asked, k.Path[0].Tag) // universal matching asks for a value
			}
		case h.archive.Searches(q.Level, k.Path):
			keep = append(keep, k)
		case q.Level >= Series && slices.Contains(objectKeys, k.Path[0].Tag), scoped:
			q.filters = append(q.filters, k)
		default:
			q.ignored = append(q.ignored, k.Path.String())
			if !isMade(k.Path[0].Tag) {
				q.asked = append(q.asked, k.Path[0].Tag)
			}
		}
	}
	q.Keys = keep
}

func pathTo(t dicom.Tag) dicom.Path { return dicom.Path{{Tag: t, Item: dicom.NoItem}} }

func keyTags(keys []Key) []dicom.Tag {
	var list []dicom.Tag
	for _, k := range keys {
		if !isMade(k.Path[0].Tag) {
			list = append(list, k.Path[0].Tag)
		}
	}
	return list
}

func (q *request) parameter(p parameter) error {
	var err error
	switch strings.ToLower(p.name) {
	case "limit":
		q.Limit, err = unsigned(p)
	case "offset":
		q.Offset, err = unsigned(p)
	case "includefield":
		q.include(p.value)
	case "fuzzymatching":
		switch p.value {
		case "true":
			q.Fuzzy = true
		case "false", "":
		default:
			err = refuse(http.StatusBadRequest, "fuzzymatching is true or false")
		}
	case "emptyvaluematching", "multiplevaluematching", "accept", "charset":
	default:
		err = q.key(p)
	}
	return err
}

func unsigned(p parameter) (int, error) {
	n, err := strconv.ParseUint(p.value, 10, 31)
	if err != nil {
		return 0, refuse(http.StatusBadRequest, "%s is a number of rows, not %.40q", p.name, p.value)
	}
	return int(n), nil
}

// include reads a value of includefield: attributes, parted by commas, or all.
func (q *request) include(value string) {
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if strings.EqualFold(name, "all") {
			q.All = true
			continue
		}
		path, ok := attributePath(name)
		if !ok {
			q.unknown = append(q.unknown, name)
			continue
		}
		if t := path[0].Tag; !isMade(t) && !slices.Contains(q.asked, t) {
			q.asked = append(q.asked, t)
		}
	}
}

// attributePath reads an attribute as parameters name it: keywords or tags of 8
// hexadecimal digits, from sequence to item parted by dots.
func attributePath(s string) (dicom.Path, bool) {
	var path dicom.Path
	for name := range strings.SplitSeq(s, ".") {
		t, ok := dicom.StandardDictionary().Tag(name)
		if !ok {
			t, ok = dicom.CurrentDictionary().Tag(name)
		}
		if !ok && len(name) == 8 {
			t, ok = dicom.ParseTag(name)
		}
		if !ok || len(path) == 8 {
			return nil, false
		}
		path = append(path, dicom.Step{Tag: t, Item: dicom.NoItem})
	}
	return path, true
}

// key takes a parameter that names an attribute; others are ignored (PS3.18
// section 8.3).
func (q *request) key(p parameter) error {
	path, ok := attributePath(p.name)
	if !ok {
		return nil
	}
	k := Key{Path: path, Text: p.value}
	if q.emptyKey && k.Text == `""` {
		k.Text, k.Absent = "", true
	}
	if q.Level == Instances && path[0].Tag == tagContentSequence {
		q.ignored = append(q.ignored, p.name)
		return nil
	}
	if err := k.check(p.name); err != nil {
		return err
	}
	q.Keys = append(q.Keys, k)
	return nil
}

// check refuses values that can not be of the attribute's VR.
func (k *Key) check(name string) error {
	if k.Text == "" || k.Text == "*" {
		k.Text = ""
		return nil
	}
	bad := func(what string) error {
		return refuse(http.StatusBadRequest, "%s is %s, not %.60q", name, what, k.Text)
	}
	switch vrOf(k.Tag()) {
	case dicom.DA:
		if !isRange(k.Text, isDate) {
			return bad("a date or a range of dates")
		}
	case dicom.TM:
		if !isRange(k.Text, isTime) {
			return bad("a time or a range of times")
		}
	case dicom.UI, dicom.CS:
		if vrOf(k.Tag()) == dicom.CS && k.Tag() != dicom.ModalitiesInStudy {
			break
		}
		list := splitUIDs(k.Text)
		if len(list) > maxUIDs {
			return refuse(http.StatusBadRequest, "%s has more than %d values", name, maxUIDs)
		}
		k.Text = strings.Join(list, `\`)
	}
	return nil
}

func vrOf(t dicom.Tag) dicom.VR { return dicom.CurrentDictionary().VR(t) }

// splitUIDs parts a list of UIDs at commas and backslashes, without empty ones.
func splitUIDs(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == '\\' || c == ' ' })
}

// isRange tells whether s is one value, or two with a hyphen of which one may be
// missing.
func isRange(s string, one func(string) bool) bool {
	from, to, ranged := strings.Cut(s, "-")
	if !ranged {
		return one(s)
	}
	return (from != "" || to != "") && (from == "" || one(from)) && (to == "" || one(to))
}

func isDate(s string) bool {
	s = strings.ReplaceAll(s, ".", "")
	if len(s) != 8 || !digits(s) {
		return false
	}
	month, day := s[4:6], s[6:8]
	return month >= "01" && month <= "12" && day >= "01" && day <= "31"
}

func isTime(s string) bool {
	s = strings.ReplaceAll(s, ":", "")
	whole, fraction, dotted := strings.Cut(s, ".")
	if !digits(whole) || !digits(fraction) || dotted && len(whole) != 6 || len(fraction) > 6 {
		return false
	}
	switch len(whole) {
	case 2, 4, 6:
		return whole[:2] <= "24" && (len(whole) < 4 || whole[2:4] <= "59") && (len(whole) < 6 || whole[4:6] <= "60")
	}
	return false
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }
