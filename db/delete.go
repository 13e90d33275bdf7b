package db

import (
	"context"
	"slices"

	"conquest/dicom"
)

// deleteGroup is how many images are deleted in one go, so that others are not
// kept waiting by a large delete.
const deleteGroup = 1000

// Delete removes the image rows of refs and of their parents those that lost
// their last child; the worklist rows of a removed patient go too. Patient,
// study, series and SOP instance UID of a reference must be filled; the patient
// ID may be empty where the index has empty ones.
func (d *DB) Delete(ctx context.Context, refs ...ObjectRef) error {
	for part := range slices.Chunk(refs, deleteGroup) {
		var keys []string
		for i := range part {
			keys = append(keys, claimsOf(part[i].StudyInstanceUID, part[i].PatientID)...)
		}
		err := d.change(ctx, grouped, keys, func(g group) error {
			d.known.reset()
			for i := range part {
				// Parents are looked at once for a run of images of one series.
				last := i+1 == len(part) || !sameSeries(&part[i], &part[i+1])
				if err := d.deleteRows(g, &part[i], last); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func sameSeries(a, b *ObjectRef) bool {
	return a.SeriesInstanceUID == b.SeriesInstanceUID && a.StudyInstanceUID == b.StudyInstanceUID && a.PatientID == b.PatientID
}

func (d *DB) deleteRows(g group, r *ObjectRef, parents bool) error {
	l := d.lay
	image := append(child(l.image, r.SeriesInstanceUID, r.PatientID), equals(l.image.name, l.image.key().name, r.SOPInstanceUID))
	if _, err := g.remove(context.Background(), l.image.name, image); err != nil || !parents {
		return err
	}
	series := append(child(l.series, r.StudyInstanceUID, r.PatientID), equals(l.series.name, l.series.key().name, r.SeriesInstanceUID))
	if done, err := removeChildless(g, l.image, child(l.image, r.SeriesInstanceUID, r.PatientID), l.series, series); err != nil || !done {
		return err
	}
	study := append(child(l.study, r.PatientID, ""), equals(l.study.name, l.study.key().name, r.StudyInstanceUID))
	if done, err := removeChildless(g, l.series, child(l.series, r.StudyInstanceUID, r.PatientID), l.study, study); err != nil || !done || r.PatientID == "" {
		return err
	}
	patient := []condition{equals(l.patient.name, l.patient.key().name, r.PatientID)}
	done, err := removeChildless(g, l.study, child(l.study, r.PatientID, ""), l.patient, patient)
	if err != nil || !done {
		return err
	}
	if c := l.worklist.find(dicom.PatientID); c != nil {
		_, err = g.remove(context.Background(), l.worklist.name, []condition{equals(l.worklist.name, c.name, r.PatientID)})
	}
	return err
}

// child is the condition for the rows of t below one parent, of one patient
// where the table says it.
func child(t *table, parent, patientID string) []condition {
	var where []condition
	if parent != "" {
		where = append(where, equals(t.name, t.link().name, parent))
	}
	if patientID != "" && t.pat >= 0 && t.cols[t.pat].tag != t.link().tag {
		where = append(where, equals(t.name, t.cols[t.pat].name, patientID))
	}
	return where
}

// removeChildless removes the rows of parent unless a row of children is left.
func removeChildless(g group, children *table, left []condition, parent *table, where []condition) (bool, error) {
	ctx := context.Background()
	rows, err := g.query(ctx, &selection{count: true, from: []string{children.name}, where: left, limit: -1})
	if err != nil || len(rows) > 0 && rows[0][0] != "0" {
		return false, err
	}
	_, err = g.remove(ctx, parent.name, where)
	return err == nil, err
}

// SetLocation changes file and device of one object. The patient ID counts as
// in [DB.Lookup].
func (d *DB) SetLocation(ctx context.Context, sopInstanceUID, patientID string, loc Location) error {
	set := []assign{{"ObjectFile", loc.File}, {"DeviceName", loc.Device}}
	return d.change(ctx, grouped, nil, func(g group) error {
		_, err := g.update(context.Background(), d.lay.image.name, set, d.imageKey(sopInstanceUID, patientID))
		return err
	})
}

// RenameDevice changes the device name of all objects on from and returns how
// many there were.
func (d *DB) RenameDevice(ctx context.Context, from, to string) (n int64, err error) {
	t := d.layout().image.name
	err = d.change(ctx, grouped, nil, func(g group) error {
		var err error
		n, err = g.update(context.Background(), t, []assign{{"DeviceName", to}}, []condition{equals(t, "DeviceName", from)})
		return err
	})
	return n, err
}
