package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"conquest/api"
	"conquest/dicom"
	"conquest/pacs"
	"conquest/pacs/browse"
	"conquest/pacs/jobs"
)

func job(j jobs.Job) api.Job {
	return api.Job{
		ID: j.ID, Kind: j.Kind, State: j.State, About: j.About, Owner: j.Owner, Done: j.Finished, Total: j.Total, Failed: j.Errors, Error: j.Error,
		Result: j.Result, File: j.File != "" && j.State == jobs.Done, Created: j.Created, Began: timeOf(j.Began), Ended: timeOf(j.Ended),
	}
}

// jobError is an error in the words of the interface.
func jobError(err error) error {
	switch {
	case errors.Is(err, jobs.ErrUnknown):
		return api.ErrNotFound
	case errors.Is(err, jobs.ErrEnded), errors.Is(err, jobs.ErrNotEnded), errors.Is(err, jobs.ErrTooMany):
		return api.Invalid("%v", err)
	}
	return err
}

// Jobs are all jobs, the newest first.
func (a *Archive) Jobs() []api.Job {
	var list []api.Job
	for _, j := range a.PACS.Jobs.List() {
		list = append(list, job(j))
	}
	return list
}

// Job is one job.
func (a *Archive) Job(id uint64) (api.Job, error) {
	j, err := a.PACS.Jobs.Get(id)
	return job(j), jobError(err)
}

// CancelJob ends a job.
func (a *Archive) CancelJob(id uint64) (api.Job, error) {
	j, err := a.PACS.Jobs.Cancel(id)
	return job(j), jobError(err)
}

// RetryJob does a job once more.
func (a *Archive) RetryJob(id uint64) (api.Job, error) {
	j, err := a.PACS.Jobs.Retry(id)
	return job(j), jobError(err)
}

// JobFile opens the file that a job made.
func (a *Archive) JobFile(id uint64) (io.ReadCloser, int64, error) {
	j, err := a.PACS.Jobs.Get(id)
	if err != nil || j.File == "" || j.State != jobs.Done {
		return nil, 0, api.ErrNotFound
	}
	f, err := os.Open(j.File)
	if err != nil {
		return nil, 0, api.ErrNotFound
	}
	fi, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, fi.Size(), nil
}

// FollowJobs gives changes of jobs until ctx ends.
func (a *Archive) FollowJobs(ctx context.Context, f func(api.Job)) {
	a.PACS.Jobs.Follow(ctx, func(j jobs.Job) { f(job(j)) })
}

func places(list []api.Place) []browse.Place {
	var all []browse.Place
	for _, p := range list {
		all = append(all, browse.Place{Study: p.Study, Series: p.Series, SOP: p.Instance})
	}
	return all
}

// Extent counts what is at places.
func (a *Archive) Extent(ctx context.Context, list []api.Place) (api.Extent, error) {
	e, err := a.PACS.ExtentOf(ctx, places(list))
	return api.Extent(e), known(err)
}

// Check tells what can not be.
func (a *Archive) Check(_ context.Context, t api.Task) error {
	switch t.Action {
	case pacs.TaskSend, pacs.TaskForward:
		if _, ok := a.PACS.AEs.Lookup(t.To); !ok {
			return api.Invalid("destination %q is not in acrnema.map", t.To)
		}
	case pacs.TaskModify:
		values, err := pacs.ValuesOf(t.Values)
		if err != nil {
			return api.Invalid("%v", err)
		}
		if len(values) == 0 && !t.NewUIDs {
			return api.Invalid("no values are given")
		}
		return a.checkPatient(t, t.Values)
	case pacs.TaskAnonymize:
		if strings.TrimSpace(t.Patient) == "" {
			return api.Invalid("the new patient ID is not given")
		}
	case pacs.TaskMerge:
		return checkMerge(t.Places)
	}
	return nil
}

// checkPatient refuses another patient ID for a part of a study, unless UIDs change:
// a study belongs to one patient.
func (a *Archive) checkPatient(t api.Task, values map[string]string) error {
	list, err := pacs.ValuesOf(values)
	if err != nil {
		return api.Invalid("%v", err)
	}
	for _, v := range list {
		if v.Tag != dicom.PatientID {
			continue
		}
		if strings.TrimSpace(v.Text) == "" {
			return api.Invalid("the patient ID can not be empty")
		}
		for _, p := range t.Places {
			if p.Series != "" && !t.NewUIDs {
				return api.Invalid("a part of a study can not go to another patient: ask for new UIDs")
			}
		}
	}
	return nil
}

func checkMerge(list []api.Place) error {
	if len(list) < 2 {
		return api.Invalid("merge needs two or more")
	}
	for _, p := range list {
		if p.Instance != "" || (p.Series == "") != (list[0].Series == "") {
			return api.Invalid("merge takes studies, or series")
		}
		if p.Series != "" && p.Study != list[0].Study {
			return api.Invalid("series of several studies can not be merged: merge the studies first")
		}
	}
	return nil
}

// Begin starts a job.
func (a *Archive) Begin(_ context.Context, t api.Task) (api.Job, error) {
	if a.PACS.Draining.Load() {
		return api.Job{}, api.Invalid("the server is being drained")
	}
	about := t.Action + " " + places(t.Places)[0].String()
	if n := len(t.Places); n > 1 {
		about += fmt.Sprintf(" and %d more", n-1)
	}
	if t.To != "" {
		about += " to " + t.To
	}
	j, err := a.PACS.Jobs.Start(t.Action, t.Owner, about, pacs.Task{
		Owner: t.Owner, Places: places(t.Places), To: t.To, Values: t.Values, Patient: t.Patient, NewUIDs: t.NewUIDs, Keep: t.Keep,
	})
	return job(j), jobError(err)
}

// mostExplained is how many objects one call explains.
const mostExplained = 5

// Explain tells what the rules would do with the first objects.
func (a *Archive) Explain(ctx context.Context, list []api.Place, calling string) (string, error) {
	var b strings.Builder
	n := 0
	for _, p := range places(list) {
		refs, err := a.PACS.Browse.Refs(ctx, p)
		if err != nil {
			return "", known(err)
		}
		for _, r := range refs {
			if n++; n > mostExplained {
				fmt.Fprintf(&b, "\nFurther objects are not explained.\n")
				return b.String(), nil
			}
			err := a.PACS.Browse.Object(ctx, r.StudyInstanceUID, r.SeriesInstanceUID, r.SOPInstanceUID, func(d *dicom.Dataset, _ browse.Instance) error {
				b.WriteString(a.PACS.Explain(ctx, d, calling, ""))
				return nil
			})
			if err != nil {
				return "", known(err)
			}
		}
	}
	return b.String(), nil
}
