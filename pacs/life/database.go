package life

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// database keeps events. A chunk is what one group of writes had of one study; its
// events stand in it in the form of an encoder.
type database struct {
	db *sql.DB

	// What is known to be in the tables. They belong to the goroutine that writes.
	studies map[studyKey]int64
	keys    map[objectKey]bool
	peers   map[peerKey]bool
}

type studyKey struct{ uid, patient, accession string }

type objectKey struct{ key, study int64 }

type peerKey struct {
	name  string
	study int64
}

// remembered bounds what is known of the tables.
const remembered = 20000

const tables = `
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS study (id INTEGER PRIMARY KEY, uid TEXT, patient TEXT, accession TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS study_uid ON study (uid, patient, accession);
CREATE INDEX IF NOT EXISTS study_patient ON study (patient);
CREATE INDEX IF NOT EXISTS study_accession ON study (accession);
CREATE TABLE IF NOT EXISTS chunk (id INTEGER PRIMARY KEY, study INTEGER, first INTEGER, last INTEGER, seq INTEGER, events BLOB);
CREATE INDEX IF NOT EXISTS chunk_study ON chunk (study);
CREATE INDEX IF NOT EXISTS chunk_last ON chunk (last);
CREATE TABLE IF NOT EXISTS object (key INTEGER, study INTEGER, PRIMARY KEY (key, study)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS object_study ON object (study);
CREATE TABLE IF NOT EXISTS peer (name TEXT, study INTEGER, PRIMARY KEY (name, study)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS peer_study ON peer (study);
`

// openDatabase opens the file, or makes it.
func openDatabase(ctx context.Context, path string) (*database, error) {
	dsn := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path) +
		"?_pragma=busy_timeout(2000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-8192)"
	handle, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	handle.SetMaxOpenConns(4)
	if _, err := handle.ExecContext(ctx, tables); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), handle.Close())
	}
	d := &database{db: handle}
	d.forget()
	return d, nil
}

// forget forgets what is known of the tables.
func (d *database) forget() {
	d.studies, d.keys, d.peers = map[studyKey]int64{}, map[objectKey]bool{}, map[peerKey]bool{}
}

// seen is how far the log has been read, and the number of the last event.
func (d *database) seen(ctx context.Context) (generation uint64, at int64, seq uint64, err error) {
	rows, err := d.db.QueryContext(ctx, "SELECT name, value FROM state")
	if err != nil {
		return 0, 0, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var value int64
		if err := rows.Scan(&name, &value); err != nil {
			return 0, 0, 0, err
		}
		switch name {
		case "generation":
			generation = uint64(value)
		case "at":
			at = value
		case "seq":
			seq = uint64(value)
		}
	}
	return generation, at, seq, rows.Err()
}

// keyOf finds the studies of an object or series: objects whose UIDs differ in a last
// number only, as those of a series do, have one key together.
func keyOf(uid string) int64 {
	if i := strings.LastIndexByte(uid, '.'); i >= 16 && len(uid)-i <= 10 {
		uid = uid[:i]
	}
	h := fnv.New64a()
	h.Write([]byte(uid))
	return int64(h.Sum64())
}

// write enters the events of a group, and how far the log has been read then.
func (d *database) write(ctx context.Context, events []Event, generation uint64, at int64) (err error) {
	if len(d.keys) > remembered || len(d.studies) > remembered || len(d.peers) > remembered {
		d.forget()
	}
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tx.Rollback()
			d.forget() // what the transaction had entered
		}
	}()
	w := &writing{ctx: ctx, d: d, tx: tx, chunks: map[int64]*chunk{}}
	seq := uint64(0)
	for i := range events {
		if err = w.add(&events[i]); err != nil {
			return err
		}
		seq = max64(seq, events[i].Seq)
	}
	for _, study := range w.order {
		c := w.chunks[study]
		if _, err = tx.ExecContext(ctx, "INSERT INTO chunk (study, first, last, seq, events) VALUES (?, ?, ?, ?, ?)",
			study, c.first, c.last, int64(c.seq), c.b); err != nil {
			return err
		}
	}
	for name, value := range map[string]int64{"generation": int64(generation), "at": at, "seq": int64(seq)} {
		if name == "seq" && seq == 0 {
			continue
		}
		if _, err = tx.ExecContext(ctx, "INSERT INTO state (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// writing is one group under way.
type writing struct {
	ctx    context.Context
	d      *database
	tx     *sql.Tx
	chunks map[int64]*chunk
	order  []int64
}

type chunk struct {
	encoder
	b           []byte
	first, last int64 // microseconds
	seq         uint64
}

func (w *writing) add(e *Event) error {
	study, err := w.studyOf(e)
	if err != nil {
		return err
	}
	for _, uid := range []string{e.SOP, e.Series} {
		if err := w.object(uid, study); err != nil {
			return err
		}
	}
	if k := (peerKey{e.Peer, study}); e.Peer != "" && !w.d.peers[k] {
		if _, err := w.tx.ExecContext(w.ctx, "INSERT OR IGNORE INTO peer (name, study) VALUES (?, ?)", e.Peer, study); err != nil {
			return err
		}
		w.d.peers[k] = true
	}
	c := w.chunks[study]
	at := e.Time.UnixMicro()
	if c == nil {
		c = &chunk{first: at, last: at}
		w.chunks[study] = c
		w.order = append(w.order, study)
	}
	c.b = c.append(c.b, e)
	c.first, c.last, c.seq = min(c.first, at), max(c.last, at), e.Seq
	return nil
}

func (w *writing) object(uid string, study int64) error {
	if uid == "" {
		return nil
	}
	k := objectKey{keyOf(uid), study}
	if w.d.keys[k] {
		return nil
	}
	_, err := w.tx.ExecContext(w.ctx, "INSERT OR IGNORE INTO object (key, study) VALUES (?, ?)", k.key, k.study)
	if err == nil {
		w.d.keys[k] = true
	}
	return err
}

// studyOf is the row of the study of an event. One that names no study goes to the
// one that its object was in last.
func (w *writing) studyOf(e *Event) (id int64, err error) {
	k := studyKey{e.Study, e.Patient, e.Accession}
	if e.Study == "" && e.SOP != "" {
		err := w.tx.QueryRowContext(w.ctx, "SELECT study FROM object WHERE key = ? ORDER BY study DESC LIMIT 1", keyOf(e.SOP)).Scan(&id)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return id, err
		}
	}
	if id, ok := w.d.studies[k]; ok {
		return id, nil
	}
	if e.Study != "" && e.Accession == "" {
		// of an event that knows less: any row of the study and patient does
		err := w.tx.QueryRowContext(w.ctx, "SELECT id FROM study WHERE uid = ? AND (patient = ? OR ? = '') ORDER BY id DESC LIMIT 1", e.Study, e.Patient, e.Patient).Scan(&id)
		if err == nil {
			w.d.studies[k] = id
			return id, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
	}
	if _, err := w.tx.ExecContext(w.ctx, "INSERT OR IGNORE INTO study (uid, patient, accession) VALUES (?, ?, ?)", k.uid, k.patient, k.accession); err != nil {
		return 0, err
	}
	err = w.tx.QueryRowContext(w.ctx, "SELECT id FROM study WHERE uid = ? AND patient = ? AND accession = ?", k.uid, k.patient, k.accession).Scan(&id)
	if err == nil {
		w.d.studies[k] = id
	}
	return id, err
}

// expire removes what is older than a time, a part at a time, and tells whether there
// was anything.
func (d *database) expire(ctx context.Context, before time.Time) (more bool, err error) {
	return d.remove(ctx, "SELECT id FROM chunk WHERE last < ? ORDER BY last LIMIT 1000", before.UnixMicro())
}

// shrink removes the oldest chunks while the file has more than so many bytes in use.
func (d *database) shrink(ctx context.Context, most int64) (more bool, err error) {
	var used int64
	err = d.db.QueryRowContext(ctx, "SELECT (c.page_count - f.freelist_count) * s.page_size FROM pragma_page_count c, pragma_freelist_count f, pragma_page_size s").Scan(&used)
	if err != nil || used <= most {
		return false, err
	}
	return d.remove(ctx, "SELECT id FROM chunk ORDER BY id LIMIT ?", 1000)
}

// remove removes chunks, and what leads to studies without any.
func (d *database) remove(ctx context.Context, which string, arg any) (more bool, err error) {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "CREATE TEMP TABLE IF NOT EXISTS gone (study INTEGER)"); err != nil {
		return false, err
	}
	for _, s := range []struct {
		text string
		arg  any
	}{
		{"DELETE FROM gone", nil},
		{"INSERT INTO gone SELECT DISTINCT study FROM chunk WHERE id IN (" + which + ")", arg},
		{"DELETE FROM chunk WHERE id IN (" + which + ")", arg},
		{"DELETE FROM gone WHERE study IN (SELECT study FROM chunk)", nil},
		{"DELETE FROM object WHERE study IN (SELECT study FROM gone)", nil},
		{"DELETE FROM peer WHERE study IN (SELECT study FROM gone)", nil},
		{"DELETE FROM study WHERE id IN (SELECT study FROM gone)", nil},
	} {
		var args []any
		if s.arg != nil {
			args = append(args, s.arg)
		}
		res, err := tx.ExecContext(ctx, s.text, args...)
		if err != nil {
			return false, err
		}
		if strings.HasPrefix(s.text, "DELETE FROM chunk") {
			n, _ := res.RowsAffected()
			more = n > 0
		}
	}
	if err := tx.Commit(); err != nil {
		return false, err
	}
	d.forget()
	return more, nil
}
