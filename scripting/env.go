package scripting

import (
	"context"
	"time"

	"conquest/dicom"
)

// Env is everything a script reaches outside its object. One Env may serve many
// runs at once, so it must be safe for concurrent use.
type Env interface {
	Logger
	Lookup
	Actions
}

// Logger receives the log lines, without line end.
type Logger interface {
	Operator(line string) // always on
	Debug(line string)    // only of interest with -v
	Debugging() bool      // whether Debug lines go anywhere
}

// Holder is an Env that knows of destinations which get nothing now.
type Holder interface {
	// Held tells whether a forward is to wait, before the object is read: the line
	// ends then, to be run again. sent tells that an earlier run of the line has
	// sent it.
	Held(ctx context.Context, f *Forward) (held, sent bool)
}

// Lookup answers questions and changes nothing. Relative paths are relative to
// the working directory of the server.
type Lookup interface {
	// Now is the time, in the local zone.
	Now() time.Time
	// ScriptEntry is the text of an entry of section [scripts], "" when absent.
	ScriptEntry(name string) string
	// BaseDir is "" or a directory ending in a separator.
	BaseDir() string
	// ReadText reads a text file: scripts, alias files.
	ReadText(path string) (string, error)
	// IsDir tells whether path is a directory.
	IsDir(path string) bool
	// QueryValue is the value of tag in the first record of the database that
	// matches k, "" when there is none.
	QueryValue(ctx context.Context, k QueryKeys, tag dicom.Tag) string
	// LoadObject finds a stored object, here or on a virtual server: for
	// %V(path)path. nil when it is not there.
	LoadObject(ctx context.Context, patientID, sop string) *dicom.Dataset
	// ReadObject reads the stored file of an export converter.
	ReadObject(ctx context.Context, path string) (*dicom.Dataset, error)
	// ProposeFile is the full path that the object would be stored under now,
	// "" when it cannot be told (import %f %b %p).
	ProposeFile(r *Run) string
}

// QueryKeys select a record for %QP, %QS, %QE and %QW.
type QueryKeys struct {
	Level       byte // 'P' patient, 'S' study, 'E' series, 'W' worklist
	PatientID   string
	StudyUID    string
	SeriesUID   string
	AccessionNo string
}

// Actions have effects outside the object. Errors are logged by this package
// with the lines of the original, not by the Env.
type Actions interface {
	// Forward sends an object now. A failure is a *[ForwardError].
	Forward(ctx context.Context, f *Forward) error
	// Queue enters a delayed command. added is false when it only restarted the
	// delay of an equal entry, or was dropped. An error tells that it could not be
	// kept: the object must not be acknowledged then.
	Queue(ctx context.Context, d *Delayed) (added bool, err error)
	// Lua runs a chunk with r.Object as Data and gives the verdict, which starts
	// as c.Start. Errors in the chunk are logged by the Env.
	Lua(ctx context.Context, r *Run, c LuaChunk) Code

	// GenerateUID makes a UID that nobody has (%g).
	GenerateUID() string
	// ChangeUID is the new UID of old from table UIDMODS, made and entered when
	// it has none ("NewUID for TYPE = UID" goes to the debug log then). Stages
	// that begin with '#' use no table (docs/original/scripting.md 3.4). An empty UID
	// stays empty.
	ChangeUID(old, typ, stage string) (string, error)
	// ChangeUIDBack is the UID that was changed to uid. When there is none it
	// logs "***ChangeUIDBack: Unable to locate new UID" and gives an error.
	ChangeUIDBack(uid, stage string) (string, error)

	// WriteText creates or extends a text file.
	WriteText(path, text string, appendTo bool) error
	// CopyFile copies a file; to is a file name.
	CopyFile(from, to string) error
	// MakeDir makes a directory and its parents.
	MakeDir(path string) error
	// RemoveFile removes a file.
	RemoveFile(path string) error
	// SaveObject writes a Part 10 file, or a bare data set when the name ends in
	// .v2. d is not changed.
	SaveObject(path string, d *dicom.Dataset) error
	// SaveFrame writes one frame (from 0) as SaveObject does. d is not changed.
	SaveFrame(ctx context.Context, path string, d *dicom.Dataset, frame int) error
	// SaveImage writes a bmp, gif or jpg file. d is not changed.
	SaveImage(ctx context.Context, path string, d *dicom.Dataset, o ImageOptions) error

	// System runs a command by the shell and waits for it.
	System(ctx context.Context, command string) error
	// Spawn runs a command of an export converter by the shell and waits.
	Spawn(ctx context.Context, command string) error
	// TempFile is a fresh name for a temporary file with this extension.
	TempFile(ext string) string
	// ProcessWith writes d to file, runs command by the shell, reads the file
	// again and removes it. d is not changed.
	ProcessWith(ctx context.Context, command, file string, d *dicom.Dataset) (*dicom.Dataset, error)

	// Compress recompresses d in place to mode, e.g. "j2" or "j390". It is left
	// as it was on an error.
	Compress(ctx context.Context, r *Run, d *dicom.Dataset, mode string) error
	// ToMono turns 8 bit RGB of d into monochrome, if it is.
	ToMono(ctx context.Context, d *dicom.Dataset) error
	// Crop cuts the pixels of d to the rectangle, both ends inclusive.
	Crop(ctx context.Context, d *dicom.Dataset, x1, y1, x2, y2 int) error

	// SetTestMode sets the suffix that all later file names get.
	SetTestMode(suffix string)
}

// ImageOptions are the clauses of save bmp|gif|jpg. Zero means default, Size
// and Quality are always set.
type ImageOptions struct {
	Format  string // "bmp", "gif" or "jpg"
	Level   int
	Window  int
	Frame   int
	Size    int // longest side in pixels
	Quality int // of jpg
	Gamma   float64
}

// LuaChunk is a piece of Lua text.
type LuaChunk struct {
	Text string
	// CommandLine becomes the global command_line when HasCommandLine is set;
	// otherwise the global is cleared for file calls and left alone for chunks.
	CommandLine    string
	HasCommandLine bool
	File           bool // the chunk is the call of a file by a statement
	Start          Code // verdict when the chunk says nothing
}

// Forward asks for one object to be sent now (docs/original/scripting.md 5.1).
type Forward struct {
	Run *Run
	// Row and Channel name the association that is kept: one per pair and
	// dialect.
	Row     int
	Channel int
	Export  bool

	Target     string // AE of acrnema.map, or host[:port]
	Originator string // calling AE, "" for the own
	CalledAE   string // "" for Target
	// Compression is "j2" or "j390"; "" for that of the map entry. For targets
	// that are not in the map it does not count in exports, nor with a quality.
	Compression string

	// Object is a copy that may be changed.
	Object *dicom.Dataset
	// File is the stored file of an export converter.
	File string
	// Failure is what went wrong in the script clause, once Prepare has run.
	Failure string
	// Prepare runs the script clause on Object. The Env calls it when the peer
	// has accepted the kind of object, before it is recompressed and sent. It may be nil.
	Prepare func(ctx context.Context)

	name string
}

// Name is the beginning of the log lines of this forward, e.g.
// "ImportConverter0.0" (with a capital C).
func (f *Forward) Name() string { return f.name }

// ForwardFailure tells how far a forward came.
type ForwardFailure int

// The failures of a forward.
const (
	NotConnected ForwardFailure = iota // no association
	NotAccepted                        // the peer does not take this SOP class
	NotSent                            // the C-STORE failed
)

// ForwardError is why a forward failed. Retry tells that an export converter is
// to be run again later although the object was refused (RetryForwardFailed).
type ForwardError struct {
	Failure ForwardFailure
	Retry   bool
	Err     error
}

// Error is the cause.
func (e *ForwardError) Error() string {
	what := [...]string{"connect", "object type not accepted", "send"}[e.Failure]
	if e.Err == nil {
		return "forward: " + what
	}
	return "forward: " + what + ": " + e.Err.Error()
}

// Unwrap is the cause.
func (e *ForwardError) Unwrap() error { return e.Err }
