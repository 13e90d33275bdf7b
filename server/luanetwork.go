package server

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

// peerAddress finds an AE of the map, or host:port.
func (s *Server) peerAddress(ae string) (destination, error) {
	cfg := s.live.Current()
	d := destination{calling: cfg.MyACRNema, called: ae, compression: "un"}
	if peer, ok := s.aes.Lookup(ae); ok {
		d.host, d.port, d.compression = peer.Host, peer.Port, peer.Compression
		return d, nil
	}
	if host, port, err := net.SplitHostPort(ae); err == nil {
		d.host, d.port = host, port
		return d, nil
	}
	return d, fmt.Errorf("AE %s is not in acrnema.map", ae)
}

// local is this server as a peer of itself.
func (s *Server) local(cfg *dicomini.Config) destination {
	return destination{host: "127.0.0.1", port: strconv.Itoa(cfg.Port()), calling: cfg.MyACRNema, called: cfg.MyACRNema, compression: "un"}
}

func (h *luaHost) Find(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	peer, err := h.s.peerAddress(ae)
	if err != nil {
		return nil, err
	}
	answers, err := h.s.askFind(ctx, peer, level, d)
	for _, a := range answers {
		a.SetTransferSyntax(dicom.ImplicitLittleEndian) // scripts see it among the elements
	}
	return answers, err
}

// askFind sends a C-FIND to a peer and collects the answers.
func (s *Server) askFind(ctx context.Context, peer destination, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	class, queryLevel, err := queryClass(level)
	if err != nil {
		return nil, err
	}
	cfg := s.live.Current()
	peer.compression = "un"
	a, err := s.dial(ctx, cfg, peer, []string{class})
	if err != nil {
		return nil, fmt.Errorf("C-FIND of %s: %w", peer.called, err)
	}
	defer s.hangUp(a, cfg)
	if queryLevel != "" {
		d.SetString(dicom.QueryRetrieveLevel, queryLevel)
	}
	d.Delete(dicom.TransferSyntaxUID)
	answers := []*dicom.Dataset{}
	for answer, err := range a.Find(ctx, dimse.Query{SOPClassUID: class, Identifier: d}) {
		if err != nil {
			return answers, fmt.Errorf("C-FIND of %s: %w", peer.called, err)
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func (h *luaHost) VirtualFind(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	if _, known := h.s.aes.Lookup(ae); !known {
		return []*dicom.Dataset{}, nil
	}
	answers, err := h.Find(ctx, ae, level, d)
	if err != nil {
		h.s.con.Operator("*** Virtual query - failed to connect for C-FIND to %s", ae)
		return []*dicom.Dataset{}, nil
	}
	if len(answers) > 0 {
		h.s.con.Debug("Virtualquery: processing response from server: %s", ae)
	}
	return answers, nil
}

func (h *luaHost) FindObjects(ctx context.Context, d *dicom.Dataset, limit int) ([]*dicom.Dataset, error) {
	refs, err := h.s.db.Locate(ctx, d)
	if err != nil {
		return nil, err
	}
	list := []*dicom.Dataset{}
	for _, ref := range refs {
		ds, err := h.s.loadObject(ctx, ref.PatientID, ref.SOPInstanceUID)
		if err != nil {
			h.s.con.Operator("***Could not read file: %s", ref.File)
			continue
		}
		if limit > 0 {
			ds.DeleteFunc(func(e *dicom.Element) bool { return e.Length() > int64(limit) })
		}
		list = append(list, ds)
	}
	return list, nil
}

func (h *luaHost) Get(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	s := h.s
	peer, err := s.peerAddress(ae)
	if err != nil {
		return nil, err
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
	r := dimse.Request{Calling: peer.calling, Called: peer.called, Options: dimse.Options{
		ImplementationClassUID: implementationClassUID, ImplementationVersionName: implementationVersion(),
	}}
	r.Contexts = append(r.Contexts, dimse.ContextRequest{AbstractSyntax: root})
	for _, class := range classes {
		r.Contexts = append(r.Contexts, dimse.ContextRequest{AbstractSyntax: class, TransferSyntaxes: []string{dicom.ExplicitLittleEndian, dicom.ImplicitLittleEndian}})
		r.Roles = append(r.Roles, dimse.RoleSelection{SOPClassUID: class, SCP: true})
	}
	a, err := dimse.Dial(ctx, peer.address(), r)
	if err != nil {
		return nil, err
	}
	defer s.hangUp(a, s.live.Current())
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
func (s *Server) classesAt(ctx context.Context, peer destination, d *dicom.Dataset) ([]string, error) {
	d.SetString(dicom.SOPClassUID, "")
	d.SetString(dicom.SOPInstanceUID, "")
	answers, err := s.askFind(ctx, peer, "IMAGE", d)
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

func (h *luaHost) Move(ctx context.Context, mv luabind.Move) error {
	err := h.s.moveFor(ctx, mv)
	if err != nil {
		h.s.con.Operator("%v", err)
		text := err.Error()
		h.s.statusString.Store(&text)
	}
	return err
}

func (s *Server) moveFor(ctx context.Context, mv luabind.Move) error {
	cfg := s.live.Current()
	isLocal := mv.Source == "(local)" || mv.Source == cfg.MyACRNema
	peer := s.local(cfg)
	if !isLocal {
		p, ok := s.aes.Lookup(mv.Source)
		if !ok {
			return moveFailure("***dicommove: AE not found: " + mv.Source)
		}
		peer = destination{host: p.Host, port: p.Port, calling: cfg.MyACRNema, called: mv.Source, compression: "un"}
	}
	root := dimse.StudyRootMove
	if mv.PatientRoot {
		root = dimse.PatientRootMove
	}
	a, err := s.dial(ctx, cfg, peer, []string{root})
	if err != nil {
		if isLocal {
			return moveFailure("***dicommove: local server not working")
		}
		return moveFailure("***dicommove: could not connect to AE: " + mv.Source)
	}
	defer s.hangUp(a, cfg)
	if !mv.Query.Has(dicom.QueryRetrieveLevel) {
		mv.Query.SetString(dicom.QueryRetrieveLevel, deepestLevel(mv.Query))
	}
	progress := func(c *dimse.Command) {
		if c.Progress == nil {
			return
		}
		done := int(c.Progress.Completed) + int(c.Progress.Failed) + int(c.Progress.Warning)
		text := fmt.Sprintf("dicommove: %d of %d images transferred", done, done+int(c.Progress.Remaining))
		s.statusString.Store(&text)
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

func (h *luaHost) Store(ctx context.Context, ae string, objects []*dicom.Dataset) ([]*dicom.Dataset, error) {
	s := h.s
	cfg := s.live.Current()
	fail := func(err error) ([]*dicom.Dataset, error) {
		s.con.Operator("*** dicomstore: failed to connect to host %s", ae)
		return nil, err
	}
	peer := destination{calling: cfg.MyACRNema, called: ae, compression: "un", host: ae, port: defaultForwardPort}
	if p, err := s.peerAddress(ae); err == nil {
		peer = p
	}
	var classes []string
	seen := map[string]bool{}
	for _, d := range objects {
		if c := d.String(dicom.SOPClassUID); c != "" && !seen[c] {
			seen[c] = true
			classes = append(classes, c)
		}
	}
	a, err := s.dial(ctx, cfg, peer, append(classes, dimse.Verification))
	if err != nil {
		return fail(err)
	}
	defer s.hangUp(a, cfg)
	responses := make([]*dicom.Dataset, len(objects))
	for i, d := range objects {
		object := d.Clone()
		class := object.String(dicom.SOPClassUID)
		pc, err := s.fit(a, class, object, "")
		if err != nil {
			s.con.Event("*** dicomstore: object not sent", "ae", ae, "sop", object.String(dicom.SOPInstanceUID), "error", err)
			continue
		}
		r, err := a.Store(ctx, dimse.StoreRequest{SOPClassUID: class, SOPInstanceUID: object.String(dicom.SOPInstanceUID), Data: dimse.NewData(object), Context: pc})
		if r == nil {
			s.con.Event("*** dicomstore: object not sent", "ae", ae, "sop", object.String(dicom.SOPInstanceUID), "error", err)
			continue
		}
		if set, err := r.Command.Set(); err == nil {
			responses[i] = set
		}
	}
	return responses, nil
}

func (h *luaHost) Echo(ctx context.Context, ae string, extra *dicom.Dataset) (*dicom.Dataset, error) {
	peer, err := h.s.peerAddress(ae)
	if err != nil {
		return nil, err
	}
	cfg := h.s.live.Current()
	a, err := h.s.dial(ctx, cfg, peer, []string{dimse.Verification})
	if err != nil {
		return nil, err
	}
	defer h.s.hangUp(a, cfg)
	r, err := a.Request(ctx, nil, dimse.Command{Field: dimse.CEchoRQ, MessageID: 2, AffectedSOPClassUID: dimse.Verification, Extra: extra}, nil, nil)
	if err != nil {
		return nil, err
	}
	return r.Command.Set()
}

func (h *luaHost) Remove(ctx context.Context, d *dicom.Dataset, _ string) error {
	return h.s.deleteObjects(ctx, h.s.live.Current(), d)
}

func (h *luaHost) ServerCommand(ctx context.Context, command string, upload []byte) ([]byte, bool, error) {
	cfg := h.s.live.Current()
	answer, ok, err := sendCommand(ctx, net.JoinHostPort(h.commands, strconv.Itoa(cfg.Port())), cfg.MyACRNema, "", command, upload)
	if h.page != nil {
		sayNoServer(h.page, err)
	}
	return answer, ok, err
}
