package doctor

import (
	"context"
	"fmt"
	"os"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/storage"
)

// imageRow is an object as the index has it.
type imageRow struct {
	sop, series, patient string
	file, device         string
	path                 string // of its file, by the device name
	seen                 bool   // the file is there
}

func (r *imageRow) String() string {
	return fmt.Sprintf("%s:%s object %s of patient '%s'", r.device, r.file, r.sop, r.patient)
}

// archived tells whether the object is on an archive medium, virtual whether it
// belongs to a virtual server.
func (r *imageRow) archived() bool {
	upper := strings.ToUpper(r.device)
	return strings.HasPrefix(upper, "CACHE") || strings.HasPrefix(upper, "JUKEBOX")
}

func (r *imageRow) virtual() bool {
	_, number, dotted := strings.Cut(r.device, ".")
	return dotted && isDigits(number) && strings.HasPrefix(strings.ToUpper(r.device), "MAG")
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// parentRow is a patient, study or series of the index.
type parentRow struct {
	table  string
	schema *dicomini.Table
	key    string
	link   string
}

// column is the name of a tag's column, "" when the table has none.
func column(t *dicomini.Table, tag dicom.Tag) string {
	c, _ := t.Column(tag.Group(), tag.Element())
	return c.Name
}

// readIndex reads all image rows.
func (e *examination) readIndex(ctx context.Context) error {
	t := &e.Schema.Image
	fields := column(t, dicom.SOPInstanceUID) + ", " + t.Columns[len(t.Columns)-1].Name + ", ObjectFile, DeviceName"
	pat := column(t, dicom.PatientID)
	if pat != "" {
		fields += ", " + pat
	}
	list, err := e.Index.Query(ctx, e.Config.ImageTableName, fields, "", "")
	if err != nil {
		return fmt.Errorf("read the image table: %w", err)
	}
	e.rows = make([]imageRow, len(list))
	for i, v := range list {
		r := &e.rows[i]
		*r = imageRow{sop: v[0], series: v[1], file: v[2], device: v[3]}
		if pat != "" {
			r.patient = v[4]
		}
		if dir := e.dev.Path(r.device); dir != "" {
			r.path = dir + storage.Native(r.file)
		}
		e.byPath[r.path] = append(e.byPath[r.path], r)
		e.bySOP[r.sop] = r
	}
	return nil
}

// rowsWithoutFile judges the objects whose file the walk has not met.
func (e *examination) rowsWithoutFile() {
	for i := range e.rows {
		r := &e.rows[i]
		if r.seen || r.virtual() || r.file == "" || e.absent[e.dev.Path(r.device)] {
			continue
		}
		path, moved, ok := e.dev.Locate(r.device, r.file)
		switch {
		case ok && moved == "":
		case ok && strings.HasPrefix(moved, "MIRROR"):
			e.add(symptom{kind: rowWithoutFile, row: r, path: path, dir: moved, Finding: said("%s, there is a mirror copy", r)})
		case ok && strings.HasPrefix(moved, "MAG"):
			e.add(symptom{kind: movedFile, row: r, path: path, device: moved, Finding: said("%s is on %s", r, moved)})
		case ok:
		case r.archived():
			e.add(symptom{kind: offline, row: r, Finding: said("%s", r)})
		default:
			e.add(symptom{kind: rowWithoutFile, row: r, Finding: said("%s", r)})
		}
	}
}

// parents looks for rows without children and for studies of two patients.
func (e *examination) parents(ctx context.Context) error {
	schema := e.Schema
	tables := []struct {
		kind, name string
		schema     *dicomini.Table
	}{
		{"series", e.Config.SeriesTableName, &schema.Series},
		{"study", e.Config.StudyTableName, &schema.Study},
		{"patient", e.Config.PatientTableName, &schema.Patient},
	}
	children := map[string]bool{}
	patients := map[string]string{} // of a series, by its images
	for i := range e.rows {
		children[e.rows[i].series] = true
		patients[e.rows[i].series] = e.rows[i].patient
	}
	of := map[string]string{} // patient of a study by its series
	for _, t := range tables {
		key := t.schema.Columns[0].Name
		link := t.schema.Columns[len(t.schema.Columns)-1].Name
		rows, err := e.Index.Query(ctx, t.name, key+", "+link, "", "")
		if err != nil {
			return fmt.Errorf("read the %s table: %w", t.kind, err)
		}
		above := map[string]bool{}
		seen := map[string]string{}
		for _, v := range rows {
			above[v[1]] = true
			if !children[v[0]] {
				e.add(symptom{kind: childless, Finding: said("%s %s", t.kind, v[0]), parent: &parentRow{t.name, t.schema, v[0], v[1]}})
			}
			switch t.kind {
			case "series":
				e.sharedStudy(of, v[1], patients[v[0]], "series "+v[0])
			case "study":
				if other, twice := seen[v[0]]; twice && other != v[1] {
					e.add(symptom{kind: twoPatients, Finding: said("study %s: patients '%s' and '%s'", v[0], other, v[1])})
				}
				seen[v[0]] = v[1]
				e.sharedStudy(of, v[0], v[1], "its own row")
			}
		}
		children = above
	}
	return nil
}

// sharedStudy notes the patient that objects of a study have.
func (e *examination) sharedStudy(of map[string]string, study, patient, where string) {
	if patient == "" {
		return
	}
	known, ok := of[study]
	if !ok {
		of[study] = patient
		return
	}
	if known != patient {
		e.add(symptom{kind: twoPatients, Finding: said("study %s: patient '%s', and '%s' by %s", study, known, patient, where)})
	}
}

// confirm drops what has changed since it was found: a server may be at work.
func (e *examination) confirm(ctx context.Context) error {
	kept := e.findings[:0]
	for _, f := range e.findings {
		stays, err := e.stillTrue(ctx, &f)
		if err != nil {
			return err
		}
		if stays {
			kept = append(kept, f)
		}
	}
	e.findings = kept
	return nil
}

func (e *examination) stillTrue(ctx context.Context, f *symptom) (bool, error) {
	switch f.kind {
	case rowWithoutFile, movedFile, noMirror:
		loc, found, err := e.Index.Lookup(ctx, f.row.sop, f.row.patient)
		if err != nil || !found || loc != (db.Location{File: f.row.file, Device: f.row.device}) {
			return false, err
		}
		if f.kind == rowWithoutFile {
			return !storage.Exists(f.row.path), nil
		}
	case fileWithoutRow, secondCopy, badFile:
		_, err := os.Stat(f.path)
		return err == nil, nil
	case childless:
		return e.childless(ctx, f.parent)
	}
	return true, nil
}

// childless asks the index itself.
func (e *examination) childless(ctx context.Context, p *parentRow) (bool, error) {
	below, link := e.Config.ImageTableName, &e.Schema.Image
	switch p.schema {
	case &e.Schema.Study:
		below, link = e.Config.SeriesTableName, &e.Schema.Series
	case &e.Schema.Patient:
		below, link = e.Config.StudyTableName, &e.Schema.Study
	}
	column := link.Columns[len(link.Columns)-1].Name
	rows, err := e.Index.Query(ctx, below, column, column+" = "+db.Quote(p.key), "")
	return len(rows) == 0, err
}
