package db

import (
	"context"

	"conquest/dicom"
	"conquest/oplog"
)

// borrowID gives an object without patient ID that of its study, where empty
// IDs are allowed.
func (d *DB) borrowID(g group, a *addition) error {
	if a.patientID != "" || !a.keepEmpty {
		return nil
	}
	t := d.lay.study
	c := t.find(dicom.PatientID)
	if c == nil {
		return nil
	}
	found, err := g.query(context.Background(), &selection{
		columns: []colref{{t.name, c.name}}, from: []string{t.name}, limit: -1,
		where: []condition{equals(t.name, t.key().name, a.study.key())},
	})
	if err != nil || len(found) == 0 || found[0][0] == "" {
		return err
	}
	for _, r := range []*record{a.image, a.series, a.study, a.patient} {
		if i, ok := r.t.byTag[dicom.PatientID]; ok {
			r.values[i] = found[0][0]
		}
	}
	a.patientID = found[0][0]
	oplog.EmptyID(a, a.patientID)
	return nil
}

// spreadID enters the patient ID that a study got in its series and images.
func (d *DB) spreadID(g group, a *addition) error {
	ctx := context.Background()
	se, im := d.lay.series, d.lay.image
	rows, err := g.query(ctx, &selection{
		columns: []colref{{se.name, se.key().name}}, from: []string{se.name}, limit: -1,
		where: []condition{equals(se.name, se.link().name, a.study.key())},
	})
	if err != nil {
		return err
	}
	if se.pat >= 0 {
		set := []assign{{se.cols[se.pat].name, a.series.pat()}}
		if _, err := g.update(ctx, se.name, set, []condition{equals(se.name, se.link().name, a.study.key())}); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if im.pat < 0 {
			break
		}
		set := []assign{{im.cols[im.pat].name, a.image.pat()}}
		if _, err := g.update(ctx, im.name, set, []condition{equals(im.name, im.link().name, row[0])}); err != nil {
			return err
		}
	}
	d.known.reset()
	return nil
}
