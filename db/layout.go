package db

import (
	"cmp"

	"conquest/dicom"
	"conquest/dicomini"
)

// uidTable maps old to new UIDs.
const uidTable = "UIDMODS"

// column is one column of dicom.sql.
type column struct {
	tag   dicom.Tag
	name  string
	width int
	typ   dicomini.DTType
	date  bool // char(8)
	hl7   string
}

// table is one table of dicom.sql. cols[0] is the unique key, the last one the
// link to the level above.
type table struct {
	name  string
	cols  []column
	byTag map[dicom.Tag]int
	pat   int // PatientID beside the key, -1 when there is none
}

func (t *table) key() *column  { return &t.cols[0] }
func (t *table) link() *column { return &t.cols[len(t.cols)-1] }

// find returns the column of a tag, nil when the table has none.
func (t *table) find(tag dicom.Tag) *column {
	if i, ok := t.byTag[tag]; ok {
		return &t.cols[i]
	}
	return nil
}

// named returns the column with this name, letter case aside.
func (t *table) named(name string) *column {
	for i := range t.cols {
		if equalFold(t.cols[i].name, name) {
			return &t.cols[i]
		}
	}
	return nil
}

// layout is the tables of a site.
type layout struct {
	patient, study, series, image, worklist *table
}

func newLayout(s *dicomini.Schema, o *Options) *layout {
	return &layout{
		patient:  newTable(&s.Patient, cmp.Or(o.PatientTable, "DICOMPatients"), dicom.PatientID),
		study:    newTable(&s.Study, cmp.Or(o.StudyTable, "DICOMStudies"), dicom.StudyInstanceUID),
		series:   newTable(&s.Series, cmp.Or(o.SeriesTable, "DICOMSeries"), dicom.SeriesInstanceUID),
		image:    newTable(&s.Image, cmp.Or(o.ImageTable, "DICOMImages"), dicom.SOPInstanceUID),
		worklist: newTable(&s.WorkList, cmp.Or(o.WorklistTable, "DICOMWorkList"), 0),
	}
}

func newTable(s *dicomini.Table, name string, key dicom.Tag) *table {
	t := &table{name: name, byTag: make(map[dicom.Tag]int), pat: -1}
	for _, c := range s.Columns {
		if c.DTType == dicomini.DTStartSequence || c.DTType == dicomini.DTEndSequence {
			continue
		}
		tag := dicom.NewTag(c.Group, c.Element)
		i := len(t.cols)
		if _, dup := t.byTag[tag]; !dup {
			t.byTag[tag] = i
		}
		if tag == dicom.PatientID && i > 0 {
			t.pat = i
		}
		t.cols = append(t.cols, column{
			tag: tag, name: c.Name, width: c.Length, typ: c.DTType,
			date: c.SQLType == dicomini.SQLDate, hl7: c.HL7,
		})
	}
	if len(t.cols) == 0 {
		t.cols = []column{{tag: key, name: "none", width: 64}}
	}
	return t
}

// equalFold compares ASCII text without regard to case; other bytes count as
// they are.
func equalFold(a, b string) bool { return len(a) == len(b) && hasPrefixFold(b, a) }

// hasPrefixFold tells whether s begins with prefix, ASCII case aside.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		if lowerByte(s[i]) != lowerByte(prefix[i]) {
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
