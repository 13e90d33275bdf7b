package command

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"conquest/cformat"
	"conquest/db/dbase"
	"conquest/dicomini"
	"conquest/storage"
)

// databaseCommands read and change the tables of the index (docs/original/commands.md
// 3.8).
var databaseCommands = map[string]row{
	"query":     {runQuery, "TABLE[|FIELDS[|WHERE[|FORMAT[|FILE[|...]]]]]", "select rows of a table"},
	"query2":    {runQuery2, "TABLE[|FIELDS[|WHERE[|FORMAT[|MAX[|FILE[|...]]]]]]", "select at most MAX rows, spread over all"},
	"addrecord": {runAddRecord, "TABLE|FIELDS|VALUES", "insert a row; values are quoted"},
	"extract":   {runExtract, "[WHERE]", "write patients, and what a condition on PatientID selects, as dBASE files"},
	"todbf":     {runToDBF, "FOLDER|TABLE[|WHERE[|SORT[|MAX]]]", "write a table as dBASE file"},
}

func runQuery(ctx context.Context, c *call) ([]byte, error) {
	return c.query(ctx, 0, c.field(4))
}

func runQuery2(ctx context.Context, c *call) ([]byte, error) {
	return c.query(ctx, dicomini.Atoi(c.field(4)), c.field(5))
}

// maxQueryField is the length to which values are cut.
const maxQueryField = 255

// query answers with rows in a format; limit > 0 leaves out rows evenly.
func (c *call) query(ctx context.Context, limit int, file string) ([]byte, error) {
	fields, format := c.field(1), c.field(3)
	if fields == "" {
		fields = "*"
	}
	named := 1 + strings.Count(c.field(1), ",")
	if !c.has(3) {
		format = strings.Repeat("%s ", named)
	}
	format, starred := strings.CutSuffix(format, "*")
	if !starred {
		format += "\n"
	}
	if c.field(1) == "" {
		fields, named = "''", 1
	}
	rows, err := c.s.Index.Query(ctx, c.field(0), fields, c.field(2), "")
	if err != nil {
		c.s.SaySQLError(err)
	}
	step := 1
	if limit > 0 && len(rows) > limit {
		step = (len(rows) + limit - 1) / limit
	}
	var b strings.Builder
	for i := 0; i < len(rows); i += step {
		if i > 0 && starred {
			b.WriteByte('*')
		}
		values := make([]any, 0, named)
		for _, v := range rows[i][:min(len(rows[i]), cformat.MaxValues)] {
			values = append(values, v[:min(len(v), maxQueryField)])
		}
		b.WriteString(cformat.Sprintf(format, cformat.Cycled(values)...))
	}
	answer, err := c.deliver(file, []byte(b.String()), asText)
	if answer == nil && file != "" && err == nil {
		if len(rows) == 0 {
			return []byte("1"), nil
		}
		return []byte("0"), nil
	}
	if file == "" && len(rows) == 0 && err == nil {
		return nil, nil
	}
	return answer, err
}

func runAddRecord(ctx context.Context, c *call) ([]byte, error) {
	c.s.RunSQL(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", c.field(0), c.field(1), c.field(2)))
	return nil, nil
}

// exportColumns are the columns of a table with their widths, as a dBASE file
// of the original has them.
func (s *Commands) exportColumns(t *dicomini.Table, image bool) (names []string, fields []dbase.Field) {
	add := func(name string, width int) {
		names = append(names, name)
		fields = append(fields, dbase.Field{Name: name[:min(len(name), 10)], Length: max(1, min(width, maxQueryField))})
	}
	for _, c := range t.Columns {
		if !c.Sequence() {
			add(c.Name, c.Length)
		}
	}
	for _, name := range []string{"AccessTime", "qTimeStamp", "qFlags"} {
		add(name, dbaseIntWidth)
	}
	add("qSpare", 64)
	if image {
		add("ObjectFile", 255)
		add("DeviceName", 32)
	}
	return names, fields
}

// dbaseIntWidth is the width of number columns.
const dbaseIntWidth = 10

// export writes the rows of a table to a dBASE file.
func (s *Commands) export(ctx context.Context, path, table string, t *dicomini.Table, where, sort string, limit int) error {
	names, fields := s.exportColumns(t, t == &s.Schema.Image)
	rows, err := s.Index.Query(ctx, table, strings.Join(names, ", "), where, sort)
	if err != nil {
		s.SaySQLError(err)
		rows = nil
	}
	if limit > 0 && len(rows) > limit {
		rows = rows[:limit]
	}
	f, err := dbase.Create(path, fields)
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	for _, row := range rows {
		values := make([]dbase.Value, 0, len(row))
		for i, v := range row {
			values = append(values, dbase.Value{Field: i, Text: v})
		}
		if err := f.Append(values); err != nil {
			f.Close()
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return f.Close()
}

// Tables are the database tables with their layouts.
func (s *Commands) Tables() (names []string, layouts []*dicomini.Table) {
	cfg := s.Live.Current()
	return []string{cfg.PatientTableName, cfg.StudyTableName, cfg.SeriesTableName, cfg.ImageTableName, cfg.WorkListTableName},
		s.Schema.Tables()
}

func runExtract(ctx context.Context, c *call) ([]byte, error) {
	s := c.s
	dir := filepath.Join(storage.NewDevices(s.Live.Current().Storage).MAG(0), "dbase")
	names, layouts := s.Tables()
	if err := s.export(ctx, filepath.Join(dir, "XA"+names[0]+".DBF"), names[0], layouts[0], "", "", 0); err != nil {
		return []byte("1"), err
	}
	if c.arg == "" {
		return []byte("0"), nil
	}
	for i, column := range []string{"PatientID", "PatientID", "SeriesPat", "ImagePat"} {
		where := strings.ReplaceAll(c.arg, "PatientID", column)
		if err := s.export(ctx, filepath.Join(dir, "X"+names[i]+".DBF"), names[i], layouts[i], where, "", 0); err != nil {
			return []byte("1"), err
		}
	}
	return []byte("0"), nil
}

func runToDBF(ctx context.Context, c *call) ([]byte, error) {
	folder, table := c.field(0), c.field(1)
	names, layouts := c.s.Tables()
	i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, table) })
	if i < 0 {
		return []byte("1"), nil
	}
	if err := c.s.export(ctx, folder+table+".DBF", names[i], layouts[i], c.field(2), c.field(3), dicomini.Atoi(c.field(4))); err != nil {
		return []byte("1"), err
	}
	return []byte("0"), nil
}
