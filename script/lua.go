package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/pacs/store"
	"conquest/rules"
	"conquest/storage"
)

// ServerCommand sends a server command for a script; ok is false without an answer.
type ServerCommand func(ctx context.Context, command string, upload []byte) (answer []byte, ok bool, err error)

// luaAPI is what Lua scripts reach of the server.
type luaAPI struct {
	luabind.NoHost
	s       *Host
	command ServerCommand
}

var _ luabind.Host = (*luaAPI)(nil)

func (h *luaAPI) Operator(line string) { oplog.Line(h.s.Console, line) }

func (h *luaAPI) Debug(line string) { oplog.DebugLine(h.s.Console, line) }

func (h *luaAPI) Setting(section, key string) (string, bool) {
	cfg := h.s.Live.Current()
	if section == "" {
		section = cfg.Main()
	}
	return cfg.Get(section, key)
}

func (h *luaAPI) Peer(i int) (luabind.Peer, bool) {
	e, ok := h.s.AEs.Entry(i)
	return luabind.Peer{Name: e.Name, Address: e.Host, Port: e.Port, Compression: e.Compression}, ok
}

func (h *luaAPI) Column(table, i int) (luabind.Column, bool) {
	tables := h.s.Index.Schema().Tables()
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

func (h *luaAPI) Query(ctx context.Context, table, fields, where, order string) ([][]string, error) {
	rows, err := h.s.Index.Query(ctx, table, fields, where, order)
	if err != nil {
		h.s.SaySQLError(err)
	}
	return rows, err
}

func (h *luaAPI) SQL(ctx context.Context, statement string) error {
	_, err := h.s.Index.SQL(ctx, statement)
	if err != nil {
		h.s.SaySQLError(err)
	}
	return err
}

func (h *luaAPI) GenerateUID() string { return h.s.UIDs.New(site.UIDGeneral) }

// errComputedStage refuses a new UID for a stage whose UIDs are computed.
var errComputedStage = errors.New("UIDs of a stage that starts with # are computed")

func (h *luaAPI) ChangeUID(ctx context.Context, old, uid, stage, typ string) (string, error) {
	if strings.HasPrefix(stage, "#") && uid != "" {
		return "", errComputedStage
	}
	return h.s.ChangeUID(ctx, old, uid, stage, typ)
}

func (h *luaAPI) ChangeUIDBack(ctx context.Context, uid, stage, typ string) (string, bool, error) {
	old, found, err := h.s.Index.OriginalUID(ctx, uid, stage, typ)
	if err == nil && !found {
		oplog.UIDNotFoundByScript(h.s.Console)
	}
	return old, found, err
}

func (h *luaAPI) ReadObject(ctx context.Context, name string) (*dicom.Dataset, error) {
	return h.s.readAny(ctx, name)
}

// readAny reads an object by file name, "patient:sop" or "study\series\sop".
func (s *Host) readAny(ctx context.Context, name string) (*dicom.Dataset, error) {
	if storage.Exists(name) {
		return s.env(nil).ReadObject(ctx, name)
	}
	if parts := strings.Split(name, `\`); len(parts) == 3 {
		keys := dicom.NewDataset(3)
		keys.SetString(dicom.StudyInstanceUID, parts[0])
		keys.SetString(dicom.SeriesInstanceUID, parts[1])
		keys.SetString(dicom.SOPInstanceUID, parts[2])
		refs, err := s.Index.Locate(ctx, keys)
		if err != nil || len(refs) == 0 {
			return nil, fmt.Errorf("object %s is not stored here", name)
		}
		return s.Load.Object(ctx, refs[0].PatientID, refs[0].SOPInstanceUID)
	}
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.ContainsAny(name[i:], `\/`) {
		return s.Load.Object(ctx, name[:i], name[i+1:])
	}
	return s.env(nil).ReadObject(ctx, name)
}

func (h *luaAPI) TempFile(ext string) string {
	name := h.s.TempFile(ext)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		oplog.TempFileFailed(h.s.Console, err)
	}
	return name
}

func (h *luaAPI) WriteObject(_ context.Context, name string, d *dicom.Dataset) error {
	return h.s.WriteObject(name, d)
}

func (h *luaAPI) Compress(ctx context.Context, d *dicom.Dataset, mode string) error {
	return h.s.Transcode.TranscodeFor(ctx, d, mode, rules.Request{})
}

func (h *luaAPI) AddImage(ctx context.Context, d *dicom.Dataset) error {
	s := h.s
	cfg := s.Live.Current()
	_, err := s.Store.Accept(ctx, cfg, &store.Incoming{
		Object: d.Clone(), Origin: store.Entered, Scripted: true, Caller: s.Self(cfg),
	})
	return err
}

func (h *luaAPI) HeapInfo() string {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("heap %d bytes in use, %d bytes from the system", m.HeapInuse, m.Sys)
}

func (h *luaAPI) Delete(ctx context.Context, d *dicom.Dataset) error {
	refs, err := h.s.Index.Locate(ctx, d)
	if err != nil {
		return fmt.Errorf("find objects to delete: %w", err)
	}
	return h.s.Remove.One(ctx, h.s.Live.Current(), refs)
}

func (h *luaAPI) OldestPatients(ctx context.Context, limit int, device, order string) ([]string, error) {
	return h.s.Archive.OldestPatients(ctx, limit, device, order)
}

// Modify runs a line on everything that matches and replaces it, or enters
// changed copies.
func (h *luaAPI) Modify(ctx context.Context, d *dicom.Dataset, script string, copy bool, _ string) error {
	want := map[dicom.Tag]string{}
	for e := range d.All() {
		if e.Tag != dicom.QueryRetrieveLevel {
			want[e.Tag] = e.String()
		}
	}
	m := h.s.Modify.ByScript(nil, script)
	m.Keep = copy
	return m.Selected(ctx, want)
}

func (h *luaAPI) Text(name string) string {
	if v, ok := h.s.shown.Load(name); ok {
		return v.(string)
	}
	cfg := h.s.Live.Current()
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
		return h.s.Live.Location().Path
	case "DicomDict":
		return cfg.Dictionary
	case "DroppedFileCompression":
		return cfg.DroppedFileCompression
	case "IncomingCompression":
		return cfg.IncomingCompression
	case "ArchiveCompression":
		return cfg.ArchiveCompression
	case "TestMode":
		return *h.s.TestMode.Load()
	case "StatusString":
		return *h.s.Status.Load()
	case "DGATEVERSION":
		return site.Version
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
func (h *luaAPI) SetText(name, value string) {
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
	h.s.Live.Update(func(c *dicomini.Config) {
		switch name {
		case "DroppedFileCompression":
			c.DroppedFileCompression = value
		case "IncomingCompression":
			c.IncomingCompression = value
		case "ArchiveCompression":
			c.ArchiveCompression = value
		case "StatusString":
			h.s.Status.Store(&value)
		case "TestMode":
			h.s.TestMode.Store(&value)
		}
	})
}
