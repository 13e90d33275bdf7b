package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/storage"
)

// Site is a site that is read and never written: of an index in files a copy is
// opened, and servers are only asked.
type Site struct {
	Config  *dicomini.Config
	Devices *storage.Devices

	kind    db.Kind
	index   *db.DB
	schema  *dicomini.Schema
	options db.Options
	copied  string            // folder of the copy, to be removed
	renamed map[string]string // UIDs that the site made, by what they stand for
}

// Open opens the site in a folder, or of an .ini file. Relative folders of its
// configuration count from the folder of the site.
func Open(ctx context.Context, place string) (*Site, error) {
	loc, err := dicomini.Locate("", place)
	if err != nil {
		return nil, err
	}
	live, err := dicomini.Open(loc, dicomini.Options{})
	if err != nil {
		return nil, err
	}
	s := &Site{Config: live.Current()}
	devices := s.Config.Storage
	devices.MAGDevices = s.below(devices.MAGDevices)
	devices.MIRRORDevices = s.below(devices.MIRRORDevices)
	devices.CACHEDevices = s.below(devices.CACHEDevices)
	devices.JUKEBOXDevices = s.below(devices.JUKEBOXDevices)
	s.Devices = storage.NewDevices(devices)
	if err := s.openIndex(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("index of %s: %w", loc.Path, err)
	}
	return s, nil
}

// below makes relative folders count from the folder of the site.
func (s *Site) below(dirs []string) []string {
	dirs = slices.Clone(dirs)
	for i, d := range dirs {
		dirs[i] = s.at(d)
	}
	return dirs
}

func (s *Site) at(path string) string {
	if path == "" || filepath.IsAbs(path) || strings.HasPrefix(path, "NULL") {
		return path
	}
	final := path[len(path)-1:]
	path = filepath.Join(s.Config.BaseDir(), storage.Native(path))
	if final == "/" || final == `\` {
		path += string(filepath.Separator)
	}
	return path
}

func (s *Site) openIndex(ctx context.Context) error {
	opt, settings := db.FromConfig(s.Config)
	s.kind = db.KindOf(&opt)
	opt.MustExist, opt.PackDBF, opt.IndexDBF = true, 0, 0
	if s.kind == db.SQLite || s.kind == db.DBase {
		if err := s.copyIndex(ctx, &opt); err != nil {
			return err
		}
	}
	s.options = opt
	var schemas []*dicomini.Schema
	for _, o := range s.Config.SchemaChoices(false) {
		schema, err := dicomini.ReadSchema(s.at(s.Config.KFactorFile), o)
		if errors.Is(err, fs.ErrNotExist) {
			schema, err = dicomini.DefaultSchema(o), nil
		}
		if err != nil {
			return err
		}
		schemas = append(schemas, schema)
	}
	var err error
	if s.index, s.schema, err = db.OpenFitting(ctx, schemas, opt, settings); err != nil || s.kind == db.Null {
		return err
	}
	return s.readRenamed(ctx)
}

// copyIndex copies an index that lies in files and names the copy in opt.
func (s *Site) copyIndex(ctx context.Context, opt *db.Options) (err error) {
	from := s.at(opt.Server)
	if _, err := os.Stat(filepath.Clean(from)); err != nil {
		return fmt.Errorf("%w: %s", db.ErrNoDatabase, from)
	}
	if s.copied, err = os.MkdirTemp("", "dgate-compare"); err != nil {
		return err
	}
	if s.kind == db.SQLite {
		opt.Server = filepath.Join(s.copied, "index.db3")
		return db.CopyFile(ctx, from, opt.Server)
	}
	opt.Server = s.copied + string(filepath.Separator)
	files, err := filepath.Glob(storage.EscapeGlob(filepath.Clean(from)) + string(filepath.Separator) + "*.[dD][bB][fF]")
	for _, f := range files {
		if strings.HasPrefix(strings.ToUpper(filepath.Base(f)), "X") {
			continue // extracts for the graphical program
		}
		err = errors.Join(err, (storage.Writer{}).CopyTo(filepath.Join(s.copied, filepath.Base(f)), f))
	}
	return err
}

// Close ends the reading and removes the copy of the index.
func (s *Site) Close() error {
	var err error
	if s.index != nil {
		err = s.index.Close()
	}
	if s.copied != "" {
		err = errors.Join(err, os.RemoveAll(s.copied))
	}
	return err
}

// readRenamed learns the UIDs that the site made for others: two sites make
// different ones for the same.
func (s *Site) readRenamed(ctx context.Context) error {
	s.renamed = map[string]string{}
	rows, err := s.index.Query(ctx, "UIDMODS", "OldUID, NewUID, MODType", "", "")
	if err != nil {
		return nil // a router's database, or one of an old release, has no such table
	}
	for _, r := range rows {
		s.renamed[trim(r[1])] = "new for " + trim(r[0]) + " " + trim(r[2])
	}
	return nil
}

// same is a value as it can be compared: a UID that the site made by what it
// stands for.
func (s *Site) same(v string) string {
	v = trim(v)
	if stands, ok := s.renamed[v]; ok {
		return stands
	}
	return v
}

func trim(v string) string { return strings.TrimRight(v, " \x00") }

// table is a table of the index with the columns that are compared.
type table struct {
	name    string
	level   string // for people
	columns []string
	key     int // column that identifies a row
	patient int // column of the patient, -1 when there is none
}

// columns that the image table has besides those of dicom.sql.
var placeColumns = []string{"ObjectFile", "DeviceName"}

// tables are patient, study, series and image.
func (s *Site) tables() []table {
	o := &s.options
	names := []string{cmp.Or(o.PatientTable, "DICOMPatients"), cmp.Or(o.StudyTable, "DICOMStudies"),
		cmp.Or(o.SeriesTable, "DICOMSeries"), cmp.Or(o.ImageTable, "DICOMImages")}
	list := make([]table, len(names))
	for i, t := range s.schema.Tables()[:len(names)] {
		list[i] = tableOf(t, names[i])
	}
	list[3].columns = append(list[3].columns, placeColumns...)
	return list
}

func (s *Site) worklist() table {
	return tableOf(&s.schema.WorkList, cmp.Or(s.options.WorklistTable, "DICOMWorkList"))
}

func tableOf(t *dicomini.Table, name string) table {
	out := table{name: name, level: strings.ToLower(t.Name), patient: -1}
	for _, c := range t.Columns {
		if c.Sequence() {
			continue
		}
		if dicom.NewTag(c.Group, c.Element) == dicom.PatientID {
			out.patient = len(out.columns)
		}
		out.columns = append(out.columns, c.Name)
	}
	return out
}

// rows are the rows of a table, of one patient unless all are asked for.
func (s *Site) rows(ctx context.Context, t *table, patient string, all bool) ([][]string, error) {
	where := ""
	if !all {
		where = t.columns[t.patient] + " = " + db.Quote(patient)
		if patient == "" && s.kind != db.DBase {
			where += " OR " + t.columns[t.patient] + " IS NULL"
		}
	}
	rows, err := s.index.Query(ctx, t.name, strings.Join(t.columns, ", "), where, "")
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.name, err)
	}
	return rows, nil
}

// patients are the IDs of all patients; ok is false where tables do not tell
// whose their rows are.
func (s *Site) patients(ctx context.Context) (ids []string, ok bool, err error) {
	tables := s.tables()
	for _, t := range tables {
		if t.patient < 0 {
			return nil, false, nil
		}
	}
	t := &tables[0]
	rows, err := s.index.Query(ctx, t.name, t.columns[t.patient], "", "")
	if err != nil {
		return nil, false, fmt.Errorf("table %s: %w", t.name, err)
	}
	for _, r := range rows {
		ids = append(ids, trim(r[0]))
	}
	slices.Sort(ids)
	return slices.Compact(ids), true, nil
}

// Kind is the database of the site.
func (s *Site) Kind() db.Kind { return s.kind }

// Index is the index, or the copy of it; it is to be read only.
func (s *Site) Index() *db.DB { return s.index }

// Schema is the layout of the index.
func (s *Site) Schema() *dicomini.Schema { return s.schema }
