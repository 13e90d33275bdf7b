package served

import (
	"context"
	"slices"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomweb"
	"conquest/pacs/site"
)

// asked is a search in words.
func asked(q *dicomweb.Query) string {
	var b strings.Builder
	for _, k := range q.Keys {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(dicom.CurrentDictionary().Keyword(k.Tag()) + "=" + k.Text)
	}
	if b.Len() == 0 {
		return "all"
	}
	return b.String()
}

// Searches tells whether the index has a column for an attribute.
func (a *Archive) Searches(level dicomweb.Level, attribute dicom.Path) bool {
	return len(attribute) == 1 && a.Index.Searchable(levels[level], attribute[0].Tag)
}

// Search finds rows of the index.
func (a *Archive) Search(ctx context.Context, q *dicomweb.Query) (dicomweb.Found, error) {
	s, exact := searchOf(q)
	if exact {
		s.Limit, s.Offset = q.Limit, q.Offset
	}
	rows, err := a.Index.Search(ctx, s)
	if a.Accessed != nil {
		a.Access(site.Access{By: site.Actor(ctx, nil, "QIDO-RS"), Query: asked(q), Failed: err != nil})
	}
	if err != nil {
		return dicomweb.Found{}, err
	}
	return dicomweb.Found{Exact: exact, Rows: func(yield func(dicomweb.Row, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(dicomweb.Row{}, err)
				return
			}
			out := dicomweb.Row{Dataset: row.Dataset}
			if q.Level == dicomweb.Instances {
				out.Instance = instanceOf(row)
			}
			if !q.All {
				row.DeleteFunc(func(e *dicom.Element) bool { return !slices.Contains(q.Want, e.Tag) })
			}
			if !yield(out, nil) {
				return
			}
		}
	}}, nil
}

// Count is the number of rows in all.
func (a *Archive) Count(ctx context.Context, q *dicomweb.Query) (int, bool, error) {
	s, exact := searchOf(q)
	if !exact {
		return 0, false, nil
	}
	n, err := a.Index.CountRows(ctx, s)
	return n, err == nil, err
}

// searchOf is a query for the index. When it is not exact, the index finds more
// than what matches.
func searchOf(q *dicomweb.Query) (s db.Search, exact bool) {
	s, exact = db.Search{Level: levels[q.Level], Limit: -1}, true
	for _, k := range q.Keys {
		if k.Text == "" && !k.Absent {
			continue
		}
		keys, whole := searchKeys(k, q.Fuzzy)
		s.Keys = append(s.Keys, keys...)
		exact = exact && whole
	}
	return s, exact
}

// searchKeys are what the index compares for a key; whole tells that this is all
// there is to it.
func searchKeys(k dicomweb.Key, fuzzy bool) (keys []db.SearchKey, whole bool) {
	t := k.Tag()
	one := db.SearchKey{Tag: t}
	vr := dicom.CurrentDictionary().VR(t)
	wild := strings.ContainsAny(k.Text, "*?")
	switch {
	case k.Absent:
		one.Empty = true
	case t == dicom.ModalitiesInStudy:
		one.Element = strings.Split(k.Text, `\`)
	case vr == dicom.UI:
		one.OneOf = strings.Split(k.Text, `\`)
	case vr == dicom.DA:
		one.From, one.To = bounds(strings.ReplaceAll(k.Text, ".", ""), "")
	case vr == dicom.TM:
		// Stored times may be longer than those asked for.
		one.From, one.To = bounds(strings.ReplaceAll(k.Text, ":", ""), "~")
	case vr == dicom.PN && fuzzy:
		for word := range strings.FieldsFuncSeq(k.Text, func(c rune) bool { return strings.ContainsRune("*?^= ,", c) }) {
			keys = append(keys, db.SearchKey{Tag: t, Fold: true, Like: []string{"*" + steady(word) + "*"}})
		}
		return keys, false
	case !isASCII(k.Text):
		one.Fold, one.Like = vr == dicom.PN, []string{"*" + wide(k.Text) + "*"}
		return []db.SearchKey{one}, false
	case vr == dicom.PN:
		name := strings.TrimRight(k.Text, "^")
		one.Fold, one.Like = true, []string{name, name + "=*", "*=" + name, "*=" + name + "=*"}
	case wild && vr != dicom.IS && vr != dicom.DS:
		one.Like = []string{k.Text}
	default:
		one.OneOf = []string{k.Text}
	}
	return []db.SearchKey{one}, true
}

// bounds reads a date, a time, or a range of them; behind is what follows the
// last text of a range.
func bounds(s, behind string) (from, to string) {
	from, to, ranged := strings.Cut(s, "-")
	if !ranged {
		to = from
	}
	if to != "" {
		to += behind
	}
	return from, to
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// wide is a pattern with any text in the place of characters beyond ASCII, which
// the index may have in any character set.
func wide(s string) string {
	return collapse(s, func(c byte) bool { return c < 0x80 })
}

// steady is a pattern of the letters of a word that have no accents anywhere.
func steady(s string) string {
	return collapse(s, func(c byte) bool { return strings.IndexByte("bfmpqvxBFMPQVX0123456789", c) >= 0 })
}

// collapse keeps characters, with one star for all that are between them.
func collapse(s string, keep func(byte) bool) string {
	var b strings.Builder
	star := false
	for i := range len(s) {
		switch c := s[i]; {
		case keep(c) && c != '*':
			b.WriteByte(c)
			star = false
		case !star:
			b.WriteByte('*')
			star = true
		}
	}
	return b.String()
}

// Related counts what lies below patients, studies or series.
func (a *Archive) Related(ctx context.Context, level dicomweb.Level, uids []string) (map[string]dicomweb.Related, error) {
	out := make(map[string]dicomweb.Related, len(uids))
	if len(uids) == 0 {
		return out, nil
	}
	if level == dicomweb.Patients {
		return a.patientStudies(ctx, uids)
	}
	studies, series := uids, []string(nil)
	if level == dicomweb.Series {
		studies, series = nil, uids
	}
	list, err := a.Index.CountSeries(ctx, studies, series)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		uid := c.StudyInstanceUID
		if level == dicomweb.Series {
			uid = c.SeriesInstanceUID
		}
		r := out[uid]
		r.Series++
		r.Instances += c.Objects
		if c.Modality != "" && !slices.Contains(r.Modalities, c.Modality) {
			r.Modalities = append(r.Modalities, c.Modality)
			slices.Sort(r.Modalities)
		}
		out[uid] = r
	}
	return out, nil
}

// patientStudies counts the studies of patients.
func (a *Archive) patientStudies(ctx context.Context, ids []string) (map[string]dicomweb.Related, error) {
	rows, err := a.Index.Search(ctx, db.Search{Level: db.StudyLevel, Limit: -1, Keys: []db.SearchKey{{Tag: dicom.PatientID, OneOf: ids}}})
	if err != nil {
		return nil, err
	}
	out := make(map[string]dicomweb.Related, len(ids))
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		r := out[row.String(dicom.PatientID)]
		r.Studies++
		out[row.String(dicom.PatientID)] = r
	}
	return out, nil
}
