package db

import (
	"context"
	"slices"

	"conquest/dicom"
)

// ObjectRef is an object of the index.
type ObjectRef struct {
	PatientID         string
	StudyInstanceUID  string
	SeriesInstanceUID string
	SOPInstanceUID    string
	SOPClassUID       string
	Location
}

// Locate finds the objects that an identifier of C-MOVE, C-GET or a delete
// selects: keys of all levels count, whatever (0008,0052) says; an identifier
// without any usable key selects all objects. The order is that of (9999,0C00)
// or ImageQuerySortOrder, else of the database. Errors that belong to the query
// are *[StatusError].
func (d *DB) Locate(ctx context.Context, identifier *dicom.Dataset) ([]ObjectRef, error) {
	d.log.Debug("Query On Image")
	q := d.newQuery(ImageLevel, d.settings())
	q.keys(identifier)
	q.paths = false
	sel, err := q.located()
	if err != nil {
		return nil, refuse(err)
	}
	r, err := d.store.query(ctx, sel)
	if err != nil {
		return nil, refuse(err)
	}
	defer r.Close()
	var refs []ObjectRef
	for r.Next() {
		v := r.Values()
		refs = append(refs, ObjectRef{v[0], v[1], v[2], v[3], v[4], Location{v[5], v[6]}})
	}
	if err := r.Err(); err != nil {
		return nil, refuse(err)
	}
	d.log.Debug("Records = %d", len(refs))
	return refs, nil
}

// located is the selection of references: their columns alone.
func (q *query) located() (*selection, error) {
	l := q.d.lay
	ask := func(t *table, c *column) {
		if c != nil && !slices.ContainsFunc(q.columns[t], func(k key) bool { return k.c == c }) {
			q.columns[t] = append(q.columns[t], key{c: c})
		}
	}
	ask(l.image, l.image.key())
	ask(l.study, l.study.find(dicom.PatientID))
	ask(l.study, l.study.key())
	ask(l.series, l.series.key())
	sel, err := q.selection()
	if err != nil {
		return nil, err
	}
	q.d.logSelection(sel)
	sopClass := l.image.key()
	if c := l.image.find(dicom.SOPClassUID); c != nil {
		sopClass = c
	}
	id := colref{l.study.name, l.study.key().name}
	if c := l.study.find(dicom.PatientID); c != nil {
		id.name = c.name
	}
	if len(sel.order) == 0 {
		sel.habit = q.sendingOrder(sel)
	}
	sel.columns = []colref{
		id,
		{l.study.name, l.study.key().name},
		{l.series.name, l.series.key().name},
		{l.image.name, l.image.key().name},
		{l.image.name, sopClass.name},
		{l.image.name, "ObjectFile"},
		{l.image.name, "DeviceName"},
	}
	return sel, nil
}

// sendingOrder is the order in which SQLite of the original finds the objects:
// where study, series or patient are named, image by image as they were entered
// in the order of series; else by SOP instance UID.
func (q *query) sendingOrder(sel *selection) []string {
	l := q.d.lay
	image := colref{l.image.name, l.image.key().name}
	named := false
	for _, c := range sel.where {
		if c.op != opEqual && c.op != opIn {
			continue
		}
		switch c.col {
		case image:
			return []string{image.String()}
		case colref{l.study.name, l.study.key().name}, colref{l.series.name, l.series.key().name}, colref{l.study.name, l.study.link().name}:
			named = true
		}
	}
	if !named {
		return []string{image.String()}
	}
	return []string{colref{l.series.name, l.series.link().name}.String(), colref{l.series.name, l.series.key().name}.String(), l.image.name + ".rowid"}
}
