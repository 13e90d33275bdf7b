package archive

import (
	"context"
	"time"

	"conquest/api"
	"conquest/console"
	"conquest/pacs/jobs"
)

// Log gives the last lines, and new ones with follow.
func (a *Archive) Log(ctx context.Context, follow bool, line func(api.LogLine)) {
	said := func(s console.Said) { line(api.LogLine{Time: s.Time, Text: s.Text, Level: api.LevelOf(s.Text)}) }
	if follow {
		a.Recent.Follow(ctx, said)
		return
	}
	for _, s := range a.Recent.Last() {
		said(s)
	}
}

// eventsEvery is how often what has no news of its own is looked at.
const eventsEvery = time.Second

// Events tells what changes until ctx ends: jobs, objects that came, states of
// queues, and the configuration.
func (a *Archive) Events(ctx context.Context, tell func(api.Event)) {
	changes := make(chan api.Event, 256)
	put := func(e api.Event) {
		select {
		case changes <- e:
		default: // who does not keep up misses some
		}
	}
	unsubscribe := a.PACS.Live.Subscribe(func(_, _ *config) { put(api.Event{Kind: "config", Time: time.Now()}) })
	defer unsubscribe()
	a.streams.Go("job events", func() {
		a.PACS.Jobs.Follow(ctx, func(j jobs.Job) { one := job(j); put(api.Event{Kind: "job", Time: time.Now(), Job: &one}) })
	})
	received, states := a.PACS.Counters.Received.Load(), a.states()
	tick := time.NewTicker(eventsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-changes:
			tell(e)
			continue
		case <-tick.C:
		}
		if n := a.PACS.Counters.Received.Load(); n != received {
			tell(api.Event{Kind: "objects", Time: time.Now(), Objects: n - received})
			received = n
		}
		now := a.states()
		for key, line := range now {
			if was, ok := states[key]; !ok || was.State != line.State || was.Letters != line.Letters {
				tell(api.Event{Kind: "queue", Time: time.Now(), Queue: &line})
			}
		}
		states = now
	}
}

// states are the lines of the queues by kind, queue and destination.
func (a *Archive) states() map[string]api.QueueLine {
	list := map[string]api.QueueLine{}
	for _, l := range a.PACS.Outgoing() {
		line := queueLine(l)
		list[line.Kind+"\x00"+line.Queue+"\x00"+line.Destination] = line
	}
	return list
}
