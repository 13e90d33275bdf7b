// Package folder is an archive over a folder of Part 10 files, for programs that
// use package dicomweb as a library, and for its tests. What the files say is held
// in memory; [Open] reads it.
package folder

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/dicomweb"
)

// Archive is a folder of files.
type Archive struct {
	dir string

	mu      sync.RWMutex       // guards below
	objects map[string]*object // by SOP instance UID
}

type object struct {
	*dicom.Dataset // up to the pixel data
	path           string
}

var _ dicomweb.Archive = (*Archive)(nil)

// Open reads the files below dir, which is made when it is missing. Files that are
// no objects are passed over.
func Open(dir string) (*Archive, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open archive %s: %w", dir, err)
	}
	a := &Archive{dir: dir, objects: map[string]*object{}}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if ds, err := dicom.ReadHeader(path); err == nil {
			a.objects[ds.String(dicom.SOPInstanceUID)] = &object{ds, path}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open archive %s: %w", dir, err)
	}
	return a, nil
}

// columns are the attributes that rows of a level have.
var columns = [][]dicom.Tag{
	{dicom.PatientID, dicom.PatientName, dicom.PatientBirthDate, dicom.PatientSex},
	{dicom.StudyInstanceUID, dicom.StudyDate, dicom.StudyTime, dicom.StudyID, dicom.StudyDescription, dicom.AccessionNumber, 0x00080090},
	{dicom.SeriesInstanceUID, dicom.SeriesNumber, dicom.Modality, dicom.SeriesDescription, 0x00180015, dicom.StationName, 0x00080021, 0x00080031},
	{dicom.SOPInstanceUID, dicom.SOPClassUID, dicom.InstanceNumber, dicom.NumberOfFrames, dicom.Rows, dicom.Columns},
}

var keys = []dicom.Tag{dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID}

// Searches tells whether rows of a level have an attribute.
func (a *Archive) Searches(level dicomweb.Level, attribute dicom.Path) bool {
	if len(attribute) != 1 {
		return false
	}
	if attribute[0].Tag == dicom.ModalitiesInStudy {
		return level >= dicomweb.Studies
	}
	for _, list := range columns[:level+1] {
		if slices.Contains(list, attribute[0].Tag) {
			return true
		}
	}
	return false
}

// Search gives all rows of a level; the service matches them.
func (a *Archive) Search(_ context.Context, q *dicomweb.Query) (dicomweb.Found, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	byKey := map[string]*object{}
	for _, o := range a.objects {
		k := o.String(keys[q.Level])
		if have := byKey[k]; have == nil || before(o, have) {
			byKey[k] = o
		}
	}
	list := make([]*object, 0, len(byKey))
	for _, o := range byKey {
		list = append(list, o)
	}
	slices.SortFunc(list, func(x, y *object) int { return order(q.Level, x, y) })
	return dicomweb.Found{Rows: rows(q.Level, list, a.modalities())}, nil
}

// modalities are those of each study, parted by backslashes.
func (a *Archive) modalities() map[string]string {
	out := map[string]string{}
	for _, o := range a.objects {
		study, m := o.String(dicom.StudyInstanceUID), o.String(dicom.Modality)
		switch have := out[study]; {
		case have == "":
			out[study] = m
		case !slices.Contains(strings.Split(have, `\`), m):
			out[study] = have + `\` + m
		}
	}
	return out
}

func before(x, y *object) bool {
	return x.String(dicom.SOPInstanceUID) < y.String(dicom.SOPInstanceUID)
}

func rows(level dicomweb.Level, list []*object, modalities map[string]string) iter.Seq2[dicomweb.Row, error] {
	return func(yield func(dicomweb.Row, error) bool) {
		for _, o := range list {
			row := dicomweb.Row{Dataset: dicom.NewDataset(24), Instance: instanceOf(o)}
			for _, tags := range columns[:level+1] {
				for _, t := range tags {
					if e := o.Get(t); e != nil {
						row.Put(*e)
					} else {
						row.Put(dicom.Element{Tag: t, VR: dicom.StandardDictionary().VR(t)})
					}
				}
			}
			if level >= dicomweb.Studies {
				row.Put(dicom.NewText(dicom.ModalitiesInStudy, dicom.CS, modalities[o.String(dicom.StudyInstanceUID)]))
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// order is that of the answers: studies from the newest on, series and instances
// by their numbers.
func order(level dicomweb.Level, x, y *object) int {
	number := func(o *object, t dicom.Tag) int { n, _ := o.Int(t); return n }
	switch level {
	case dicomweb.Studies:
		return cmp.Or(
			strings.Compare(y.String(dicom.StudyDate), x.String(dicom.StudyDate)),
			strings.Compare(y.String(dicom.StudyTime), x.String(dicom.StudyTime)),
			strings.Compare(y.String(dicom.StudyInstanceUID), x.String(dicom.StudyInstanceUID)))
	case dicomweb.Patients:
		return strings.Compare(x.String(dicom.PatientID), y.String(dicom.PatientID))
	}
	return cmp.Or(
		strings.Compare(x.String(dicom.StudyInstanceUID), y.String(dicom.StudyInstanceUID)),
		number(x, dicom.SeriesNumber)-number(y, dicom.SeriesNumber),
		strings.Compare(x.String(dicom.SeriesInstanceUID), y.String(dicom.SeriesInstanceUID)),
		number(x, dicom.InstanceNumber)-number(y, dicom.InstanceNumber),
		strings.Compare(x.String(dicom.SOPInstanceUID), y.String(dicom.SOPInstanceUID)))
}

// Count counts nothing; the service finds out.
func (a *Archive) Count(context.Context, *dicomweb.Query) (int, bool, error) { return 0, false, nil }

// Related counts what is below patients, studies or series.
func (a *Archive) Related(_ context.Context, level dicomweb.Level, uids []string) (map[string]dicomweb.Related, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	type sets struct{ studies, series, modalities map[string]bool }
	all := map[string]sets{}
	out := map[string]dicomweb.Related{}
	for _, o := range a.objects {
		k := o.String(keys[level])
		s, ok := all[k]
		if !ok {
			s = sets{map[string]bool{}, map[string]bool{}, map[string]bool{}}
			all[k] = s
		}
		s.studies[o.String(dicom.StudyInstanceUID)] = true
		s.series[o.String(dicom.SeriesInstanceUID)] = true
		if m := o.String(dicom.Modality); m != "" {
			s.modalities[m] = true
		}
		r := out[k]
		r.Instances++
		out[k] = r
	}
	for k, r := range out {
		r.Studies, r.Series = len(all[k].studies), len(all[k].series)
		for m := range all[k].modalities {
			r.Modalities = append(r.Modalities, m)
		}
		slices.Sort(r.Modalities)
		out[k] = r
	}
	return out, nil
}

func instanceOf(o *object) dicomweb.Instance {
	return dicomweb.Instance{
		Study: o.String(dicom.StudyInstanceUID), Series: o.String(dicom.SeriesInstanceUID), UID: o.String(dicom.SOPInstanceUID),
		Class: o.String(dicom.SOPClassUID), Place: o.path,
	}
}

// Instances finds the objects of a study, series or instance.
func (a *Archive) Instances(_ context.Context, ref dicomweb.Ref) ([]dicomweb.Instance, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	var list []*object
	for _, o := range a.objects {
		i := instanceOf(o)
		if i.Study == ref.Study && (ref.Series == "" || i.Series == ref.Series) && (ref.Instance == "" || i.UID == ref.Instance) {
			list = append(list, o)
		}
	}
	if list == nil {
		return nil, dicomweb.ErrNotFound
	}
	slices.SortFunc(list, func(x, y *object) int { return order(dicomweb.Instances, x, y) })
	out := make([]dicomweb.Instance, len(list))
	for i, o := range list {
		out[i] = instanceOf(o)
	}
	return out, nil
}

// Samples finds an object of each study or series.
func (a *Archive) Samples(_ context.Context, level dicomweb.Level, uids []string) (map[string]dicomweb.Instance, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	best := map[string]*object{}
	for _, o := range a.objects {
		k := o.String(keys[level])
		if have := best[k]; slices.Contains(uids, k) && (have == nil || before(o, have)) {
			best[k] = o
		}
	}
	out := map[string]dicomweb.Instance{}
	for k, o := range best {
		out[k] = instanceOf(o)
	}
	return out, nil
}

// Stat tells size and time of a file.
func (a *Archive) Stat(_ context.Context, i dicomweb.Instance) (int64, time.Time, error) {
	info, err := os.Stat(i.Place.(string))
	if err != nil {
		return 0, time.Time{}, err
	}
	return info.Size(), info.ModTime(), nil
}

// Open opens a file.
func (a *Archive) Open(_ context.Context, i dicomweb.Instance) (dicomweb.File, error) {
	f, err := os.Open(i.Place.(string))
	if err != nil {
		return nil, err // an interface with a nil file is no nil
	}
	return f, nil
}

// Spool makes a file in the folder for temporary files.
func (a *Archive) Spool(context.Context, []byte, dicom.TransferSyntax) (dicomweb.Spool, error) {
	f, err := os.CreateTemp("", "dicomweb-*")
	return dicomweb.Spool{File: f}, err
}

// Store writes an object under its UID; one that is there is replaced.
func (a *Archive) Store(_ context.Context, r *dicomweb.Received) (dicomweb.Stored, error) {
	f, err := os.CreateTemp(a.dir, "new-*")
	if err != nil {
		return dicomweb.Stored{}, fmt.Errorf("store object: %w", err)
	}
	defer os.Remove(f.Name())
	err = dicom.WritePart10(f, r.Dataset, dicom.Meta{})
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	uid := r.Dataset.String(dicom.SOPInstanceUID)
	if !dicom.ValidUID(uid) {
		return dicomweb.Stored{}, &dicomweb.StoreError{Reason: 0xC000, Err: fmt.Errorf("%q is no UID", uid)}
	}
	path := filepath.Join(a.dir, uid+".dcm")
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	var ds *dicom.Dataset
	if err == nil {
		ds, err = dicom.ReadHeader(path)
	}
	if err != nil {
		return dicomweb.Stored{}, fmt.Errorf("store object %s: %w", uid, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.objects[uid] = &object{ds, path}
	return dicomweb.Stored{}, nil
}

// Delete removes the files of a study, series or instance.
func (a *Archive) Delete(ctx context.Context, ref dicomweb.Ref) error {
	list, err := a.Instances(ctx, ref)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, i := range list {
		if err := os.Remove(i.Place.(string)); err != nil {
			return fmt.Errorf("delete object %s: %w", i.UID, err)
		}
		delete(a.objects, i.UID)
	}
	return nil
}
