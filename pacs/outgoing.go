package pacs

import (
	"fmt"
	"time"

	"conquest/pacs/outgoing"
	"conquest/scripting"
	"conquest/storage"
)

// OutgoingSources are the queues with what they are for.
func (s *PACS) OutgoingSources() []outgoing.Source {
	var list []outgoing.Source
	cfg := s.Live.Current()
	for i, q := range s.Export.Exports() {
		conv, _ := cfg.Converter(scripting.Export.Name(), i)
		src := outgoing.Source{Kind: "export", Rule: fmt.Sprintf("ExportConverter%d", i), Queue: q}
		for _, t := range scripting.Targets(conv.Text, scripting.ExportDialect) {
			src.Targets = append(src.Targets, t.Name)
		}
		list = append(list, src)
	}
	if q := s.Export.Mirrors(); q != nil {
		names := map[string]string{}
		dev := storage.NewDevices(cfg.Storage)
		for n := range dev.MAGs() {
			if folder := dev.Mirror(n); folder != "" {
				names[folder] = fmt.Sprintf("MIRROR%d", n)
			}
		}
		list = append(list, outgoing.Source{Kind: "mirror", Queue: q, Names: names})
	}
	if s.Delayed != nil {
		collected := map[string]outgoing.Collected{}
		s.Delayed.Collected(func(d scripting.Delayed, since, due time.Time) {
			c := collected[d.AE]
			if c.Count == 0 || since.Before(c.Oldest) {
				c.Oldest = since
			}
			if c.Count == 0 || due.Before(c.Due) {
				c.Due = due
			}
			c.Count++
			collected[d.AE] = c
		})
		list = append(list, outgoing.Source{Kind: "delayed", Queue: s.Delayed.Ready(), Collected: collected})
	}
	if s.Commitment != nil {
		if q := s.Commitment.Promises(); q != nil {
			list = append(list, outgoing.Source{Kind: "commitment", Queue: q})
		}
	}
	return list
}

// Outgoing is how outgoing work stands, for each kind and destination.
func (s *PACS) Outgoing() []outgoing.Line { return outgoing.Lines(s.OutgoingSources(), s.Export.Gate) }

// FailureFiles are the failure files beside the server in the layout of the original.
func (s *PACS) FailureFiles() ([]outgoing.File, error) {
	return outgoing.Files(".", s.OutgoingSources())
}
