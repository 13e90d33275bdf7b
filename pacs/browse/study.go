package browse

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"conquest/budget"
	"conquest/db"
	"conquest/dicom"
	"conquest/storage"
)

// Study is a study with its series.
func (b *Browser) Study(ctx context.Context, uid string) (*Study, error) {
	found, err := b.search(ctx, db.Search{Level: db.StudyLevel, Limit: 1, Keys: []db.SearchKey{{Tag: dicom.StudyInstanceUID, OneOf: []string{uid}}}})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrNotFound
	}
	rows := studyRows(found)
	counts, err := b.count(ctx, rows)
	if err != nil {
		return nil, err
	}
	s := &Study{StudyRow: rows[0]}
	list, err := b.search(ctx, db.Search{Level: db.SeriesLevel, Limit: -1, Keys: []db.SearchKey{{Tag: dicom.StudyInstanceUID, OneOf: []string{uid}}}})
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		e := Series{
			SeriesUID: text(r, dicom.SeriesInstanceUID), Modality: text(r, dicom.Modality), Number: text(r, dicom.SeriesNumber),
			Description: text(r, dicom.SeriesDescription), BodyPart: text(r, bodyPartExamined), Station: text(r, dicom.StationName),
		}
		e.Instances = counts[e.SeriesUID]
		s.SeriesList = append(s.SeriesList, e)
	}
	return s, nil
}

const bodyPartExamined dicom.Tag = 0x00180015

// Instances are the objects of a series.
func (b *Browser) Instances(ctx context.Context, study, series string) ([]Instance, error) {
	found, err := b.search(ctx, db.Search{Level: db.ImageLevel, Limit: -1, Keys: []db.SearchKey{
		{Tag: dicom.StudyInstanceUID, OneOf: []string{study}}, {Tag: dicom.SeriesInstanceUID, OneOf: []string{series}},
	}})
	if err != nil {
		return nil, err
	}
	dev := storage.NewDevices(b.Live.Current().Storage)
	list := make([]Instance, 0, len(found))
	for _, r := range found {
		list = append(list, b.instance(dev, r))
	}
	return list, nil
}

func (b *Browser) instance(dev *storage.Devices, r db.SearchRow) Instance {
	number := func(t dicom.Tag) int {
		n, _ := strconv.Atoi(text(r, t))
		return n
	}
	i := Instance{
		StudyUID: text(r, dicom.StudyInstanceUID), SeriesUID: text(r, dicom.SeriesInstanceUID), SOPInstanceUID: text(r, dicom.SOPInstanceUID),
		SOPClassUID: text(r, dicom.SOPClassUID), Number: text(r, dicom.InstanceNumber), Frames: number(dicom.NumberOfFrames),
		Rows: number(dicom.Rows), Columns: number(dicom.Columns), Device: r.Device, File: r.File,
	}
	if path, _, ok := dev.Locate(r.Device, r.File); ok {
		if fi, err := os.Stat(path); err == nil {
			i.Size, i.Stored = fi.Size(), fi.ModTime()
		}
	}
	return i
}

// largeValue is the size from which values of an object stay in its file.
const largeValue = 64 << 10

// Object opens a stored object for a look; study and series may be empty.
func (b *Browser) Object(ctx context.Context, study, series, sop string, look func(*dicom.Dataset, Instance) error) error {
	keys := []db.SearchKey{{Tag: dicom.SOPInstanceUID, OneOf: []string{sop}}}
	if study != "" {
		keys = append(keys, db.SearchKey{Tag: dicom.StudyInstanceUID, OneOf: []string{study}})
	}
	if series != "" {
		keys = append(keys, db.SearchKey{Tag: dicom.SeriesInstanceUID, OneOf: []string{series}})
	}
	found, err := b.search(ctx, db.Search{Level: db.ImageLevel, Limit: 1, Keys: keys})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return ErrNotFound
	}
	dev := storage.NewDevices(b.Live.Current().Storage)
	path, _, ok := dev.Locate(found[0].Device, found[0].File)
	if !ok {
		return fmt.Errorf("no file %s on device %s: %w", found[0].File, found[0].Device, ErrNotFound)
	}
	ctx, done := b.Work(ctx, "object")
	defer done()
	f, err := dicom.ReadFile(path, dicom.ParseOptions{BulkThreshold: largeValue, Budget: budget.From(ctx)})
	if err != nil {
		return fmt.Errorf("read object %s: %w", sop, err)
	}
	defer f.Close()
	return look(f.Dataset, b.instance(dev, found[0]))
}
