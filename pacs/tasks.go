package pacs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"conquest/db"
	"conquest/dicomini"
	"conquest/pacs/browse"
	"conquest/pacs/jobs"
	"conquest/pacs/who"
)

// Task is what a job is to do with what is stored.
type Task struct {
	Owner  string         `json:"owner"` // in whose name
	Places []browse.Place `json:"places"`
	To     string         `json:"to,omitempty"` // send, forward: AE
	// Values are set by modify: text by tag, "gggg,eeee" or keyword.
	Values  map[string]string `json:"values,omitempty"`
	Patient string            `json:"patient,omitempty"` // anonymize: the new ID
	NewUIDs bool              `json:"newUIDs,omitempty"`
	Keep    bool              `json:"keep,omitempty"` // the originals stay beside the changed objects
}

// Kinds of tasks.
const (
	TaskSend      = "send"
	TaskForward   = "forward"
	TaskZip       = "zip"
	TaskModify    = "modify"
	TaskAnonymize = "anonymize"
	TaskDelete    = "delete"
	TaskMerge     = "merge"
	TaskRetrieve  = "retrieve" // from an AE
)

// openJobs takes up the jobs that an earlier process left.
func (s *PACS) openJobs(cfg *dicomini.Config) (err error) {
	kinds := map[string]jobs.Kind{}
	for name, run := range map[string]func(context.Context, *jobs.Progress, Task) error{
		TaskSend: s.taskSend, TaskForward: s.taskForward, TaskZip: s.taskZip, TaskModify: s.taskModify,
		TaskAnonymize: s.taskAnonymize, TaskDelete: s.taskDelete, TaskMerge: s.taskMerge,
		TaskRetrieve: s.taskRetrieve,
	} {
		kinds[name] = jobs.Kind{
			Again: name == TaskSend || name == TaskZip || name == TaskDelete || name == TaskRetrieve,
			Run: func(ctx context.Context, p *jobs.Progress, request json.RawMessage) error {
				var t Task
				if err := json.Unmarshal(request, &t); err != nil {
					return err
				}
				return run(who.With(ctx, who.Actor{Name: t.Owner, Way: "REST " + name}), p, t)
			},
			Forget: func(j jobs.Job) {
				if j.File != "" {
					os.Remove(j.File) // it may be gone
				}
			},
		}
	}
	s.Jobs, err = jobs.Open("Jobs"+cfg.Owner(), s.JournalOptions(cfg), kinds, func(err error) { s.Console.Event("*** jobs", "error", err) })
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	return nil
}

// objectsAt are the objects at places, each once; browse.ErrNotFound when a place has
// none.
func (s *PACS) objectsAt(ctx context.Context, places []browse.Place) ([]db.ObjectRef, error) {
	var all []db.ObjectRef
	seen := map[string]bool{}
	for _, p := range places {
		refs, err := s.Browse.Refs(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, r := range refs {
			if !seen[r.SOPInstanceUID] {
				seen[r.SOPInstanceUID] = true
				all = append(all, r)
			}
		}
	}
	return all, nil
}

// Extent is how much a task is about.
type Extent struct{ Studies, Series, Objects int }

// ExtentOf counts what a task is about.
func (s *PACS) ExtentOf(ctx context.Context, places []browse.Place) (Extent, error) {
	refs, err := s.objectsAt(ctx, places)
	studies, series := map[string]bool{}, map[string]bool{}
	for _, r := range refs {
		studies[r.StudyInstanceUID], series[r.SeriesInstanceUID] = true, true
	}
	return Extent{len(studies), len(series), len(refs)}, err
}

// gone is not an error for tasks that are to remove what is not there any more.
func gone(err error) error {
	if errors.Is(err, browse.ErrNotFound) {
		return nil
	}
	return err
}
