package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// A row is a kind of work.
type row struct {
	name  string
	about string
	unit  string
	count int // at scale 1
	run   func(b *bench, p *peer, n int) (*measure, error)
}

// A measure is the result of a row on one server in one round.
type measure struct {
	n       int
	bytes   int64
	elapsed time.Duration
	lat     []time.Duration
	cpu     time.Duration
	peak    int64
}

func (m *measure) rate() float64 { return float64(m.n) / m.elapsed.Seconds() }

// A bench holds what all rows share.
type bench struct {
	dest      *acceptor
	templates map[string]*template
	images    int          // objects to fill a server with for the queries
	runs      int          // number of the next run, for new UIDs
	stored    atomic.Int64 // that a soak's destination is to get
}

var errNotThis = errors.New("not measured with this server")

func rows() []row {
	list := []row{
		{"echo", "C-ECHO, one association", "/s", 10000, runEcho},
		{"assoc-echo", "associations with one echo", "/s", 500, runAssociations},
	}
	for _, n := range []int{1, 4, 16} {
		list = append(list, storeRow(small, n, 1500))
	}
	for _, n := range []int{1, 4, 16} {
		list = append(list, storeRow(ct, n, 400))
	}
	for _, n := range []int{1, 4} {
		list = append(list, storeRow(multiframe, n, 12))
	}
	for _, n := range []int{1, 4} {
		list = append(list, row{
			fmt.Sprintf("single-%d", n), fmt.Sprintf("one small object per association, %d at once", n), "objects/s", 400,
			func(b *bench, p *peer, count int) (*measure, error) { return b.storeMany(p, small, n, count, true) },
		})
	}
	return append(list,
		row{"move", "C-MOVE of a study of CT", "objects/s", 300, runMove},
		row{"get", "C-GET of a study of CT", "objects/s", 300, runGet},
		row{"find-images", "C-FIND of the images of a series", "/s", 200, runFind(findImages)},
		row{"find-patient", "C-FIND of studies by PatientID", "/s", 500, runFind(findPatient)},
		row{"find-name", "C-FIND of studies by name*", "/s", 300, runFind(findName)},
		row{"find-date", "C-FIND of studies by date range", "/s", 300, runFind(findDate)},
		row{"mixed", "store ct, 4 at once, while 4 query (p99 of queries)", "objects/s", 400, runMixed},
		forwardRow(small, 1500),
		forwardRow(ct, 400),
		row{"get-param", "start of the program with --get_param", "/s", 50, runGetParam},
	)
}

func storeRow(k kind, associations, count int) row {
	return row{
		fmt.Sprintf("store-%s-%d", k.name, associations),
		fmt.Sprintf("store %s, %d at once", k.name, associations), "objects/s", count,
		func(b *bench, p *peer, n int) (*measure, error) { return b.storeMany(p, k, associations, n, false) },
	}
}

// timed runs n acts one after the other and notes how long each took.
func timed(n int, act func() error) (*measure, error) {
	m := &measure{n: n, lat: make([]time.Duration, 0, n)}
	begin := time.Now()
	for range n {
		t := time.Now()
		if err := act(); err != nil {
			return nil, err
		}
		m.lat = append(m.lat, time.Since(t))
	}
	m.elapsed = time.Since(begin)
	return m, nil
}

var echoContext = proposal{verification, []string{implicitLE}, false}

func runEcho(_ *bench, p *peer, n int) (*measure, error) {
	if p.files {
		return nil, errNotThis
	}
	a, err := p.dial(echoContext)
	if err != nil {
		return nil, err
	}
	defer a.close()
	m, err := timed(n, a.echo)
	return m, errors.Join(err, a.release())
}

func runAssociations(_ *bench, p *peer, n int) (*measure, error) {
	if p.files {
		return nil, errNotThis
	}
	return timed(n, func() error {
		a, err := p.dial(echoContext)
		if err != nil {
			return err
		}
		return errors.Join(a.echo(), a.release())
	})
}

func storage(k kind) proposal { return proposal{k.class, []string{explicitLE}, false} }

// storeMany stores count objects over some associations at once; with single,
// each object has an association of its own.
func (b *bench) storeMany(p *peer, k kind, associations, count int, single bool) (*measure, error) {
	b.runs++
	t := b.template(k)
	per := max(count/associations, 1)
	parts := make([]*measure, associations)
	errs := make([]error, associations)
	senders := make([]*sender, associations)
	for i := range senders {
		senders[i] = t.sender(b.runs, i)
	}
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range associations {
		wg.Go(func() { parts[i], errs[i] = storePart(p, senders[i], per, single) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	sum := &measure{elapsed: time.Since(begin)}
	for _, m := range parts {
		sum.n += m.n
		sum.lat = append(sum.lat, m.lat...)
	}
	sum.bytes = int64(sum.n) * int64(len(t.data))
	return sum, nil
}

func storePart(p *peer, s *sender, n int, single bool) (*measure, error) {
	if p.files {
		return timed(n, func() error {
			sop, data := s.next()
			return os.WriteFile(filepath.Join(p.dir, sop), data, 0o666)
		})
	}
	if single {
		return timed(n, func() error {
			a, err := p.dial(storage(s.kind))
			if err != nil {
				return err
			}
			sop, data := s.next()
			return errors.Join(a.store(s.kind.class, sop, data), a.release())
		})
	}
	a, err := p.dial(storage(s.kind))
	if err != nil {
		return nil, err
	}
	defer a.close()
	m, err := timed(n, func() error {
		sop, data := s.next()
		return a.store(s.kind.class, sop, data)
	})
	return m, errors.Join(err, a.release())
}

func (b *bench) template(k kind) *template {
	if b.templates[k.name] == nil {
		b.templates[k.name] = newTemplate(k)
	}
	return b.templates[k.name]
}
