package api_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"conquest/api"
	"conquest/web"
)

func (site) Jobs() []api.Job { return []api.Job{{ID: 1, Kind: "send"}} }
func (site) Job(id uint64) (api.Job, error) {
	return api.Job{ID: id, Kind: jobKind, State: "done"}, nil
}
func (s site) CancelJob(id uint64) (api.Job, error)          { return s.Job(id) }
func (s site) RetryJob(id uint64) (api.Job, error)           { return s.Job(id) }
func (site) FollowJobs(ctx context.Context, _ func(api.Job)) { <-ctx.Done() }
func (site) JobFile(uint64) (io.ReadCloser, int64, error) {
	return io.NopCloser(strings.NewReader("zip")), 3, nil
}
func (site) Extent(context.Context, []api.Place) (api.Extent, error) {
	return api.Extent{Objects: 1}, nil
}
func (site) Check(context.Context, api.Task) error              { return nil }
func (s site) Begin(context.Context, api.Task) (api.Job, error) { return s.Job(7) }
func (site) Explain(context.Context, []api.Place, string) (string, error) {
	return "text", nil
}

// jobKind is the kind of the job that the site has.
var jobKind = "send"

// A user can not have a job done once more that only an editor may begin.
func TestJobsAskForTheRoleOfTheirKind(t *testing.T) {
	defer func() { jobKind = "send" }()
	h := newHandler()
	for kind, want := range map[string]map[web.Role]int{
		"send":   {web.Viewer: http.StatusForbidden, web.User: http.StatusOK},
		"delete": {web.User: http.StatusForbidden, web.Editor: http.StatusOK},
	} {
		jobKind = kind
		for role, status := range want {
			for _, r := range api.Routes {
				if r.ID != "retryJob" && r.ID != "cancelJob" {
					continue
				}
				if w := call(h, r, role); w.Code != status {
					t.Errorf("%s of a %s job as %s: %d", r.ID, kind, role, w.Code)
				}
			}
		}
	}
}

// An action is answered with its job, or with what it would be about.
func TestActionAnswers(t *testing.T) {
	h := newHandler()
	for _, r := range api.Routes {
		if r.ID != "deleteStudy" {
			continue
		}
		w := call(h, r, web.Editor)
		if w.Code != http.StatusAccepted || w.Header().Get("Location") != "/api/v1/jobs/7" || !strings.Contains(w.Body.String(), `"id":7`) {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		w = call(h, r, web.Editor, func(r *http.Request) { r.URL.RawQuery = "dry=true" })
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"job"`) || !strings.Contains(w.Body.String(), `"dry":true`) {
			t.Errorf("dry: %d %s", w.Code, w.Body)
		}
	}
}
