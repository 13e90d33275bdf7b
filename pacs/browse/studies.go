package browse

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"conquest/db"
	"conquest/dicom"
)

// search collects the rows of a search.
func (b *Browser) search(ctx context.Context, s db.Search) ([]db.SearchRow, error) {
	rows, err := b.Index.Search(ctx, s)
	if err != nil {
		return nil, err
	}
	var list []db.SearchRow
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// text is a value of a row in UTF-8: as it is when it is that, else from the set
// that its escape sequences tell, else from Latin-1.
func text(r db.SearchRow, t dicom.Tag) string {
	s := r.String(t)
	switch {
	case strings.Contains(s, "\x1b"):
		return dicom.ParseCharset("", "ISO 2022 IR 87", "ISO 2022 IR 159", "ISO 2022 IR 13", "ISO 2022 IR 149", "ISO 2022 IR 58").Decode([]byte(s))
	case utf8.ValidString(s):
		return s
	}
	return dicom.ParseCharset("ISO_IR 100").Decode([]byte(s))
}

// Studies finds a page of studies.
func (b *Browser) Studies(ctx context.Context, q Query) (Page, error) {
	var list []db.SearchRow
	var err error
	for _, keys := range choices(q, time.Now()) {
		list, err = b.search(ctx, db.Search{Level: db.StudyLevel, Keys: keys, Limit: q.Limit + 1, Offset: q.Offset})
		if err != nil {
			return Page{}, err
		}
		if len(list) > 0 {
			break
		}
	}
	p := Page{Total: -1}
	if len(list) > q.Limit {
		list, p.More = list[:q.Limit], true
	} else {
		p.Total = q.Offset + len(list)
	}
	p.Studies = studyRows(list)
	if _, err := b.count(ctx, p.Studies); err != nil {
		return Page{}, err
	}
	if p.More && q.Text+q.Patient+q.Date+q.Modality == "" {
		ctx, cancel := context.WithTimeout(ctx, countTime/10)
		defer cancel()
		if n, err := b.Index.Counts(ctx); err == nil {
			p.Total = int(n.Studies)
		}
	}
	return p, nil
}

func studyRows(list []db.SearchRow) []StudyRow {
	rows := make([]StudyRow, 0, len(list))
	for _, r := range list {
		rows = append(rows, StudyRow{
			StudyUID: text(r, dicom.StudyInstanceUID), PatientName: text(r, dicom.PatientName), PatientID: text(r, dicom.PatientID),
			BirthDate: text(r, dicom.PatientBirthDate), Sex: text(r, dicom.PatientSex), Date: text(r, dicom.StudyDate), Time: text(r, dicom.StudyTime),
			Description: text(r, dicom.StudyDescription), Accession: text(r, dicom.AccessionNumber), Referring: text(r, referringPhysician),
		})
	}
	return rows
}

// count fills in modalities and counts, and returns the objects of each series.
func (b *Browser) count(ctx context.Context, rows []StudyRow) (map[string]int, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	at := map[string]*StudyRow{}
	var uids []string
	for i := range rows {
		at[rows[i].StudyUID] = &rows[i]
		uids = append(uids, rows[i].StudyUID)
	}
	counts, err := b.Index.CountSeries(ctx, uids, nil)
	if err != nil {
		return nil, err
	}
	objects := map[string]int{}
	for _, c := range counts {
		objects[c.SeriesInstanceUID] = c.Objects
		r := at[c.StudyInstanceUID]
		if r == nil {
			continue
		}
		r.Series++
		r.Instances += c.Objects
		if c.Modality != "" && !strings.Contains(" "+strings.Join(r.Modalities, " ")+" ", " "+c.Modality+" ") {
			r.Modalities = append(r.Modalities, c.Modality)
		}
	}
	return objects, nil
}

// choices are the searches that a query may mean, the likeliest first; the first
// that finds something counts.
func choices(q Query, now time.Time) [][]db.SearchKey {
	var common []db.SearchKey
	if q.Patient != "" {
		common = append(common, like(dicom.PatientName, q.Patient))
	}
	if q.Date != "" {
		if k, ok := dateKey(q.Date, now); ok {
			common = append(common, k)
		}
	}
	if q.Modality != "" {
		common = append(common, db.SearchKey{Tag: modalitiesInStudy, Element: []string{strings.ToUpper(q.Modality)}})
	}
	with := func(k ...db.SearchKey) []db.SearchKey { return append(append([]db.SearchKey{}, common...), k...) }
	switch {
	case q.Text == "" && q.Patient != "":
		byID := append([]db.SearchKey{}, common...)
		byID[0] = like(dicom.PatientID, q.Patient)
		return [][]db.SearchKey{common, byID}
	case q.Text == "":
		return [][]db.SearchKey{common}
	}
	if k, ok := dateKey(q.Text, now); ok {
		return [][]db.SearchKey{with(k), with(like(dicom.PatientID, q.Text)), with(like(dicom.AccessionNumber, q.Text))}
	}
	if uid.MatchString(q.Text) {
		return [][]db.SearchKey{with(db.SearchKey{Tag: dicom.StudyInstanceUID, OneOf: []string{q.Text}}), with(like(dicom.PatientID, q.Text))}
	}
	list := [][]db.SearchKey{
		with(like(dicom.PatientName, q.Text)), with(like(dicom.PatientID, q.Text)),
		with(like(dicom.AccessionNumber, q.Text)), with(like(dicom.StudyDescription, q.Text)),
	}
	if modality.MatchString(q.Text) {
		list = append([][]db.SearchKey{with(db.SearchKey{Tag: modalitiesInStudy, Element: []string{q.Text}})}, list...)
	}
	return list
}

const (
	modalitiesInStudy  dicom.Tag = 0x00080061
	referringPhysician dicom.Tag = 0x00080090
)

var (
	uid      = regexp.MustCompile(`^[0-9]+(\.[0-9]+){3,}$`)
	modality = regexp.MustCompile(`^[A-Z]{2}$`)
	day      = regexp.MustCompile(`^(19|20)[0-9]{6}(-((19|20)[0-9]{6})?)?$|^-(19|20)[0-9]{6}$`)
)

// like looks for the words of a text at any place; who writes * or ? says where.
func like(t dicom.Tag, s string) db.SearchKey {
	k := db.SearchKey{Tag: t, Fold: true}
	forms := []string{s}
	if raw, err := dicom.ParseCharset("ISO_IR 100").Encode(s); err == nil && string(raw) != s {
		forms = append(forms, string(raw)) // as modalities without UTF-8 sent it
	}
	for _, f := range forms {
		if !strings.ContainsAny(f, "*?") {
			f = "*" + strings.Join(strings.FieldsFunc(f, func(c rune) bool { return c == ' ' || c == ',' || c == '^' }), "*") + "*"
		}
		k.Like = append(k.Like, f)
	}
	return k
}

// dateKey reads a day, a range of days, or a word for a day.
func dateKey(s string, now time.Time) (db.SearchKey, bool) {
	k := db.SearchKey{Tag: dicom.StudyDate}
	switch strings.ToLower(s) {
	case "today":
		k.OneOf = []string{now.Format("20060102")}
		return k, true
	case "yesterday":
		k.OneOf = []string{now.AddDate(0, 0, -1).Format("20060102")}
		return k, true
	case "week":
		k.From = now.AddDate(0, 0, -7).Format("20060102")
		return k, true
	}
	s = strings.ReplaceAll(s, ".", "")
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		s = strings.ReplaceAll(s, "-", "")
	}
	if !day.MatchString(s) {
		return k, false
	}
	from, to, ranged := strings.Cut(s, "-")
	if !ranged {
		k.OneOf = []string{s}
		return k, true
	}
	k.From, k.To = from, to
	return k, true
}

// Patient is a patient of the index. Text is UTF-8.
type Patient struct{ ID, Name, BirthDate, Sex string }

// Patients finds patients by a part of the name or of the ID.
func (b *Browser) Patients(ctx context.Context, part string, limit int) ([]Patient, error) {
	var list []Patient
	seen := map[string]bool{}
	for _, tag := range []dicom.Tag{dicom.PatientName, dicom.PatientID} {
		found, err := b.search(ctx, db.Search{Level: db.PatientLevel, Keys: []db.SearchKey{like(tag, part)}, Limit: limit})
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			p := Patient{text(r, dicom.PatientID), text(r, dicom.PatientName), text(r, dicom.PatientBirthDate), text(r, dicom.PatientSex)}
			if !seen[p.ID] && len(list) < limit {
				seen[p.ID] = true
				list = append(list, p)
			}
		}
	}
	return list, nil
}
