package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"conquest/api"
	"conquest/web"
)

func (site) ConfigText(string) (text, tag string, err error) { return "text", "tag", nil }
func (site) CheckConfig(string) ([]api.Finding, error)       { return nil, nil }
func (site) CheckAEs(string) []api.Finding                   { return nil }
func (site) LintConfig() []api.Finding                       { return nil }
func (site) ReplaceConfig(_, _, tag string) (string, error) {
	if tag != "tag" {
		return "", api.ErrChanged
	}
	return "new", nil
}
func (site) ConfigHistory(string) ([]api.Version, error)  { return nil, nil }
func (site) ConfigVersion(_, _ string) (string, error)    { return "text", nil }
func (site) AEs() []api.AE                                { return nil }
func (site) Words(error) string                           { return "" }
func (site) Echo(context.Context, string) error           { return nil }
func (site) Rules() []api.Rule                            { return nil }
func (site) Log(context.Context, bool, func(api.LogLine)) {}
func (site) Events(ctx context.Context, tell func(api.Event)) {
	tell(api.Event{Kind: "config"})
	<-ctx.Done()
}
func (site) FindAt(context.Context, string, string, map[string]string) ([]json.RawMessage, error) {
	return nil, nil
}
func (s site) RetrieveFrom(context.Context, string, string, api.Place) (api.Job, error) {
	return s.Job(1)
}
func (site) ExplainRules(context.Context, string, api.Place, string) (string, error) { return "", nil }

// What is edited as a whole is replaced by who has seen its last state only.
func TestIfMatch(t *testing.T) {
	h := newHandler()
	for _, r := range api.Routes {
		if r.ID != "putConfig" && r.ID != "putAEText" {
			continue
		}
		for match, status := range map[string]int{`"tag"`: 200, `W/"tag"`: 200, `"old"`: http.StatusPreconditionFailed, "": http.StatusPreconditionRequired} {
			w := call(h, r, web.Admin, func(r *http.Request) { r.Header.Set("If-Match", match) })
			if w.Code != status || status == 200 && w.Header().Get("ETag") != `"new"` {
				t.Errorf("%s If-Match %q: %d %v %s", r.ID, match, w.Code, w.Header(), w.Body)
			}
		}
	}
}

// Events come as server-sent events.
func TestEvents(t *testing.T) {
	h := newHandler()
	for _, r := range api.Routes {
		if r.ID != "getEvents" {
			continue
		}
		w := call(h, r, web.Viewer)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") || !strings.Contains(w.Body.String(), `data: {"kind":"config"`) {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
	}
}
