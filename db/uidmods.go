package db

import (
	"conquest/oplog"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

const (
	noStage    = "(empty)"
	mergeStage = "(merge)"
)

// MapUID returns the new UID for old in a stage ("" is none). A known mapping
// wins; else wanted is entered, or a UID from generate when wanted is "". kind
// is the MODType. An empty old UID gives "". A stage that starts with # keeps no
// mapping: see [StageUID].
func (d *DB) MapUID(ctx context.Context, old, wanted, stage, kind string, generate func() string) (string, error) {
	if old == "" {
		return "", nil
	}
	where := []condition{uidEquals("OldUID", old)}
	rows, staged, err := d.lookUp(ctx, "NewUID", stage, where...)
	if err != nil {
		return "", err
	}
	if len(rows) > 0 {
		d.logUID(old, stage, rows[0][0])
		return rows[0][0], nil
	}
	defer d.said.add(old, stage)
	var uid string
	err = d.change(ctx, grouped, []string{"u" + stageText(stage) + old}, func(g group) error {
		rows, err := g.query(context.Background(), stageSelection("NewUID", stage, staged, where))
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			uid = rows[0][0]
			d.logUID(old, stage, uid)
			return nil
		}
		if uid = wanted; uid == "" {
			uid = generate()
		}
		oplog.NewUID(d.log, kind, uid)
		return insertUID(g, old, kind, uid, stage, staged)
	})
	return uid, err
}

// logUID tells which mapping was found, of those that were not met lately.
func (d *DB) logUID(old, stage, uid string) {
	if !d.said.add(old, stage) {
		return
	}
	if stage == "" {
		stage = "(null)"
	}
	oplog.StagedUID(d.log, old, stage, uid)
}

func insertUID(g group, old, kind, uid, stage string, staged bool) error {
	set := []assign{{"MODTime", time.Now().Unix()}, {"OldUID", old}, {"MODType", kind}, {"NewUID", uid}}
	if staged {
		set = append(set, assign{"Stage", stageText(stage)})
	}
	return g.insert(context.Background(), uidTable, set)
}

func stageText(stage string) string {
	if stage == "" {
		return noStage
	}
	return stage
}

func uidEquals(column, value string) condition { return equals(uidTable, column, value) }

// lookUp finds mappings; a table made before there were stages is asked
// without, which staged tells.
func (d *DB) lookUp(ctx context.Context, column, stage string, where ...condition) (rows [][]string, staged bool, err error) {
	rows, err = d.list(ctx, stageSelection(column, stage, true, where))
	if err == nil {
		return rows, true, nil
	}
	if plain, err2 := d.list(ctx, stageSelection(column, stage, false, where)); err2 == nil {
		return plain, false, nil
	}
	return nil, false, err
}

func stageSelection(column, stage string, staged bool, where []condition) *selection {
	q := &selection{columns: []colref{{uidTable, column}}, from: []string{uidTable}, limit: -1}
	q.where = where[:len(where):len(where)]
	if staged {
		q.where = append(q.where, uidEquals("Stage", stageText(stage)))
	}
	return q
}

// LookupUID returns the new UID known for old in a stage.
func (d *DB) LookupUID(ctx context.Context, old, stage string) (uid string, found bool, err error) {
	rows, _, err := d.lookUp(ctx, "NewUID", stage, uidEquals("OldUID", old))
	if err != nil || len(rows) == 0 {
		return "", false, err
	}
	return rows[0][0], true, nil
}

// OriginalUID returns the old UID that was mapped to uid in a stage; kind
// restricts to a MODType unless it is "". Stages that start with # have no way
// back.
func (d *DB) OriginalUID(ctx context.Context, uid, stage, kind string) (old string, found bool, err error) {
	if uid == "" || strings.HasPrefix(stage, "#") {
		return "", false, nil
	}
	where := []condition{uidEquals("NewUID", uid)}
	if kind != "" {
		where = append(where, uidEquals("MODType", kind))
	}
	rows, _, err := d.lookUp(ctx, "OldUID", stage, where...)
	if err != nil || len(rows) == 0 {
		return "", false, err
	}
	oplog.ReplacedUID(d.log, rows[0][0], uid)
	return rows[0][0], true, nil
}

// MergeUIDs maps all old UIDs to uid in the stage of merges; mappings they had
// there are replaced.
func (d *DB) MergeUIDs(ctx context.Context, old []string, uid, kind string) error {
	_, staged, err := d.lookUp(ctx, "NewUID", mergeStage, uidEquals("OldUID", ""))
	if err != nil {
		return err
	}
	keys := make([]string, len(old))
	for i, o := range old {
		keys[i] = "u" + mergeStage + o
	}
	return d.change(ctx, grouped, keys, func(g group) error {
		for _, o := range old {
			where := []condition{uidEquals("OldUID", o)}
			if staged {
				where = append(where, uidEquals("Stage", mergeStage))
			}
			if _, err := g.remove(context.Background(), uidTable, where); err != nil {
				return err
			}
			if err := insertUID(g, o, kind, uid, mergeStage, staged); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteUIDs removes the mappings of one MODType.
func (d *DB) DeleteUIDs(ctx context.Context, kind string) error {
	return d.change(ctx, grouped, nil, func(g group) error {
		_, err := g.remove(context.Background(), uidTable, []condition{uidEquals("MODType", kind)})
		return err
	})
}

// StageUID is the new UID for old in a stage that starts with #: computed from
// prefix (UIDPrefix with ".7"), not kept (docs/original/database.md 2.1).
func StageUID(prefix, old, stage string) string {
	const base, full = 25, 58
	sum := digest(prefix + old + stage)
	uid := prefix[:min(len(prefix), base)]
	if !strings.HasSuffix(uid, ".") {
		uid += "."
	}
	for i := 0; i < len(sum) && len(uid) <= full; i += 2 {
		uid += fmt.Sprintf("%05d", binary.BigEndian.Uint16(sum[i:]))
	}
	if head := min(len(uid), base); strings.Contains(uid[head:], ".0") {
		at := head + strings.Index(uid[head:], ".0")
		uid = uid[:at+1] + "1" + uid[at+2:]
	}
	return uid
}
