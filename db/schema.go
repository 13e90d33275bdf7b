package db

import (
	"conquest/oplog"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Mode tells what [DB.Initialize] makes: the number behind -i and -r.
type Mode int

// Modes of Initialize.
const (
	AllTables     Mode = 0 // drop and make all tables with keys and indexes
	NoKeys        Mode = 1 // the same without primary keys and indexes
	WorklistTable Mode = 2 // worklist only, even when it has rows
)

// housekeeping columns end every table but UIDMODS.
const housekeeping = ", AccessTime  int, qTimeStamp   int, qFlags       int, qSpare       varchar(64)"

// Initialize drops and makes tables (docs/original/database.md 2, 7); progress receives
// the lines of the original's console. Failures to drop a table that is not
// there are logged as trouble only. All tables come into being together, where
// the database can do that; what MySQL and dBASE leave undone when the process
// ends meanwhile is made by [DB.Complete].
func (d *DB) Initialize(ctx context.Context, m Mode, progress func(line string)) error {
	if err := d.gate(ctx); err != nil {
		return err
	}
	if progress == nil {
		progress = func(string) {}
	}
	l := d.lay
	n, _ := d.count(ctx, l.worklist)
	hasWorklist := n > 0
	progress("Dropping Existing tables (if-any)")
	if hasWorklist {
		progress("Worklist contains data")
	} else {
		progress("Worklist is empty")
	}
	worklist := !hasWorklist || m == WorklistTable
	if worklist {
		progress("Dropping worklist")
		d.drop(ctx, l.worklist.name)
	}
	if m != WorklistTable {
		progress("Dropping other tables")
		for _, name := range []string{l.patient.name, l.study.name, l.series.name, l.image.name, uidTable} {
			d.drop(ctx, name)
		}
	}
	var list []creation
	for _, c := range d.creations(m != NoKeys) {
		if c.table == l.worklist.name && !worklist || c.table != l.worklist.name && m == WorklistTable {
			continue
		}
		if c.line != "" {
			progress(c.line)
		}
		list = append(list, c)
	}
	return d.create(ctx, list, m == AllTables)
}

// creation is a table to be made.
type creation struct {
	table   string
	line    string // of the original's console
	create  string
	indexes []string
}

// creations are all tables, in the order of the original.
func (d *DB) creations(primary bool) []creation {
	l := d.lay
	return []creation{
		{l.worklist.name, "WorkList Database", createTable(l.worklist, false) + housekeeping + ")", nil},
		{l.patient.name, "Patient Database", createTable(l.patient, primary) + housekeeping + ")", nil},
		{l.study.name, "Study Database", createTable(l.study, primary) + housekeeping + ")", studyIndexes(l)},
		{l.series.name, "Series Database", createTable(l.series, primary) + housekeeping + ")", seriesIndexes(l)},
		{l.image.name, "Image Database", createTable(l.image, primary) + housekeeping +
			", ObjectFile  varchar(" + strconv.Itoa(d.fileWidth()) + "), DeviceName  varchar(32))", imageIndexes(l)},
		{uidTable, "", "CREATE TABLE  " + uidTable + " (MODTime int, OldUID varchar(64), MODType varchar(32), NewUID varchar(64), Stage varchar(32), Annotation varchar(64))", uidIndexes()},
	}
}

// create makes tables, and their indexes when they are wanted. A table that can
// not be made does not keep the others from being made.
func (d *DB) create(ctx context.Context, list []creation, indexes bool) error {
	failed := d.change(ctx, alone, nil, func(g group) error {
		d.known.reset()
		for _, c := range list {
			if _, err := collect(g.exec(context.Background(), c.create+d.tableCharset())); err != nil {
				return err
			}
		}
		return nil
	})
	if failed != nil && !d.isAway(failed) && len(list) > 1 {
		failed = nil
		for _, c := range list {
			failed = errors.Join(failed, d.statements(ctx, c.create+d.tableCharset()))
		}
	}
	for _, c := range list {
		if c.table == d.lay.image.name {
			failed = errors.Join(failed, d.markCharset(ctx))
		}
	}
	if !indexes {
		return failed
	}
	for _, c := range list {
		failed = errors.Join(failed, d.statements(ctx, c.indexes...))
	}
	switch d.Kind() {
	case SQLite:
		d.ensureIndexes(ctx)
	case Postgres, MySQL, SQLServer:
		for _, c := range list {
			if c.table == d.lay.study.name {
				failed = errors.Join(failed, d.statements(ctx, serverIndexes(d.lay)...))
			}
		}
	}
	return failed
}

func (d *DB) fileWidth() int {
	if n := d.opt.MaxFieldLength; n > 0 && n <= 255 {
		return n
	}
	return 255
}

// createTable is the beginning of the statement, up to the columns of dicom.sql.
func createTable(t *table, primary bool) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE  " + t.name + " (")
	for i, c := range t.cols {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.name)
		if c.date {
			b.WriteString(" char(8) ")
		} else {
			fmt.Fprintf(&b, "  varchar(%d)", c.width)
		}
		if i == 0 && primary {
			b.WriteString(" PRIMARY KEY not null")
		}
	}
	return b.String()
}

func index(name string, t *table, columns ...string) string {
	return "CREATE INDEX " + name + " ON " + t.name + " (" + strings.Join(columns, ", ") + ")"
}

func studyIndexes(l *layout) []string {
	list := []string{index("study_lnk", l.study, l.study.link().name)}
	if c := l.study.named(l.patient.link().name); c != nil {
		list = append(list, index("idx_patientid", l.study, c.name))
	}
	if c := l.study.named(l.patient.key().name); c != nil {
		list = append(list, index("idx_patientid_studyinsta", l.study, c.name, l.study.key().name))
	}
	return list
}

func seriesIndexes(l *layout) []string {
	list := []string{index("series_lnk", l.series, l.series.link().name)}
	if l.series.named("SeriesPat") != nil {
		list = append(list, index("series_pat", l.series, "SeriesPat"))
	}
	if c := l.series.named(l.study.key().name); c != nil {
		list = append(list, index("idx_studyinsta_seriesinst", l.series, c.name, l.series.key().name))
	}
	return list
}

func imageIndexes(l *layout) []string {
	list := []string{index("images_lnk", l.image, l.image.link().name)}
	if l.image.named("ImagePat") != nil {
		list = append(list, index("images_pat", l.image, "ImagePat"))
	}
	if c := l.image.named(l.series.key().name); c != nil {
		list = append(list, index("idx_seriesinst_sopinstanc", l.image, c.name, l.image.key().name))
	}
	return list
}

func uidIndexes() []string {
	t := &table{name: uidTable}
	return []string{
		index("mods_old", t, "OldUID"), index("mods_stage", t, "Stage"),
		index("mods_joint", t, "OldUID,Stage"), index("mods_back", t, "NewUID,Stage"),
	}
}

// drop removes a table that may not be there.
func (d *DB) drop(ctx context.Context, name string) {
	var failed *SQLError
	if err := d.statements(ctx, "DROP TABLE "+name); errors.As(err, &failed) {
		for _, line := range failed.Lines() {
			oplog.TroubleLine(d.log, line)
		}
	}
}

// statements runs each statement on its own, all of them.
func (d *DB) statements(ctx context.Context, list ...string) error {
	var failed error
	for _, s := range list {
		if _, err := d.SQL(ctx, s); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// TestTable makes and drops the table xtesttable, the work of one round of -o.
func (d *DB) TestTable(ctx context.Context) error {
	if err := d.statements(ctx, "CREATE TABLE  xtesttable (PatientID varchar(64))"); err != nil {
		return err
	}
	return d.statements(ctx, "DROP TABLE xtesttable")
}

func (d *DB) count(ctx context.Context, t *table) (int64, error) {
	rows, err := d.list(ctx, &selection{count: true, from: []string{t.name}, limit: -1})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return strconv.ParseInt(rows[0][0], 10, 64)
}

// Pack removes deleted records from dBASE files; other drivers do nothing.
func (d *DB) Pack(ctx context.Context) error {
	return d.maintain(ctx, func(m maintainer) error { return m.pack() })
}

// Reindex rebuilds the index that dBASE files have in memory; other drivers do
// nothing.
func (d *DB) Reindex(ctx context.Context) error {
	return d.maintain(ctx, func(m maintainer) error { return m.reindex() })
}

// maintainer is what only the dBASE driver can do.
type maintainer interface {
	pack() error
	reindex() error
}

func (d *DB) maintain(ctx context.Context, work func(maintainer) error) error {
	if err := d.gate(ctx); err != nil {
		return err
	}
	m, ok := d.store.(maintainer)
	if !ok {
		return nil
	}
	return d.change(ctx, bare, nil, func(group) error { return work(m) })
}
