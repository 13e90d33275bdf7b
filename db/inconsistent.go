package db

import (
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
)

// compare says what an object changes in a row, and refuses another link.
func (a *addition) compare(r *record, row []string, withPat bool) error {
	patient := r == a.patient
	for i := 1; i < len(r.values); i++ {
		was, is := row[i], r.values[i]
		c := &r.t.cols[i]
		link := i == len(r.values)-1 && !patient
		if was == "" || is == "" || equalFold(is, was) || !link && hasPrefixFold(is, was) || patient && unsaid(c.tag, was, is) {
			continue
		}
		switch {
		case c.tag == dicom.PatientBirthDate:
			oplog.InconsistentBirthDate(a, c.name, r.t.name, a.patientID, r.where(withPat), quoted(was), quoted(is))
		case link:
			return a.linkError(r, was, withPat)
		default:
			oplog.Inconsistent(a, c.name, r.t.name, a.patientID, r.where(withPat), quoted(was), quoted(is))
		}
	}
	return nil
}

func (a *addition) linkError(r *record, was string, withPat bool) error {
	return &LinkError{
		Column: r.t.link().name, Table: r.t.name, PatientID: a.patientID,
		Key: r.where(withPat), Old: quoted(was), Refused: quoted(r.link()),
	}
}

// unsaid tells which changes of the patient row get no message: a birth date
// that becomes the first of January, a sex other than male and female.
func unsaid(tag dicom.Tag, was, is string) bool {
	switch tag {
	case dicom.PatientBirthDate:
		return dicomini.Atoi(was)%10000 != 101 && dicomini.Atoi(is)%10000 == 101
	case dicom.PatientSex:
		return is[0] != 'M' && is[0] != 'm' && is[0] != 'F' && is[0] != 'f'
	}
	return false
}
