package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"conquest/compat"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dicomweb"
	"conquest/luabind"
	"conquest/pacs/retrieve"
	"conquest/pacs/served"
	"conquest/pacs/site"
	"conquest/scripting"
	"conquest/web"
)

// mountCompat serves the addresses of the original's programs.
func (s *Server) mountCompat(w *web.Server, cfg *dicomini.Config, objects *dicomweb.Service, services []string) {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	c := &compatSite{s: s, options: s.dicomwebOptions(cfg, w)}
	if slices.Contains(services, "scripts") {
		c.scripts = &compatScripts{s}
	}
	compat.Mount(w, compat.Options{
		Site: c, Objects: objects.Handler(oldRoot), WADO: objects.URI(dicomweb.URIOptions{Old: true}), Origin: w.Origin,
		Folder: absolute(cfg.Value("HTTPCompat")), Files: absolute(cfg.Value("HTTPCompatFiles")), Program: program,
		Change:     func() bool { return pagesChange(cfg.Value("HTTPCompat")) },
		LegacyJSON: cfg.Switch("DICOMwebLegacyJSON"),
		Log:        slog.New(consoleHandler{con: s.Console}),
	})
}

// oldRoot is where the original's programs had their resources.
const oldRoot = "/api/dicom/rs"

func absolute(folder string) string {
	if folder == "" {
		return ""
	}
	if abs, err := filepath.Abs(folder); err == nil {
		return abs
	}
	return folder
}

// pagesChange tells whether the pages of a folder may change data, by its dicom.ini.
// One that can not be read lets them.
func pagesChange(folder string) bool {
	loc, err := dicomini.Locate(filepath.Join(folder, "dgate"))
	if err != nil {
		return true
	}
	live, err := dicomini.Open(loc, dicomini.Options{})
	if err != nil {
		return true
	}
	cfg := live.Current()
	return !cfg.WEBReadOnly || dicomini.Atoi(cfg.File().String("webdefaults", "readOnly", "0", 16)) == 0 && cfg.File().HasSection("AnyPage")
}

// compatSite is the site as package compat asks it.
type compatSite struct {
	s       *Server
	options dicomweb.Options
	scripts *compatScripts
}

// Modalities are the AEs of the map up to the first with a star.
func (c *compatSite) Modalities() []compat.Modality {
	var list []compat.Modality
	for _, e := range c.s.AEs.Entries() {
		if strings.Contains(e.Name, "*") {
			break
		}
		list = append(list, compat.Modality{AE: e.Name, IP: e.Host, Port: e.Port, Compression: e.Compression})
	}
	return list
}

// Echo sends a C-ECHO to an AE of the map.
func (c *compatSite) Echo(ctx context.Context, ae string) error {
	if _, known := c.s.AEs.Lookup(ae); !known {
		return fmt.Errorf("%s is not in acrnema.map", ae)
	}
	_, err := c.s.Peers.Echo(ctx, ae, nil)
	return err
}

// Remote searches an AE of the map.
func (c *compatSite) Remote(ae, root string) (http.Handler, bool) {
	if _, known := c.s.AEs.Lookup(ae); !known {
		return nil, false
	}
	a, err := served.NewRemote(c.s.Peers, ae)
	if err != nil {
		return nil, false
	}
	opt := c.options
	opt.CacheFolder, opt.CacheSize = "", 0
	opt.MayStore, opt.MayDelete = func(*http.Request) bool { return false }, nil
	return dicomweb.New(a, opt).Handler(root), true
}

// Send sends objects to an AE, or a DICOMweb server.
func (c *compatSite) Send(ctx context.Context, ref dicomweb.Ref, to string) error {
	keys, level := dicom.NewDataset(4), "STUDY"
	keys.SetString(dicom.StudyInstanceUID, ref.Study)
	if ref.Series != "" {
		level = "SERIES"
		keys.SetString(dicom.SeriesInstanceUID, ref.Series)
	}
	if ref.Instance != "" {
		level = "IMAGE"
		keys.SetString(dicom.SOPInstanceUID, ref.Instance)
	}
	keys.SetString(dicom.QueryRetrieveLevel, level)
	r, err := c.s.Retrieve.Retrieve(ctx, c.s.Self(c.s.Live.Current()), retrieve.Request{
		Model: "StudyRoot", Destination: to, Said: to, Identifier: keys, Command: dicom.NewDataset(0),
		Wishes: func() retrieve.Wishes { return retrieve.Wishes{} },
	})
	switch {
	case errors.Is(err, retrieve.ErrNothingFound):
		return dicomweb.ErrNotFound
	case errors.Is(err, retrieve.ErrUnknownDestination):
		return fmt.Errorf("AE not found: %s", to)
	case err != nil:
		return err
	}
	defer r.Close(context.WithoutCancel(ctx))
	res, err := r.Send(ctx, func(retrieve.Progress) error { return nil })
	if err == nil && res.Failed > 0 {
		err = fmt.Errorf("%d of %d objects were not sent; the log of the server says why", res.Failed, res.Total)
	}
	return err
}

// StudyOf is the study of a series.
func (c *compatSite) StudyOf(ctx context.Context, series string) (string, error) {
	ref, _, err := c.s.Index.Sample(ctx, db.SeriesLevel, series)
	return ref.StudyInstanceUID, err
}

// Scripts is nil where HTTPServices does not name them.
func (c *compatSite) Scripts() compat.Scripts {
	if c.scripts == nil {
		return nil
	}
	return c.scripts
}

// compatScripts runs scripts of web clients.
type compatScripts struct{ s *Server }

// Run runs a chunk in a state of its own.
func (c *compatScripts) Run(ctx context.Context, chunk, file string) ([]byte, error) {
	object := dicom.NewDataset(0)
	if file != "" {
		f, err := dicom.ReadFile(file, dicom.ParseOptions{})
		if err != nil {
			return nil, errors.New("the file is no DICOM object")
		}
		defer f.Close()
		object = f.Dataset
	}
	state := c.s.Scripts.NewState()
	defer state.Close()
	res, err := state.Run(ctx, luabind.Chunk{Text: chunk, Object: object, Start: int(scripting.Nothing), Lines: c.s.Scripts.LinesOf(nil)})
	c.s.Scripts.SayError(err)
	if err != nil || !res.HasText {
		return nil, err
	}
	return []byte(res.Text), nil
}

// Start runs a chunk behind the answer. Its function progress(n) tells how far it
// is.
func (c *compatScripts) Start(_ context.Context, chunk string) (string, error) {
	id := c.s.UIDs.New(site.UIDGeneral)
	if err := c.SetProgress(id, "0"); err != nil {
		return "", err
	}
	file := c.file(id)
	text := "function progress(n) local f = io.open(" + strconv.Quote(filepath.ToSlash(file)) + ", 'w') if f then f:write(tostring(n)) f:close() end end\n" + chunk
	c.s.work.Go("script of a web client", func() {
		defer os.Remove(file)
		state := c.s.Scripts.NewState()
		defer state.Close()
		ctx := c.s.Commands.Running
		if ctx == nil {
			ctx = context.Background()
		}
		_, err := state.Run(ctx, luabind.Chunk{Text: text, Object: dicom.NewDataset(0), Start: int(scripting.Nothing), Lines: c.s.Scripts.LinesOf(nil), Long: true})
		c.s.Scripts.SayError(err)
	})
	return id, nil
}

// file holds the progress of a script.
func (c *compatScripts) file(id string) string {
	return filepath.Join(c.s.TempDir(c.s.Live.Current()), id+".lua")
}

// Progress is what a script told last.
func (c *compatScripts) Progress(id string) string {
	text, err := os.ReadFile(c.file(id))
	if err != nil {
		return "100"
	}
	return strings.TrimSpace(string(text))
}

// SetProgress notes a number.
func (c *compatScripts) SetProgress(id, value string) error {
	file := c.file(id)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(value), 0o644)
}

// Attach runs a script on a file and stores it.
func (c *compatScripts) Attach(ctx context.Context, file, script string) error {
	if _, _, failure := c.s.Commands.Do(ctx, c.s.Self(c.s.Live.Current()), "attachfile:"+file+","+script, nil, nil); failure != "" {
		return errors.New(failure)
	}
	return nil
}

// TempFile keeps what was sent.
func (c *compatScripts) TempFile(r io.Reader) (string, error) {
	dir := c.s.TempDir(c.s.Live.Current())
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "web-*.dcm")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// ladlePort is where ladle listens when its start names no port.
const ladlePort = "8086"

var ladleArg = regexp.MustCompile(`\barg\s*=\s*\{\s*["']?(\d+)`)

// servedAlready tells where the addresses are that a chunk of luastart would serve:
// ladle, the web server in Lua, on a port that this server has itself. "" starts it.
func (s *Server) servedAlready(chunk string) string {
	at := s.webAddress.Load()
	if at == nil || !strings.Contains(chunk, "ladle.lua") || !slices.Contains(words(s.Live.Current().Value("HTTPServices")), "compat") {
		return ""
	}
	port := ladlePort
	if m := ladleArg.FindStringSubmatch(chunk); m != nil {
		port = m[1]
	}
	u, err := url.Parse(*at)
	if err != nil {
		return ""
	}
	if own, err := netip.ParseAddrPort(u.Host); err != nil || strconv.Itoa(int(own.Port())) != port {
		return ""
	}
	return *at
}
