package main

import (
	"errors"
	"fmt"
	"time"
)

// Objects that are stored once per server for queries and retrievals have runs
// of their own.
const (
	queryRun    = 7
	retrieveRun = 8
)

// queryable reports whether the server has an index.
func queryable(p *peer) bool { return !p.files && p.name != "storescp" }

// fill stores objects in long series, without measuring.
func (b *bench) fill(p *peer, k kind, run, count int) error {
	a, err := p.dial(storage(k))
	if err != nil {
		return err
	}
	defer a.close()
	s := b.template(k).sender(run, 1)
	for range count {
		sop, data := s.next()
		if err := a.store(k.class, sop, data); err != nil {
			return fmt.Errorf("fill %s: %w", p.name, err)
		}
	}
	return a.release()
}

// A question makes the identifier of the i-th query and says how many answers
// it must have at least.
type question func(i, series int) (keys []byte, answers int)

// firstSeries is the number of the first series that fill makes.
const firstSeries = 10000

func findImages(i, series int) ([]byte, int) {
	n := firstSeries + i%series
	return identifier(
		field32{0x00080018, "UI", ""}, field32{0x00080052, "CS", "IMAGE"},
		field32{0x0020000d, "UI", uid(queryRun, 2, n, 0)}, field32{0x0020000e, "UI", uid(queryRun, 3, n, 0)},
		field32{0x00200013, "IS", ""}), 1
}

func studyQuestion(date, name, patient string) []byte {
	return identifier(
		field32{0x00080020, "DA", date}, field32{0x00080050, "SH", ""}, field32{0x00080052, "CS", "STUDY"},
		field32{0x00100010, "PN", name}, field32{0x00100020, "LO", patient}, field32{0x0020000d, "UI", ""})
}

func findPatient(i, series int) ([]byte, int) {
	return studyQuestion("", "", patientID(queryRun, firstSeries+i%series)), 1
}

func findName(i, series int) ([]byte, int) {
	return studyQuestion("", fmt.Sprintf("LOAD^P%06d*", (firstSeries+i%series)/10), ""), 1
}

func findDate(i, series int) ([]byte, int) {
	n := firstSeries + i%series
	month, day := n%12+1, n%28+1
	return studyQuestion(fmt.Sprintf("2024%02d%02d-2024%02d%02d", month, day, month, min(day+2, 28)), "", ""), 1
}

// fillQueries stores the objects of the query rows, once for each server.
func (b *bench) fillQueries(p *peer) error {
	if p.filled {
		return nil
	}
	if err := b.fill(p, small, queryRun, b.images); err != nil {
		return err
	}
	p.filled = true
	return nil
}

func runFind(ask question) func(*bench, *peer, int) (*measure, error) {
	return func(b *bench, p *peer, n int) (*measure, error) {
		if !queryable(p) {
			return nil, errNotThis
		}
		if err := b.fillQueries(p); err != nil {
			return nil, err
		}
		series := max(b.images/seriesSize, 1)
		a, err := p.dial(proposal{studyFind, []string{explicitLE}, false})
		if err != nil {
			return nil, err
		}
		defer a.close()
		i := 0
		m, err := timed(n, func() error {
			keys, want := ask(i, series)
			i++
			got := 0
			err := a.query(cFind, studyFind, "", keys, func(*message) error { got++; return nil })
			if err == nil && got < want {
				err = fmt.Errorf("find: %d answers", got)
			}
			return err
		})
		return m, errors.Join(err, a.release())
	}
}

// study fills the server for retrievals and returns how many objects each study
// has.
func (b *bench) study(p *peer, n int) error {
	if p.dest >= n {
		return nil
	}
	p.dest = n
	return b.fill(p, ct, retrieveRun, n)
}

// retrieve asks for the studies of n objects and measures until the last.
func (b *bench) retrieve(p *peer, n int, ask func(keys []byte) (int, error)) (*measure, error) {
	if !queryable(p) {
		return nil, errNotThis
	}
	if err := b.study(p, n); err != nil {
		return nil, err
	}
	m := &measure{}
	begin := time.Now()
	for s := range (n + seriesSize - 1) / seriesSize {
		t := time.Now()
		got, err := ask(identifier(
			field32{0x00080052, "CS", "STUDY"},
			field32{0x0020000d, "UI", uid(retrieveRun, 2, firstSeries+s, 0)}))
		if err != nil {
			return nil, err
		}
		m.n += got
		m.lat = append(m.lat, time.Since(t))
	}
	m.elapsed = time.Since(begin)
	m.bytes = int64(m.n) * int64(len(b.template(ct).data))
	if m.n < n {
		return nil, fmt.Errorf("retrieve: %d of %d objects came", m.n, n)
	}
	return m, nil
}

func runMove(b *bench, p *peer, n int) (*measure, error) {
	return b.retrieve(p, n, func(keys []byte) (int, error) {
		a, err := p.dial(proposal{studyMove, []string{explicitLE}, false})
		if err != nil {
			return 0, err
		}
		defer a.close()
		before := b.dest.count.Load()
		if err := a.query(cMove, studyMove, moveAE, keys, nil); err != nil {
			return 0, err
		}
		return int(b.dest.count.Load() - before), a.release()
	})
}

func runGet(b *bench, p *peer, n int) (*measure, error) {
	return b.retrieve(p, n, func(keys []byte) (int, error) {
		a, err := p.dial(proposal{studyGet, []string{explicitLE}, false},
			proposal{ctStorage, []string{explicitLE}, true})
		if err != nil {
			return 0, err
		}
		defer a.close()
		got := 0
		err = a.query(cGet, studyGet, "", keys, func(m *message) error {
			if m.number(tagCommand) != cStore {
				return nil
			}
			got++
			return answerStore(a.link, m)
		})
		return got, errors.Join(err, a.release())
	})
}
