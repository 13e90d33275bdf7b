package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/luabind"
	"conquest/oplog"
	"conquest/pacs/printing"
	"conquest/pacs/site"
)

// queryClass is the C-FIND class of a level as Lua names it, and the query
// level to send ("" for the worklist).
func queryClass(level string) (class, queryLevel string, err error) {
	for _, l := range []struct{ prefix, class, level string }{
		{"PATIENTP", dimse.PatientStudyOnlyFind, "PATIENT"},
		{"STUDYP", dimse.PatientStudyOnlyFind, "STUDY"},
		{"PATIENT", dimse.PatientRootFind, "PATIENT"},
		{"STUDY", dimse.StudyRootFind, "STUDY"},
		{"SERIES", dimse.StudyRootFind, "SERIES"},
		{"IMAGE", dimse.StudyRootFind, "IMAGE"},
		{"WORKLIST", dimse.ModalityWorklistFind, ""},
	} {
		if strings.HasPrefix(strings.ToUpper(level), l.prefix) {
			return l.class, l.level, nil
		}
	}
	return "", "", fmt.Errorf("no query level %q", level)
}

// Resolve finds an AE of the map, a DICOMweb server WEB:NAME, or host:port.
func (s *Peers) Resolve(ae string) (Destination, error) {
	cfg := s.Live.Current()
	d := Destination{Calling: cfg.MyACRNema, Called: ae, Compression: "un"}
	if name, is := s.WebServer(ae); is {
		return Destination{Called: ae, Web: name}, nil
	}
	if peer, ok := s.AEs.Lookup(ae); ok {
		d.Host, d.Port, d.Compression = peer.Host, peer.Port, peer.Compression
		return d, nil
	}
	if _, is := dicomini.WebName(ae); is {
		return d, fmt.Errorf("%s: %w", ae, ErrUnknownWeb)
	}
	if host, port, err := net.SplitHostPort(ae); err == nil {
		d.Host, d.Port = host, port
		return d, nil
	}
	return d, fmt.Errorf("AE %s is not in acrnema.map", ae)
}

// local is this server as a peer of itself.
func (s *Peers) local(cfg *dicomini.Config) Destination {
	return Destination{Host: "127.0.0.1", Port: strconv.Itoa(cfg.Port()), Calling: cfg.MyACRNema, Called: cfg.MyACRNema, Compression: "un"}
}

func (s *Peers) FindAt(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	peer, err := s.Resolve(ae)
	if err != nil {
		return nil, err
	}
	answers, err := s.Find(ctx, peer, level, d)
	for _, a := range answers {
		a.SetTransferSyntax(dicom.ImplicitLittleEndian) // scripts see it among the elements
	}
	return answers, err
}

// Find sends a C-FIND to a peer and collects the answers.
func (s *Peers) Find(ctx context.Context, peer Destination, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	if peer.Web != "" {
		return s.findWeb(ctx, peer.Web, level, d)
	}
	class, queryLevel, err := queryClass(level)
	if err != nil {
		return nil, err
	}
	cfg := s.Live.Current()
	peer.Compression = "un"
	a, err := s.Dial(ctx, cfg, peer, []string{class})
	if err != nil {
		return nil, fmt.Errorf("C-FIND of %s: %w", peer.Called, err)
	}
	defer s.HangUp(a, cfg)
	if queryLevel != "" {
		d.SetString(dicom.QueryRetrieveLevel, queryLevel)
	}
	d.Delete(dicom.TransferSyntaxUID)
	answers := []*dicom.Dataset{}
	for answer, err := range a.Find(ctx, dimse.Query{SOPClassUID: class, Identifier: d}) {
		if err != nil {
			return answers, fmt.Errorf("C-FIND of %s: %w", peer.Called, err)
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func (s *Peers) FindAtVirtual(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	if _, known := s.AEs.Lookup(ae); !known {
		if _, web := dicomini.WebName(ae); !web {
			return []*dicom.Dataset{}, nil
		}
	}
	answers, err := s.FindAt(ctx, ae, level, d)
	if err != nil {
		oplog.VirtualNoConnection(s.Console, ae)
		return []*dicom.Dataset{}, nil
	}
	if len(answers) > 0 {
		oplog.VirtualAnswering(s.Console, ae)
	}
	return answers, nil
}

func (s *Peers) GetFrom(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	peer, err := s.Resolve(ae)
	if err != nil {
		return nil, err
	}
	if peer.Web != "" {
		return s.getWeb(ctx, peer.Web, d)
	}
	classes, err := s.classesAt(ctx, peer, d.Clone())
	if err != nil {
		return nil, err
	}
	root, find := dimse.StudyRootGet, "STUDY"
	if strings.HasPrefix(strings.ToUpper(level), "PATIENT") {
		root, find = dimse.PatientRootGet, "PATIENT"
	}
	if _, l, err := queryClass(level); err == nil {
		find = l
	}
	d.SetString(dicom.QueryRetrieveLevel, find)
	r := dimse.Request{Calling: peer.Calling, Called: peer.Called, Options: dimse.Options{
		ImplementationClassUID: site.ImplementationClassUID, ImplementationVersionName: site.ImplementationVersion(),
	}}
	r.Contexts = append(r.Contexts, dimse.ContextRequest{AbstractSyntax: root})
	for _, class := range classes {
		r.Contexts = append(r.Contexts, dimse.ContextRequest{AbstractSyntax: class, TransferSyntaxes: []string{dicom.ExplicitLittleEndian, dicom.ImplicitLittleEndian}})
		r.Roles = append(r.Roles, dimse.RoleSelection{SOPClassUID: class, SCP: true})
	}
	r.Tap = s.OutgoingTap()
	opened := s.MeterOutgoing(&r, peer.Called, peer.AE)
	a, err := dimse.Dial(ctx, s.AddressOf(peer.address()), r)
	if opened(err); err != nil {
		return nil, err
	}
	defer s.HangUp(a, s.Live.Current())
	list := []*dicom.Dataset{}
	store := func(_ context.Context, m *dimse.Message) dimse.Status {
		if m.Data == nil {
			return dimse.CannotUnderstand
		}
		ds, err := m.Data.Dataset(dicom.ParseOptions{})
		if err != nil {
			return dimse.CannotUnderstand
		}
		ds.SetTransferSyntax(m.Context.TransferSyntax.UID)
		if m.Context.TransferSyntax.UID == dicom.ExplicitLittleEndian {
			// What the original receives, and so what scripts see and write.
			ds.SetTransferSyntax(dicom.ImplicitLittleEndian)
		}
		list = append(list, ds)
		return dimse.Success
	}
	_, err = a.Get(ctx, dimse.Query{SOPClassUID: root, Identifier: d}, store, nil)
	var status *dimse.StatusError
	if err != nil && !errors.As(err, &status) {
		return nil, err
	}
	return list, nil
}

// classesAt asks a peer which SOP classes a selection holds.
func (s *Peers) classesAt(ctx context.Context, peer Destination, d *dicom.Dataset) ([]string, error) {
	d.SetString(dicom.SOPClassUID, "")
	d.SetString(dicom.SOPInstanceUID, "")
	answers, err := s.Find(ctx, peer, "IMAGE", d)
	if err != nil {
		return nil, err
	}
	var classes []string
	seen := map[string]bool{}
	for _, a := range answers {
		if c := a.String(dicom.SOPClassUID); c != "" && !seen[c] {
			seen[c] = true
			classes = append(classes, c)
		}
	}
	return classes, nil
}

// moveFailure is a failed move in the words of the original.
type moveFailure string

func (f moveFailure) Error() string { return string(f) }

func (s *Peers) MoveFor(ctx context.Context, mv luabind.Move) error {
	cfg := s.Live.Current()
	isLocal := mv.Source == "(local)" || mv.Source == cfg.MyACRNema
	peer := s.local(cfg)
	if !isLocal {
		p, ok := s.AEs.Lookup(mv.Source)
		if !ok {
			return moveFailure("***dicommove: AE not found: " + mv.Source)
		}
		peer = Destination{Host: p.Host, Port: p.Port, Calling: cfg.MyACRNema, Called: mv.Source, Compression: "un"}
	}
	root := dimse.StudyRootMove
	if mv.PatientRoot {
		root = dimse.PatientRootMove
	}
	a, err := s.Dial(ctx, cfg, peer, []string{root})
	if err != nil {
		if isLocal {
			return moveFailure("***dicommove: local server not working")
		}
		return moveFailure("***dicommove: could not connect to AE: " + mv.Source)
	}
	defer s.HangUp(a, cfg)
	if !mv.Query.Has(dicom.QueryRetrieveLevel) {
		mv.Query.SetString(dicom.QueryRetrieveLevel, deepestLevel(mv.Query))
	}
	progress := func(c *dimse.Command) {
		if c.Progress == nil {
			return
		}
		done := int(c.Progress.Completed) + int(c.Progress.Failed) + int(c.Progress.Warning)
		text := fmt.Sprintf("dicommove: %d of %d images transferred", done, done+int(c.Progress.Remaining))
		s.Status.Store(&text)
		if mv.Progress != nil {
			mv.Progress(done, done+int(c.Progress.Remaining))
		}
	}
	_, err = a.Move(ctx, dimse.Query{SOPClassUID: root, Identifier: mv.Query, Destination: mv.Destination, Extra: mv.Command}, progress)
	var status *dimse.StatusError
	switch {
	case errors.As(err, &status):
		return moveFailure("***dicommove: remote DICOM error")
	case err != nil:
		return moveFailure("***dicommove: association lost")
	}
	return nil
}

// deepestLevel is the query level of the lowest unique key.
func deepestLevel(d *dicom.Dataset) string {
	switch {
	case d.String(dicom.SOPInstanceUID) != "":
		return "IMAGE"
	case d.String(dicom.SeriesInstanceUID) != "":
		return "SERIES"
	case d.String(dicom.StudyInstanceUID) != "":
		return "STUDY"
	}
	return "PATIENT"
}

func (s *Peers) StoreAt(ctx context.Context, ae string, objects []*dicom.Dataset) ([]*dicom.Dataset, error) {
	cfg := s.Live.Current()
	fail := func(err error) ([]*dicom.Dataset, error) {
		oplog.StoreNoConnection(s.Console, ae)
		return nil, err
	}
	peer := Destination{Calling: cfg.MyACRNema, Called: ae, Compression: "un", Host: ae, Port: DefaultForwardPort}
	if p, err := s.Resolve(ae); err == nil {
		peer = p
	}
	if peer.Web != "" {
		return s.storeWebAt(ctx, peer.Web, objects), nil
	}
	var kinds []Kind
	for _, d := range objects {
		if k := KindOf(d); k.Class != "" {
			kinds = append(kinds, k)
		}
	}
	a, err := s.DialFor(ctx, cfg, peer, append(kinds, Kind{Class: dimse.Verification}))
	if err != nil {
		return fail(err)
	}
	defer s.HangUp(a, cfg)
	responses := make([]*dicom.Dataset, len(objects))
	for i, d := range objects {
		r, err := s.storeCopy(ctx, a, d.Clone())
		if r == nil {
			s.Console.Event("*** dicomstore: object not sent", "ae", ae, "sop", d.String(dicom.SOPInstanceUID), "error", err)
			continue
		}
		if set, err := r.Command.Set(); err == nil {
			responses[i] = set
		}
	}
	return responses, nil
}

// storeCopy sends an object that nobody needs afterwards.
func (s *Peers) storeCopy(ctx context.Context, a *dimse.Association, object *dicom.Dataset) (*dimse.Response, error) {
	ctx, done := s.Work(ctx, "object")
	defer done()
	class := object.String(dicom.SOPClassUID)
	pc, err := s.Fit(ctx, a, class, object, "")
	if err != nil {
		return nil, err
	}
	return a.Store(ctx, dimse.StoreRequest{SOPClassUID: class, SOPInstanceUID: object.String(dicom.SOPInstanceUID), Data: dimse.NewData(object), Context: pc})
}

func (s *Peers) Echo(ctx context.Context, ae string, extra *dicom.Dataset) (*dicom.Dataset, error) {
	peer, err := s.Resolve(ae)
	if err != nil {
		return nil, err
	}
	if peer.Web != "" {
		if err := s.EchoWeb(ctx, peer.Web); err != nil {
			return nil, err
		}
		done := dimse.Command{Field: dimse.CEchoRSP, Status: dimse.Success}
		return done.Set()
	}
	cfg := s.Live.Current()
	a, err := s.Dial(ctx, cfg, peer, []string{dimse.Verification})
	if err != nil {
		return nil, err
	}
	defer s.HangUp(a, cfg)
	r, err := a.Request(ctx, nil, dimse.Command{Field: dimse.CEchoRQ, MessageID: 2, AffectedSOPClassUID: dimse.Verification, Extra: extra}, nil, nil)
	if err != nil {
		return nil, err
	}
	return r.Command.Set()
}

// PrintAt sends images to a printer, film by film.
func (s *Peers) PrintAt(ctx context.Context, ae string, job printing.Job) error {
	peer, err := s.Resolve(ae)
	if err != nil {
		return err
	}
	if len(job.Objects) == 0 {
		return printing.ErrNoImages
	}
	if peer.Web != "" {
		return fmt.Errorf("%s is a DICOMweb server and no printer", ae)
	}
	peer.Compression = "un"
	cfg := s.Live.Current()
	a, err := s.Dial(ctx, cfg, peer, printing.Classes)
	if err != nil {
		return err
	}
	defer s.HangUp(a, cfg)
	return printing.Send(ctx, a, job)
}
