// Package witness lets a [record.Recorder] see what a server does: it is the
// [site.Witness] of a site that is recorded.
package witness

import (
	"cmp"
	"context"
	"maps"
	"net"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/pacs/site"
	"conquest/proof/record"
	"conquest/rules"
)

// Witness writes down what a site does.
type Witness struct {
	r *record.Recorder
	s *site.Site
}

// New lets a recorder see a site.
func New(r *record.Recorder, s *site.Site) *Witness { return &Witness{r, s} }

// Tap is the listener of an association.
func (w *Witness) Tap(peer net.Addr, outgoing bool) dimse.Tap {
	if t := w.r.Tap(peer, outgoing); t != nil {
		return t
	}
	return nil
}

// Trace sees rules.
func (w *Witness) Trace() rules.Trace { return &trace{} }

// Arrived writes down what became of an object.
func (w *Witness) Arrived(ctx context.Context, a site.Arrived) {
	e := &record.Event{
		Kind: record.Object, Received: a.Received, SOP: a.Object.String(dicom.SOPInstanceUID), Patient: a.Object.String(dicom.PatientID),
		Outcome: "stored", Rules: rulesOf(a.Trace),
	}
	if a.Caller != nil {
		e.Calling, e.Called = a.Caller.Calling(), a.Caller.Called()
	}
	switch {
	case a.Err != nil:
		e.Outcome = "refused: " + a.Err.Error()
	case a.Path == "":
		e.Outcome = "left out"
	default:
		e.Device, e.File = a.Location.Device, a.Location.File
		e.Syntax = a.Object.TransferSyntax().UID
		e.Header, e.Pixels = record.Head(a.Object)
		e.Rows = w.rows(ctx, a.Object)
	}
	w.r.Event(e)
}

// Exported writes down what an export converter did.
func (w *Witness) Exported(_ context.Context, x site.Exported) {
	w.r.Event(&record.Event{
		Kind: record.Export, SOP: x.SOP, Patient: x.PatientID, Calling: x.Calling, Called: x.Called, Outcome: x.Outcome, Rules: rulesOf(x.Trace),
	})
}

// Did writes other work down.
func (w *Witness) Did(kind, patient, sop, what string) {
	w.r.Event(&record.Event{Kind: record.Kind(kind), Patient: patient, SOP: sop, Detail: what})
}

// rows are the rows that the index has for an object, by table.column.
func (w *Witness) rows(ctx context.Context, ds *dicom.Dataset) map[string]string {
	cfg := w.s.Live.Current()
	schema := w.s.Index.Schema()
	out := map[string]string{}
	for _, t := range []struct {
		name, level string
		table       *dicomini.Table
		tag         dicom.Tag
	}{
		{cmp.Or(cfg.PatientTableName, "DICOMPatients"), "patient", &schema.Patient, dicom.PatientID},
		{cmp.Or(cfg.StudyTableName, "DICOMStudies"), "study", &schema.Study, dicom.StudyInstanceUID},
		{cmp.Or(cfg.SeriesTableName, "DICOMSeries"), "series", &schema.Series, dicom.SeriesInstanceUID},
		{cmp.Or(cfg.ImageTableName, "DICOMImages"), "image", &schema.Image, dicom.SOPInstanceUID},
	} {
		maps.Copy(out, w.row(ctx, t.name, t.level, t.table, ds.String(t.tag)))
	}
	return out
}

func (w *Witness) row(ctx context.Context, name, level string, t *dicomini.Table, key string) map[string]string {
	var columns []string
	for _, c := range t.Columns {
		if !c.Sequence() {
			columns = append(columns, c.Name)
		}
	}
	if len(columns) == 0 {
		return nil
	}
	rows, err := w.s.Index.Query(ctx, name, strings.Join(columns, ", "), columns[0]+" = "+db.Quote(key), "")
	if err != nil || len(rows) == 0 {
		return nil // a site without index
	}
	out := make(map[string]string, len(columns))
	for i, c := range columns {
		out[level+"."+c] = strings.TrimRight(rows[0][i], " ")
	}
	return out
}
