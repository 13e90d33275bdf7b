package archive

import (
	"context"
	"encoding/json"

	"conquest/api"
	"conquest/dicom"
	"conquest/pacs"
	"conquest/pacs/browse"
	"conquest/pacs/outgoing"
)

// AEs are the lines of acrnema.map.
func (a *Archive) AEs() []api.AE {
	var list []api.AE
	for _, e := range a.PACS.AEs.Entries() {
		list = append(list, api.AE{Name: e.Name, Host: e.Host, Port: e.Port, Compression: e.Compression, Wildcard: e.Wildcard()})
	}
	return list
}

// Words is an error in plain words.
func (a *Archive) Words(err error) string { return outgoing.Words(err.Error()) }

// Echo asks an AE whether it answers.
func (a *Archive) Echo(ctx context.Context, ae string) error {
	if _, ok := a.PACS.AEs.Lookup(ae); !ok {
		return api.ErrNotFound
	}
	_, err := a.PACS.Peers.Echo(ctx, ae, nil)
	return err
}

// FindAt asks an AE what it has.
func (a *Archive) FindAt(ctx context.Context, ae, level string, keys map[string]string) ([]json.RawMessage, error) {
	if _, ok := a.PACS.AEs.Lookup(ae); !ok {
		return nil, api.ErrNotFound
	}
	d := dicom.NewDataset(len(keys))
	for name, value := range keys {
		tag, ok := pacs.TagOf(name)
		if !ok {
			return nil, api.Invalid("no attribute %q", name)
		}
		d.SetString(tag, value)
	}
	answers, err := a.PACS.Peers.FindAt(ctx, ae, level, d)
	if err != nil {
		return nil, api.Invalid("%s: %v", ae, err)
	}
	var list []json.RawMessage
	for _, answer := range answers {
		text, err := dicom.AppendJSON(nil, answer, dicom.JSONOptions{})
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, nil
}

// RetrieveFrom begins a job that has an AE send something here.
func (a *Archive) RetrieveFrom(_ context.Context, owner, ae string, p api.Place) (api.Job, error) {
	if _, ok := a.PACS.AEs.Lookup(ae); !ok {
		return api.Job{}, api.ErrNotFound
	}
	place := browse.Place{Study: p.Study, Series: p.Series, SOP: p.Instance}
	if !place.Valid() {
		return api.Job{}, api.Invalid("no UID")
	}
	j, err := a.PACS.Jobs.Start(pacs.TaskRetrieve, owner, "retrieve "+place.String()+" from "+ae, pacs.Task{Owner: owner, Places: []browse.Place{place}, To: ae})
	return job(j), jobError(err)
}
