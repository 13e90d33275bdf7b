package peers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/site"
)

// MoveOrder is a C-MOVE that the server asks of a peer or of itself.
type MoveOrder struct {
	Host, Port  string
	Called      string
	Destination string
	Keys        *dicom.Dataset
	MessageID   uint16
	Root        string // SOP class
	Extra       *dicom.Dataset
	counted     bool // the progress channel follows it
}

// Move sends a C-MOVE and awaits its end. A failure or a warning status is a
// *[dimse.StatusError].
func (s *Peers) Move(ctx context.Context, cfg *dicomini.Config, o MoveOrder) (*dimse.Response, error) {
	classes := []string{dimse.PatientRootMove, dimse.StudyRootMove} // whichever it is
	dest := fmt.Sprintf("%-16s", o.Destination)
	a, err := s.Dial(ctx, cfg, Destination{
		Host: o.Host, Port: o.Port, Calling: cfg.MyACRNema, Called: o.Called, Compression: "un",
	}, classes)
	if err != nil {
		return nil, fmt.Errorf("C-MOVE from %s: %w", o.Called, err)
	}
	defer s.HangUp(a, cfg)
	if o.MessageID == OriginatorNoConverters || o.MessageID == OriginatorWADO {
		defer s.orders.begin(o)()
	}
	var job *site.Job
	if o.counted {
		job = s.StartJob(ctx, "dicommove")
		defer job.End()
	}
	response, err := a.Move(ctx, dimse.Query{
		SOPClassUID: o.Root, Identifier: o.Keys, Destination: dest, MessageID: o.MessageID, Extra: o.Extra,
	}, func(c *dimse.Command) {
		if p := c.Progress; p != nil {
			job.At(int(p.Completed), int(p.Completed)+int(p.Remaining))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("C-MOVE from %s: %w", o.Called, err)
	}
	if response.Command.Status.IsWarning() {
		return response, &dimse.StatusError{Status: response.Command.Status, Comment: response.Command.ErrorComment}
	}
	return response, nil
}

func Completed(r *dimse.Response) uint16 {
	if r == nil || r.Command.Progress == nil {
		return 0
	}
	return r.Command.Progress.Completed
}

// Transfer asks source, which may be this server, to send what k selects to
// dest.
func (s *Peers) Transfer(ctx context.Context, source, dest string, k Selection, messageID uint16) bool {
	cfg := s.Live.Current()
	local := source == "(local)" || source == cfg.MyACRNema
	peer := s.local(cfg)
	if !local {
		p, ok := s.AEs.Lookup(source)
		if !ok {
			oplog.PreretrieveUnknown(s.Console, source)
			return false
		}
		peer = Destination{Host: p.Host, Port: p.Port, Called: source}
	}
	keys, root := k.identifier()
	_, err := s.Move(ctx, cfg, MoveOrder{
		Host: peer.Host, Port: peer.Port, Called: peer.Called, Destination: dest, Keys: keys, MessageID: messageID, Root: root, counted: true,
	})
	var status *dimse.StatusError
	switch {
	case err == nil:
		return true
	case errors.As(err, &status):
		oplog.PreretrieveRefused(s.Console)
	case local:
		oplog.ForwardNotServed(s.Console)
	default:
		oplog.PreretrieveNoConnection(s.Console, source)
	}
	return false
}

// TestForward sends one file under a fresh SOP instance UID.
func (s *Peers) TestForward(ctx context.Context, ds *dicom.Dataset, path, mode, ae string) {
	cfg := s.Live.Current()
	class := ds.String(dicom.SOPClassUID)
	if class == "" {
		oplog.TestForwardNoClass(s.Console, path)
		return
	}
	to, err := s.Resolve(ae)
	if err != nil {
		host, port, ok := strings.Cut(ae, ":")
		if !ok {
			port = DefaultForwardPort
		}
		to.Host, to.Port = host, port
	}
	if to.Web != "" {
		s.testWeb(ctx, ds, to.Web, mode)
		return
	}
	if mode != "" {
		to.Compression = mode
	}
	a, err := s.DialFor(ctx, cfg, to, []Kind{KindOf(ds)})
	if err != nil {
		oplog.TestForwardNoConnection(s.Console, ae)
		return
	}
	defer s.HangUp(a, cfg)
	pc := a.ContextFor(class, ds.TransferSyntax().UID)
	if pc == nil {
		oplog.TestForwardNotAccepted(s.Console, ae)
		return
	}
	accepted := mode
	if strings.HasPrefix(strings.ToLower(mode), "j") {
		accepted = acceptedCode(pc.TransferSyntax.UID)
		oplog.AcceptedCompression(s.Console, accepted)
	}
	oplog.TestForward(s.Console, mode, accepted, ae, to.Host, to.Port)
	ds.SetString(dicom.SOPInstanceUID, s.UIDs.New(site.UIDGeneral))
	ds.SetString(dicom.InstanceNumber, mode+" "+accepted)
	if accepted != mode {
		oplog.AcceptedCompression(s.Console, accepted) // fit says it once more
	}
	ctx, done := s.Work(ctx, "object")
	defer done()
	if pc, err = s.Fit(ctx, a, class, ds, CodeFor(mode)); err == nil {
		_, err = a.Store(ctx, dimse.StoreRequest{SOPClassUID: class, SOPInstanceUID: ds.String(dicom.SOPInstanceUID), Data: dimse.NewData(ds), Context: pc})
	}
	if err != nil {
		oplog.TestForwardFailed(s.Console, ae)
		s.Console.Event("*** test forward", "error", err)
	}
}

// testWeb is TestForward to a DICOMweb server.
func (s *Peers) testWeb(ctx context.Context, ds *dicom.Dataset, name, mode string) {
	ds.SetString(dicom.SOPInstanceUID, s.UIDs.New(site.UIDGeneral))
	ds.SetString(dicom.InstanceNumber, mode)
	if err := s.StoreWeb(ctx, name, mode, []*dicom.Dataset{ds})[0]; err != nil {
		oplog.TestForwardFailed(s.Console, dicomini.WebPrefix+name)
		s.Console.Event("*** test forward", "error", err)
	}
}

// Grab fetches the images of a date that a peer has and that are not here.
func (s *Peers) Grab(ctx context.Context, ae, date string) error {
	cfg := s.Live.Current()
	peer, err := s.Resolve(ae)
	if err != nil {
		return fmt.Errorf("grab from %s: %w", ae, ErrUnknownAE)
	}
	if peer.Web != "" {
		return fmt.Errorf("grab from %s: a DICOMweb server can not be asked to send; make it a virtual server", ae)
	}
	keys := dicom.NewDataset(6)
	keys.SetString(dicom.StudyDate, date)
	for _, t := range []dicom.Tag{dicom.SOPInstanceUID, dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID} {
		keys.SetString(t, "")
	}
	answers, err := s.Find(ctx, peer, "IMAGE", keys)
	if err != nil {
		oplog.GrabNoConnection(s.Console)
		return fmt.Errorf("%w: C-FIND of %s: %w", ErrNotGrabbed, ae, err)
	}
	job := s.StartJob(ctx, "grabimagesfromserver")
	defer job.End()
	for i, a := range answers {
		job.At(i, len(answers))
		sop, patient := a.String(dicom.SOPInstanceUID), a.String(dicom.PatientID)
		if _, found, err := s.Index.Lookup(ctx, sop, patient); err != nil || found {
			continue
		}
		order := dicom.NewDataset(4)
		order.SetString(dicom.QueryRetrieveLevel, "IMAGE")
		order.SetString(dicom.StudyInstanceUID, a.String(dicom.StudyInstanceUID))
		order.SetString(dicom.SeriesInstanceUID, a.String(dicom.SeriesInstanceUID))
		order.SetString(dicom.SOPInstanceUID, sop)
		_, err := s.Move(ctx, cfg, MoveOrder{
			Host: peer.Host, Port: peer.Port, Called: ae, Destination: cfg.MyACRNema, Keys: order,
			MessageID: OriginatorNoConverters, Root: dimse.StudyRootMove,
		})
		if err != nil {
			oplog.GrabFailed(s.Console)
			s.Console.Event("*** grab", "ae", ae, "sop", sop, "error", err)
		}
	}
	oplog.Grabbed(s.Console)
	return nil
}

// ErrNotGrabbed is a failure that the console has told about.
var ErrNotGrabbed = errors.New("grab failed")

// ErrUnknownAE tells that an AE is not in acrnema.map.
var ErrUnknownAE = errors.New("AE is not in acrnema.map")

// Selection are what a C-MOVE selects.
type Selection struct {
	Patient, Study, Series, SOP, Accession, Date string
}

// identifier is the C-MOVE identifier and its model.
func (k *Selection) identifier() (keys *dicom.Dataset, root string) {
	keys, root = dicom.NewDataset(7), dimse.StudyRootMove
	level := "STUDY"
	switch {
	case k.SOP != "":
		level = "IMAGE"
	case k.Series != "":
		level = "SERIES"
	case k.Study == "" && k.Accession == "" && k.Date == "":
		level, root = "PATIENT", dimse.PatientRootMove
	}
	keys.SetString(dicom.QueryRetrieveLevel, level)
	for _, v := range []struct {
		tag   dicom.Tag
		value string
	}{
		{dicom.PatientID, k.Patient}, {dicom.StudyInstanceUID, k.Study}, {dicom.SeriesInstanceUID, k.Series},
		{dicom.SOPInstanceUID, k.SOP}, {dicom.AccessionNumber, k.Accession}, {dicom.StudyDate, k.Date},
	} {
		if v.value != "" {
			keys.SetString(v.tag, v.value)
		}
	}
	return keys, root
}

// Message IDs of move originators with a special meaning (docs/original/network.md 2.2).
const (
	OriginatorNoConverters = 0xfbad // fetched by this server for itself
	OriginatorWADO         = 0x2bad // to be kept as a temporary file only
)

// FailedSOPInstanceUIDList is the element of the last answer of a retrieval that names
// what was not sent.
const FailedSOPInstanceUIDList dicom.Tag = 0x00080058
