package db

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"conquest/dicom"
	"conquest/oplog"
)

// Result tells what Add did.
type Result struct {
	NewPatient, NewStudy, NewSeries, NewImage bool
	// Was is where the index had the object until now; empty for a new one.
	Was Location
}

// Add registers obj, which lies at loc, and returns when its rows are
// committed. Rows of parents are made or updated, the last object wins
// (docs/original/database.md 4). *[LinkError], *[ConflictError], *[DuplicateStudyError]
// and *[MissingUIDError] refuse the object and leave the index unchanged; the
// inconsistency lines have then been logged.
func (d *DB) Add(ctx context.Context, obj *dicom.Dataset, loc Location) (Result, error) {
	if err := d.gate(ctx); err != nil {
		return Result{}, err
	}
	a, err := d.prepare(obj, loc, d.settings())
	if err != nil {
		return Result{}, err
	}
	var res Result
	truncated := len(a.lines)
	err = d.change(ctx, grouped, a.keys(), func(g group) error {
		a.lines = a.lines[:truncated]
		var err error
		res, err = d.enter(g, a)
		return err
	})
	d.logLines(a.lines)
	if err != nil {
		return Result{}, err
	}
	d.counted(a)
	return res, nil
}

// Item is one object of [DB.AddAll].
type Item struct {
	Object *dicom.Dataset
	Location
	Result Result
	Err    error
}

// AddAll registers many objects in one transaction, for regeneration; each
// item gets its own result. The error is one of the database itself.
func (d *DB) AddAll(ctx context.Context, items []Item) error {
	if err := d.gate(ctx); err != nil {
		return err
	}
	list := make([]*addition, len(items))
	truncated := make([]int, len(items))
	var keys []string
	for i := range items {
		it := &items[i]
		if list[i], it.Err = d.prepare(it.Object, it.Location, d.settings()); it.Err == nil {
			truncated[i] = len(list[i].lines)
			keys = append(keys, list[i].keys()...)
		}
	}
	err := d.change(ctx, alone, keys, func(g group) error {
		for i, a := range list {
			if a == nil {
				continue
			}
			a.lines = a.lines[:truncated[i]]
			items[i].Result, items[i].Err = d.enter(g, a)
			if isSQL(items[i].Err) {
				return items[i].Err
			}
		}
		return nil
	})
	for i, a := range list {
		if a == nil {
			continue
		}
		d.logLines(a.lines)
		if err == nil && items[i].Err == nil {
			d.counted(a)
		}
	}
	return err
}

func (d *DB) logLines(lines []logLine) {
	for _, l := range lines {
		if l.trouble {
			oplog.TroubleLine(d.log, l.text)
		} else {
			oplog.Line(d.log, l.text)
		}
	}
}

// Operator keeps a line of the log until the addition has ended.
func (a *addition) Operator(format string, v ...any) {
	a.lines = append(a.lines, logLine{text: fmt.Sprintf(format, v...)})
}

// Trouble keeps a line of the trouble log until the addition has ended.
func (a *addition) Trouble(format string, v ...any) {
	a.lines = append(a.lines, logLine{trouble: true, text: fmt.Sprintf(format, v...)})
}

// entry is one row of an addition: what is to be done with it.
type entry struct {
	*record
	exists bool // update, else insert
	skip   bool // nothing to do
	byKey  bool // the row has another or no patient ID
	gotID  bool // study: had no patient ID so far
	was    Location
	id     string
}

// enter makes or updates the rows of an object: first all checks, image to
// patient, then all changes, patient to image.
func (d *DB) enter(g group, a *addition) (Result, error) {
	if err := d.borrowID(g, a); err != nil {
		return Result{}, err
	}
	if err := d.verifyKnown(g, a); err != nil {
		return Result{}, err
	}
	image, err := d.checkImage(g, a)
	var conflict *ConflictError
	if err != nil && !errors.As(err, &conflict) {
		return Result{}, err
	}
	series, err := d.checkSeries(g, a)
	if err != nil {
		return Result{}, err
	}
	study, err := d.checkStudy(g, a)
	if err != nil {
		return Result{}, err
	}
	if conflict != nil { // what is wrong with the series or study was said first
		return Result{}, conflict
	}
	patient := &entry{record: a.patient, skip: true}
	if a.patient.key() != "" {
		if patient, err = d.checkPatient(g, a); err != nil {
			return Result{}, err
		}
	}
	for _, e := range []*entry{patient, study, series} {
		if err := d.writeParent(g, a, e); err != nil {
			return Result{}, err
		}
	}
	if err := d.writeImage(g, a, image); err != nil {
		return Result{}, err
	}
	a.done = Statistics{}
	for _, e := range []*entry{patient, study, series, image} {
		switch {
		case e.skip:
			a.done.Skipped++
		case e.exists:
			a.done.Updated++
		default:
			a.done.Added++
		}
	}
	isNew := func(e *entry) bool { return !e.skip && !e.exists }
	return Result{isNew(patient), isNew(study), isNew(series), isNew(image), image.was}, nil
}

// verifyKnown forgets what is known of the parents of an object when another
// server may have removed one of them.
func (d *DB) verifyKnown(g group, a *addition) error {
	if !d.store.shared() {
		return nil
	}
	if d.opt.Several {
		d.known.reset()
		return nil
	}
	se, st, pa := a.seriesID(), a.studyID(), a.patientRowID()
	if !d.known.get(se).same(a.series, a.access) || !d.known.get(st).same(a.study, a.access) || !d.known.get(pa).same(a.patient, a.access) {
		d.known.forget(se, st, pa)
		return nil
	}
	l := d.lay
	found, err := g.query(context.Background(), &selection{
		count: true, from: []string{l.series.name, l.study.name, l.patient.name}, limit: -1,
		where: []condition{
			equals(l.series.name, l.series.key().name, a.series.key()),
			equals(l.study.name, l.study.key().name, a.study.key()),
			equals(l.patient.name, l.patient.key().name, a.patient.key()),
		},
	})
	if err == nil && found[0][0] != "1" {
		d.known.forget(se, st, pa)
	}
	return err
}

// keys are the claims of an addition: its study and its patient.
func (a *addition) keys() []string { return claimsOf(a.study.key(), a.patientID) }

// claimsOf are the claims for a change below a study of a patient.
func claimsOf(study, patientID string) []string { return []string{"s" + study, "p" + patientID} }

// Names of the rows in [known].
func (a *addition) seriesID() string     { return "e" + a.series.key() }
func (a *addition) studyID() string      { return "s" + a.study.key() }
func (a *addition) patientRowID() string { return "p" + a.patient.key() }

// stored reads the rows with the key of r: the columns of the table, then more.
func (d *DB) stored(g group, r *record, more ...string) ([][]string, error) {
	return g.query(context.Background(), &selection{
		columns: d.columns(r.t, more...), from: []string{r.t.name}, limit: -1,
		where: []condition{equals(r.t.name, r.t.key().name, r.key())},
	})
}

func (d *DB) columns(t *table, more ...string) []colref {
	cols := make([]colref, 0, len(t.cols)+len(more))
	for i := range t.cols {
		cols = append(cols, colref{t.name, t.cols[i].name})
	}
	for _, m := range more {
		cols = append(cols, colref{t.name, m})
	}
	return cols
}

func (d *DB) checkImage(g group, a *addition) (*entry, error) {
	e := &entry{record: a.image}
	rows, err := d.stored(g, a.image, "ObjectFile", "DeviceName")
	if err != nil || len(rows) == 0 {
		return e, err
	}
	row := e.mine(rows)
	if row == nil {
		n := len(a.image.values)
		return nil, &ConflictError{
			SOPInstanceUID: e.key(), PatientID: a.patientID, KnownFor: rows[0][e.t.pat],
			File: rows[0][n], Device: rows[0][n+1],
		}
	}
	e.exists = true
	e.was = Location{row[len(e.values)], row[len(e.values)+1]}
	return e, a.compare(e.record, row, true)
}

// mine picks the row of the same patient; a row without patient ID will do.
func (e *entry) mine(rows [][]string) []string {
	if e.t.pat < 0 || e.pat() == "" {
		return rows[0]
	}
	for _, row := range rows {
		if row[e.t.pat] == e.pat() {
			return row
		}
	}
	for _, row := range rows {
		if row[e.t.pat] == "" {
			e.byKey = true
			return row
		}
	}
	return nil
}

func (d *DB) checkSeries(g group, a *addition) (*entry, error) {
	e := &entry{record: a.series, id: a.seriesID()}
	if d.known.get(e.id).same(e.record, a.access) {
		e.skip = true
		return e, nil
	}
	rows, err := d.stored(g, a.series)
	if err != nil || len(rows) == 0 {
		return e, err
	}
	e.exists = true
	row := e.mine(rows)
	if row != nil {
		return e, a.compare(e.record, row, true)
	}
	// The series of another patient: refused here when it is of another study,
	// by the study otherwise.
	e.byKey = true
	if old := rows[0][len(e.values)-1]; old != "" && old != e.link() {
		return nil, a.linkError(e.record, old, true)
	}
	return e, nil
}

func (d *DB) checkStudy(g group, a *addition) (*entry, error) {
	e := &entry{record: a.study, id: a.studyID()}
	if d.known.get(e.id).same(e.record, a.access) {
		e.skip = true
		return e, nil
	}
	e.record = &record{t: e.t, values: slices.Clone(e.values), modality: e.modality}
	rows, err := d.stored(g, a.study)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		e.addModality("", d.store.kind())
		return e, nil
	}
	e.exists = true
	if i, ok := e.t.byTag[dicom.ModalitiesInStudy]; ok {
		e.addModality(rows[0][i], d.store.kind())
	}
	if err := a.compare(e.record, rows[0], false); err != nil {
		return nil, err
	}
	if len(rows) > 1 {
		return nil, &DuplicateStudyError{Table: e.t.name, Key: e.where(false)}
	}
	if p, ok := e.t.byTag[dicom.PatientID]; ok {
		e.gotID = a.keepEmpty && rows[0][p] == "" && e.values[p] != ""
	}
	return e, nil
}

// addModality puts the modality of the object in front of the list of its study
// where it is missing. SQLite does not mind a list wider than its column; for
// other databases the list then stays as it is.
func (e *entry) addModality(list string, k Kind) {
	i, ok := e.t.byTag[dicom.ModalitiesInStudy]
	if !ok {
		return
	}
	v := list
	switch {
	case e.modality == "":
	case list == "":
		v = e.modality
	case !hasModality(list, e.modality):
		v = e.modality + `\` + list
	}
	if len(v) > e.t.cols[i].width && k != SQLite {
		v = list
	}
	e.values[i] = v
}

func (d *DB) checkPatient(g group, a *addition) (*entry, error) {
	e := &entry{record: a.patient, id: a.patientRowID()}
	if d.known.get(e.id).same(e.record, a.access) {
		e.skip = true
		return e, nil
	}
	rows, err := d.stored(g, a.patient)
	if err != nil || len(rows) == 0 {
		return e, err
	}
	e.exists = true
	return e, a.compare(e.record, rows[0], false)
}

func (e *entry) conditions(withPat bool) []condition {
	where := []condition{equals(e.t.name, e.t.key().name, e.key())}
	if withPat && !e.byKey && e.pat() != "" {
		where = append(where, equals(e.t.name, e.t.cols[e.t.pat].name, e.pat()))
	}
	return where
}

func (d *DB) writeParent(g group, a *addition, e *entry) error {
	if e.skip {
		return nil
	}
	ctx, set := context.Background(), e.assigns(a.access)
	var err error
	if e.exists {
		_, err = g.update(ctx, e.t.name, set, e.conditions(e.record == a.series))
	} else {
		err = g.insert(ctx, e.t.name, set)
	}
	if err == nil && e.gotID {
		err = d.spreadID(g, a)
	}
	if err != nil {
		return err
	}
	r := &knownRow{values: e.values, access: a.access}
	if i, ok := e.t.byTag[dicom.ModalitiesInStudy]; ok && e.t == d.lay.study {
		r.values, r.modalities = a.study.values, e.values[i]
	}
	d.known.put(e.id, r)
	return nil
}

func (d *DB) writeImage(g group, a *addition, e *entry) error {
	set := append(e.assigns(a.access), assign{"ObjectFile", a.loc.File}, assign{"DeviceName", a.loc.Device})
	if !e.exists {
		return g.insert(context.Background(), e.t.name, set)
	}
	_, err := g.update(context.Background(), e.t.name, set, e.conditions(true))
	return err
}
