package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// soakIni makes each object of a soak pass Lua when it comes and go on to the
// destination of the load client.
var soakIni = []string{
	"ImportConverter0 = lua:Data.PatientComments = Data.PatientID",
	"ExportConverters = 1", "ExportConverter0 = forward to " + moveAE,
}

// A chore is a kind of work of a soak.
type chore struct {
	name    string
	share   float64 // of all acts
	workers int
	start   func(b *bench, p *peer, worker int) (act func() error, done func() error, err error)
}

// soakImages is the number of CT objects that are moved and fetched, in groups
// of soakGroup.
const (
	soakImages = 100
	soakGroup  = 5
)

func chores() []chore {
	return []chore{
		{"echo", .20, 1, soakEcho},
		{"assoc", .10, 1, func(_ *bench, p *peer, _ int) (func() error, func() error, error) {
			return func() error {
				a, err := p.dial(echoContext)
				if err != nil {
					return err
				}
				return errors.Join(a.echo(), a.release())
			}, nothing, nil
		}},
		{"small", .32, 4, soakStore(small, 0)},
		{"ct", .05, 4, soakStore(ct, 10)},
		{"single", .10, 2, soakSingle},
		{"patient", .12, 2, soakFind(findPatient)},
		{"images", .06, 1, soakFind(findImages)},
		{"move", .02, 1, soakMove},
		{"get", .03, 1, soakGet},
	}
}

func nothing() error { return nil }

func soakEcho(_ *bench, p *peer, _ int) (func() error, func() error, error) {
	a, err := p.dial(echoContext)
	if err != nil {
		return nil, nil, err
	}
	return a.echo, a.release, nil
}

func soakStore(k kind, group int) func(*bench, *peer, int) (func() error, func() error, error) {
	return func(b *bench, p *peer, worker int) (func() error, func() error, error) {
		a, err := p.dial(storage(k))
		if err != nil {
			return nil, nil, err
		}
		s := b.template(k).sender(0, group+worker)
		return func() error {
			sop, data := s.next()
			b.stored.Add(1)
			return a.store(k.class, sop, data)
		}, a.release, nil
	}
}

func soakSingle(b *bench, p *peer, worker int) (func() error, func() error, error) {
	s := b.template(small).sender(0, 20+worker)
	return func() error {
		b.stored.Add(1)
		m, err := storePart(p, s, 1, true)
		if err == nil && m.n != 1 {
			err = errors.New("single: nothing stored")
		}
		return err
	}, nothing, nil
}

func soakFind(ask question) func(*bench, *peer, int) (func() error, func() error, error) {
	return func(b *bench, p *peer, _ int) (func() error, func() error, error) {
		a, err := p.dial(proposal{studyFind, []string{explicitLE}, false})
		if err != nil {
			return nil, nil, err
		}
		i := 0
		return func() error {
			keys, want := ask(i, max(b.images/seriesSize, 1))
			i++
			got := 0
			err := a.query(cFind, studyFind, "", keys, func(*message) error { got++; return nil })
			if err == nil && got < want {
				err = fmt.Errorf("find: %d answers", got)
			}
			return err
		}, a.release, nil
	}
}

// soakObjects is the identifier of the i-th group of objects to retrieve.
func soakObjects(i int) []byte {
	var sops []string
	for n := range soakGroup {
		sops = append(sops, uid(retrieveRun, 4, firstSeries, (i*soakGroup+n)%soakImages))
	}
	return identifier(
		field32{0x00080018, "UI", strings.Join(sops, `\`)}, field32{0x00080052, "CS", "IMAGE"},
		field32{0x0020000d, "UI", uid(retrieveRun, 2, firstSeries, 0)},
		field32{0x0020000e, "UI", uid(retrieveRun, 3, firstSeries, 0)})
}

func soakMove(b *bench, p *peer, _ int) (func() error, func() error, error) {
	i := 0
	return func() error {
		a, err := p.dial(proposal{studyMove, []string{explicitLE}, false})
		if err != nil {
			return err
		}
		i++
		b.stored.Add(soakGroup)
		return errors.Join(a.query(cMove, studyMove, moveAE, soakObjects(i), nil), a.release())
	}, nothing, nil
}

func soakGet(_ *bench, p *peer, _ int) (func() error, func() error, error) {
	i := 0
	return func() error {
		a, err := p.dial(proposal{studyGet, []string{explicitLE}, false}, proposal{ctStorage, []string{explicitLE}, true})
		if err != nil {
			return err
		}
		i++
		got := 0
		err = a.query(cGet, studyGet, "", soakObjects(i), func(m *message) error {
			if m.number(tagCommand) != cStore {
				return nil
			}
			got++
			return answerStore(a.link, m)
		})
		if err == nil && got != soakGroup {
			err = fmt.Errorf("get: %d objects of %d", got, soakGroup)
		}
		return errors.Join(err, a.release())
	}, nothing, nil
}

// soak lets a server do mixed work at a steady rate, prints what it holds and how
// fast it answers each minute, and fails when anything fails, when the server
// complains in its log, when objects are not forwarded, or when it holds more at
// the end than it did before half of the time was over.
func soak(o *options, out io.Writer) error {
	if o.dgate == "" {
		return errors.New("-soak needs -dgate")
	}
	dest, err := newAcceptor()
	if err != nil {
		return err
	}
	defer dest.close()
	o.ini = append(soakIni, o.ini...)
	p, err := startPeer(o, "dgate", dest.port())
	if p != nil {
		defer p.stop()
	}
	if err != nil {
		return err
	}
	b := &bench{dest: dest, templates: map[string]*template{}, images: o.images}
	for _, k := range []kind{small, ct} {
		b.template(k) // not by several workers at once
	}
	if err := errors.Join(b.fillQueries(p), b.study(p, soakImages)); err != nil {
		return err
	}
	b.stored.Add(int64(b.images + soakImages))
	watch := newSoakWatch(p, o.soak, out)
	err = b.work(p, o, watch)
	return errors.Join(err, watch.verdict(), b.awaitForwards(), complaints(p))
}

// work runs all chores until the time is over or one fails.
func (b *bench) work(p *peer, o *options, watch *soakWatch) error {
	end := time.Now().Add(o.soak)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var once sync.Once
	var failed error
	fail := func(err error) {
		once.Do(func() {
			failed = err
			close(stop)
		})
	}
	for _, c := range chores() {
		for worker := range c.workers {
			pause := time.Duration(float64(c.workers) / (c.share * o.rate) * float64(time.Second))
			wg.Go(func() {
				if err := b.doChore(c, p, worker, pause, end, stop, watch); err != nil {
					fail(fmt.Errorf("%s: %w", c.name, err))
				}
			})
		}
	}
	watch.follow(end, stop)
	wg.Wait()
	return failed
}

// doChore acts every pause; what it can not keep up with is left out.
func (b *bench) doChore(c chore, p *peer, worker int, pause time.Duration, end time.Time, stop <-chan struct{}, watch *soakWatch) error {
	act, done, err := c.start(b, p, worker)
	if err != nil {
		return err
	}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for time.Now().Before(end) {
		select {
		case <-stop:
			return done()
		case <-tick.C:
		}
		begin := time.Now()
		if err := act(); err != nil {
			return err
		}
		watch.note(c.name, time.Since(begin))
	}
	return done()
}

// awaitForwards waits until the destination has all that was stored and moved.
func (b *bench) awaitForwards() error {
	want := b.stored.Load()
	for begin := time.Now(); b.dest.count.Load() < want; time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > forwardWait {
			return fmt.Errorf("soak: %d of %d objects were not forwarded", want-b.dest.count.Load(), want)
		}
	}
	return nil
}

// complaints are the lines with stars in the server's log.
func complaints(p *peer) error {
	log, err := os.ReadFile(filepath.Join(p.dir, "server.log"))
	if err != nil {
		return err
	}
	if at := strings.Index(string(log), "***"); at >= 0 {
		return fmt.Errorf("soak: the server's log says %.300s", log[at:])
	}
	return nil
}
