package db

import (
	"context"

	"conquest/dicom"
	"conquest/oplog"
)

// searchIndex is an index of ours that existing SQLite databases may lack.
type searchIndex struct {
	name    string
	t       *table
	column  *column
	collate string
	// spare: an index that begins with the column serves as well.
	spare bool
}

// searchIndexes serve what rows are looked up and searched by. LIKE needs one
// that ignores case.
func searchIndexes(l *layout) []searchIndex {
	return []searchIndex{
		{"dgate_study_name", l.study, l.study.find(dicom.PatientName), " COLLATE NOCASE", false},
		{"dgate_patient_name", l.patient, l.patient.find(dicom.PatientName), " COLLATE NOCASE", false},
		{"dgate_study_date", l.study, l.study.find(dicom.StudyDate), "", true},
		{"dgate_study_accession", l.study, l.study.find(dicom.AccessionNumber), "", true},
		{"dgate_patient_key", l.patient, l.patient.key(), "", true},
		{"dgate_study_key", l.study, l.study.key(), "", true},
		{"dgate_study_link", l.study, l.study.link(), "", true},
		{"dgate_series_key", l.series, l.series.key(), "", true},
		{"dgate_series_link", l.series, l.series.link(), "", true},
		{"dgate_image_key", l.image, l.image.key(), "", true},
		{"dgate_image_link", l.image, l.image.link(), "", true},
	}
}

// ensureIndexes adds the indexes that a SQLite database lacks, so that old
// layouts and tables made without keys are as fast. The original does not mind
// them. A database that can not be changed stays as it is.
func (d *DB) ensureIndexes(ctx context.Context) {
	have, err := d.Query(ctx, "sqlite_master m, pragma_index_list(m.name) l, pragma_index_info(l.name) i",
		"m.name, l.name, i.name", "m.type = 'table' and i.seqno = 0", "")
	if err != nil {
		return
	}
	tables, err := d.Query(ctx, "sqlite_master", "name", "type = 'table'", "")
	if err != nil {
		return
	}
	present := make(map[string]bool)
	for _, t := range tables {
		present[t[0]] = true
	}
	for _, h := range have {
		present[h[1]] = true
		present[h[0]+"."+h[2]] = true
	}
	for _, x := range searchIndexes(d.lay) {
		if x.column == nil || !present[x.t.name] || present[x.name] || x.spare && present[x.t.name+"."+x.column.name] {
			continue
		}
		if _, err := d.SQL(ctx, index(x.name, x.t, x.column.name+x.collate)); err != nil {
			oplog.IndexNotMade(d.log, x.name, err)
			return
		}
		present[x.t.name+"."+x.column.name] = true
	}
}

// serverIndexes are indexes of ours that new tables of SQL servers get. Tables
// that are there are left alone: others may be using them.
func serverIndexes(l *layout) []string {
	var list []string
	for _, x := range []struct {
		name string
		tag  dicom.Tag
	}{{"dgate_study_date", dicom.StudyDate}, {"dgate_study_accession", dicom.AccessionNumber}} {
		if c := l.study.find(x.tag); c != nil {
			list = append(list, index(x.name, l.study, c.name))
		}
	}
	return list
}
