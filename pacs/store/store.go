package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/arriving"
	"conquest/pacs/life"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// origin tells how an object came to the server.
type origin int

const (
	Received origin = iota // by C-STORE
	Dropped                // file of a folder or of a command
	Entered                // re-entered by the server itself: no converters
)

// Incoming is an object on its way through the receive pipeline.
type Incoming struct {
	Object      *dicom.Dataset
	Command     *dicom.Dataset
	Origin      origin
	Caller      rules.Caller
	Convert     bool     // import and export converters run
	Compression string   // mode to recompress to
	Device      string   // device
	Spooled     *os.File // the object as it came, when it was too large for memory
	Adopted     bool     // spooled became the file of the object
	Scripted    bool     // entered by addimage of a Lua script
	Released    bool     // from quarantine
	Over        string   // path of the stored file whose place it takes; "" for none
	Beside      bool     // it gets a new name though it is known; the caller removes the old file

	trace   rules.Trace // of a recording, and of the life line
	account *account    // for the life line
}

// Results of the pipeline that are no success.
var (
	ErrRejected = errors.New("rejected by an import converter")
)

// Result tells what became of an arrival that was accepted.
type Result struct {
	Path     string // of the file; "" when nothing was written
	rewrote  bool
	Location db.Location
}

// KeepTemporary writes an object under its SOP instance UID in the folder for
// temporary files.
func (s *Store) KeepTemporary(cfg *dicomini.Config, ds *dicom.Dataset) error {
	name := storage.Harmless(ds.String(dicom.SOPInstanceUID))
	return s.Writer(cfg).WriteTo(filepath.Join(s.TempDir(cfg), name), ds)
}

// Accept takes an object through the receive pipeline (docs/original/scripting.md 1.1).
// With a nil error the object is kept, or deliberately not (then stored.path is
// empty); the sender gets success.
func (s *Store) Accept(ctx context.Context, cfg *dicomini.Config, in *Incoming) (Result, error) {
	s.begin(in)
	res, err := s.acceptWitnessed(ctx, cfg, in)
	s.end(ctx, in, res, err)
	return res, err
}

func (s *Store) acceptWitnessed(ctx context.Context, cfg *dicomini.Config, in *Incoming) (Result, error) {
	if s.Witness == nil {
		return s.accept(ctx, cfg, in)
	}
	received := in.Object.String(dicom.SOPInstanceUID)
	if in.Command != nil {
		received = in.Command.String(tagAffectedSOP)
	}
	trace := s.Witness.Trace()
	in.trace = both(in.trace, trace)
	res, err := s.accept(ctx, cfg, in)
	s.Witness.Arrived(ctx, site.Arrived{Received: received, Object: in.Object, Caller: in.Caller, Path: res.Path, Location: res.Location, Err: err, Trace: trace})
	return res, err
}

// tagAffectedSOP is the SOP instance UID of a request (PS3.7 section 9.3.1.1).
const tagAffectedSOP dicom.Tag = 0x00001000

func (s *Store) accept(ctx context.Context, cfg *dicomini.Config, in *Incoming) (Result, error) {
	virtual := strings.HasPrefix(strings.ToLower(in.Compression), "v")
	switch changed, err := s.transcode.Relabel(in.Object); {
	case virtual:
	case err != nil:
		s.Console.Event("*** object refused", "sop", in.Object.String(dicom.SOPInstanceUID), "calling", in.Caller.Calling(), "error", err)
		return Result{}, err
	case changed:
		s.Console.Event("pixel data do not fit the transfer syntax of the object, it is labelled anew", "sop", in.Object.String(dicom.SOPInstanceUID), "calling", in.Caller.Calling(), "syntax", in.Object.TransferSyntax().Name)
	}
	if !virtual {
		s.transcode.Recompress(ctx, in.Compression, s.Request(in))
	}
	if err := s.worklist.Apply(ctx, cfg, s.Request(in)); err != nil {
		return Result{}, err
	}
	fixes := storage.Fixes{
		Philips: cfg.FixPhilips, Kodak: cfg.FixKodak,
		AllowEmpty: cfg.AllowEmptyPatientID, UIDs: in.Origin == Received,
	}
	storage.FixImage(s.Console, in.Object, fixes)
	if in.Convert && !virtual {
		out := s.Rules.Import(ctx, cfg, s.Request(in))
		if out.Unkept != nil {
			return Result{}, s.unkept(in, out.Unkept)
		}
		switch out.Action {
		case rules.Quarantine:
			in.decided(life.Apart)
			return Result{}, s.putApart(in, out)
		case rules.Destroy:
			in.decided(life.Destroyed)
			if out.Waiting && s.Delayed != nil {
				return Result{}, s.keepForDelayed(ctx, cfg, in)
			}
			return Result{}, nil
		case rules.Reject:
			if out.Failure != "" {
				s.Console.Event("*** object refused: its converter failed", "converter", out.Converter, "sop", in.Object.String(dicom.SOPInstanceUID), "failure", out.Failure)
			}
			return Result{}, ErrRejected
		}
		if out.Storage != "" {
			in.Device = out.Storage
		}
	}
	if in.Object.String(dicom.SOPInstanceUID) == "" {
		err := &db.MissingUIDError{Column: "SOPInstanceUID"}
		oplog.Line(s.Console, err.Error())
		return Result{}, err
	}
	if err := checkUIDs(cfg, in.Object); err != nil {
		s.Console.Event("*** object refused", "error", err, "sop", in.Object.String(dicom.SOPInstanceUID))
		return Result{}, err
	}
	res, err := s.keep(ctx, cfg, in, virtual)
	if err != nil || res.Path == "" {
		return res, err
	}
	if err := s.spread(ctx, cfg, in, res); err != nil {
		return res, s.unkept(in, err)
	}
	return res, nil
}

// Request is the arrival as converters see it.
func (s *Store) Request(in *Incoming) rules.Request {
	return rules.Request{Object: in.Object, Command: in.Command, Caller: in.Caller, Trace: in.trace}
}

// keep chooses name and device, writes the file and enters it in the index.
func (s *Store) keep(ctx context.Context, cfg *dicomini.Config, in *Incoming, virtual bool) (Result, error) {
	defer s.Counters.Times.Save.Since(time.Now())
	sop, patient := in.Object.String(dicom.SOPInstanceUID), in.Object.String(dicom.PatientID)
	substituted := patient == "" && !cfg.AllowEmptyPatientID // a converter took the ID away
	if substituted {
		patient = db.SubstituteID(in.Object)
	}
	defer s.Locks.Lock(sop)()
	known, found, err := s.Index.Lookup(ctx, sop, patient)
	if err != nil {
		s.Console.Event("*** object refused", "sop", sop, "patient", patient, "calling", in.Caller.Calling(), "error", err)
		return Result{}, fmt.Errorf("look object up: %w", err)
	}
	dev := s.Devices(cfg)
	place, done, err := s.place(cfg, dev, in, known, found)
	if err != nil || done {
		return Result{}, err
	}
	if substituted { // not before the file has its name
		in.Object.Put(dicom.NewText(dicom.PatientID, dicom.LO, patient))
	}
	if !place.rewrite {
		defer s.reserved.release(place.Dir + place.Location.File)
	}
	if virtual {
		if _, err := s.index(ctx, cfg, in, &place); err != nil {
			return Result{}, err
		}
		oplog.VirtualFile(s.Console, place.Location.File)
		return Result{}, nil
	}
	name := place.Location.File + *s.TestMode.Load()
	s.transcode.PlainForFile(ctx, cfg, in.Object, place.Dir+name)
	staged, err := s.stage(cfg, in, place.Dir, name)
	if err != nil {
		return Result{}, s.unwritten(place.Dir+name, err)
	}
	for {
		done := s.arriving.Enter(arriving.Arrival{Device: place.Location.Device, File: place.Location.File, SOP: sop, Old: place.replaces})
		err := s.commit(ctx, cfg, in, &place, name, staged)
		if !errors.Is(err, errTaken) {
			defer done()
			if err != nil {
				return Result{}, err
			}
			break
		}
		done()
		s.reserved.release(place.Dir + place.Location.File)
		place.Location.File, _ = s.freeName(place.Dir, place.Location.File, in, true)
		defer s.reserved.release(place.Dir + place.Location.File)
		name = place.Location.File + *s.TestMode.Load()
		staged.Rename(name)
	}
	if place.replaces != nil {
		s.removeReplaced(dev, sop, *place.replaces, place.Location)
	}
	path := place.Dir + name
	s.Awaited.Stored(sop)
	s.Counters.Saved.Add(1)
	oplog.WrittenFile(s.Console, writtenWord(in, place.rewrite && !place.first), path)
	return Result{Path: path, rewrote: place.rewrite, Location: place.Location}, nil
}

func writtenWord(in *Incoming, rewrite bool) string {
	switch {
	case in.Scripted && rewrite:
		return "Lua script rewritten file"
	case in.Scripted:
		return "Lua script written file"
	case in.Origin == Dropped:
		return "Added file"
	case rewrite:
		return "Rewritten file"
	}
	return "Written file"
}

// commit makes file and index row visible. A new file gets its name first: a
// killed process then leaves a whole file that regeneration finds. A file that
// replaces another keeps the old one until the index has accepted the new. An
// object that a converter changed for a second attempt is written again. errTaken
// says that another process was faster with the name of a new file.
func (s *Store) commit(ctx context.Context, cfg *dicomini.Config, in *Incoming, place *Placement, name string, staged *storage.Staged) error {
	if place.rewrite || place.occupied {
		changed, err := s.index(ctx, cfg, in, place)
		if err != nil {
			staged.Discard()
			return err
		}
		if !changed {
			return s.unwritten(place.Dir+name, staged.Commit())
		}
		staged.Discard()
		return s.unwritten(place.Dir+name, s.Writer(cfg).Write(place.Dir, name, in.Object))
	}
	if err := staged.CommitNew(); errors.Is(err, fs.ErrExist) {
		return errTaken
	} else if err != nil {
		return s.unwritten(place.Dir+name, err)
	}
	changed, err := s.index(ctx, cfg, in, place)
	if err != nil {
		if removeErr := staged.Withdraw(); removeErr != nil {
			s.Console.Event("*** file of a refused object stays", "file", place.Dir+place.Location.File, "error", removeErr)
		}
		return err
	}
	if changed {
		return s.unwritten(place.Dir+name, s.Writer(cfg).Write(place.Dir, name, in.Object))
	}
	return nil
}

// errTaken tells that the name of a new file was taken by another process.
var errTaken = errors.New("name is taken")

// unwritten tells about a file that could not be written, if err says so.
func (s *Store) unwritten(path string, err error) error {
	if err != nil {
		oplog.WritingFailed(s.Console, path)
		s.Console.Event("*** object not stored", "error", err)
	}
	return err
}

// index enters the object; when it is refused RejectedImageConverter0 may ask
// for one more attempt. changed tells that the converter had the object then.
func (s *Store) index(ctx context.Context, cfg *dicomini.Config, in *Incoming, place *Placement) (changed bool, err error) {
	loc := place.Location
	begun := time.Now()
	res, err := s.Index.Add(ctx, in.Object, loc)
	s.Meter.Indexed(time.Since(begun))
	if err == nil {
		place.outdated(res.Was)
		return false, nil
	}
	s.SayRefused(err, loc)
	if s.Rules.Hook(ctx, cfg, scripting.RejectedImage, 0, s.Request(in)).Action == rules.Retry {
		oplog.StoringAgain(s.Console)
		if res, err = s.Index.Add(ctx, in.Object, loc); err != nil {
			s.SayRefused(err, loc)
		} else {
			place.outdated(res.Was)
		}
		changed = true
	}
	return changed, err
}

// Placement is where an object goes.
type Placement struct {
	Location db.Location
	Dir      string       // of the device
	rewrite  bool         // in the place of the same object's file
	first    bool         // its first file: only a virtual server had it
	occupied bool         // a file of that name is there, which the index does not know for this patient
	replaces *db.Location // the same object under another name, to be removed
}

// outdated notes where another server had stored the same object meanwhile.
func (p *Placement) outdated(was db.Location) {
	if !p.rewrite && p.replaces == nil && was != p.Location && was.File != "" && strings.HasPrefix(was.Device, "MAG") && !strings.Contains(was.Device, ".") {
		p.replaces = &was
	}
}

// place decides between a new file and the rewriting of a known one
// (docs/original/storage.md 2.1). done means success without storing.
func (s *Store) place(cfg *dicomini.Config, dev *storage.Devices, in *Incoming, known db.Location, found bool) (p Placement, done bool, err error) {
	if found {
		// What a virtual server holds is known, but not here.
		elsewhere := strings.Contains(known.Device, ".")
		switch {
		case cfg.IgnoreRewrite && !elsewhere:
			oplog.FileExists(s.Console, known.File)
			return p, true, nil
		case !strings.HasPrefix(strings.ToUpper(known.Device), "MAG"):
			oplog.NotOnMAG(s.Console)
			return p, true, nil
		}
		if !cfg.RenameOnRewrite && s.keepsName(in.Object, known.File) {
			device, _, _ := strings.Cut(known.Device, ".")
			return Placement{Location: db.Location{File: known.File, Device: device}, Dir: dev.Path(known.Device), rewrite: true, first: elsewhere}, false, nil
		}
		p.replaces = &known
	}
	name, err := s.ObjectName(s.Request(in))
	if err != nil {
		return p, false, err
	}
	choice, err := dev.Choose(in.Device, in.Origin != Received)
	if errors.Is(err, storage.ErrNoSpace) && s.remove.Undo.MakeRoom(cfg, func() bool {
		_, err := dev.Choose(in.Device, in.Origin != Received)
		return err == nil
	}) {
		choice, err = dev.Choose(in.Device, in.Origin != Received)
	}
	if err != nil {
		oplog.Problem(s.Console, err)
		return p, false, err
	}
	s.sayMissing(in.Object)
	if choice.Low {
		s.MakeSpace(cfg)
	}
	if s.Console.DebugOn() {
		s.SayFree(cfg, dev.Free(choice.Device), choice.Dir)
	}
	p.Dir = choice.Dir
	p.Location.Device = choice.Device
	p.Location.File, p.occupied = s.freeName(choice.Dir, name, in, several(cfg))
	return p, false, nil
}

// keepsName tells whether a known file can be rewritten under its name: the
// kind of file that the syntax asks for now is that of the name.
func (s *Store) keepsName(ds *dicom.Dataset, file string) bool {
	want := s.Namer.Extension()
	if ds.TransferSyntax().Encapsulated && strings.EqualFold(want, ".v2") {
		want = ".dcm"
	}
	return strings.EqualFold(filepath.Ext(file), want)
}

// several tells that other servers may store on the same devices.
func several(cfg *dicomini.Config) bool { return cfg.NodeName != "" || cfg.NodeNumber != 0 }

// freeName avoids a name that another object's file has, or is about to get, and
// reserves it. occupied tells that the object itself has a file of that name,
// which never avoids too: it may be that of another server; or that it is the name of
// the file whose place the object takes.
func (s *Store) freeName(dir, name string, in *Incoming, never bool) (free string, occupied bool) {
	free = name
	for n := 1; ; n++ {
		if s.reserved.reserve(dir + free) {
			if _, err := os.Lstat(dir + free); err != nil {
				return free, false
			}
			if dir+free == in.Over || in.Over == "" && !in.Beside && !never && isObject(dir+free, in.Object.String(dicom.SOPInstanceUID)) {
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
func (s *Store) removeReplaced(dev *storage.Devices, sop string, old, now db.Location) {
	if old == now {
		return
	}
	dir := dev.Path(old.Device)
	if !isObject(dir+storage.Native(old.File), sop) && storage.Exists(dir+storage.Native(old.File)) {
		s.Console.Event("*** file of a replaced object stays: it holds another", "file", dir+old.File)
		return
	}
	if err := storage.Remove(dir, old.File); err != nil && !errors.Is(err, os.ErrNotExist) {
		oplog.NotRemoved(s.Console, dir+old.File)
		return
	}
	oplog.RemovedFile(s.Console, old.Device, old.File)
	s.remove.MirrorCopy(dev, old)
}

// spread hands a stored object to the mirror and to the export converters.
func (s *Store) spread(ctx context.Context, cfg *dicomini.Config, in *Incoming, res Result) error {
	if err := s.export.QueueMirror(ctx, cfg, res.Path, res.Location); err != nil {
		return err
	}
	if in.Convert {
		return s.export.QueueExports(ctx, cfg, in.Caller, in.Object, res.Path)
	}
	return nil
}

// Own is an object that a command of this server enters.
func (s *Store) Own(cfg *dicomini.Config, caller rules.Caller, ds *dicom.Dataset) *Incoming {
	if caller == nil {
		return &Incoming{Object: ds, Origin: Entered, Caller: s.Self(cfg)}
	}
	return &Incoming{Object: ds, Origin: Entered, Caller: rules.Titled(caller, cfg.MyACRNema, cfg.MyACRNema)}
}
