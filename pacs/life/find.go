package life

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
)

// Query selects events; empty fields do not count. Without any all events are
// selected, the newest first.
type Query struct {
	UID       string // of an object, series or study
	Patient   string
	Accession string
	Peer      string
	Kind      string
	Since     time.Time
	Until     time.Time
	Before    uint64 // only events with lower numbers: the next page
	Limit     int    // 0 is DefaultLimit
}

// DefaultLimit and MaxLimit bound the events of one answer.
const (
	DefaultLimit = 500
	MaxLimit     = 10000
)

// ErrOff tells that no life line is kept here.
var ErrOff = errors.New("there is no life line: LifeDays is 0")

// Find gives the newest events that match, in the order in which they happened.
func (l *Line) Find(ctx context.Context, q Query) ([]Event, error) {
	if l == nil || l.db == nil {
		return nil, ErrOff
	}
	if err := l.drain(ctx); err != nil && ctx.Err() != nil {
		return nil, err
	}
	if q.Limit <= 0 {
		q.Limit = DefaultLimit
	}
	q.Limit = min(q.Limit, MaxLimit)
	rows, err := l.db.chunks(ctx, q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Event
	for rows.Next() {
		var b sql.RawBytes
		var seq int64
		if err := rows.Scan(&b, &seq); err != nil {
			return nil, err
		}
		if len(found) >= q.Limit && uint64(seq) < found[0].Seq {
			break // chunks come by falling numbers
		}
		found = append(found, q.matching(b)...)
		slices.SortFunc(found, func(a, b Event) int { return compareSeq(a.Seq, b.Seq) })
		found = found[max(0, len(found)-q.Limit):]
	}
	return found, rows.Err()
}

func compareSeq(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// matching are the events of a chunk that match.
func (q *Query) matching(b []byte) (list []Event) {
	var c decoder
	for len(b) > 0 {
		e, rest, err := c.next(b)
		if err != nil {
			return list
		}
		b = rest
		if q.matches(&e) {
			list = append(list, e)
		}
	}
	return list
}

func (q *Query) matches(e *Event) bool {
	return (q.UID == "" || e.SOP == q.UID || e.Study == q.UID || e.Series == q.UID || slices.Contains(e.Facts, q.UID)) &&
		(q.Peer == "" || strings.EqualFold(e.Peer, q.Peer)) && (q.Kind == "" || e.Kind == q.Kind) &&
		(q.Since.IsZero() || !e.Time.Before(q.Since)) && (q.Until.IsZero() || e.Time.Before(q.Until)) &&
		(q.Before == 0 || e.Seq < q.Before)
}

// chunks are the chunks that may have what a query asks for, the newest first.
func (d *database) chunks(ctx context.Context, q Query) (*sql.Rows, error) {
	text := "SELECT events, seq FROM chunk WHERE 1 = 1"
	var args []any
	add := func(condition string, more ...any) {
		text += " AND " + condition
		args = append(args, more...)
	}
	if q.UID != "" {
		add("study IN (SELECT id FROM study WHERE uid = ? UNION SELECT study FROM object WHERE key = ?)", q.UID, keyOf(q.UID))
	}
	if q.Patient != "" {
		add("study IN (SELECT id FROM study WHERE patient = ?)", q.Patient)
	}
	if q.Accession != "" {
		add("study IN (SELECT id FROM study WHERE accession = ?)", q.Accession)
	}
	if q.Peer != "" {
		add("study IN (SELECT study FROM peer WHERE name = ? COLLATE NOCASE)", q.Peer)
	}
	if !q.Since.IsZero() {
		add("last >= ?", q.Since.UnixMicro())
	}
	if !q.Until.IsZero() {
		add("first < ?", q.Until.UnixMicro())
	}
	return d.db.QueryContext(ctx, text+" ORDER BY id DESC", args...)
}
