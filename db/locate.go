package db

import (
	"context"
	"slices"

	"conquest/dicom"
	"conquest/oplog"
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
	return d.locate(ctx, identifier, (*layout).forDelete)
}

// LocateToSend is [DB.Locate] for a retrieval: the debug log names the columns
// that the original asks for then.
func (d *DB) LocateToSend(ctx context.Context, identifier *dicom.Dataset) ([]ObjectRef, error) {
	return d.locate(ctx, identifier, (*layout).forRetrieval)
}

// LocateQuietly is [DB.Locate] without a word in the log.
func (d *DB) LocateQuietly(ctx context.Context, identifier *dicom.Dataset) ([]ObjectRef, error) {
	return d.locate(ctx, identifier, nil)
}

func (d *DB) locate(ctx context.Context, identifier *dicom.Dataset, said func(*layout, *query)) ([]ObjectRef, error) {
	if err := d.gate(ctx); err != nil {
		return nil, refuse(err)
	}
	if said != nil {
		oplog.QueryOn(d.log, "Image")
	}
	q := d.newQuery(ImageLevel, d.settings())
	q.keys(identifier)
	q.paths = false
	sel, err := q.located(said)
	if err != nil {
		return nil, refuse(err)
	}
	r, err := d.query(ctx, sel)
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
	if said != nil {
		oplog.Records(d.log, len(refs))
	}
	return refs, nil
}

// forDelete adds the columns of a delete to those of the keys.
func (l *layout) forDelete(q *query) {
	q.ask(l.image, l.image.key())
	q.ask(l.study, l.study.find(dicom.PatientID))
	q.ask(l.study, l.study.key())
	q.ask(l.series, l.series.key())
}

// forRetrieval adds the columns of a retrieval to those of the keys.
func (l *layout) forRetrieval(q *query) {
	q.ask(l.image, l.image.key())
	q.ask(l.image, l.image.find(dicom.SOPClassUID))
	q.ask(l.study, l.study.key())
	q.ask(l.series, l.series.key())
	q.paths = true
}

// ask adds a column without a value, in order of the tags.
func (q *query) ask(t *table, c *column) {
	if c == nil || slices.ContainsFunc(q.columns[t], func(k key) bool { return k.c == c }) {
		return
	}
	at := slices.IndexFunc(q.columns[t], func(k key) bool { return k.c.tag > c.tag })
	if at < 0 {
		at = len(q.columns[t])
	}
	q.columns[t] = slices.Insert(q.columns[t], at, key{c: c})
}

// located is the selection of references: their columns alone, whatever is said
// of it in the log.
func (q *query) located(said func(*layout, *query)) (*selection, error) {
	l := q.d.lay
	if said != nil {
		said(l, q)
	} else {
		l.forDelete(q)
	}
	sel, err := q.selection()
	if err != nil {
		return nil, err
	}
	if said != nil {
		q.d.logSelection(sel)
	}
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
