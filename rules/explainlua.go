package rules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/luabind"
	"conquest/scripting"
)

// Bounds of a script in an explanation.
const (
	explainTimeout = 20 * time.Second
	explainMemory  = 128 << 20
)

// luaDry is a dry run in which Lua runs, too: against a host that only reads, in a state
// that acts on nothing outside. What each line reads and sets, says and would do is
// written into the explanation.
type luaDry struct {
	*scripting.DryRun
	x      *explanation
	engine *luabind.Engine
	state  *luabind.State
	last   string // line that the explanation is at
}

func newLuaDry(x *explanation, cfg Config, reading luabind.Host) *luaDry {
	e := &luaDry{DryRun: x.dry, x: x}
	host := &explainHost{cfg: cfg, reading: reading, e: e}
	e.engine = luabind.NewEngine(host, luabind.Options{Timeout: explainTimeout, Memory: explainMemory, Stdout: pageWriter{e}, Dry: e.would})
	e.state = e.engine.NewState()
	return e
}

// restart gives what follows a state of its own: export converters are another queue.
func (e *luaDry) restart() {
	e.close()
	e.state = e.engine.NewState()
}

func (e *luaDry) close() { e.state.Close() }

// would notes an effect.
func (e *luaDry) would(effect string) {
	e.Note(effect)
	e.x.effectsAt("     ")
}

// Lua runs a chunk and writes what it does.
func (e *luaDry) Lua(ctx context.Context, r *scripting.Run, c scripting.LuaChunk) scripting.Code {
	object := r.Object
	if object == nil && r.File != "" {
		object, _ = e.ReadObject(ctx, r.File) // without one the script sees an empty object
	}
	chunk := luabind.Chunk{
		Text: c.Text, Object: object, Command: r.Command, Storage: r.Storage, Start: int(c.Start), Trace: e.access,
		Association: luabind.Association{Calling: r.Calling, Called: r.Called, ConnectedIP: NoAddress, Thread: r.Thread},
		Lines:       explainLines{*r}, Globals: map[string]any{},
	}
	if c.HasCommandLine {
		chunk.Globals["command_line"] = c.CommandLine
	} else if c.File {
		chunk.Globals["command_line"] = nil
	}
	e.x.effects()
	e.last = ""
	res, err := e.state.Run(ctx, chunk)
	e.x.effectsAt("     ")
	if err != nil {
		text := err.Error()
		var le *luabind.Error
		if errors.As(err, &le) {
			text = le.Message
		}
		e.x.printf("     error: %s\n", oneLine(text))
	}
	if code := scripting.Code(res.Code); code != c.Start {
		e.x.printf("     verdict: %v\n", code)
	}
	return scripting.Code(res.Code)
}

// access writes what a line reads or sets.
func (e *luaDry) access(a luabind.Access) {
	if at := fmt.Sprintf("%s:%d", a.Source, a.Line); at != e.last {
		e.last = at
		where := " of " + oneLine(a.Source)
		if strings.HasPrefix(a.Source, "[string ") {
			where = "" // the text was shown
		}
		e.x.printf("   line %d%s\n", a.Line, where)
	}
	object := a.Object
	if object == "" {
		object = "(object)"
	}
	verb := "reads"
	if a.Set {
		verb = "sets"
	}
	value := a.Value
	if value != "nil" && value != "{}" && value != "sequence" {
		value = fmt.Sprintf("%q", shortText(value))
	}
	e.x.printf("     %s %s.%s %s %s\n", verb, object, oneLine(a.Key), map[bool]string{true: "to", false: "="}[a.Set], value)
}

func shortText(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// explainLines runs lines of the command language that Lua asks for.
type explainLines struct{ run scripting.Run }

func (l explainLines) RunLine(ctx context.Context, line string, object *dicom.Dataset) int {
	run := l.run
	run.Object = object
	return int(run.Script(ctx, line, -2, false))
}

// pageWriter writes what a script puts out.
type pageWriter struct{ e *luaDry }

func (w pageWriter) Write(b []byte) (int, error) {
	w.e.x.printf("     writes %q\n", shortText(string(b)))
	return len(b), nil
}

// explainHost answers scripts from the configuration and from a host that reads, and
// notes everything else.
type explainHost struct {
	luabind.NoHost
	cfg     Config
	reading luabind.Host
	e       *luaDry
}

var _ luabind.Host = (*explainHost)(nil)

// errDry is what a script gets for what can not be known.
var errDry = errors.New("not done in an explanation")

// note notes an effect; the script goes on as after a success.
func (h *explainHost) note(format string, args ...any) error {
	h.e.would(fmt.Sprintf(format, args...))
	return nil
}

// reader is who answers.
func (h *explainHost) reader() luabind.Host {
	if h.reading == nil {
		return h.NoHost
	}
	return h.reading
}

func (h *explainHost) Operator(line string) { h.e.x.printf("     says: %s\n", oneLine(line)) }
func (h *explainHost) Debug(line string) {
	h.e.x.printf("     says for debugging: %s\n", oneLine(line))
}

func (h *explainHost) Setting(section, key string) (string, bool) {
	if section == "" {
		section = h.cfg.Main()
	}
	return h.cfg.Get(section, key)
}

func (h *explainHost) Variable(name string) int64            { return h.reader().Variable(name) }
func (h *explainHost) Text(name string) string               { return h.reader().Text(name) }
func (h *explainHost) Peer(i int) (luabind.Peer, bool)       { return h.reader().Peer(i) }
func (h *explainHost) SetVariable(name string, n int64)      { h.note("set Global.%s to %d", name, n) }
func (h *explainHost) SetText(name, value string)            { h.note("set Global.%s to %q", name, value) }
func (h *explainHost) TempFile(ext string) string            { return h.e.TempFile(ext) }
func (h *explainHost) GenerateUID() string                   { return h.e.DryRun.GenerateUID() }
func (h *explainHost) SQL(_ context.Context, s string) error { return h.note("run SQL: %s", s) }

func (h *explainHost) Column(table, i int) (luabind.Column, bool) {
	return h.reader().Column(table, i)
}

func (h *explainHost) Query(ctx context.Context, table, fields, where, order string) ([][]string, error) {
	return h.reader().Query(ctx, table, fields, where, order)
}

func (h *explainHost) OldestPatients(ctx context.Context, limit int, device, order string) ([]string, error) {
	return h.reader().OldestPatients(ctx, limit, device, order)
}

func (h *explainHost) ChangeUID(_ context.Context, old, uid, stage, typ string) (string, error) {
	if uid != "" {
		h.note("enter %s as new UID for %s", uid, old)
		return uid, nil
	}
	text, err := h.e.DryRun.ChangeUID(old, typ, stage)
	h.e.x.effectsAt("     ")
	return text, err
}

func (h *explainHost) ChangeUIDBack(ctx context.Context, uid, stage, typ string) (string, bool, error) {
	if old, err := h.e.DryRun.ChangeUIDBack(uid, stage); err == nil {
		return old, true, nil
	}
	return h.reader().ChangeUIDBack(ctx, uid, stage, typ)
}

func (h *explainHost) ReadObject(ctx context.Context, name string) (*dicom.Dataset, error) {
	return h.reader().ReadObject(ctx, name)
}

func (h *explainHost) FindObjects(ctx context.Context, d *dicom.Dataset, limit int) ([]*dicom.Dataset, error) {
	return h.reader().FindObjects(ctx, d, limit)
}

func (h *explainHost) WriteObject(_ context.Context, name string, _ *dicom.Dataset) error {
	return h.note("save an object as %s", name)
}

// Compress leaves the object as it is.
func (h *explainHost) Compress(_ context.Context, _ *dicom.Dataset, mode string) error {
	return h.note("compress a copy to %s (not done here)", mode)
}

func (h *explainHost) AddImage(_ context.Context, d *dicom.Dataset) error {
	return h.note("store object %s", d.String(dicom.SOPInstanceUID))
}

func (h *explainHost) Find(_ context.Context, ae, level string, _ *dicom.Dataset) ([]*dicom.Dataset, error) {
	h.note("ask %s for answers at level %s (not done here)", ae, level)
	return nil, errDry
}

func (h *explainHost) VirtualFind(ctx context.Context, ae, level string, d *dicom.Dataset) ([]*dicom.Dataset, error) {
	return h.Find(ctx, ae, level, d)
}

func (h *explainHost) Get(_ context.Context, ae, level string, _ *dicom.Dataset) ([]*dicom.Dataset, error) {
	h.note("get objects of %s at level %s (not done here)", ae, level)
	return nil, errDry
}

func (h *explainHost) Move(_ context.Context, m luabind.Move) error {
	return h.note("let %s send what matches %s to %s", m.Source, keysText(m.Query), m.Destination)
}

func (h *explainHost) Store(_ context.Context, ae string, ds []*dicom.Dataset) ([]*dicom.Dataset, error) {
	h.note("send %d objects to %s", len(ds), ae)
	return make([]*dicom.Dataset, len(ds)), nil
}

func (h *explainHost) Echo(_ context.Context, ae string, _ *dicom.Dataset) (*dicom.Dataset, error) {
	h.note("send an echo to %s (not done here)", ae)
	return nil, errDry
}

func (h *explainHost) Print(_ context.Context, p luabind.Print) error {
	return h.note("print %d images on %s", len(p.Objects), p.AE)
}

func (h *explainHost) Delete(_ context.Context, d *dicom.Dataset) error {
	return h.note("delete what matches %s", keysText(d))
}

func (h *explainHost) Remove(_ context.Context, d *dicom.Dataset, _ string) error {
	return h.note("delete what matches %s", keysText(d))
}

func (h *explainHost) Modify(_ context.Context, d *dicom.Dataset, script string, copy bool, _ string) error {
	what := "change"
	if copy {
		what = "store changed copies of"
	}
	return h.note("%s what matches %s by: %s", what, keysText(d), script)
}

func (h *explainHost) ServerCommand(_ context.Context, command string, _ []byte) ([]byte, bool, error) {
	return nil, false, h.note("send command %s", command)
}

// keysText is a selection for people.
func keysText(d *dicom.Dataset) string {
	text := ""
	for e := range d.All() {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s %q", dicom.CurrentDictionary().Keyword(e.Tag), shortText(valueText(d, e)))
	}
	return text
}
