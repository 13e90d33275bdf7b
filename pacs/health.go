package pacs

import (
	"context"
	"strconv"
	"time"

	"conquest/pacs/health"
	"conquest/queue"
)

// scriptLimit is how long a converter may run until the server counts as not in
// order, where LuaTimeout does not allow more.
const scriptLimit = 5 * time.Minute

// Health are the checks whether the server can do its work now.
func (s *PACS) Health() []health.Check {
	cfg := s.Live.Current()
	dev := s.Devices(cfg)
	scripts := max(scriptLimit, time.Duration(cfg.Number("LuaTimeout"))*time.Second)
	return []health.Check{
		health.Index(s.Index),
		health.Filled(s.Index, dev),
		health.Devices(dev, s.Presence(cfg)),
		health.Queues(time.Duration(cfg.Number("HealthQueueAge"))*time.Second, s.waiting),
		health.Scripts(scripts, s.runningScripts),
	}
}

// Examine runs the checks of [PACS.Health].
func (s *PACS) Examine(ctx context.Context) []health.Finding {
	return health.Examine(ctx, health.Limit, s.Health())
}

// waiting is what the queues hold.
func (s *PACS) waiting() []health.Waiting {
	var list []health.Waiting
	add := func(name string, st queue.State) {
		list = append(list, health.Waiting{Queue: name, Count: st.Waiting + st.Running, Oldest: st.Oldest})
	}
	for i, q := range s.Export.Exports() {
		add("ExportConverter"+strconv.Itoa(i), q.State())
	}
	if q := s.Export.Mirrors(); q != nil {
		add("mirror copies", q.State())
	}
	if s.Delayed != nil {
		add("delayed", s.Delayed.Ready().State())
	}
	return list
}

func (s *PACS) runningScripts() []health.Script {
	var list []health.Script
	for _, r := range s.Rules.Running() {
		list = append(list, health.Script(r))
	}
	return list
}
