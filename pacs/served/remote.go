package served

import (
	"context"
	"slices"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/dicomweb"
	"conquest/pacs/peers"
)

// Remote is another system as web clients search it: by C-FIND. It belongs to one
// request.
type Remote struct {
	peers   *peers.Peers
	peer    peers.Destination
	related map[string]dicomweb.Related
}

var _ dicomweb.Archive = (*Remote)(nil)

// NewRemote is the system of an AE of the map.
func NewRemote(p *peers.Peers, ae string) (*Remote, error) {
	peer, err := p.Resolve(ae)
	if err != nil {
		return nil, err
	}
	return &Remote{peers: p, peer: peer, related: map[string]dicomweb.Related{}}, nil
}

var remoteLevels = [...]string{"PATIENT", "STUDY", "SERIES", "IMAGE"}

// Counts that systems may answer.
const (
	tagStudySeries     dicom.Tag = 0x00201206
	tagStudyInstances  dicom.Tag = 0x00201208
	tagSeriesInstances dicom.Tag = 0x00201209
)

// Searches takes all plain attributes for such as the system matches: what it does
// not match the service looks at itself.
func (a *Remote) Searches(_ dicomweb.Level, attribute dicom.Path) bool { return len(attribute) == 1 }

// Search asks the system.
func (a *Remote) Search(ctx context.Context, q *dicomweb.Query) (dicomweb.Found, error) {
	keys := dicom.NewDataset(16)
	ascii := true
	for _, t := range append(slices.Clone(q.Want), dicom.PatientID, dicom.StudyInstanceUID, tagStudySeries, tagStudyInstances, tagSeriesInstances, dicom.ModalitiesInStudy) {
		keys.SetString(t, "")
	}
	if q.Level >= dicomweb.Series {
		keys.SetString(dicom.SeriesInstanceUID, "")
	}
	if q.Level >= dicomweb.Instances {
		keys.SetString(dicom.SOPInstanceUID, "")
		keys.SetString(dicom.SOPClassUID, "")
	}
	for _, k := range q.Keys {
		if len(k.Path) != 1 || k.Text == "" {
			continue
		}
		text := k.Text
		if q.Fuzzy && dicom.CurrentDictionary().VR(k.Tag()) == dicom.PN {
			text = "*" + strings.Trim(text, "*") + "*"
		}
		ascii = ascii && isASCII(text)
		keys.SetString(k.Tag(), text)
	}
	if !ascii {
		keys.SetString(dicom.SpecificCharacterSet, "ISO_IR 192")
	}
	answers, err := a.peers.Find(ctx, a.peer, remoteLevels[q.Level], keys)
	if err != nil {
		return dicomweb.Found{}, err
	}
	return dicomweb.Found{Rows: func(yield func(dicomweb.Row, error) bool) {
		for _, d := range answers {
			a.note(q.Level, d)
			row := dicomweb.Row{Dataset: d}
			if q.Level == dicomweb.Instances {
				row.Instance = dicomweb.Instance{
					Study: d.String(dicom.StudyInstanceUID), Series: d.String(dicom.SeriesInstanceUID),
					UID: d.String(dicom.SOPInstanceUID), Class: d.String(dicom.SOPClassUID),
				}
			}
			if !yield(row, nil) {
				return
			}
		}
	}}, nil
}

// note remembers what an answer says of what is below it.
func (a *Remote) note(level dicomweb.Level, d *dicom.Dataset) {
	series, _ := d.Int(tagStudySeries)
	if level == dicomweb.Series {
		n, _ := d.Int(tagSeriesInstances)
		a.related[d.String(dicom.SeriesInstanceUID)] = dicomweb.Related{Instances: n}
		return
	}
	n, _ := d.Int(tagStudyInstances)
	a.related[d.String(dicom.StudyInstanceUID)] = dicomweb.Related{Series: series, Instances: n, Modalities: d.Strings(dicom.ModalitiesInStudy)}
}

// Count is not known without all rows.
func (a *Remote) Count(context.Context, *dicomweb.Query) (int, bool, error) { return 0, false, nil }

// Related is what the answers said.
func (a *Remote) Related(context.Context, dicomweb.Level, []string) (map[string]dicomweb.Related, error) {
	return a.related, nil
}

// Instances and what follows are not for remote systems: their objects come by a
// move.
func (a *Remote) Instances(context.Context, dicomweb.Ref) ([]dicomweb.Instance, error) {
	return nil, dicomweb.ErrNotFound
}

// Samples are none.
func (a *Remote) Samples(context.Context, dicomweb.Level, []string) (map[string]dicomweb.Instance, error) {
	return nil, nil
}

// Stat finds nothing.
func (a *Remote) Stat(context.Context, dicomweb.Instance) (int64, time.Time, error) {
	return 0, time.Time{}, dicomweb.ErrNotFound
}

// Open finds nothing.
func (a *Remote) Open(context.Context, dicomweb.Instance) (dicomweb.File, error) {
	return nil, dicomweb.ErrNotFound
}

// Spool makes none.
func (a *Remote) Spool(context.Context, []byte, dicom.TransferSyntax) (dicomweb.Spool, error) {
	return dicomweb.Spool{}, dicomweb.ErrRefused
}

// Store takes none.
func (a *Remote) Store(context.Context, *dicomweb.Received) (dicomweb.Stored, error) {
	return dicomweb.Stored{}, dicomweb.ErrRefused
}

// Delete deletes none.
func (a *Remote) Delete(context.Context, dicomweb.Ref) error { return dicomweb.ErrRefused }
