package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/rules"
	"conquest/storage"
)

// luaHost is what Lua scripts reach of the server.
type luaHost struct {
	luabind.NoHost
	s        *Server
	commands string    // host that server commands go to
	page     io.Writer // the web page that is written, or nil
}

var _ luabind.Host = (*luaHost)(nil)

func (h *luaHost) Operator(line string) { h.s.con.Operator("%s", line) }
func (h *luaHost) Debug(line string)    { h.s.con.Debug("%s", line) }

func (h *luaHost) Setting(section, key string) (string, bool) {
	cfg := h.s.live.Current()
	if section == "" {
		section = cfg.Main()
	}
	return cfg.Get(section, key)
}

func (h *luaHost) Peer(i int) (luabind.Peer, bool) {
	e, ok := h.s.aes.Entry(i)
	return luabind.Peer{Name: e.Name, Address: e.Host, Port: e.Port, Compression: e.Compression}, ok
}

func (h *luaHost) Column(table, i int) (luabind.Column, bool) {
	tables := h.s.db.Schema().Tables()
	if table < 0 || table >= len(tables) || i < 0 || i >= len(tables[table].Columns) {
		return luabind.Column{}, false
	}
	c := tables[table].Columns[i]
	return luabind.Column{
		Tag: dicom.NewTag(c.Group, c.Element), Name: c.Name, Length: c.Length,
		SQLType: c.SQLType.String(), DICOMType: shownType(c.DTType),
	}, true
}

// shownType is a DICOM type as the original shows it.
func shownType(t dicomini.DTType) string {
	switch t {
	case dicomini.DTUI:
		return "DT_UI (UI)"
	case dicomini.DTDate, dicomini.DTTime:
		return "DT_DATE (DA)"
	case dicomini.DTUInt16:
		return "DT_UINT16 (US)"
	case dicomini.DTUInt32:
		return "DT_UINT32 (UL)"
	case dicomini.DTFL:
		return "DT_FL (FL)"
	case dicomini.DTFD:
		return "DT_FD (FD)"
	case dicomini.DTStartSequence:
		return "Start sequence"
	case dicomini.DTEndSequence:
		return "End sequence"
	}
	return t.String()
}

func (h *luaHost) Query(ctx context.Context, table, fields, where, order string) ([][]string, error) {
	rows, err := h.s.db.Query(ctx, table, fields, where, order)
	if err != nil {
		h.s.saySQLError(err)
	}
	return rows, err
}

func (h *luaHost) SQL(ctx context.Context, statement string) error {
	_, err := h.s.db.SQL(ctx, statement)
	if err != nil {
		h.s.saySQLError(err)
	}
	return err
}

// saySQLError logs a failed statement of a script in the words of the original.
func (s *Server) saySQLError(err error) {
	line := "*** " + err.Error()
	var failed *db.SQLError
	if errors.As(err, &failed) && len(failed.Lines()) > 0 {
		line = failed.Lines()[0]
	}
	s.con.Operator("%s", line)
}

func (h *luaHost) GenerateUID() string { return h.s.uids.make(uidGeneral) }

// errComputedStage refuses a new UID for a stage whose UIDs are computed.
var errComputedStage = errors.New("UIDs of a stage that starts with # are computed")

func (h *luaHost) ChangeUID(ctx context.Context, old, uid, stage, typ string) (string, error) {
	if strings.HasPrefix(stage, "#") {
		if uid != "" {
			return "", errComputedStage
		}
		return db.StageUID(h.s.uids.prefix+".7", old, stage), nil
	}
	return h.s.db.MapUID(ctx, old, uid, stage, typ, func() string { return h.s.uids.make(uidMapped) })
}

func (h *luaHost) ChangeUIDBack(ctx context.Context, uid, stage, typ string) (string, bool, error) {
	old, found, err := h.s.db.OriginalUID(ctx, uid, stage, typ)
	if err == nil && !found {
		h.s.con.Debug("***ChangeUIDBack: Unable to locate new UID")
	}
	return old, found, err
}

func (h *luaHost) ReadObject(ctx context.Context, name string) (*dicom.Dataset, error) {
	return h.s.readAny(ctx, name)
}

// readAny reads an object by file name, "patient:sop" or "study\series\sop".
func (s *Server) readAny(ctx context.Context, name string) (*dicom.Dataset, error) {
	if storage.Exists(name) {
		return s.env(nil).ReadObject(ctx, name)
	}
	if parts := strings.Split(name, `\`); len(parts) == 3 {
		keys := dicom.NewDataset(3)
		keys.SetString(dicom.StudyInstanceUID, parts[0])
		keys.SetString(dicom.SeriesInstanceUID, parts[1])
		keys.SetString(dicom.SOPInstanceUID, parts[2])
		refs, err := s.db.Locate(ctx, keys)
		if err != nil || len(refs) == 0 {
			return nil, fmt.Errorf("object %s is not stored here", name)
		}
		return s.loadObject(ctx, refs[0].PatientID, refs[0].SOPInstanceUID)
	}
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.ContainsAny(name[i:], `\/`) {
		return s.loadObject(ctx, name[:i], name[i+1:])
	}
	return s.env(nil).ReadObject(ctx, name)
}

func (h *luaHost) TempFile(ext string) string {
	name := h.s.env(nil).TempFile(ext)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		h.s.con.Debug("tempfile: %v", err)
	}
	return name
}

func (h *luaHost) WriteObject(_ context.Context, name string, d *dicom.Dataset) error {
	return h.s.env(nil).SaveObject(name, d)
}

func (h *luaHost) Compress(ctx context.Context, d *dicom.Dataset, mode string) error {
	return h.s.transcodeFor(ctx, d, mode, rules.Request{})
}

func (h *luaHost) AddImage(ctx context.Context, d *dicom.Dataset) error {
	s := h.s
	cfg := s.live.Current()
	_, err := s.accept(ctx, cfg, &arrival{
		ds: d.Clone(), origin: entered, scripted: true, caller: s.self(cfg),
	})
	return err
}

func (h *luaHost) HeapInfo() string {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("heap %d bytes in use, %d bytes from the system", m.HeapInuse, m.Sys)
}

func (h *luaHost) Delete(ctx context.Context, d *dicom.Dataset) error {
	refs, err := h.s.db.Locate(ctx, d)
	if err != nil {
		return fmt.Errorf("find objects to delete: %w", err)
	}
	if len(refs) == 0 {
		return nil
	}
	if err := h.s.db.Delete(ctx, refs...); err != nil {
		return fmt.Errorf("delete rows: %w", err)
	}
	for _, ref := range refs {
		h.s.removeStored(h.s.live.Current(), ref.Location)
	}
	return nil
}

func (h *luaHost) OldestPatients(ctx context.Context, limit int, device, order string) ([]string, error) {
	return h.s.archive.OldestPatients(ctx, limit, device, order)
}

// Modify runs a line on everything that matches and replaces it, or enters
// changed copies.
func (h *luaHost) Modify(ctx context.Context, d *dicom.Dataset, script string, copy bool, _ string) error {
	want := map[dicom.Tag]string{}
	for e := range d.All() {
		if e.Tag != dicom.QueryRetrieveLevel {
			want[e.Tag] = e.String()
		}
	}
	m := h.s.scripted(nil, script)
	m.keep = copy
	return m.selected(ctx, want)
}

func (h *luaHost) Text(name string) string {
	if v, ok := h.s.shown.Load(name); ok {
		return v.(string)
	}
	cfg := h.s.live.Current()
	switch name {
	case "AutoRoutePipe":
		return "/tmp/AutoRoutePipe"
	case "AutoRouteExec":
		return "aroute"
	case "RootConfig":
		return cfg.Main()
	case "BaseDir":
		return cfg.BaseDir()
	case "ConfigFile":
		return h.s.live.Location().Path
	case "DicomDict":
		return cfg.Dictionary
	case "DroppedFileCompression":
		return cfg.DroppedFileCompression
	case "IncomingCompression":
		return cfg.IncomingCompression
	case "ArchiveCompression":
		return cfg.ArchiveCompression
	case "TestMode":
		return *h.s.testMode.Load()
	case "StatusString":
		return *h.s.statusString.Load()
	case "DGATEVERSION":
		return Version
	}
	return ""
}

// textSizes are the bytes that the original has for a text of Global, with its
// NUL.
var textSizes = map[string]int{
	"RootConfig": 64, "BaseDir": 256, "ConfigFile": 512, "DicomDict": 256, "AutoRoutePipe": 128, "AutoRouteExec": 128,
	"DroppedFileCompression": 16, "IncomingCompression": 16, "ArchiveCompression": 16, "TestMode": 16, "StatusString": 256,
}

// SetText changes a text of Global. Of those that say where things are only what
// scripts see changes.
func (h *luaHost) SetText(name, value string) {
	size := textSizes[name]
	if size == 0 {
		return
	}
	value = value[:min(len(value), size-1)]
	switch name {
	case "RootConfig", "BaseDir", "ConfigFile", "DicomDict", "AutoRoutePipe", "AutoRouteExec":
		h.s.shown.Store(name, value)
		return
	}
	h.s.live.Update(func(c *dicomini.Config) {
		switch name {
		case "DroppedFileCompression":
			c.DroppedFileCompression = value
		case "IncomingCompression":
			c.IncomingCompression = value
		case "ArchiveCompression":
			c.ArchiveCompression = value
		case "StatusString":
			h.s.statusString.Store(&value)
		case "TestMode":
			h.s.testMode.Store(&value)
		}
	})
}
