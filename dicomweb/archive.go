package dicomweb

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"conquest/dicom"
)

// Level is what a search looks for.
type Level int

// The levels of a search (PS3.18 table 10.6.1-1, and patients).
const (
	Patients Level = iota
	Studies
	Series
	Instances
)

// Errors that an [Archive] returns, possibly wrapped.
var (
	ErrNotFound = errors.New("nothing is known by these UIDs")
	ErrGone     = errors.New("it was deleted")
	ErrBusy     = errors.New("no room or no time now, another attempt may succeed")
	ErrRefused  = errors.New("not allowed")
	ErrTooWide  = errors.New("the search is too wide")
)

// Archive is what a [Service] serves. Its methods are called from many
// goroutines; they end when their context does.
type Archive interface {
	// Searches tells whether the archive itself matches this attribute in searches
	// of a level; its rows then have it.
	Searches(level Level, attribute dicom.Path) bool
	// Search finds rows of the level of the query.
	Search(ctx context.Context, q *Query) (Found, error)
	// Count is how many rows the query has in all, without its limit and offset.
	// It is not exact when Search is not.
	Count(ctx context.Context, q *Query) (n int, exact bool, err error)
	// Related tells of each of these patients, studies or series what lies below, by
	// patient ID or UID.
	// Rows without an entry have nothing below them.
	Related(ctx context.Context, level Level, uids []string) (map[string]Related, error)
	// Instances are the objects of a study, series or instance, by number of
	// series and instance; none is ErrNotFound, or ErrGone where that is known.
	Instances(ctx context.Context, ref Ref) ([]Instance, error)
	// Samples are one object of each of these studies or series, by UID.
	Samples(ctx context.Context, level Level, uids []string) (map[string]Instance, error)
	// Stat tells size and time of the stored file of an object, without opening it.
	Stat(ctx context.Context, i Instance) (size int64, changed time.Time, err error)
	// Open opens the stored file of an object.
	Open(ctx context.Context, i Instance) (File, error)
	// Spool makes a file for an object that is too large for memory; start is the
	// beginning of its data set.
	Spool(ctx context.Context, start []byte, ts dicom.TransferSyntax) (Spool, error)
	// Store takes an object in. A nil error is a promise that it is kept.
	Store(ctx context.Context, o *Received) (Stored, error)
	// Delete removes a study, series or instance.
	Delete(ctx context.Context, ref Ref) error
}

// Ref names a study, a series or an instance: the UIDs below it are empty.
type Ref struct {
	Study, Series, Instance string
}

// Instance is an object of the archive.
type Instance struct {
	Study, Series, UID, Class string
	// Patient is the ID of the patient, "" where it is not known.
	Patient string
	// Place tells the archive where the file is; others do not look into it.
	Place any
}

// Ref is the reference to i.
func (i Instance) Ref() Ref { return Ref{i.Study, i.Series, i.UID} }

// File is the stored file of an object: a Part 10 file or another form that
// [dicom.ReadPart10] reads. An *os.File goes to the network without being copied.
type File interface {
	io.ReadSeeker
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

var _ File = (*os.File)(nil)

// Query is a search.
type Query struct {
	Level Level
	// Keys are what rows must match, those of the address among them.
	Keys []Key
	// Fuzzy compares words of names from their start, in any order, without case
	// and accents (PS3.18 section 8.3.4.2).
	Fuzzy bool
	// Limit is the largest number of rows, -1 is none; Offset rows are left out
	// before.
	Limit, Offset int
	// Want are attributes that rows should have, where the archive has them without
	// opening objects; All wants whatever it has of the level and those above.
	Want []dicom.Tag
	All  bool
}

// Key is a matching key: where it is, and the text that it must match by PS3.4
// section C.2.2.2, in UTF-8 as the caller wrote it. Empty text matches all.
type Key struct {
	Path dicom.Path
	Text string
	// Absent matches rows without a value only.
	Absent bool
}

// Tag is the attribute that the key is about.
func (k Key) Tag() dicom.Tag { return k.Path[len(k.Path)-1].Tag }

// Found are the rows of a search.
type Found struct {
	// Rows are in an order that is total and stable. Their text is as stored, in
	// the character set of the objects. They are ranged over once.
	Rows iter.Seq2[Row, error]
	// Exact tells that the rows match all keys and that limit and offset were
	// applied. Else the service does both, with all rows that might match.
	Exact bool
}

// Row is one row of a search.
type Row struct {
	*dicom.Dataset
	// Instance is the object of a row of the instance level.
	Instance Instance
}

// Related is what lies below a patient, study or series.
type Related struct {
	Studies           int // of a patient
	Series, Instances int
	Modalities        []string // in order, each once
}

// Spool is a file for an object on its way in. The data set is written from
// Offset on.
type Spool struct {
	File   *os.File
	Offset int64
}

// Received is an object to be stored.
type Received struct {
	// Dataset has the transfer syntax it came in as (0002,0010), and no other
	// element of group 0002.
	Dataset *dicom.Dataset
	// Spool is the file that large values lie in, nil when all are in memory. The
	// archive may keep it, and then sets File to nil.
	Spool *Spool
}

// Stored tells what became of an object that was taken in.
type Stored struct {
	// Ref are its UIDs now.
	Ref Ref
	// Coerced tells that elements were changed on the way.
	Coerced bool
}

// StoreError is an object that was not taken in. Reason is a failure reason of
// PS3.18 annex I.2: A7xx no resources, A9xx does not match its class, Cxxx not
// understood, 0110 processing failure and others.
type StoreError struct {
	Reason uint16
	Err    error
}

func (e *StoreError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *StoreError) Unwrap() error { return e.Err }
