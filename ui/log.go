package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

func (h *Handler) log(w http.ResponseWriter, r *http.Request) {
	var lines []LogLine
	err := h.site.Log(r.Context(), false, func(l LogLine) { lines = append(lines, l) })
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, "log", "Log", lines)
}

// Bounds of the stream of log lines: those of a moment go out together.
const (
	logPause = 250 * time.Millisecond
	logBatch = 500
)

// logStream sends lines as server-sent events, each a list of lines as JSON.
func (h *Handler) logStream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	lines := make(chan LogLine, 4*logBatch)
	ctx := r.Context()
	done := make(chan error, 1)
	follow := func() {
		done <- h.site.Log(ctx, true, func(l LogLine) {
			select {
			case lines <- l:
			default: // a reader that can not follow misses lines, the server waits for none
			}
		})
	}
	h.streams.Go("log of a page", follow)
	tick := time.NewTicker(logPause)
	defer tick.Stop()
	silent := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-done:
			return
		case <-tick.C:
		}
		batch := make([]map[string]any, 0, 16)
		for len(batch) < logBatch && len(lines) > 0 {
			l := <-lines
			batch = append(batch, map[string]any{"time": l.Time.Format("15:04:05"), "text": l.Text, "bad": l.Bad()})
		}
		if silent++; len(batch) == 0 && silent < 60 {
			continue
		}
		silent = 0
		data, err := json.Marshal(batch)
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil {
			return
		}
		if err := out.Flush(); err != nil {
			return
		}
	}
}
