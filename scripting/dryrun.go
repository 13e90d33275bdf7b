package scripting

import (
	"context"
	"fmt"
	"sync"

	"conquest/dicom"
)

// DryRun is an Env that looks things up in another one and does nothing: what
// would be done is noted in Effects. Lua is not run.
type DryRun struct {
	Lookup
	// KnownUID finds an existing new UID of old; may be nil.
	KnownUID func(old, stage string) (uid string, ok bool)
	// Stored is what ReadObject gives when it is not nil.
	Stored *dicom.Dataset

	mu      sync.Mutex
	effects []string
	log     []string
	uids    map[string]string
	back    map[string]string
}

var _ Env = (*DryRun)(nil)

// Effects are the things that would have been done, in order, since the last call.
func (e *DryRun) Effects() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.effects
	e.effects = nil
	return list
}

// Log is what would have been logged.
func (e *DryRun) Log() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.log
}

func (e *DryRun) note(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.effects = append(e.effects, fmt.Sprintf(format, args...))
}

// Note adds something that would have been done.
func (e *DryRun) Note(effect string) { e.note("%s", effect) }

func (e *DryRun) line(line string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.log = append(e.log, line)
}

// Operator keeps a log line.
func (e *DryRun) Operator(line string) { e.line(line) }

// Debug keeps a log line.
func (e *DryRun) Debug(line string) { e.line(line) }

// Debugging is always on.
func (e *DryRun) Debugging() bool { return true }

// ReadObject is a copy of Stored, or what the other Env reads.
func (e *DryRun) ReadObject(ctx context.Context, path string) (*dicom.Dataset, error) {
	if e.Stored != nil {
		return e.Stored.Clone(), nil
	}
	return e.Lookup.ReadObject(ctx, path)
}

// Forward notes the destination and runs the script clause.
func (e *DryRun) Forward(ctx context.Context, f *Forward) error {
	s := "send the object to " + f.Target
	if f.Originator != "" {
		s += " as " + f.Originator
	}
	if f.CalledAE != "" {
		s += " calling " + f.CalledAE
	}
	if f.Compression != "" {
		s += ", compressed as " + f.Compression
	}
	e.note("%s", s)
	if f.Prepare != nil {
		f.Prepare(ctx)
	}
	return nil
}

// Queue notes a delayed command.
func (e *DryRun) Queue(_ context.Context, d *Delayed) (bool, error) {
	s := "queue: " + d.Verb
	if d.Level != "" {
		s += " " + d.Level
	}
	s += " of patient " + d.PatientID
	for _, part := range [...][2]string{{" study ", d.StudyUID}, {" series ", d.SeriesUID}, {" object ", d.SOP},
		{" modality ", d.Modality}, {" date ", d.Date}, {" with AE ", d.AE}, {" by ", d.Command}, {" script ", d.Script}} {
		if part[1] != "" {
			s += part[0] + part[1]
		}
	}
	if d.After > 0 {
		s += " after " + itoa(d.After) + " s"
	} else {
		s += " after ForwardCollectDelay"
	}
	e.note("%s", s)
	return true, nil
}

// Lua notes that a chunk would run.
func (e *DryRun) Lua(_ context.Context, _ *Run, c LuaChunk) Code {
	e.note("run Lua (not done here, its verdict is unknown): %s", c.Text)
	return c.Start
}

// GenerateUID makes a placeholder.
func (e *DryRun) GenerateUID() string { return "<new UID>" }

// ChangeUID finds the known new UID, or makes a placeholder.
func (e *DryRun) ChangeUID(old, typ, stage string) (string, error) {
	if old == "" {
		return "", nil
	}
	if e.KnownUID != nil {
		if uid, ok := e.KnownUID(old, stage); ok {
			return uid, nil
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.uids == nil {
		e.uids, e.back = make(map[string]string), make(map[string]string)
	}
	uid, ok := e.uids[stage+"\x00"+old]
	if !ok {
		uid = "<new UID " + itoa(len(e.uids)+1) + ">"
		e.uids[stage+"\x00"+old], e.back[stage+"\x00"+uid] = uid, old
		e.effects = append(e.effects, "enter a new UID for "+typ+" "+old)
	}
	return uid, nil
}

// ChangeUIDBack knows the placeholders only.
func (e *DryRun) ChangeUIDBack(uid, stage string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if old, ok := e.back[stage+"\x00"+uid]; ok {
		return old, nil
	}
	return "", fmt.Errorf("change UID %s back: not looked up in a dry run", uid)
}

// WriteText notes the file.
func (e *DryRun) WriteText(path, text string, appendTo bool) error {
	if appendTo {
		e.note("append %q to file %s", text, path)
	} else {
		e.note("write %q to file %s", text, path)
	}
	return nil
}

// CopyFile notes the copy.
func (e *DryRun) CopyFile(from, to string) error {
	e.note("copy file %s to %s", from, to)
	return nil
}

// MakeDir notes the directory.
func (e *DryRun) MakeDir(path string) error {
	e.note("make directory %s", path)
	return nil
}

// RemoveFile notes the file.
func (e *DryRun) RemoveFile(path string) error {
	e.note("remove file %s", path)
	return nil
}

// SaveObject notes the file.
func (e *DryRun) SaveObject(path string, _ *dicom.Dataset) error {
	e.note("save the object as %s", path)
	return nil
}

// SaveFrame notes the file.
func (e *DryRun) SaveFrame(_ context.Context, path string, _ *dicom.Dataset, frame int) error {
	e.note("save frame %d as %s", frame, path)
	return nil
}

// SaveImage notes the file.
func (e *DryRun) SaveImage(_ context.Context, path string, _ *dicom.Dataset, o ImageOptions) error {
	e.note("save a %s image as %s", o.Format, path)
	return nil
}

// System notes the command.
func (e *DryRun) System(_ context.Context, command string) error {
	e.note("run by the shell: %s", command)
	return nil
}

// Spawn notes the command.
func (e *DryRun) Spawn(_ context.Context, command string) error {
	e.note("run program: %s", command)
	return nil
}

// TempFile is a placeholder.
func (e *DryRun) TempFile(ext string) string { return "TEMPFILE" + ext }

// ProcessWith notes the command and leaves the object.
func (e *DryRun) ProcessWith(_ context.Context, command, _ string, d *dicom.Dataset) (*dicom.Dataset, error) {
	e.note("let a program change the object (not done here): %s", command)
	return d.Clone(), nil
}

// Compress notes the mode.
func (e *DryRun) Compress(_ context.Context, _ *Run, _ *dicom.Dataset, mode string) error {
	e.note("recompress the object to %s (not done here)", mode)
	return nil
}

// ToMono notes the change.
func (e *DryRun) ToMono(context.Context, *dicom.Dataset) error {
	e.note("turn RGB into monochrome (not done here)")
	return nil
}

// Crop notes the change.
func (e *DryRun) Crop(_ context.Context, _ *dicom.Dataset, x1, y1, x2, y2 int) error {
	e.note("crop the image to %d,%d,%d,%d (not done here)", x1, y1, x2, y2)
	return nil
}

// SetTestMode notes the suffix.
func (e *DryRun) SetTestMode(suffix string) {
	e.note("put %q behind all later file names", suffix)
}
