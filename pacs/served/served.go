// Package served is the archive as web clients see it: the index for searches, the
// stored files, and the same way in as C-STORE. It fulfils dicomweb.Archive.
package served

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomweb"
	"conquest/pacs/remove"
	"conquest/pacs/site"
	"conquest/pacs/store"
	"conquest/pacs/who"
	"conquest/storage"
)

// Archive serves a site.
type Archive struct {
	*site.Site
	store  *store.Store
	remove *remove.Remover
}

var _ dicomweb.Archive = (*Archive)(nil)

// New makes it.
func New(s *site.Site, store *store.Store, remove *remove.Remover) *Archive {
	return &Archive{Site: s, store: store, remove: remove}
}

// levels are those of the index.
var levels = [...]db.Level{
	dicomweb.Patients: db.PatientLevel, dicomweb.Studies: db.StudyLevel, dicomweb.Series: db.SeriesLevel, dicomweb.Instances: db.ImageLevel,
}

// place is where an object lies.
type place struct {
	db.Location
	patient string
}

func instanceOf(row db.SearchRow) dicomweb.Instance {
	return dicomweb.Instance{
		Study: row.String(dicom.StudyInstanceUID), Series: row.String(dicom.SeriesInstanceUID), UID: row.String(dicom.SOPInstanceUID),
		Class: row.String(dicom.SOPClassUID), Patient: row.String(dicom.PatientID), Place: place{row.Location, row.String(dicom.PatientID)},
	}
}

// Instances are the objects of a study, series or instance, by number of series
// and instance.
func (a *Archive) Instances(ctx context.Context, ref dicomweb.Ref) ([]dicomweb.Instance, error) {
	list, err := a.instances(ctx, ref)
	if a.Accessed != nil && len(list) > 0 {
		p, _ := list[0].Place.(place)
		a.Access(site.Access{By: site.Actor(ctx, nil, "DICOMweb"), Read: true, Patient: p.patient, Study: list[0].Study, Count: len(list)})
	}
	return list, err
}

func (a *Archive) instances(ctx context.Context, ref dicomweb.Ref) ([]dicomweb.Instance, error) {
	q := db.Search{Level: db.ImageLevel, Limit: -1}
	for _, k := range []struct {
		tag dicom.Tag
		uid string
	}{{dicom.StudyInstanceUID, ref.Study}, {dicom.SeriesInstanceUID, ref.Series}, {dicom.SOPInstanceUID, ref.Instance}} {
		if k.uid != "" {
			q.Keys = append(q.Keys, db.SearchKey{Tag: k.tag, OneOf: []string{k.uid}})
		}
	}
	rows, err := a.Index.Search(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("find objects: %w", err)
	}
	type numbered struct {
		dicomweb.Instance
		series int
	}
	var found []numbered
	for row, err := range rows {
		if err != nil {
			return nil, fmt.Errorf("find objects: %w", err)
		}
		n, _ := row.Int(dicom.SeriesNumber)
		found = append(found, numbered{instanceOf(row), n})
	}
	if found == nil {
		if a.remove.Undo.Holds(cmp.Or(ref.Instance, ref.Series, ref.Study)) {
			return nil, dicomweb.ErrGone
		}
		return nil, dicomweb.ErrNotFound
	}
	slices.SortStableFunc(found, func(x, y numbered) int {
		if x.series != y.series {
			return x.series - y.series
		}
		return strings.Compare(x.Series, y.Series)
	})
	list := make([]dicomweb.Instance, len(found))
	for i, f := range found {
		list[i] = f.Instance
	}
	return list, nil
}

// Samples are one object of each study or series.
func (a *Archive) Samples(ctx context.Context, level dicomweb.Level, uids []string) (map[string]dicomweb.Instance, error) {
	out := make(map[string]dicomweb.Instance, len(uids))
	if level == dicomweb.Patients {
		return out, nil
	}
	for _, uid := range uids {
		ref, found, err := a.Index.Sample(ctx, levels[level], uid)
		if err != nil {
			return nil, err
		}
		if found {
			out[uid] = dicomweb.Instance{
				Study: ref.StudyInstanceUID, Series: ref.SeriesInstanceUID, UID: ref.SOPInstanceUID, Class: ref.SOPClassUID,
				Place: place{ref.Location, ref.PatientID},
			}
		}
	}
	return out, nil
}

// path is where the file of an object is now.
func (a *Archive) path(i dicomweb.Instance) (string, error) {
	p, ok := i.Place.(place)
	if !ok {
		return "", dicomweb.ErrNotFound
	}
	path, _, ok := storage.NewDevices(a.Live.Current().Storage).Locate(p.Device, p.File)
	if !ok {
		return "", fmt.Errorf("no file %s on device %s: %w", p.File, p.Device, dicomweb.ErrNotFound)
	}
	return path + *a.TestMode.Load(), nil
}

// Stat tells size and time of the file of an object.
func (a *Archive) Stat(_ context.Context, i dicomweb.Instance) (int64, time.Time, error) {
	path, err := a.path(i)
	if err != nil {
		return 0, time.Time{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("object %s: %w", i.UID, missing(err))
	}
	return info.Size(), info.ModTime(), nil
}

// Open opens the file of an object.
func (a *Archive) Open(_ context.Context, i dicomweb.Instance) (dicomweb.File, error) {
	path, err := a.path(i)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", i.UID, missing(err))
	}
	return f, nil
}

// missing is a file that is not there as nothing that is known.
func missing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return errors.Join(dicomweb.ErrNotFound, err)
	}
	return err
}

// Delete removes a study, series or instance, rows first.
func (a *Archive) Delete(ctx context.Context, ref dicomweb.Ref) error {
	list, err := a.instances(ctx, ref)
	if err != nil {
		return err
	}
	refs := make([]db.ObjectRef, 0, len(list))
	for _, i := range list {
		p, _ := i.Place.(place)
		refs = append(refs, db.ObjectRef{
			PatientID: p.patient, StudyInstanceUID: i.Study, SeriesInstanceUID: i.Series, SOPInstanceUID: i.UID, SOPClassUID: i.Class, Location: p.Location,
		})
	}
	if who.Of(ctx) == (who.Actor{}) {
		ctx = who.With(ctx, who.Actor{Way: "DICOMweb"})
	}
	return a.remove.Delete(ctx, a.Live.Current(), nil, cmp.Or(ref.Instance, ref.Series, ref.Study), refs)
}
