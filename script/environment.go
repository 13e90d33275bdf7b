package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/oplog"
	"conquest/pacs/forward"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
)

// env is what scripts reach of the server in the name of a caller
// (scripting.Env).
type env struct {
	s      *Host
	caller rules.Caller // may be nil
}

func (s *Host) env(caller rules.Caller) *env { return &env{s, caller} }

var _ scripting.Env = (*env)(nil)

func (e *env) Operator(line string) { oplog.Line(e.s.Console, line) }

func (e *env) Debug(line string) { oplog.DebugLine(e.s.Console, line) }

func (e *env) Debugging() bool { return e.s.Console.DebugOn() }

func (e *env) Now() time.Time { return time.Now() }

func (e *env) ScriptEntry(name string) string {
	text, _ := e.s.Live.Current().Get("scripts", name)
	return text
}

func (e *env) BaseDir() string { return e.s.Live.Current().BaseDir() }

// maxScriptFile bounds a script or alias file.
const maxScriptFile = 16 << 20

func (e *env) ReadText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxScriptFile))
	return string(b), err
}

func (e *env) IsDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

func (e *env) ReadObject(ctx context.Context, path string) (*dicom.Dataset, error) {
	return e.s.ReadFile(ctx, path)
}

func (e *env) LoadObject(ctx context.Context, patientID, sop string) *dicom.Dataset {
	ds, err := e.s.Load.Object(ctx, patientID, sop)
	if err != nil {
		oplog.DebugProblem(e.s.Console, err)
		return nil
	}
	return ds
}

// ProposeFile is the name that the object would get now.
func (e *env) ProposeFile(r *scripting.Run) string {
	cfg := e.s.Live.Current()
	choice, err := e.s.Devices(cfg).Choose("", true)
	if err != nil {
		return ""
	}
	name, err := e.s.ObjectName(rules.Request{Object: r.Object, Caller: e.caller})
	if err != nil {
		return ""
	}
	return choice.Dir + name
}

func (e *env) Forward(ctx context.Context, f *scripting.Forward) error {
	return e.s.Forward.Deliver(ctx, e.s.Live.Current(), f)
}

func (e *env) GenerateUID() string { return e.s.UIDs.New(site.UIDGeneral) }

func (e *env) ChangeUID(old, typ, stage string) (string, error) {
	return e.s.ChangeUID(context.Background(), old, "", stage, typ)
}

func (e *env) ChangeUIDBack(uid, stage string) (string, error) {
	old, found, err := e.s.Index.OriginalUID(context.Background(), uid, stage, "")
	if err != nil {
		return "", err
	}
	if !found {
		oplog.UIDNotFoundByScript(e.s.Console)
		return "", fmt.Errorf("no UID was changed to %s", uid)
	}
	return old, nil
}

func (e *env) WriteText(path, text string, appendTo bool) error {
	if !e.writes(path, text) {
		return nil
	}
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

func (e *env) CopyFile(from, to string) error {
	if !e.writes(to, "copy of "+from) {
		return nil
	}
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

func (e *env) MakeDir(path string) error {
	if !e.writes(path, "folder") {
		return nil
	}
	return os.MkdirAll(path, 0o777)
}

func (e *env) RemoveFile(path string) error {
	if !e.writes(path, "removed") {
		return nil
	}
	return os.Remove(path)
}

func (e *env) SaveObject(path string, d *dicom.Dataset) error {
	if !e.writes(path, "object "+d.String(dicom.SOPInstanceUID)) {
		return nil
	}
	return e.s.WriteObject(path, d)
}

// writes tells the witness what a script does to a file, and whether it may: in a
// rehearsal only below the folder for temporary files, where it reads it again.
func (e *env) writes(path, what string) bool {
	temporary := strings.HasPrefix(filepath.Clean(path), filepath.Clean(e.s.TempDir(e.s.Live.Current()))+string(filepath.Separator))
	if !temporary {
		e.s.Did(site.DidFile, "", "", path+": "+what)
	}
	return temporary || e.s.Rehearsal() == ""
}

func (e *env) TempFile(ext string) string {
	return e.s.TempFile(ext)
}

func (e *env) ProcessWith(ctx context.Context, command, file string, d *dicom.Dataset) (*dicom.Dataset, error) {
	if err := e.SaveObject(file, d); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	if err := e.s.RunShell(ctx, command); err != nil {
		oplog.ProcessFailed(e.s.Console, err)
	}
	return e.ReadObject(ctx, file)
}

func (e *env) System(ctx context.Context, command string) error {
	return e.s.RunShell(ctx, command)
}

func (e *env) Spawn(ctx context.Context, command string) error {
	return e.s.RunShell(ctx, command)
}

func (e *env) Compress(ctx context.Context, _ *scripting.Run, d *dicom.Dataset, mode string) error {
	return e.s.Transcode.Transcode(ctx, d, mode)
}

func (e *env) SetTestMode(suffix string) { e.s.TestMode.Store(&suffix) }

func (e *env) QueryValue(ctx context.Context, k scripting.QueryKeys, tag dicom.Tag) string {
	v, err := e.s.queryValue(ctx, k, tag)
	if err != nil {
		e.s.Console.Event("*** %Q item", "level", string(k.Level), "tag", tag, "error", err)
	}
	return v
}

// MatchObject evaluates ExportFilterN.
func (e *env) MatchObject(ctx context.Context, condition, sop, patientID string) (bool, error) {
	ok, err := e.s.matchObject(ctx, condition, sop, patientID)
	if err != nil {
		oplog.FilterFailed(e.s.Console)
		e.s.Console.Event("*** ExportFilter", "condition", condition, "error", err)
	}
	return ok, err
}

// Held tells whether an export has to wait (scripting.Holder).
func (e *env) Held(ctx context.Context, fw *scripting.Forward) (held, sent bool) {
	return forward.Held(ctx, fw)
}
