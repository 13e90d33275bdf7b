package archive

import (
	"context"
	"io"
	"os"

	"conquest/api"
	"conquest/dicom"
	"conquest/pacs/browse"
	"conquest/storage"
)

// Studies finds studies.
func (a *Archive) Studies(ctx context.Context, q api.StudyQuery) ([]api.Study, bool, error) {
	p, err := a.PACS.Browse.Studies(ctx, browse.Query(q))
	list := []api.Study{}
	for _, r := range p.Studies {
		list = append(list, study(r))
	}
	return list, p.More, err
}

func study(r browse.StudyRow) api.Study {
	if r.Modalities == nil {
		r.Modalities = []string{}
	}
	return api.Study{
		UID: r.StudyUID, Patient: api.Patient{ID: r.PatientID, Name: r.PatientName, BirthDate: r.BirthDate, Sex: r.Sex}, Date: r.Date, Time: r.Time,
		Description: r.Description, Accession: r.Accession, Referring: r.Referring, Modalities: r.Modalities, Series: r.Series, Instances: r.Instances,
	}
}

// Patients finds patients by name or ID.
func (a *Archive) Patients(ctx context.Context, text string, limit int) ([]api.Patient, error) {
	rows, err := a.PACS.Browse.Patients(ctx, text, limit)
	list := []api.Patient{}
	for _, r := range rows {
		list = append(list, api.Patient{ID: r.ID, Name: r.Name, BirthDate: r.BirthDate, Sex: r.Sex})
	}
	return list, err
}

// Study is a study with its series.
func (a *Archive) Study(ctx context.Context, uid string) (api.StudyDetail, error) {
	s, err := a.PACS.Browse.Study(ctx, uid)
	if err != nil {
		return api.StudyDetail{}, known(err)
	}
	d := api.StudyDetail{Study: study(s.StudyRow), SeriesList: []api.Series{}}
	for _, e := range s.SeriesList {
		d.SeriesList = append(d.SeriesList, api.Series{
			UID: e.SeriesUID, Modality: e.Modality, Number: e.Number, Description: e.Description, BodyPart: e.BodyPart, Station: e.Station, Instances: e.Instances,
		})
	}
	return d, nil
}

// Instances are the objects of a series.
func (a *Archive) Instances(ctx context.Context, study, series string) ([]api.Instance, error) {
	found, err := a.PACS.Browse.Instances(ctx, study, series)
	var list []api.Instance
	for _, i := range found {
		list = append(list, api.Instance{
			UID: i.SOPInstanceUID, Class: i.SOPClassUID, Number: i.Number, Frames: i.Frames, Rows: i.Rows, Columns: i.Columns,
			Device: i.Device, File: i.File, Size: i.Size, ReceivedAt: timeOf(i.Stored),
		})
	}
	return list, err
}

// Object opens an object for a look.
func (a *Archive) Object(ctx context.Context, study, series, sop string, look func(*dicom.Dataset) error) error {
	return known(a.PACS.Browse.Object(ctx, study, series, sop, func(d *dicom.Dataset, _ browse.Instance) error { return look(d) }))
}

// File opens the file of an object.
func (a *Archive) File(ctx context.Context, study, series, sop string) (io.ReadCloser, int64, error) {
	refs, err := a.PACS.Browse.Refs(ctx, browse.Place{Study: study, Series: series, SOP: sop})
	if err != nil {
		return nil, 0, known(err)
	}
	path, _, ok := storage.NewDevices(a.PACS.Live.Current().Storage).Locate(refs[0].Device, refs[0].File)
	if !ok {
		return nil, 0, api.ErrNotFound
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	fi, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, fi.Size(), nil
}
