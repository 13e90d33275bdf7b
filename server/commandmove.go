package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/pacs/prefetch"
)

// moveCommands send objects and fetch them (docs/original/commands.md 3.4).
var moveCommands = map[string]serverCommand{
	"movepatient":          {mover(6, func(k *moveKeys, a string) { k.patient = a }), "SOURCE,DESTINATION,PATIENT", "C-MOVE of a patient; source (local) is this server"},
	"movestudy":            {mover(7, func(k *moveKeys, a string) { k.patient, k.study = patientAnd(a) }), "SOURCE,DESTINATION,[PATIENT:]STUDY", "C-MOVE of a study"},
	"moveaccession":        {mover(7777, func(k *moveKeys, a string) { k.patient, k.accession = patientAnd(a) }), "SOURCE,DESTINATION,[PATIENT:]ACCESSION", "C-MOVE of the studies with an accession number"},
	"movestudies":          {mover(8, func(k *moveKeys, a string) { k.date = a }), "SOURCE,DESTINATION,DATE[-DATE]", "C-MOVE of the studies of a date or range"},
	"moveseries":           {mover(9, moveSeriesKeys), "SOURCE,DESTINATION,[PATIENT:]SERIES[,STUDY]", "C-MOVE of a series"},
	"move":                 {mover(10, moveAnyKeys), "SOURCE,DESTINATION,PATIENT[,STUDY[,SERIES[,SOP]]]", "C-MOVE at the level of the deepest key"},
	"forward":              {runForward, "FILE,COMPRESSION,AE", "send one file, to try out a destination"},
	"grabimagesfromserver": {runGrab, "AE,DATE", "fetch the images of a date that are not here"},
	"prefetch":             {runPrefetch, "PATIENT", "read all files of a patient into the cache of the system"},
}

// moveKeys are what a C-MOVE selects.
type moveKeys struct {
	patient, study, series, sop, accession, date string
}

// patientAnd parts "[PATIENT:]KEY" at the first colon.
func patientAnd(a string) (patient, key string) {
	before, after, ok := strings.Cut(a, ":")
	if !ok {
		return "", a
	}
	return before, after
}

func moveSeriesKeys(k *moveKeys, a string) {
	series, study, _ := strings.Cut(a, ",")
	k.study = study
	k.patient, k.series = patientAnd(series)
}

func moveAnyKeys(k *moveKeys, a string) {
	f := strings.SplitN(a, ",", 4)
	for i, to := range []*string{&k.patient, &k.study, &k.series, &k.sop} {
		if i < len(f) {
			*to = f[i]
		}
	}
}

// identifier is the C-MOVE identifier and its model.
func (k *moveKeys) identifier() (keys *dicom.Dataset, root string) {
	keys, root = dicom.NewDataset(7), dimse.StudyRootMove
	level := "STUDY"
	switch {
	case k.sop != "":
		level = "IMAGE"
	case k.series != "":
		level = "SERIES"
	case k.study == "" && k.accession == "" && k.date == "":
		level, root = "PATIENT", dimse.PatientRootMove
	}
	keys.SetString(dicom.QueryRetrieveLevel, level)
	for _, v := range []struct {
		tag   dicom.Tag
		value string
	}{
		{dicom.PatientID, k.patient}, {dicom.StudyInstanceUID, k.study}, {dicom.SeriesInstanceUID, k.series},
		{dicom.SOPInstanceUID, k.sop}, {dicom.AccessionNumber, k.accession}, {dicom.StudyDate, k.date},
	} {
		if v.value != "" {
			keys.SetString(v.tag, v.value)
		}
	}
	return keys, root
}

// mover makes a command that moves what fill finds in its third argument.
func mover(messageID uint16, fill func(*moveKeys, string)) commandFunc {
	return func(ctx context.Context, c *commandCall) ([]byte, error) {
		f := strings.SplitN(c.arg, ",", 3)
		if len(f) < 3 {
			return nil, nil
		}
		var k moveKeys
		fill(&k, f[2])
		if !c.s.commandMove(ctx, f[0], f[1], k, messageID) {
			return textAnswer("1 Move failed from %s to %s", f[0], f[1]), nil
		}
		return []byte("0"), nil
	}
}

// commandMove asks source, which may be this server, to send what k selects to
// dest.
func (s *Server) commandMove(ctx context.Context, source, dest string, k moveKeys, messageID uint16) bool {
	cfg := s.live.Current()
	local := source == "(local)" || source == cfg.MyACRNema
	peer := s.local(cfg)
	if !local {
		p, ok := s.aes.Lookup(source)
		if !ok {
			s.con.Operator("***preretrieve: AE not found: %s", source)
			return false
		}
		peer = destination{host: p.Host, port: p.Port, called: source}
	}
	keys, root := k.identifier()
	_, err := s.askMove(ctx, cfg, moveOrder{
		host: peer.host, port: peer.port, called: peer.called, dest: dest, keys: keys, messageID: messageID, root: root, counted: true,
	})
	var status *dimse.StatusError
	switch {
	case err == nil:
		return true
	case errors.As(err, &status):
		s.con.Operator("***preretrieve/forward xxx to: remote DICOM error")
	case local:
		s.con.Operator("***forward xxxx to: local server not working")
	default:
		s.con.Operator("***preretrieve: could not connect to AE: %s", source)
	}
	return false
}

func runForward(ctx context.Context, c *commandCall) ([]byte, error) {
	f := strings.SplitN(c.arg, ",", 3)
	if len(f) == 3 {
		c.s.testForward(ctx, f[0], f[1], f[2])
	}
	return nil, nil
}

// testForward sends one file under a fresh SOP instance UID.
func (s *Server) testForward(ctx context.Context, path, mode, ae string) {
	cfg := s.live.Current()
	ds, err := s.loadDesignated(ctx, path)
	if err != nil {
		s.con.Operator("*** Test forward: failed to load DICOM object %s", path)
		return
	}
	class := ds.String(dicom.SOPClassUID)
	if class == "" {
		s.con.Operator("*** Test forward: Forward failed because SopClass is missing in %s", path)
		return
	}
	to, err := s.peerAddress(ae)
	if err != nil {
		host, port, ok := strings.Cut(ae, ":")
		if !ok {
			port = defaultForwardPort
		}
		to.host, to.port = host, port
	}
	if mode != "" {
		to.compression = mode
	}
	a, err := s.dial(ctx, cfg, to, []string{class})
	if err != nil {
		s.con.Operator("*** Test forward: Forward failed to connect to host %s", ae)
		return
	}
	defer s.hangUp(a, cfg)
	pc := a.ContextFor(class, ds.TransferSyntax().UID)
	if pc == nil {
		s.con.Operator("*** Test forward: DICOM server %s does not accept type of forwarded images", ae)
		return
	}
	accepted := mode
	if strings.HasPrefix(strings.ToLower(mode), "j") {
		accepted = acceptedCode(pc.TransferSyntax.UID)
		s.con.Operator("Accepted compression: %s", accepted)
	}
	s.con.Operator("Test forward: requested %s, accepted %s, sending to %s = %s:%s", mode, accepted, ae, to.host, to.port)
	ds.SetString(dicom.SOPInstanceUID, s.uids.make(uidGeneral))
	ds.SetString(dicom.InstanceNumber, mode+" "+accepted)
	if accepted != mode {
		s.con.Operator("Accepted compression: %s", accepted) // fit says it once more
	}
	if pc, err = s.fit(a, class, ds, codeFor(mode)); err == nil {
		_, err = a.Store(ctx, dimse.StoreRequest{SOPClassUID: class, SOPInstanceUID: ds.String(dicom.SOPInstanceUID), Data: dimse.NewData(ds), Context: pc})
	}
	if err != nil {
		s.con.Operator("*** Test forward: failed to send image to %s", ae)
		s.con.Event("*** test forward", "error", err)
	}
}

func runGrab(ctx context.Context, c *commandCall) ([]byte, error) {
	ae, date, ok := strings.Cut(c.arg, ",")
	if !ok {
		return nil, nil
	}
	err := c.s.Grab(ctx, ae, date)
	if errors.Is(err, errGrab) || errors.Is(err, ErrUnknownAE) {
		return nil, nil
	}
	return nil, err
}

// errGrab is a failure that the console has told about.
var errGrab = errors.New("grab failed")

// ErrUnknownAE tells that an AE is not in acrnema.map.
var ErrUnknownAE = errors.New("AE is not in acrnema.map")

// Grab fetches the images of a date that a peer has and that are not here.
func (s *Server) Grab(ctx context.Context, ae, date string) error {
	cfg := s.live.Current()
	peer, err := s.peerAddress(ae)
	if err != nil {
		return fmt.Errorf("grab from %s: %w", ae, ErrUnknownAE)
	}
	keys := dicom.NewDataset(6)
	keys.SetString(dicom.StudyDate, date)
	for _, t := range []dicom.Tag{dicom.SOPInstanceUID, dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID} {
		keys.SetString(t, "")
	}
	answers, err := s.askFind(ctx, peer, "IMAGE", keys)
	if err != nil {
		s.con.Operator("*** Grab - failed to connect for C-FIND")
		return fmt.Errorf("%w: C-FIND of %s: %w", errGrab, ae, err)
	}
	job := s.startJob(ctx, "grabimagesfromserver")
	defer job.end()
	for i, a := range answers {
		job.at(i, len(answers))
		sop, patient := a.String(dicom.SOPInstanceUID), a.String(dicom.PatientID)
		if _, found, err := s.db.Lookup(ctx, sop, patient); err != nil || found {
			continue
		}
		order := dicom.NewDataset(4)
		order.SetString(dicom.QueryRetrieveLevel, "IMAGE")
		order.SetString(dicom.StudyInstanceUID, a.String(dicom.StudyInstanceUID))
		order.SetString(dicom.SeriesInstanceUID, a.String(dicom.SeriesInstanceUID))
		order.SetString(dicom.SOPInstanceUID, sop)
		_, err := s.askMove(ctx, cfg, moveOrder{
			host: peer.host, port: peer.port, called: ae, dest: cfg.MyACRNema, keys: order,
			messageID: originatorNoConverters, root: dimse.StudyRootMove,
		})
		if err != nil {
			s.con.Operator("*** Grab - failed to move image")
			s.con.Event("*** grab", "ae", ae, "sop", sop, "error", err)
		}
	}
	s.con.Operator("Grab - finished")
	return nil
}

func runPrefetch(ctx context.Context, c *commandCall) ([]byte, error) {
	s := c.s
	if c.arg == "" {
		return nil, nil
	}
	s.con.Operator("Prefetching patient %s", c.arg)
	if strings.ContainsAny(c.arg, "*?") { // one patient at a time
		return nil, nil
	}
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.PatientID, c.arg)
	refs, err := s.db.LocateQuietly(ctx, keys)
	if err != nil {
		return nil, err
	}
	cfg := s.live.Current()
	job := s.startJob(ctx, "prefetchpatientdata")
	defer job.end()
	for i, ref := range refs {
		job.at(i, len(refs))
		if path, ok := s.located(cfg, ref.Device, ref.File); ok && ctx.Err() == nil {
			s.con.Debug("Prefetching file: %s", path)
			prefetch.Read(path)
		}
	}
	return nil, ctx.Err()
}
