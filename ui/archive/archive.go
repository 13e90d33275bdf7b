package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/finding"
	"conquest/pacs"
	"conquest/pacs/retrieve"
	"conquest/pacs/site"
	"conquest/storage"
	"conquest/ui"
)

// Archive is a running server as its pages see it.
type Archive struct {
	PACS *pacs.PACS
	// Recent are the last lines of the log.
	Recent *console.Recent
	// Lint checks the configuration as it stands.
	Lint func() []finding.Finding
	// Ready tells why the server can not work; nil when it can.
	Ready func(context.Context) error
	Build string
}

var _ ui.Site = (*Archive)(nil)

// Name is the AE title.
func (a *Archive) Name() string { return a.PACS.Live.Current().MyACRNema }

// Study is a study with its series.
func (a *Archive) Study(ctx context.Context, uid string) (*ui.Study, error) {
	found, err := a.search(ctx, db.Search{Level: db.StudyLevel, Limit: 1, Keys: []db.SearchKey{{Tag: dicom.StudyInstanceUID, OneOf: []string{uid}}}})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ui.ErrNotFound
	}
	rows := studyRows(found)
	counts, err := a.count(ctx, rows)
	if err != nil {
		return nil, err
	}
	s := &ui.Study{StudyRow: rows[0]}
	list, err := a.search(ctx, db.Search{Level: db.SeriesLevel, Limit: -1, Keys: []db.SearchKey{{Tag: dicom.StudyInstanceUID, OneOf: []string{uid}}}})
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		e := ui.Series{
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
func (a *Archive) Instances(ctx context.Context, study, series string) ([]ui.Instance, error) {
	found, err := a.search(ctx, db.Search{Level: db.ImageLevel, Limit: -1, Keys: []db.SearchKey{
		{Tag: dicom.StudyInstanceUID, OneOf: []string{study}}, {Tag: dicom.SeriesInstanceUID, OneOf: []string{series}},
	}})
	if err != nil {
		return nil, err
	}
	dev := storage.NewDevices(a.PACS.Live.Current().Storage)
	list := make([]ui.Instance, 0, len(found))
	for _, r := range found {
		list = append(list, a.instance(dev, r))
	}
	return list, nil
}

func (a *Archive) instance(dev *storage.Devices, r db.SearchRow) ui.Instance {
	number := func(t dicom.Tag) int {
		n, _ := strconv.Atoi(text(r, t))
		return n
	}
	i := ui.Instance{
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

// Object opens a stored object for a look.
func (a *Archive) Object(ctx context.Context, study, series, sop string, look func(*dicom.Dataset, ui.Instance) error) error {
	found, err := a.search(ctx, db.Search{Level: db.ImageLevel, Limit: 1, Keys: []db.SearchKey{
		{Tag: dicom.StudyInstanceUID, OneOf: []string{study}}, {Tag: dicom.SeriesInstanceUID, OneOf: []string{series}},
		{Tag: dicom.SOPInstanceUID, OneOf: []string{sop}},
	}})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return ui.ErrNotFound
	}
	dev := storage.NewDevices(a.PACS.Live.Current().Storage)
	path, _, ok := dev.Locate(found[0].Device, found[0].File)
	if !ok {
		return fmt.Errorf("no file %s on device %s: %w", found[0].File, found[0].Device, ui.ErrNotFound)
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{BulkThreshold: largeValue})
	if err != nil {
		return fmt.Errorf("read object %s: %w", sop, err)
	}
	defer f.Close()
	return look(f.Dataset, a.instance(dev, found[0]))
}

// keysOf selects a study, or one series of it.
func keysOf(study, series string) *dicom.Dataset {
	keys := dicom.NewDataset(3)
	level := "STUDY"
	keys.SetString(dicom.StudyInstanceUID, study)
	if series != "" {
		level = "SERIES"
		keys.SetString(dicom.SeriesInstanceUID, series)
	}
	keys.SetString(dicom.QueryRetrieveLevel, level)
	return keys
}

// Delete removes a study, or one series of it.
func (a *Archive) Delete(ctx context.Context, study, series string) (int, error) {
	if !dicom.ValidUID(study) || series != "" && !dicom.ValidUID(series) {
		return 0, ui.ErrNotFound
	}
	refs, err := a.PACS.Index.LocateQuietly(ctx, keysOf(study, series))
	if err != nil {
		return 0, err
	}
	if len(refs) == 0 {
		return 0, ui.ErrNotFound
	}
	if err := a.PACS.Remove.Objects(ctx, a.PACS.Live.Current(), nil, refs); err != nil {
		return 0, err
	}
	return len(refs), nil
}

// Send sends a study, or one series of it, to an AE.
func (a *Archive) Send(ctx context.Context, study, series, ae string, progress func(done, all int)) error {
	if !dicom.ValidUID(study) || series != "" && !dicom.ValidUID(series) {
		return ui.ErrNotFound
	}
	r, err := a.PACS.Retrieve.Retrieve(ctx, a.PACS.Self(a.PACS.Live.Current()), retrieve.Request{
		Model: "StudyRoot", Destination: ae, Said: ae, Identifier: keysOf(study, series), Command: dicom.NewDataset(0),
		Wishes: func() retrieve.Wishes { return retrieve.Wishes{} },
	})
	if err != nil {
		return err
	}
	defer r.Close(context.WithoutCancel(ctx))
	res, err := r.Send(ctx, func(p retrieve.Progress) error {
		progress(p.Sent+p.Warned, p.Total)
		return nil
	})
	switch {
	case err != nil:
		return err
	case res.Failed > 0:
		return fmt.Errorf("%d of %d objects were not sent; the log says why", res.Failed, res.Total)
	}
	return nil
}

// AEs are the lines of acrnema.map.
func (a *Archive) AEs() ([]ui.AE, error) {
	var list []ui.AE
	for _, e := range a.PACS.AEs.Entries() {
		list = append(list, ui.AE{Name: e.Name, Host: e.Host, Port: e.Port, Compression: e.Compression, Wildcard: e.Wildcard()})
	}
	return list, nil
}

// Echo sends a C-ECHO to an AE of the map.
func (a *Archive) Echo(ctx context.Context, ae string) error {
	if _, ok := a.PACS.AEs.Lookup(ae); !ok {
		return errors.New("it is not in acrnema.map")
	}
	_, err := a.PACS.Peers.Echo(ctx, ae, nil)
	return err
}

// Config is dicom.ini as it stands, with what lint says.
func (a *Archive) Config() (ui.ConfigText, error) {
	path := a.PACS.Live.Location().Path
	text, err := os.ReadFile(path)
	if err != nil {
		return ui.ConfigText{}, err
	}
	c := ui.ConfigText{Path: path, Text: string(text)}
	for _, f := range a.Lint() {
		u := ui.Finding{File: f.File, Line: f.Line, Severity: f.Severity.String(), Text: f.Message}
		if f.Fix != "" {
			u.Text += "; " + f.Fix
		}
		c.Findings = append(c.Findings, u)
	}
	return c, nil
}

// Log gives the last lines, and new ones with follow.
func (a *Archive) Log(ctx context.Context, follow bool, line func(ui.LogLine)) error {
	if follow {
		a.Recent.Follow(ctx, func(s console.Said) { line(ui.LogLine{Time: s.Time, Text: s.Text}) })
		return nil
	}
	for _, s := range a.Recent.Last() {
		line(ui.LogLine{Time: s.Time, Text: s.Text})
	}
	return nil
}

// Status is the state now.
func (a *Archive) Status(ctx context.Context) (ui.Status, error) {
	cfg := a.PACS.Live.Current()
	s := ui.Status{
		Version: site.Version, Build: a.Build, AE: cfg.MyACRNema, Port: cfg.TCPPort, Database: a.PACS.Index.Type(),
		Started: a.PACS.Started, Associations: int(a.PACS.OpenThreads.Load()),
		Patients: -1, Studies: -1, Series: -1, Images: -1,
	}
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	if n, err := a.PACS.Index.Counts(ctx); err == nil {
		s.Patients, s.Studies, s.Series, s.Images = int(n.Patients), int(n.Studies), int(n.Series), int(n.Images)
	}
	dev := storage.NewDevices(cfg.Storage)
	for n := range dev.MAGs() {
		d := ui.Device{Name: fmt.Sprintf("MAG%d", n), Place: dev.MAG(n)}
		var err error
		if d.Free, d.Total, err = storage.Space(dev.MAG(n)); err != nil {
			d.Problem = err.Error()
		}
		s.Devices = append(s.Devices, d)
	}
	if a.Ready != nil {
		if err := a.Ready(ctx); err != nil {
			s.Problem = err.Error()
		}
	}
	return s, nil
}

// countTime is how long a page waits for the counts of a large index.
const countTime = time.Second
