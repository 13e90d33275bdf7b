package db

import (
	"context"
	"iter"

	"conquest/dicom"
	"conquest/dicomini"
)

// DB is an open index. Its methods may be called from many goroutines.
type DB struct{}

// Kind is the driver in use.
type Kind int

// The drivers.
const (
	Null Kind = iota
	SQLite
	DBase
	Postgres
	MySQL
	SQLServer
)

// Open opens the index that opt names, making the SQLite file when it is
// missing; tables are made by [DB.Initialize] only.
func Open(ctx context.Context, schema *dicomini.Schema, opt Options, set Settings) (*DB, error) {
	return nil, ErrNotSupported
}

// Close waits for running changes and closes the index.
func (d *DB) Close() error { return nil }

// Kind is the driver in use.
func (d *DB) Kind() Kind { return Null }

// SetSettings replaces the changeable settings, for work that starts later.
func (d *DB) SetSettings(s Settings) {}

// Mode tells what [DB.Initialize] makes: the number behind -i and -r.
type Mode int

// Modes of Initialize.
const (
	AllTables     Mode = 0 // drop and make all tables with keys and indexes
	NoKeys        Mode = 1 // the same without primary keys and indexes
	WorklistTable Mode = 2 // worklist only, even when it has rows
)

// Initialize drops and makes tables; progress receives the lines of the
// original's console ("Dropping Existing tables (if-any)" ...).
func (d *DB) Initialize(ctx context.Context, m Mode, progress func(line string)) error { return nil }

// TestTable makes and drops the table xtesttable, the work of one round of -o.
func (d *DB) TestTable(ctx context.Context) error { return nil }

// Location is where an object lies: a path relative to the root of a device.
type Location struct {
	File   string
	Device string
}

// Lookup finds the place of the object with this SOP instance UID and patient
// ID (the ID counts only when the image table has an ImagePat column).
func (d *DB) Lookup(ctx context.Context, sopInstanceUID, patientID string) (loc Location, found bool, err error) {
	return
}

// Result tells what Add did.
type Result struct {
	NewPatient, NewStudy, NewSeries, NewImage bool
}

// Add registers obj, which lies at loc, and returns when its rows are
// committed. Rows of parents are made or updated, the last object wins
// (spec/database.md 4). *[LinkError], *[ConflictError], *[DuplicateStudyError]
// and *[MissingUIDError] refuse the object and leave the index unchanged; the
// inconsistency lines have then been logged.
func (d *DB) Add(ctx context.Context, obj *dicom.Dataset, loc Location) (Result, error) {
	return Result{}, nil
}

// Item is one object of [DB.AddAll].
type Item struct {
	Object *dicom.Dataset
	Location
	Err error // set by AddAll
}

// AddAll registers many objects in one transaction, for regeneration; each
// item gets its own error. The result is an error of the database itself.
func (d *DB) AddAll(ctx context.Context, items []Item) error { return nil }

// Model is a query information model.
type Model int

// The models.
const (
	PatientRoot Model = iota
	StudyRoot
	PatientStudyOnly
	ModalityWorklist
)

// Level is a query level.
type Level int

// The levels, as [ParseLevel] finds them.
const (
	PatientLevel Level = iota
	StudyLevel
	SeriesLevel
	ImageLevel
	WorklistLevel
)

// LevelOf takes the level from (0008,0052) of an identifier, which the model
// must know, else a *[StatusError].
func LevelOf(m Model, identifier *dicom.Dataset) (Level, error) { return 0, nil }

// FindOptions changes how a query is answered.
type FindOptions struct {
	// NoComputed leaves computed fields out; see [DB.Compute].
	NoComputed bool
	// HidePaths drops (9999,0800) and (9999,0801), which ask for file and
	// device.
	HidePaths bool
}

// Find answers a C-FIND identifier (spec/network.md 2.3): answers come while
// rows are read, in the order of the original. An error that belongs to the
// query is returned at once as *[StatusError]; an error while reading ends the
// sequence. The identifier is not changed.
func (d *DB) Find(ctx context.Context, m Model, identifier *dicom.Dataset, opt FindOptions) (iter.Seq2[*dicom.Dataset, error], error) {
	return nil, nil
}

// ObjectRef is an object of the index.
type ObjectRef struct {
	PatientID         string
	StudyInstanceUID  string
	SeriesInstanceUID string
	SOPInstanceUID    string
	SOPClassUID       string
	Location
}

// Locate finds the objects that an identifier of C-MOVE, C-GET or a delete
// selects: all keys of all levels count, whatever (0008,0052) says. The order
// is that of ImageQuerySortOrder or (9999,0C00), else of the database.
func (d *DB) Locate(ctx context.Context, identifier *dicom.Dataset) ([]ObjectRef, error) {
	return nil, nil
}

// Delete removes the image rows of refs and of their parents those that lost
// their last child; the worklist rows of a removed patient go too.
func (d *DB) Delete(ctx context.Context, refs ...ObjectRef) error { return nil }

// SetLocation changes file and device of one object.
func (d *DB) SetLocation(ctx context.Context, sopInstanceUID, patientID string, loc Location) error {
	return nil
}

// RenameDevice changes the device name of all objects on from and returns how many.
func (d *DB) RenameDevice(ctx context.Context, from, to string) (int64, error) { return 0, nil }

// MapUID returns the new UID for old in a stage ("" is none). A known mapping
// wins; else wanted is entered, or a UID from generate when wanted is "". kind
// is the MODType. A stage that starts with # is not looked up: see [StageUID].
func (d *DB) MapUID(ctx context.Context, old, wanted, stage, kind string, generate func() string) (string, error) {
	return "", nil
}

// LookupUID returns the new UID known for old in a stage.
func (d *DB) LookupUID(ctx context.Context, old, stage string) (uid string, found bool, err error) {
	return
}

// OriginalUID returns the old UID that was mapped to uid in a stage.
func (d *DB) OriginalUID(ctx context.Context, uid, stage string) (old string, found bool, err error) {
	return
}

// Query selects fields (an SQL list) of a table; where and sort may be empty.
// All values are text, NULL is "".
func (d *DB) Query(ctx context.Context, table, fields, where, sort string) ([][]string, error) {
	return nil, nil
}

// SQL runs a statement. Rows of a SELECT are returned, all values as text.
func (d *DB) SQL(ctx context.Context, statement string) ([][]string, error) { return nil, nil }

// Field is a column with a value.
type Field struct {
	Column string
	Value  string
}

// AddWorklist inserts one worklist row; values are cut to their columns and
// quotes become underscores.
func (d *DB) AddWorklist(ctx context.Context, fields []Field) error { return nil }

// Worklist returns the first worklist row with this accession number, one
// value per column of dicom.sql in order.
func (d *DB) Worklist(ctx context.Context, accession string) (row []string, found bool, err error) {
	return
}

// Counts are numbers of rows.
type Counts struct {
	Patients, Studies, Series, Images int64
}

// Counts counts the rows of the four tables.
func (d *DB) Counts(ctx context.Context) (Counts, error) { return Counts{}, nil }

// Pack removes deleted records from dBASE files; other drivers do nothing.
func (d *DB) Pack(ctx context.Context) error { return nil }

// Reindex rebuilds the index that dBASE files have in memory; other drivers do
// nothing.
func (d *DB) Reindex(ctx context.Context) error { return nil }
