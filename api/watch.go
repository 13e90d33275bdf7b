package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Watch is what can be followed.
type Watch interface {
	// Log gives the last lines of the log, oldest first; with follow new ones until ctx
	// ends.
	Log(ctx context.Context, follow bool, line func(LogLine))
	// Events tells what changes until ctx ends.
	Events(ctx context.Context, tell func(Event))
}

// LogLine is a line of the log.
type LogLine struct {
	Time  time.Time `json:"time"`
	Level string    `json:"level" enum:"info,error"`
	Text  string    `json:"text"`
}

// LevelOf is the level of a line of the log, as the original marks it.
func LevelOf(text string) string {
	if strings.HasPrefix(text, "***") {
		return "error"
	}
	return "info"
}

// Event is something that changed.
type Event struct {
	Kind    string     `json:"kind" enum:"job,objects,queue,config"`
	Time    time.Time  `json:"time"`
	Job     *Job       `json:"job,omitempty"`
	Objects int64      `json:"objects,omitempty" doc:"received since the last event of the kind"`
	Queue   *QueueLine `json:"queue,omitempty"`
}

// silence is how long a stream says nothing before it says that it is alive.
const silence = 15 * time.Second

// stream sends values as server-sent events, each as JSON, until the caller goes.
// begin calls put for each; those that the caller can not take in time are left out.
func stream[T any](h *Handler, name string, begin func(ctx context.Context, put func(T))) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		r, w := humago.Unwrap(c)
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		out := http.NewResponseController(w)
		values := make(chan T, 1024)
		h.work.Go(name, func() {
			begin(ctx, func(v T) {
				select {
				case values <- v:
				default:
				}
			})
		})
		for {
			if err := out.Flush(); err != nil {
				return
			}
			text := ": alive\n\n"
			select {
			case <-ctx.Done():
				return
			case <-time.After(silence):
			case v := <-values:
				data, err := json.Marshal(v)
				if err != nil {
					return
				}
				text = "data: " + string(data) + "\n\n"
			}
			if _, err := fmt.Fprint(w, text); err != nil {
				return
			}
		}
	}}
}

type logInput struct {
	Follow bool   `query:"follow" doc:"new lines as server-sent events, each a line as JSON"`
	Level  string `query:"level" enum:"info,error" doc:"error: only what is marked as trouble"`
	Q      string `query:"q" maxLength:"100" doc:"part of the text, without regard to case"`
}

func (in *logInput) wants(l LogLine) bool {
	return (in.Level != "error" || l.Level == "error") && strings.Contains(strings.ToLower(l.Text), strings.ToLower(in.Q))
}

func (h *Handler) watchRoutes(s Watch) {
	add(h, "getLog", func(ctx context.Context, in *logInput) (*huma.StreamResponse, error) {
		if in.Follow {
			return stream(h, "log", func(ctx context.Context, put func(LogLine)) {
				s.Log(ctx, true, func(l LogLine) {
					if in.wants(l) {
						put(l)
					}
				})
			}), nil
		}
		list := Listing[LogLine]{Items: []LogLine{}}
		s.Log(ctx, false, func(l LogLine) {
			if in.wants(l) {
				list.Items = append(list.Items, l)
			}
		})
		text, err := json.Marshal(list)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/json")
			c.BodyWriter().Write(text)
		}}, nil
	}, produces("application/json", "text/event-stream"))
	add(h, "getEvents", func(context.Context, *none) (*huma.StreamResponse, error) {
		return stream(h, "events", s.Events), nil
	}, produces("text/event-stream"))
}
