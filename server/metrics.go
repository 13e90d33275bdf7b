package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"conquest/dicomini"
	"conquest/metrics"
	"conquest/pacs/site"
	"conquest/web"
)

// newMeter makes what counts, where the site has metrics served; else nil.
func newMeter(cfg *dicomini.Config) *metrics.Meter {
	if cfg.Number("HTTPPort") == 0 || !slices.Contains(words(cfg.Value("HTTPServices")), "metrics") {
		return nil
	}
	return metrics.New(site.Version)
}

// mountMetrics serves what was counted.
func (s *Server) mountMetrics(w *web.Server) {
	if s.Meter != nil {
		w.Mount("/metrics", s.Meter.Handler())
	}
}

// countRequest counts a request of a web client by the service that answered.
func (s *Server) countRequest(pattern string, status int, took time.Duration) {
	name := strings.Trim(pattern, "/")
	if name == "{$}" || name == "" {
		name = metrics.Other
	}
	s.Meter.Request(name, status, took)
}

// measured is the server as the metrics see it.
type measured struct{ s *Server }

func (m measured) Incoming() int { return int(m.s.OpenThreads.Load()) }

func (m measured) Queues() []metrics.Queue {
	var list []metrics.Queue
	for _, l := range m.s.Outgoing() {
		to := l.Destination
		if l.Kind != "mirror" {
			to = m.s.PeerLabel(to)
		}
		list = append(list, metrics.Queue{Kind: l.Kind, Destination: to, Objects: l.Waiting + l.Held, Oldest: l.Oldest, Failures: l.Failed})
	}
	return list
}

func (m measured) Devices() []metrics.Device {
	var list []metrics.Device
	for _, d := range m.s.Browse.Space() {
		list = append(list, metrics.Device{Name: d.Name, Free: d.Free})
	}
	return list
}

func (m measured) Rows(ctx context.Context) map[string]int64 {
	n, err := m.s.Index.Counts(ctx)
	if err != nil {
		return nil
	}
	return map[string]int64{"patients": n.Patients, "studies": n.Studies, "series": n.Series, "images": n.Images}
}

func (m measured) Jobs() map[string]int { return m.s.PACS.Jobs.Count() }

func (m measured) UndoBytes() int64 {
	return m.s.Remove.Undo.Bytes()
}
