package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// environment is what scripts reach of the server in the name of a caller
// (scripting.Env).
type environment struct {
	s      *Server
	caller rules.Caller // may be nil
}

func (s *Server) env(caller rules.Caller) *environment { return &environment{s, caller} }

var _ scripting.Env = (*environment)(nil)

func (e *environment) Operator(line string) { e.s.con.Operator("%s", line) }
func (e *environment) Debug(line string)    { e.s.con.Debug("%s", line) }
func (e *environment) Debugging() bool      { return e.s.con.DebugOn() }
func (e *environment) Now() time.Time       { return time.Now() }

func (e *environment) ScriptEntry(name string) string {
	text, _ := e.s.live.Current().Get("scripts", name)
	return text
}

func (e *environment) BaseDir() string { return e.s.live.Current().BaseDir() }

// maxScriptFile bounds a script or alias file.
const maxScriptFile = 16 << 20

func (e *environment) ReadText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxScriptFile))
	return string(b), err
}

func (e *environment) IsDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

func (e *environment) ReadObject(_ context.Context, path string) (*dicom.Dataset, error) {
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Dataset, nil
}

func (e *environment) LoadObject(ctx context.Context, patientID, sop string) *dicom.Dataset {
	ds, err := e.s.loadObject(ctx, patientID, sop)
	if err != nil {
		e.s.con.Debug("%v", err)
		return nil
	}
	return ds
}

// loadObject reads a stored object into memory.
func (s *Server) loadObject(ctx context.Context, patientID, sop string) (*dicom.Dataset, error) {
	loc, found, err := s.db.Lookup(ctx, sop, patientID)
	if err != nil {
		return nil, fmt.Errorf("look object %s up: %w", sop, err)
	}
	if !found {
		return nil, fmt.Errorf("object %s of patient %s is not stored here", sop, patientID)
	}
	path, _, ok := storage.NewDevices(s.live.Current().Storage).Locate(loc.Device, loc.File)
	if !ok {
		return nil, fmt.Errorf("no file %s on device %s", loc.File, loc.Device)
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Dataset, nil
}

// ProposeFile is the name that the object would get now.
func (e *environment) ProposeFile(r *scripting.Run) string {
	cfg := e.s.live.Current()
	choice, err := storage.NewDevices(cfg.Storage).Choose("", true)
	if err != nil {
		return ""
	}
	name, err := e.s.objectName(rules.Request{Object: r.Object, Caller: e.caller})
	if err != nil {
		return ""
	}
	return choice.Dir + name
}

// nameContext gives file names what they need besides the object.
func (s *Server) nameContext(q rules.Request) storage.NameContext {
	c := storage.NameContext{
		Value: func(spec string) (string, int) { return s.rules.Value(context.Background(), q, spec) },
		Lua:   func(expression string) (string, error) { return s.expression(context.Background(), q, expression) },
	}
	if q.Caller != nil {
		c.CallingAE, c.CalledAE = q.Caller.Calling(), q.Caller.Called()
	}
	return c
}

// objectName is the file name that FileNameSyntax makes for the object of a request.
func (s *Server) objectName(q rules.Request) (string, error) {
	return s.namer.Name(q.Object, s.nameContext(q))
}

func (e *environment) Forward(ctx context.Context, f *scripting.Forward) error {
	return e.s.forwards.deliver(ctx, e.s.live.Current(), f)
}

func (e *environment) GenerateUID() string { return e.s.uids.make(uidGeneral) }

func (e *environment) ChangeUID(old, typ, stage string) (string, error) {
	if strings.HasPrefix(stage, "#") {
		return db.StageUID(e.s.uids.prefix+".7", old, stage), nil // of an empty UID too
	}
	return e.s.db.MapUID(context.Background(), old, "", stage, typ, func() string { return e.s.uids.make(uidMapped) })
}

func (e *environment) ChangeUIDBack(uid, stage string) (string, error) {
	old, found, err := e.s.db.OriginalUID(context.Background(), uid, stage, "")
	if err != nil {
		return "", err
	}
	if !found {
		e.s.con.Debug("***ChangeUIDBack: Unable to locate new UID")
		return "", fmt.Errorf("no UID was changed to %s", uid)
	}
	return old, nil
}

func (e *environment) WriteText(path, text string, appendTo bool) error {
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if appendTo {
		flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	}
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func (e *environment) CopyFile(from, to string) error {
	dir, name := filepath.Split(to)
	if fi, err := os.Stat(filepath.Dir(to)); err != nil || !fi.IsDir() {
		return fmt.Errorf("copy to %s: no such folder", to)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(dir + name)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func (e *environment) MakeDir(path string) error    { return os.MkdirAll(path, 0o777) }
func (e *environment) RemoveFile(path string) error { return os.Remove(path) }

func (e *environment) SaveObject(path string, d *dicom.Dataset) error {
	w := e.s.writer(e.s.live.Current())
	w.Part10Always = false
	return w.WriteHere(path, d)
}

func (e *environment) TempFile(ext string) string {
	return filepath.Join(e.s.tempDir(e.s.live.Current()), e.s.uids.make(uidGeneral)+ext)
}

func (e *environment) ProcessWith(ctx context.Context, command, file string, d *dicom.Dataset) (*dicom.Dataset, error) {
	if err := e.SaveObject(file, d); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	if err := runShell(ctx, e.s.con, command); err != nil {
		e.s.con.Debug("process with: %v", err)
	}
	return e.ReadObject(ctx, file)
}

func (e *environment) System(ctx context.Context, command string) error {
	return runShell(ctx, e.s.con, command)
}

func (e *environment) Spawn(ctx context.Context, command string) error {
	return runShell(ctx, e.s.con, command)
}

func (e *environment) Compress(_ context.Context, _ *scripting.Run, d *dicom.Dataset, mode string) error {
	return e.s.transcode(d, mode)
}

func (e *environment) SetTestMode(suffix string) { e.s.testMode.Store(&suffix) }

func (e *environment) QueryValue(ctx context.Context, k scripting.QueryKeys, tag dicom.Tag) string {
	v, err := e.s.queryValue(ctx, k, tag)
	if err != nil {
		e.s.con.Event("*** %Q item", "level", string(k.Level), "tag", tag, "error", err)
	}
	return v
}

// MatchObject evaluates ExportFilterN.
func (e *environment) MatchObject(ctx context.Context, condition, sop, patientID string) (bool, error) {
	ok, err := e.s.matchObject(ctx, condition, sop, patientID)
	if err != nil {
		e.s.con.Operator("***Filter: Unable to query for image record")
		e.s.con.Event("*** ExportFilter", "condition", condition, "error", err)
	}
	return ok, err
}
