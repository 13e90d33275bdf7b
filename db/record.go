package db

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
)

// emptyIDLength bounds the patient ID made for an object without one.
const emptyIDLength = 62

// record is what an object says for one table: a text per column, "" where it
// says nothing.
type record struct {
	t        *table
	values   []string
	modality string // studies: what to add to StudyModal
}

func (r *record) key() string  { return r.values[0] }
func (r *record) link() string { return r.values[len(r.values)-1] }

// pat is the value of SeriesPat or ImagePat.
func (r *record) pat() string {
	if r.t.pat < 0 {
		return ""
	}
	return r.values[r.t.pat]
}

// where is the key of the row as messages show it. Studies are found by their
// UID alone.
func (r *record) where(withPat bool) string {
	s := r.t.key().name + " = '" + quoted(r.key()) + "'"
	if withPat && r.pat() != "" {
		s += " AND " + r.t.cols[r.t.pat].name + " = '" + quoted(r.pat()) + "'"
	}
	return s
}

// assigns are the columns that the object fills. The list of modalities of a
// study is never NULL, as in the original.
func (r *record) assigns(access int64) []assign {
	set := make([]assign, 0, len(r.values)+3)
	for i, v := range r.values {
		if v != "" || r.t.cols[i].tag == dicom.ModalitiesInStudy {
			set = append(set, assign{r.t.cols[i].name, v})
		}
	}
	return append(set, assign{"AccessTime", access})
}

// addition is an object on its way into the index.
type addition struct {
	patient, study, series, image *record

	patientID string // as messages show it
	access    int64
	loc       Location
	keepEmpty bool // AllowEmptyPatientID
	lines     []logLine
	done      Statistics
}

type logLine struct {
	trouble bool
	text    string
}

// prepare takes from obj what the four tables hold.
func (d *DB) prepare(obj *dicom.Dataset, loc Location, set *Settings) (*addition, error) {
	a := &addition{loc: loc, access: time.Now().Unix() &^ 31, keepEmpty: set.AllowEmptyPatientID}
	id := strings.TrimRight(obj.String(dicom.PatientID), " ")
	if id == "" && !set.AllowEmptyPatientID {
		id = SubstituteID(obj)
	}
	a.patientID = id
	p := preparer{d: d, obj: obj, id: id, set: set, a: a}
	if p.unicode = d.Unicode(); p.unicode {
		p.charset = obj.Charset()
	}
	a.image = p.record(d.lay.image)
	a.series = p.record(d.lay.series)
	a.study = p.record(d.lay.study)
	a.patient = p.record(d.lay.patient)
	if i, ok := d.lay.study.byTag[dicom.ModalitiesInStudy]; ok {
		a.study.modality = d.store.text(strings.TrimRight(obj.String(dicom.Modality), " "))
		a.study.values[i] = ""
	}
	for _, r := range []*record{a.image, a.series, a.study} {
		if r.key() == "" {
			return nil, &MissingUIDError{Column: r.t.key().name}
		}
	}
	return a, nil
}

// SubstituteID is the patient ID that an object gets that has none: name and
// instance creation date (docs/original/storage.md 5).
func SubstituteID(obj *dicom.Dataset) string {
	id := string(obj.Value(dicom.PatientName)) + string(obj.Value(instanceCreationDate))
	if len(id) > emptyIDLength {
		id = id[:emptyIDLength]
	}
	if len(id) < 2 {
		return "0"
	}
	id, _, _ = strings.Cut(id, "\x00")
	return strings.TrimRight(id, " ")
}

const instanceCreationDate dicom.Tag = 0x00080012

// preparer makes the records of one object.
type preparer struct {
	d   *DB
	obj *dicom.Dataset
	id  string
	set *Settings
	a   *addition

	unicode bool
	charset dicom.Charset // of obj, where the index is in Unicode
}

func (p *preparer) record(t *table) *record {
	r := &record{t: t, values: make([]string, len(t.cols))}
	for i := range t.cols {
		c := &t.cols[i]
		if c.tag == dicom.PatientID {
			r.values[i] = p.fit(p.id, c, len(p.id))
			continue
		}
		e := p.obj.Get(c.tag)
		if e == nil || len(e.Value) == 0 {
			continue
		}
		text := columnText(e, c)
		switch {
		case c.typ == dicomini.DTUI:
			text = fitUID(text, c.width)
		case p.unicode && c.decoded():
			text = p.charset.Decode([]byte(text))
		}
		r.values[i] = p.fit(text, c, len(e.Value))
	}
	return r
}

// fit brings a value into the form of the database. length is that of the
// element, for the message.
func (p *preparer) fit(s string, c *column, length int) string {
	if p.set.UTF8ToDB {
		s = utf8FromLatin1(s)
	}
	whole := s
	s, cut := cutText(s, c.width)
	if cut {
		if utf8.ValidString(whole) && p.d.store.text(s) != s {
			s = trimRune(s) // the database takes whole characters only
		}
		stars := "***"
		if slices.Contains(p.set.AllowTruncate, c.name) {
			stars = ""
		}
		oplog.Truncated(p.a, stars, c.name, length, c.width, p.a.loc.File)
	}
	return p.d.store.text(s)
}

// hasModality tells whether a list with backslashes has the modality m.
func hasModality(list, m string) bool {
	return strings.Contains(`\`+list+`\`, `\`+m+`\`)
}
