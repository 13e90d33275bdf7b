package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"

	"conquest/group"
	"conquest/web"
)

//go:embed assets
var assetFiles embed.FS

//go:embed templates
var templateFiles embed.FS

// Options are what the pages are made of besides the site.
type Options struct {
	// DICOMweb is the path of the DICOMweb service, such as "/dicom-web".
	DICOMweb string
	// OHIF is the path of the viewer, "" when it is not there.
	OHIF string
	// Logins tells that callers log in.
	Logins bool
	// Docs are the pages of the documentation, as Markdown files; may be nil.
	Docs fs.FS
}

// Handler serves the pages.
type Handler struct {
	site   Site
	opt    Options
	mux    *http.ServeMux
	pages  map[string]*template.Template
	assets map[string]asset
	jobs   jobList
	// streams are the work of pages that goes on behind their answers.
	streams group.Group
}

type asset struct {
	data []byte
	kind string
	tag  string
}

// contentPolicy lets pages load what comes from this server, and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"

// New makes the pages of a site.
func New(site Site, opt Options) (*Handler, error) {
	h := &Handler{site: site, opt: opt, mux: http.NewServeMux(), pages: map[string]*template.Template{}, assets: map[string]asset{}}
	if err := h.readAssets(); err != nil {
		return nil, err
	}
	if err := h.readTemplates(); err != nil {
		return nil, err
	}
	h.routes()
	return h, nil
}

// routes are all addresses of the pages.
func (h *Handler) routes() {
	h.mux.HandleFunc("GET /ui", h.studies)
	h.mux.HandleFunc("GET /ui/studies", h.studies)
	h.mux.HandleFunc("GET /ui/studies/{study}", h.study)
	h.mux.HandleFunc("GET /ui/studies/{study}/series/{series}", h.series)
	h.mux.HandleFunc("GET /ui/studies/{study}/series/{series}/instances/{sop}", h.instance)
	h.mux.HandleFunc("GET /ui/view/{study}", h.viewer)
	h.mux.HandleFunc("GET /ui/upload", h.upload)
	h.mux.HandleFunc("GET /ui/queues", h.queues)
	h.mux.HandleFunc("GET /ui/log", h.log)
	h.mux.HandleFunc("GET /ui/log/stream", h.logStream)
	h.mux.HandleFunc("GET /ui/aes", h.aes)
	h.mux.HandleFunc("GET /ui/config", h.config)
	h.mux.HandleFunc("GET /ui/system", h.system)
	h.mux.HandleFunc("GET /ui/users", h.users)
	h.mux.HandleFunc("GET /ui/undo", h.deeds)
	h.mux.HandleFunc("POST /ui/undo", h.guarded(web.Editor, h.undo))
	h.mux.HandleFunc("GET /ui/life/{uid}", h.guarded(web.Editor, h.life))
	h.mux.HandleFunc("GET /ui/rules", h.guarded(web.Admin, h.rules))
	h.mux.HandleFunc("POST /ui/rules", h.guarded(web.Admin, h.tryRules))
	h.mux.HandleFunc("GET /ui/jobs/{id}", h.job)
	h.mux.HandleFunc("GET /ui/docs", h.docs)
	h.mux.HandleFunc("GET /ui/docs/{page}", h.docs)
	h.mux.HandleFunc("GET /ui/assets/{file}", h.asset)
	h.mux.HandleFunc("POST /ui/studies/{study}/delete", h.guarded(web.Editor, h.remove))
	h.mux.HandleFunc("POST /ui/studies/{study}/send", h.guarded(web.User, h.send))
	h.mux.HandleFunc("POST /ui/queues", h.guarded(web.Admin, h.queueAction))
	h.mux.HandleFunc("POST /ui/aes/{ae}/echo", h.guarded(web.User, h.echo))
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { web.Route(h.mux, w, r) }

// Allow are the methods of an address, for OPTIONS.
func (h *Handler) Allow(r *http.Request) string { return web.Allow(h.mux, r) }

// guarded refuses callers below a role.
func (h *Handler) guarded(role web.Role, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !h.may(r, role) {
			web.Problem(w, r, http.StatusForbidden, "this needs the role "+role.String()+"; WEBReadOnly and the login of dicom.ini decide")
			return
		}
		next(w, r)
	}
}

func (h *Handler) may(r *http.Request, role web.Role) bool {
	return web.CallerOf(r.Context()).Role >= role
}

// page is what the frame of every page shows.
type page struct {
	Title  string
	Name   string // of the server
	Here   string // the entry of the menu
	Web    string // path of the DICOMweb service
	OHIF   string
	Lang   string
	User   bool // may send
	Editor bool // may delete
	Admin  bool
	Who    string // "" without a login
	T      func(string) string
	Data   any
}

// show renders a page, or only the part of it that a script asks for.
func (h *Handler) show(w http.ResponseWriter, r *http.Request, name, title string, data any) {
	lang := language(r)
	p := page{
		Title: title, Name: h.site.Name(), Here: name, Web: h.opt.DICOMweb, OHIF: h.opt.OHIF, Lang: lang,
		User: h.may(r, web.User), Editor: h.may(r, web.Editor), Admin: h.may(r, web.Admin), T: translator(lang), Who: web.CallerOf(r.Context()).User, Data: data,
	}
	part := "page"
	if r.Header.Get("X-Part") != "" {
		part = "part"
	}
	var b bytes.Buffer
	if err := h.pages[name].ExecuteTemplate(&b, part, p); err != nil {
		slog.Error("page can not be rendered", "page", name, "error", err)
		web.Problem(w, r, http.StatusInternalServerError, "this page can not be shown; the log of the server says why")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", contentPolicy)
	w.Header().Add("Vary", "X-Part, Accept-Language")
	b.WriteTo(w)
}

// fail answers with the reason why a page can not be shown.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrNotFound) {
		web.Problem(w, r, http.StatusNotFound, "that is not stored here, or not any more")
		return
	}
	if r.Context().Err() != nil {
		return
	}
	slog.Error("page", "path", r.URL.Path, "error", err)
	web.Problem(w, r, http.StatusServiceUnavailable, "the server can not answer that now; its log says why")
}

var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

func (h *Handler) readAssets() error {
	return fs.WalkDir(assetFiles, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := assetFiles.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		h.assets[path.Base(name)] = asset{data, kinds[path.Ext(name)], `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	})
}

func (h *Handler) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := h.assets[r.PathValue("file")]
	if !ok {
		web.Problem(w, r, http.StatusNotFound, "no such file")
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", a.tag)
	if match := r.Header.Get("If-None-Match"); match != "" && strings.Contains(match, a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(a.data)
}

func (h *Handler) readTemplates() error {
	frame, err := template.New("frame").Funcs(functions).ParseFS(templateFiles, "templates/frame.html")
	if err != nil {
		return err
	}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return err
	}
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), ".html")
		if base == "frame" {
			continue
		}
		t, err := template.Must(frame.Clone()).ParseFS(templateFiles, name)
		if err != nil {
			return err
		}
		h.pages[base] = t
	}
	return nil
}
