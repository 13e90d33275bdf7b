package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mixedReaders is the number of associations that query while others store.
const mixedReaders = 4

// runMixed stores CT over four associations while four others query the index
// without a pause; the rate is that of stores, the latency that of queries.
func runMixed(b *bench, p *peer, n int) (*measure, error) {
	if !queryable(p) {
		return nil, errNotThis
	}
	if err := b.fillQueries(p); err != nil {
		return nil, err
	}
	var stop atomic.Bool
	var readers sync.WaitGroup
	reads := make([]*measure, mixedReaders)
	errs := make([]error, mixedReaders)
	for i := range mixedReaders {
		readers.Go(func() { reads[i], errs[i] = b.queryUntil(p, &stop) })
	}
	m, err := b.storeMany(p, ct, 4, n, false)
	stop.Store(true)
	readers.Wait()
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	m.lat = nil
	for _, r := range reads {
		m.lat = append(m.lat, r.lat...)
	}
	return m, nil
}

// queryUntil asks for studies by patient ID until stop.
func (b *bench) queryUntil(p *peer, stop *atomic.Bool) (*measure, error) {
	a, err := p.dial(proposal{studyFind, []string{explicitLE}, false})
	if err != nil {
		return nil, err
	}
	defer a.close()
	m := &measure{}
	series := max(b.images/seriesSize, 1)
	for i := 0; !stop.Load(); i++ {
		keys, _ := findPatient(i, series)
		begin := time.Now()
		if err := a.query(cFind, studyFind, "", keys, nil); err != nil {
			return nil, err
		}
		m.lat = append(m.lat, time.Since(begin))
	}
	return m, a.release()
}

// forwardWait is how long forwarded objects may take to come.
const forwardWait = 2 * time.Minute

// forwardRow stores objects on a server that forwards them (which -ini must
// say) and measures until the last has come to the destination.
func forwardRow(k kind, count int) row {
	return row{
		"forward-" + k.name, "store " + k.name + " and forward it to " + moveAE, "objects/s", count,
		func(b *bench, p *peer, n int) (*measure, error) {
			if !p.forwards {
				return nil, errNotThis
			}
			want := b.dest.count.Load() + int64(n)
			begin := time.Now()
			m, err := b.storeMany(p, k, 1, n, false)
			if err != nil {
				return nil, err
			}
			for b.dest.count.Load() < want {
				if time.Since(begin) > forwardWait {
					return nil, fmt.Errorf("forward: %d objects of %d missing", want-b.dest.count.Load(), n)
				}
				time.Sleep(time.Millisecond)
			}
			m.elapsed = time.Since(begin)
			return m, nil
		},
	}
}

// runGetParam starts the program n times for a command to the server.
func runGetParam(_ *bench, p *peer, n int) (*measure, error) {
	if p.name != "dgate" && p.name != "original" {
		return nil, errNotThis
	}
	return timed(n, func() error {
		c := exec.Command(filepath.Join(p.dir, "dgate"), "--get_param:MyACRNema")
		c.Dir = p.dir
		out, err := c.Output() // its exit status is that of the original, 255
		if !strings.Contains(string(out), p.ae) {
			return fmt.Errorf("get_param: answer %q: %w", out, err)
		}
		return nil
	})
}
