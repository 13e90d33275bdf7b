package db

import (
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
// there are logged as trouble only.
func (d *DB) Initialize(ctx context.Context, m Mode, progress func(line string)) error {
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
	var failed error
	if worklist {
		progress("WorkList Database")
		failed = d.statements(ctx, createTable(l.worklist, false)+housekeeping+")")
	}
	if m == WorklistTable {
		return failed
	}
	steps := []struct {
		line    string
		create  string
		indexes []string
	}{
		{"Patient Database", createTable(l.patient, m != NoKeys) + housekeeping + ")", nil},
		{"Study Database", createTable(l.study, m != NoKeys) + housekeeping + ")", studyIndexes(l)},
		{"Series Database", createTable(l.series, m != NoKeys) + housekeeping + ")", seriesIndexes(l)},
		{"Image Database", createTable(l.image, m != NoKeys) + housekeeping +
			", ObjectFile  varchar(" + strconv.Itoa(d.fileWidth()) + "), DeviceName  varchar(32))", imageIndexes(l)},
		{"", "CREATE TABLE  " + uidTable + " (MODTime int, OldUID varchar(64), MODType varchar(32), NewUID varchar(64), Stage varchar(32), Annotation varchar(64))", uidIndexes()},
	}
	for _, s := range steps {
		if s.line != "" {
			progress(s.line)
		}
		failed = errors.Join(failed, d.statements(ctx, s.create))
		if m == AllTables {
			failed = errors.Join(failed, d.statements(ctx, s.indexes...))
		}
	}
	if m != AllTables {
		return failed
	}
	switch d.Kind() {
	case SQLite:
		d.ensureIndexes(ctx)
	case Postgres, MySQL, SQLServer:
		failed = errors.Join(failed, d.statements(ctx, serverIndexes(l)...))
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
			d.log.Trouble("%s", line)
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
	rows, err := collect(d.store.query(ctx, &selection{count: true, from: []string{t.name}, limit: -1}))
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
	m, ok := d.store.(maintainer)
	if !ok {
		return nil
	}
	return d.writer.do(ctx, bare, func(group) error { return work(m) })
}
