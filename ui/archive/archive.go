package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"conquest/console"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/pacs"
	"conquest/pacs/browse"
	"conquest/pacs/retrieve"
	"conquest/ui"
)

// Archive is a running server as its pages see it.
type Archive struct {
	PACS *pacs.PACS
	// Recent are the last lines of the log.
	Recent *console.Recent
	// Lint checks a configuration.
	Lint func(*dicomini.Config) []finding.Finding
	// Ready tells why the server can not work; nil when it can.
	Ready func(context.Context) error
	Build string
}

var _ ui.Site = (*Archive)(nil)

// Name is the AE title.
func (a *Archive) Name() string { return a.PACS.Live.Current().MyACRNema }

// Studies finds a page of studies.
func (a *Archive) Studies(ctx context.Context, q ui.StudiesQuery) (ui.StudiesPage, error) {
	p, err := a.PACS.Browse.Studies(ctx, browse.Query(q))
	page := ui.StudiesPage{More: p.More, Total: p.Total}
	for _, r := range p.Studies {
		page.Studies = append(page.Studies, ui.StudyRow(r))
	}
	return page, err
}

// Study is a study with its series.
func (a *Archive) Study(ctx context.Context, uid string) (*ui.Study, error) {
	s, err := a.PACS.Browse.Study(ctx, uid)
	if err != nil {
		return nil, known(err)
	}
	study := &ui.Study{StudyRow: ui.StudyRow(s.StudyRow)}
	for _, e := range s.SeriesList {
		study.SeriesList = append(study.SeriesList, ui.Series(e))
	}
	return study, nil
}

// Instances are the objects of a series.
func (a *Archive) Instances(ctx context.Context, study, series string) ([]ui.Instance, error) {
	found, err := a.PACS.Browse.Instances(ctx, study, series)
	list := make([]ui.Instance, 0, len(found))
	for _, i := range found {
		list = append(list, ui.Instance(i))
	}
	return list, err
}

// Object opens a stored object for a look.
func (a *Archive) Object(ctx context.Context, study, series, sop string, look func(*dicom.Dataset, ui.Instance) error) error {
	return known(a.PACS.Browse.Object(ctx, study, series, sop, func(d *dicom.Dataset, i browse.Instance) error { return look(d, ui.Instance(i)) }))
}

// known is an error in the words of the pages.
func known(err error) error {
	if errors.Is(err, browse.ErrNotFound) {
		return fmt.Errorf("%w: %w", ui.ErrNotFound, err)
	}
	return err
}

// Delete removes a study, or one series of it.
func (a *Archive) Delete(ctx context.Context, study, series string) (int, error) {
	refs, err := a.PACS.Browse.Refs(ctx, browse.Place{Study: study, Series: series})
	if err != nil {
		return 0, known(err)
	}
	if err := a.PACS.Remove.Delete(inName(ctx), a.PACS.Live.Current(), nil, strings.TrimSpace(study+" "+series), refs); err != nil {
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
		Model: "StudyRoot", Destination: ae, Said: ae, Identifier: browse.Place{Study: study, Series: series}.Keys(), Command: dicom.NewDataset(0),
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
	c.Findings = findings(a.Lint(a.PACS.Live.Current()))
	return c, nil
}

// findings are those of lint in the words of the pages.
func findings(list []finding.Finding) []ui.Finding {
	var out []ui.Finding
	for _, f := range list {
		u := ui.Finding{File: f.File, Line: f.Line, Severity: f.Severity.String(), Text: f.Message}
		if f.Fix != "" {
			u.Text += "; " + f.Fix
		}
		out = append(out, u)
	}
	return out
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
	st := a.PACS.Browse.State(ctx)
	s := ui.Status{
		Version: st.Version, Build: a.Build, AE: st.AE, Port: st.Port, Database: st.Database, Started: st.Started, Associations: st.Associations,
		Patients: int(st.Patients), Studies: int(st.Studies), Series: int(st.Series), Images: int(st.Images),
	}
	for _, d := range st.Devices {
		s.Devices = append(s.Devices, ui.Device(d))
	}
	if a.Ready != nil {
		if err := a.Ready(ctx); err != nil {
			s.Problem = err.Error()
		}
	}
	return s, nil
}
