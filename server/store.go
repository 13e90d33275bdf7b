package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"conquest/access"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/pacs/arriving"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// Message IDs of move originators with a special meaning (docs/original/network.md 2.2).
const (
	originatorNoConverters = 0xfbad // fetched by this server for itself
	originatorWADO         = 0x2bad // to be kept as a temporary file only
)

// origin tells how an object came to the server.
type origin int

const (
	received origin = iota // by C-STORE
	dropped                // file of a folder or of a command
	entered                // re-entered by the server itself: no converters
)

// arrival is an object on its way through the receive pipeline.
type arrival struct {
	ds          *dicom.Dataset
	command     *dicom.Dataset
	origin      origin
	caller      rules.Caller
	convert     bool     // import and export converters run
	compression string   // mode to recompress to
	preferred   string   // device
	spooled     *os.File // the object as it came, when it was too large for memory
	adopted     bool     // spooled became the file of the object
	scripted    bool     // entered by addimage of a Lua script
	released    bool     // from quarantine
}

// Results of the pipeline that are no success.
var (
	errRejected = errors.New("rejected by an import converter")
	errWorklist = errors.New("no worklist entry for the accession number")
)

// stored tells what became of an arrival that was accepted.
type stored struct {
	path    string // of the file; "" when nothing was written
	rewrote bool
	loc     db.Location
}

// serveStore handles a C-STORE request.
func (ses *session) serveStore(ctx context.Context, m *dimse.Message, command *dicom.Dataset) error {
	s := ses.s
	cfg := s.live.Current()
	failed := dimse.Status(cfg.StorageFailedErrorCode)
	if m.Data == nil {
		return ses.a.ReplyStatus(m, failed, "no data set")
	}
	ds, err := m.Data.Dataset(dicom.ParseOptions{BulkThreshold: spoolBulk})
	if err != nil {
		s.con.Operator("***%v", err)
		ses.clientError(m)
		return fmt.Errorf("read data set of C-STORE %s: %w", m.Command.AffectedSOPInstanceUID, err)
	}
	ds.SetTransferSyntax(m.Context.TransferSyntax.UID)
	s.counters.received.Add(1)
	in := &arrival{
		ds: ds, command: command, origin: received,
		caller:      ses,
		convert:     !s.fetchedForItself(cfg, m.Command),
		compression: cfg.IncomingCompression,
		spooled:     m.Data.File(),
	}
	if s.drain.on.Load() && in.convert {
		return ses.a.ReplyStatus(m, dimse.OutOfResources, comment(errDraining))
	}
	if _, suffix, found := strings.Cut(ses.a.Called(), "~"); found {
		in.compression = suffix
	}
	if m.Command.MoveOriginatorMessageID == originatorWADO && m.Command.MoveOriginator == cfg.MyACRNema {
		err = s.keepTemporary(cfg, ds)
	} else {
		_, err = s.accept(ctx, cfg, in)
	}
	s.con.User("C-Store", ses.a.Calling())
	var unkept *unkeptError
	if errors.As(err, &unkept) {
		return ses.a.ReplyStatus(m, dimse.OutOfResources, unkept.comment())
	}
	if err != nil {
		return ses.a.ReplyStatus(m, failed, comment(err))
	}
	err = ses.a.ReplyStatus(m, dimse.Success, "")
	ses.letGo(m.Data, in)
	return err
}

// comment is the reason of a refusal as error comment of a response.
func comment(err error) string { return access.Comment(err) }

func (s *Server) fetchedForItself(cfg *dicomini.Config, c *dimse.Command) bool {
	return c.MoveOriginatorMessageID == originatorNoConverters && c.MoveOriginator == cfg.MyACRNema
}

// keepTemporary writes an object under its SOP instance UID in the folder for
// temporary files.
func (s *Server) keepTemporary(cfg *dicomini.Config, ds *dicom.Dataset) error {
	name := storage.Harmless(ds.String(dicom.SOPInstanceUID))
	return s.writer(cfg).WriteTo(filepath.Join(s.tempDir(cfg), name), ds)
}

func (s *Server) tempDir(cfg *dicomini.Config) string {
	if cfg.TempDir != "" {
		return cfg.TempDir
	}
	return filepath.Join(storage.NewDevices(cfg.Storage).MAG(0), "printer_files")
}

func (s *Server) writer(cfg *dicomini.Config) storage.Writer {
	return storage.Writer{
		Meta:         dicom.Meta{ImplementationClassUID: implementationClassUID, ImplementationVersionName: implementationVersion()},
		Sync:         cfg.SyncWrites,
		Part10Always: cfg.NoDicomCheck,
	}
}

// accept takes an object through the receive pipeline (docs/original/scripting.md 1.1).
// With a nil error the object is kept, or deliberately not (then stored.path is
// empty); the sender gets success.
func (s *Server) accept(ctx context.Context, cfg *dicomini.Config, in *arrival) (stored, error) {
	virtual := strings.HasPrefix(strings.ToLower(in.compression), "v")
	if !virtual {
		s.recompress(ctx, in.ds, in.compression, in)
	}
	if err := s.applyWorklist(ctx, cfg, in); err != nil {
		return stored{}, err
	}
	fixes := storage.Fixes{
		Philips: cfg.FixPhilips, Kodak: cfg.FixKodak,
		AllowEmpty: cfg.AllowEmptyPatientID, UIDs: in.origin == received,
	}
	for _, line := range storage.FixImage(in.ds, fixes) {
		s.con.Debug("%s", line)
	}
	if in.convert && !virtual {
		out := s.rules.Import(ctx, cfg, s.request(in))
		if out.Unkept != nil {
			return stored{}, s.unkept(in, out.Unkept)
		}
		switch out.Action {
		case rules.Quarantine:
			return stored{}, s.putApart(in, out)
		case rules.Destroy:
			if out.Waiting && s.delayed != nil {
				return stored{}, s.stay(ctx, cfg, in)
			}
			return stored{}, nil
		case rules.Reject:
			if out.Failure != "" {
				s.con.Event("*** object refused: its converter failed", "converter", out.Converter, "sop", in.ds.String(dicom.SOPInstanceUID), "failure", out.Failure)
			}
			return stored{}, errRejected
		}
		if out.Storage != "" {
			in.preferred = out.Storage
		}
	}
	if in.ds.String(dicom.SOPInstanceUID) == "" {
		err := &db.MissingUIDError{Column: "SOPInstanceUID"}
		s.con.Operator("%s", err)
		return stored{}, err
	}
	res, err := s.keep(ctx, cfg, in, virtual)
	if err != nil || res.path == "" {
		return res, err
	}
	if err := s.spread(ctx, cfg, in, res); err != nil {
		return res, s.unkept(in, err)
	}
	return res, nil
}

// request is the arrival as converters see it.
func (s *Server) request(in *arrival) rules.Request {
	return rules.Request{Object: in.ds, Command: in.command, Caller: in.caller}
}

// keep chooses name and device, writes the file and enters it in the index.
func (s *Server) keep(ctx context.Context, cfg *dicomini.Config, in *arrival, virtual bool) (stored, error) {
	defer s.counters.times.save.since(time.Now())
	sop, patient := in.ds.String(dicom.SOPInstanceUID), in.ds.String(dicom.PatientID)
	substituted := patient == "" && !cfg.AllowEmptyPatientID // a converter took the ID away
	if substituted {
		patient = db.SubstituteID(in.ds)
	}
	defer s.objects.lock(sop)()
	known, found, err := s.db.Lookup(ctx, sop, patient)
	if err != nil {
		return stored{}, fmt.Errorf("look object up: %w", err)
	}
	dev := storage.NewDevices(cfg.Storage)
	place, done, err := s.place(cfg, dev, in, known, found)
	if err != nil || done {
		return stored{}, err
	}
	if substituted { // not before the file has its name
		in.ds.Put(dicom.NewText(dicom.PatientID, dicom.LO, patient))
	}
	if !place.rewrite {
		defer s.reserved.release(place.dir + place.loc.File)
	}
	if virtual {
		if _, err := s.index(ctx, cfg, in, place.loc); err != nil {
			return stored{}, err
		}
		s.con.Operator("Virtual file: %s", place.loc.File)
		return stored{}, nil
	}
	name := place.loc.File + *s.testMode.Load()
	s.plainForFile(cfg, in.ds, place.dir+name)
	staged, err := s.stage(cfg, in, place.dir, name)
	if err != nil {
		return stored{}, s.unwritten(place.dir+name, err)
	}
	defer s.arriving.Enter(arriving.Arrival{Device: place.loc.Device, File: place.loc.File, SOP: sop, Old: place.replaces})()
	if err := s.commit(ctx, cfg, in, place, name, staged); err != nil {
		return stored{}, err
	}
	if place.replaces != nil {
		s.removeReplaced(dev, *place.replaces, place.loc)
	}
	path := place.dir + name
	s.net.arrivals.stored(sop)
	s.counters.saved.Add(1)
	s.con.Operator("%s: %s", writtenWord(in, place.rewrite && !place.first), path)
	return stored{path: path, rewrote: place.rewrite, loc: place.loc}, nil
}

func writtenWord(in *arrival, rewrite bool) string {
	switch {
	case in.scripted && rewrite:
		return "Lua script rewritten file"
	case in.scripted:
		return "Lua script written file"
	case in.origin == dropped:
		return "Added file"
	case rewrite:
		return "Rewritten file"
	}
	return "Written file"
}

// commit makes file and index row visible. A new file gets its name first: a
// killed process then leaves a whole file that regeneration finds. A file that
// replaces another keeps the old one until the index has accepted the new. An
// object that a converter changed for a second attempt is written again.
func (s *Server) commit(ctx context.Context, cfg *dicomini.Config, in *arrival, place placement, name string, staged *storage.Staged) error {
	if place.rewrite || place.occupied {
		changed, err := s.index(ctx, cfg, in, place.loc)
		if err != nil {
			staged.Discard()
			return err
		}
		if !changed {
			return s.unwritten(place.dir+name, staged.Commit())
		}
		staged.Discard()
		return s.unwritten(place.dir+name, s.writer(cfg).Write(place.dir, name, in.ds))
	}
	if err := staged.Commit(); err != nil {
		return s.unwritten(place.dir+name, err)
	}
	changed, err := s.index(ctx, cfg, in, place.loc)
	if err != nil {
		if removeErr := storage.Remove(place.dir, place.loc.File); removeErr != nil {
			s.con.Event("*** file of a refused object stays", "file", place.dir+place.loc.File, "error", removeErr)
		}
		return err
	}
	if changed {
		return s.unwritten(place.dir+name, s.writer(cfg).Write(place.dir, name, in.ds))
	}
	return nil
}

// unwritten tells about a file that could not be written, if err says so.
func (s *Server) unwritten(path string, err error) error {
	if err != nil {
		s.con.Operator("***Error writing file: %s", path)
		s.con.Event("*** object not stored", "error", err)
	}
	return err
}

// index enters the object; when it is refused RejectedImageConverter0 may ask
// for one more attempt. changed tells that the converter had the object then.
func (s *Server) index(ctx context.Context, cfg *dicomini.Config, in *arrival, loc db.Location) (changed bool, err error) {
	_, err = s.db.Add(ctx, in.ds, loc)
	if err == nil {
		return false, nil
	}
	s.sayRefused(err, loc)
	if s.rules.Hook(ctx, cfg, scripting.RejectedImage, 0, s.request(in)).Action == rules.Retry {
		s.con.Operator("Retrying storing rejected image")
		if _, err = s.db.Add(ctx, in.ds, loc); err != nil {
			s.sayRefused(err, loc)
		}
		changed = true
	}
	return changed, err
}

func (s *Server) sayRefused(err error, loc db.Location) {
	var link *db.LinkError
	var duplicate *db.DuplicateStudyError
	var conflict *db.ConflictError
	var missing *db.MissingUIDError
	if errors.As(err, &link) || errors.As(err, &duplicate) || errors.As(err, &conflict) || errors.As(err, &missing) {
		s.con.Operator("%s", err)
	} else {
		s.con.Event("*** index does not take the object", "error", err)
	}
	s.con.Operator("***Error saving to SQL: %s", loc.File)
}

// placement is where an object goes.
type placement struct {
	loc      db.Location
	dir      string       // of the device
	rewrite  bool         // in the place of the same object's file
	first    bool         // its first file: only a virtual server had it
	occupied bool         // a file of that name is there, which the index does not know for this patient
	replaces *db.Location // the same object under another name, to be removed
}

// place decides between a new file and the rewriting of a known one
// (docs/original/storage.md 2.1). done means success without storing.
func (s *Server) place(cfg *dicomini.Config, dev *storage.Devices, in *arrival, known db.Location, found bool) (p placement, done bool, err error) {
	if found {
		// What a virtual server holds is known, but not here.
		elsewhere := strings.Contains(known.Device, ".")
		switch {
		case cfg.IgnoreRewrite && !elsewhere:
			s.con.Operator("File already exists: %s", known.File)
			return p, true, nil
		case !strings.HasPrefix(strings.ToUpper(known.Device), "MAG"):
			s.con.Operator("Cannot rewrite image that is not on MAG store")
			return p, true, nil
		}
		if !cfg.RenameOnRewrite && s.keepsName(in.ds, known.File) {
			device, _, _ := strings.Cut(known.Device, ".")
			return placement{loc: db.Location{File: known.File, Device: device}, dir: dev.Path(known.Device), rewrite: true, first: elsewhere}, false, nil
		}
		p.replaces = &known
	}
	name, err := s.objectName(s.request(in))
	if err != nil {
		return p, false, err
	}
	choice, err := dev.Choose(in.preferred, in.origin != received)
	if err != nil {
		s.con.Operator("%v", err)
		return p, false, err
	}
	s.sayMissing(in.ds)
	if choice.Low {
		s.archive.StartCleaning(cfg)
	}
	if s.con.DebugOn() {
		s.sayFree(cfg, dev.Free(choice.Device), choice.Dir)
	}
	p.dir = choice.Dir
	p.loc.Device = choice.Device
	p.loc.File, p.occupied = s.freeName(choice.Dir, name, in.ds)
	return p, false, nil
}

// keepsName tells whether a known file can be rewritten under its name: the
// kind of file that the syntax asks for now is that of the name.
func (s *Server) keepsName(ds *dicom.Dataset, file string) bool {
	want := s.namer.Extension()
	if ds.TransferSyntax().Encapsulated && strings.EqualFold(want, ".v2") {
		want = ".dcm"
	}
	return strings.EqualFold(filepath.Ext(file), want)
}

// freeName avoids a name that another object's file has, or is about to get, and
// reserves it. occupied tells that the object itself has a file of that name.
func (s *Server) freeName(dir, name string, ds *dicom.Dataset) (free string, occupied bool) {
	free = name
	for n := 1; ; n++ {
		if s.reserved.reserve(dir + free) {
			if _, err := os.Lstat(dir + free); err != nil {
				return free, false
			}
			if isObject(dir+free, ds.String(dicom.SOPInstanceUID)) {
				return free, true
			}
			s.reserved.release(dir + free)
		}
		free = storage.Unique(name, n)
	}
}

// isObject tells whether the file at path is that of the object itself.
func isObject(path, sop string) bool {
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.StudyDate})
	if err != nil {
		return false
	}
	defer f.Close()
	return f.String(dicom.SOPInstanceUID) == sop
}

// removeReplaced removes the file of the same object under its old name.
func (s *Server) removeReplaced(dev *storage.Devices, old, now db.Location) {
	if old == now {
		return
	}
	dir := dev.Path(old.Device)
	if err := storage.Remove(dir, old.File); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.con.Operator("***Could not remove IOD %s", dir+old.File)
		return
	}
	s.con.Operator("Removed file: [%s:%s]", old.Device, old.File)
	s.removeMirror(dev, old)
}

// spread hands a stored object to the mirror and to the export converters.
func (s *Server) spread(ctx context.Context, cfg *dicomini.Config, in *arrival, res stored) error {
	if err := s.queueMirror(ctx, cfg, res); err != nil {
		return err
	}
	if in.convert {
		return s.queueExports(ctx, cfg, in, res)
	}
	return nil
}
