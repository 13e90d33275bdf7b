package ui

import (
	"context"
	"errors"
	"time"

	"conquest/dicom"
)

// ErrNotFound tells that a study, series or object is not here.
var ErrNotFound = errors.New("not found")

// Site is what the pages see and change of a server. Calls end with their
// context.
type Site interface {
	// Name is the server's AE title, for the head of pages.
	Name() string
	// Studies finds a page of studies, the newest first.
	Studies(ctx context.Context, q StudiesQuery) (StudiesPage, error)
	// Study is a study with its series; ErrNotFound when it is not here.
	Study(ctx context.Context, studyUID string) (*Study, error)
	// Instances are the objects of a series in order of their number.
	Instances(ctx context.Context, studyUID, seriesUID string) ([]Instance, error)
	// Object calls look with the data set of an object, whose large values are in
	// its file, and closes the file.
	Object(ctx context.Context, studyUID, seriesUID, sopUID string, look func(*dicom.Dataset, Instance) error) error
	// Delete removes a study, or one series of it, and tells how many objects went.
	Delete(ctx context.Context, studyUID, seriesUID string) (int, error)
	// Send sends a study, or one series of it, to an AE of the map.
	Send(ctx context.Context, studyUID, seriesUID, ae string, progress func(done, all int)) error
	// Deeds are deletions and changes that can be taken back, the newest first; kept
	// tells that the site keeps any.
	Deeds() (list []Deed, kept bool, err error)
	// Undo takes a deed back.
	Undo(ctx context.Context, id string) (Undone, error)
	// Life is what happened to an object, a series or a study, oldest first; on tells
	// that the site keeps it.
	Life(ctx context.Context, uid string) (list []LifeEvent, on bool, err error)
	// Explain tells rule by rule what would be done with an object, by the rules as
	// they stand or by others in the place of them ("" for none), and what lint
	// says of those.
	Explain(ctx context.Context, d *dicom.Dataset, calling, rules string) (text string, findings []Finding, err error)
	// Queues is outgoing work by kind and destination.
	Queues(ctx context.Context) ([]QueueLine, error)
	// Letters are work that was given up, with the reason.
	Letters(ctx context.Context) ([]Letter, error)
	// QueueAction is retry, pause or resume for a destination, or retry or drop
	// for a letter.
	QueueAction(ctx context.Context, action, kind, name string) error
	// AEs are the lines of acrnema.map in the order in which they are matched.
	AEs() ([]AE, error)
	// Echo sends a C-ECHO to an AE of the map.
	Echo(ctx context.Context, ae string) error
	// Config is the configuration as it stands in its file, with what lint says.
	Config() (ConfigText, error)
	// Status is the state of the server now.
	Status(ctx context.Context) (Status, error)
	// Log calls line with what the server said lately, oldest first, then, with
	// follow, with what it says until ctx ends.
	Log(ctx context.Context, follow bool, line func(LogLine)) error
}

// Deed is a deletion or change that can be taken back.
type Deed struct {
	ID, Kind, What, By, State string
	At, Until                 time.Time
	Objects                   int
	Bytes                     int64
	Patients                  []string // a few of them
}

// Undone is what became of an undo.
type Undone struct {
	Restored, Present, Failed int
	Reasons                   []string // a few of the failures
}

// LifeEvent is something that happened to an object.
type LifeEvent struct {
	Time     time.Time
	Kind     string
	Peer, By string
	SOP      string
	Bad      bool
	Facts    [][2]string // name and value
}

// StudiesQuery says which studies a page has.
type StudiesQuery struct {
	Text     string // anything: name, ID, accession number, UID, date, modality
	Patient  string // name or ID, with * and ?
	Date     string // DA or range
	Modality string
	Offset   int
	Limit    int
}

// StudiesPage is a page of studies.
type StudiesPage struct {
	Studies []StudyRow
	More    bool // there are further ones
	Total   int  // matches in all; -1 when counting would take long
}

// StudyRow is a study in a list. Text is UTF-8.
type StudyRow struct {
	StudyUID, PatientName, PatientID, BirthDate, Sex string
	Date, Time, Description, Accession, Referring    string
	Modalities                                       []string
	Series, Instances                                int
}

// Study is a study with its series.
type Study struct {
	StudyRow
	SeriesList []Series
}

// Series is a series of a study.
type Series struct {
	SeriesUID, Modality, Number, Description, BodyPart, Station string
	Instances                                                   int
}

// Instance is a stored object.
type Instance struct {
	StudyUID, SeriesUID, SOPInstanceUID, SOPClassUID string
	Number                                           string
	Frames, Rows, Columns                            int
	Device, File                                     string
	Size                                             int64
	Stored                                           time.Time
}

// QueueLine is the outgoing work of a kind for a destination.
type QueueLine struct {
	Kind, Destination string
	Waiting, Failed   int
	Oldest            time.Time
	LastError         string
	State             string // running, holding off, paused
	NextTry           time.Time
}

// Letter is work that was given up.
type Letter struct {
	ID, Kind, Destination, Object, Patient, Reason string
	Time                                           time.Time
	Tries                                          int
}

// AE is a line of acrnema.map.
type AE struct {
	Name, Host, Port, Compression string
	Wildcard                      bool
}

// ConfigText is the configuration file.
type ConfigText struct {
	Path, Text string
	Findings   []Finding
}

// Finding is something that lint says of a line.
type Finding struct {
	File     string
	Line     int
	Severity string // error, warning, hint
	Text     string
}

// Status is the state of a server.
type Status struct {
	Version, Build, AE, Port, Database string
	Started                            time.Time
	Associations                       int
	Patients, Studies, Series, Images  int // -1 when counting would take long
	Devices                            []Device
	Problem                            string // why it can not work, "" when all is well
}

// Device is a folder that holds objects.
type Device struct {
	Name, Place string
	Free, Total int64 // bytes
	Problem     string
}

// LogLine is a line of the operator's log.
type LogLine struct {
	Time time.Time
	Text string
}

// Bad tells whether a line speaks of trouble, as the original marks it.
func (l LogLine) Bad() bool { return len(l.Text) >= 3 && l.Text[:3] == "***" }
