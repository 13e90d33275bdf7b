// Package browse shows what is stored as people look at it: a page of studies, a
// study with its series, the objects of a series. Pages and API use it with the
// same words.
package browse

import (
	"errors"
	"time"

	"conquest/pacs/site"
)

// Browser looks into the index.
type Browser struct{ *site.Site }

// New makes it.
func New(s *site.Site) *Browser { return &Browser{s} }

// ErrNotFound tells that a study, series or object is not here.
var ErrNotFound = errors.New("not found")

// Query says which studies a page has.
type Query struct {
	Text     string // anything: name, ID, accession number, UID, date, modality
	Patient  string // name or ID, with * and ?
	Date     string // DA or range
	Modality string
	Offset   int
	Limit    int
}

// Page is a page of studies.
type Page struct {
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
	Size                                             int64 // of its file, in bytes
	Stored                                           time.Time
}

// countTime is how long a page waits for the counts of a large index.
const countTime = time.Second
