package luabind

import (
	"context"

	"conquest/dicom"
)

// Host is everything a script reaches outside its objects. It serves many states
// at once, so it must be safe for concurrent use. Errors are logged by the Host,
// with the lines of the original; this package only turns them into results.
//
// A Host that has only some of the methods embeds [NoHost].
type Host interface {
	Logger
	Settings
	Database
	Objects
	Network
}

// Logger receives log lines, without line end.
type Logger interface {
	// Operator receives what print writes.
	Operator(line string)
	// Debug receives what debuglog writes.
	Debug(line string)
}

// Settings are the configuration and the live variables of the server.
type Settings interface {
	// Setting is an entry of dicom.ini, found without regard to letter case. With
	// section "" it is that of the server's own section.
	Setting(section, key string) (value string, ok bool)
	// Variable is the number called name, one of [NumberVariables].
	Variable(name string) int64
	// SetVariable changes it.
	SetVariable(name string, n int64)
	// Text is the text called name, one of [TextVariables].
	Text(name string) string
	// SetText changes it.
	SetText(name, value string)
	// Peer is entry i of acrnema.map, from 0.
	Peer(i int) (p Peer, ok bool)
	// Column is row i (from 0) of a table of dicom.sql: 0 patient, 1 study,
	// 2 series, 3 image, 4 worklist.
	Column(table, i int) (c Column, ok bool)
}

// Peer is an entry of acrnema.map.
type Peer struct {
	Name, Address, Port, Compression string
}

// Column is a row of dicom.sql: SQLType as "SQL_C_CHAR", DICOMType as "DT_STR".
type Column struct {
	Tag       dicom.Tag
	Name      string
	Length    int
	SQLType   string
	DICOMType string
}

// Database is the index of the server.
type Database interface {
	// Query gives the values of fields (names parted by commas) of all records,
	// NULL as "". where and order may be empty.
	Query(ctx context.Context, table, fields, where, order string) ([][]string, error)
	// SQL runs a statement and throws its result away.
	SQL(ctx context.Context, statement string) error
	// OldestPatients are the IDs of at most limit patients in order of age.
	OldestPatients(ctx context.Context, limit int, device, order string) ([]string, error)
	// GenerateUID is a UID that nobody has.
	GenerateUID() string
	// ChangeUID is the UID that old was changed to: the one in table UIDMODS, else
	// uid, else a fresh one. Stages that begin with '#' use no table; uid is then
	// empty.
	ChangeUID(ctx context.Context, old, uid, stage, typ string) (string, error)
	// ChangeUIDBack is the UID that was changed to uid. With stage or typ "" only
	// rows without them count.
	ChangeUIDBack(ctx context.Context, uid, stage, typ string) (old string, ok bool, err error)
}

// Objects reads, writes and changes whole objects.
type Objects interface {
	// ReadObject reads a file, or a stored object named "patientid:sop", ":sop" or
	// "study\series\sop".
	ReadObject(ctx context.Context, name string) (*dicom.Dataset, error)
	// TempFile is the path of a file that is not there, in the folder for such.
	TempFile(ext string) string
	// WriteObject writes a Part 10 file, or a bare data set when the name ends in
	// .v2.
	WriteObject(ctx context.Context, name string, d *dicom.Dataset) error
	// Compress changes d, a copy, to a mode such as "j2".
	Compress(ctx context.Context, d *dicom.Dataset, mode string) error
	// AddImage stores a copy of d in the server, without import converters.
	AddImage(ctx context.Context, d *dicom.Dataset) error
	// HeapInfo is a text about memory.
	HeapInfo() string
}

// Network talks to DICOM peers, this server among them. An AE is a name of
// acrnema.map; store and get also take host:port.
type Network interface {
	// Find sends a C-FIND. level has the prefix PATIENT, STUDY, SERIES, IMAGE,
	// WORKLIST, PATIENTP or STUDYP (docs/original/lua.md 2). An error is an unknown AE or no
	// association. d is a copy that may be changed, here and below.
	Find(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error)
	// VirtualFind is Find for dicomquery2, by way of the virtual server client.
	VirtualFind(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error)
	// FindObjects loads all stored objects that match d. limit > 0 leaves out
	// elements longer than it.
	FindObjects(ctx context.Context, d *dicom.Dataset, limit int) ([]*dicom.Dataset, error)
	// Get sends a C-GET.
	Get(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error)
	// Move sends a C-MOVE. The text of an error is that of the original.
	Move(ctx context.Context, m Move) error
	// Store sends objects and gives the response command sets, nil for an object
	// that was not sent.
	Store(ctx context.Context, ae string, ds []*dicom.Dataset) ([]*dicom.Dataset, error)
	// Echo sends a C-ECHO, with the elements of extra (may be nil) in the command,
	// and gives the response command set.
	Echo(ctx context.Context, ae string, extra *dicom.Dataset) (*dicom.Dataset, error)
	// Print sends images to a printer.
	Print(ctx context.Context, p Print) error
	// Delete removes everything that matches d from the server.
	Delete(ctx context.Context, d *dicom.Dataset) error
	// Modify changes everything that matches d by a line of the legacy language, in
	// place or, with copy, in copies.
	Modify(ctx context.Context, d *dicom.Dataset, script string, copy bool, thread string) error
	// Remove is Delete for newdicomdelete.
	Remove(ctx context.Context, d *dicom.Dataset, thread string) error
	// ServerCommand sends a command to this server. upload, when not nil, goes with
	// it as a file. ok is false when there was no answer.
	ServerCommand(ctx context.Context, command string, upload []byte) (answer []byte, ok bool, err error)
}

// Move is a C-MOVE from Lua.
type Move struct {
	Source      string // AE, "(local)" or the own AE
	Destination string
	Query       *dicom.Dataset
	PatientRoot bool
	Command     *dicom.Dataset // elements added to the command, may be nil
	Thread      string         // of the progress display, "" for none
	// Progress is called after each pending response; may be nil.
	Progress func(done, total int)
}

// Print is a request of dicomprint.
type Print struct {
	AE         string
	Objects    []*dicom.Dataset
	Annotation string
	// Options are the film options by attribute keyword, e.g. FilmOrientation.
	Options map[string]string
}
