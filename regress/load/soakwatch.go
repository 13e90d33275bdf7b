package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// A soakWatch looks at a server during a soak.
type soakWatch struct {
	p     *peer
	out   io.Writer
	begin time.Time
	lasts time.Duration

	mu      sync.Mutex // guards lat
	lat     map[string][]time.Duration
	samples []sample
	failed  error
}

// sample is what the server held at a time.
type sample struct {
	at time.Duration
	resources
}

const (
	sampleEach = 5 * time.Second
	reportEach = time.Minute
)

func newSoakWatch(p *peer, lasts time.Duration, out io.Writer) *soakWatch {
	return &soakWatch{p: p, out: out, begin: time.Now(), lasts: lasts, lat: map[string][]time.Duration{}}
}

// note counts an act.
func (w *soakWatch) note(name string, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lat[name] = append(w.lat[name], d)
}

// follow samples and reports until end, or until stop is closed.
func (w *soakWatch) follow(end time.Time, stop <-chan struct{}) {
	fmt.Fprintf(w.out, "| minute | resident MB | threads | files | acts/s |")
	for _, c := range chores() {
		fmt.Fprintf(w.out, " %s |", c.name)
	}
	fmt.Fprintf(w.out, "\n|%s  (p99 in ms)\n", strings.Repeat("---:|", 5+len(chores())))
	tick := time.NewTicker(sampleEach)
	defer tick.Stop()
	reported := w.begin
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		r, err := held(w.p.pid)
		if err != nil {
			w.failed = err
			return
		}
		w.samples = append(w.samples, sample{time.Since(w.begin), r})
		over := !time.Now().Before(end)
		if since := time.Since(reported); since >= reportEach-sampleEach/2 || over {
			w.report(r, since)
			reported = time.Now()
		}
		if over {
			return
		}
	}
}

// report prints a line and begins to count anew.
func (w *soakWatch) report(r resources, since time.Duration) {
	w.mu.Lock()
	lat := w.lat
	w.lat = map[string][]time.Duration{}
	w.mu.Unlock()
	total := 0
	var cells strings.Builder
	for _, c := range chores() {
		m := measure{lat: lat[c.name]}
		total += len(m.lat)
		fmt.Fprintf(&cells, " %.1f |", float64(m.quantile(.99))/float64(time.Millisecond))
	}
	fmt.Fprintf(w.out, "| %.1f | %.1f | %d | %d | %.1f |%s\n", time.Since(w.begin).Minutes(),
		float64(r.rss)/1024, r.threads, r.files, float64(total)/since.Seconds(), cells.String())
}

// What a server may hold more in the last quarter of a soak than in the second.
const (
	moreMemory  = 1.15 // and moreKB
	moreKB      = 4 << 10
	moreThreads = 8
	moreFiles   = 16
)

// verdict compares the medians of the second and of the last quarter.
func (w *soakWatch) verdict() error {
	if w.failed != nil {
		return w.failed
	}
	early, late := w.median(w.lasts/4, w.lasts/2), w.median(w.lasts*3/4, w.lasts*2)
	fmt.Fprintf(w.out, "second quarter: %.1f MB, %d threads, %d files; last: %.1f MB, %d threads, %d files\n",
		float64(early.rss)/1024, early.threads, early.files, float64(late.rss)/1024, late.threads, late.files)
	switch {
	case early.rss == 0 || late.rss == 0:
		return fmt.Errorf("soak: too short to tell, %d samples", len(w.samples))
	case float64(late.rss) > moreMemory*float64(early.rss)+moreKB:
		return fmt.Errorf("soak: resident memory grew from %d to %d kB", early.rss, late.rss)
	case late.threads > early.threads+moreThreads:
		return fmt.Errorf("soak: threads grew from %d to %d", early.threads, late.threads)
	case late.files > early.files+moreFiles:
		return fmt.Errorf("soak: open files grew from %d to %d", early.files, late.files)
	}
	return nil
}

// median are the medians of the samples between two times.
func (w *soakWatch) median(from, to time.Duration) resources {
	var rss, threads, files []int
	for _, s := range w.samples {
		if s.at >= from && s.at <= to {
			rss, threads, files = append(rss, s.rss), append(threads, s.threads), append(files, s.files)
		}
	}
	if len(rss) == 0 {
		return resources{}
	}
	middle := func(list []int) int {
		slices.Sort(list)
		return list[len(list)/2]
	}
	return resources{middle(rss), middle(threads), middle(files)}
}
