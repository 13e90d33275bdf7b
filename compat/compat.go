package compat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"conquest/dicomweb"
	"conquest/web"
)

// Modality is a line of the AE map, as the pages read it.
type Modality struct {
	AE          string `json:"ae"`
	IP          string `json:"ip"`
	Port        string `json:"port"`
	Compression string `json:"compression"`
}

// Site is what the addresses reach.
type Site interface {
	// Modalities are the AEs of the map, up to the first that stands for many.
	Modalities() []Modality
	// Echo asks whether an AE answers.
	Echo(ctx context.Context, ae string) error
	// Remote searches an AE of the map; root is the path of the service.
	Remote(ae, root string) (h http.Handler, known bool)
	// Send sends what ref names to an AE.
	Send(ctx context.Context, ref dicomweb.Ref, to string) error
	// StudyOf is the study of a series.
	StudyOf(ctx context.Context, series string) (string, error)
	// Scripts run Lua of the caller; nil lets none run.
	Scripts() Scripts
}

// Scripts runs Lua.
type Scripts interface {
	// Run runs a chunk and gives what it returns, with an object as Data when file is
	// not "".
	Run(ctx context.Context, chunk, file string) ([]byte, error)
	// Start runs a chunk that goes on behind the answer; it is told apart by id.
	Start(ctx context.Context, chunk string) (id string, err error)
	// Progress is what a started chunk told last, 100 when it has ended.
	Progress(id string) string
	// SetProgress notes a number for an id.
	SetProgress(id, value string) error
	// Attach runs a script on a file and stores it.
	Attach(ctx context.Context, file, script string) error
	// TempFile keeps what was sent in a file, which the caller removes.
	TempFile(r io.Reader) (string, error)
}

// Options are what the addresses are made of.
type Options struct {
	Site Site
	// Objects is the DICOMweb service at /api/dicom/rs, and WADO that of WADO-URI
	// with the habits of the original.
	Objects, WADO http.Handler
	// Origin is the address of the server as a caller sees it.
	Origin func(*http.Request) string
	// Folder is that of the site's web pages, with a dicom.ini of its own; "" is none.
	// Change tells whether its pages may change data.
	Folder string
	Change func() bool
	// Files is a folder of files to be served as they are; "" is none.
	Files string
	// Program answers for the pages of Folder.
	Program string
	// LegacyJSON answers below /api/dicom/rs in the shape of the original.
	LegacyJSON bool
	// Log is told of failures.
	Log *slog.Logger
}

// Mount serves the addresses.
func Mount(w *web.Server, opt Options) {
	c := &compat{opt}
	mux := http.NewServeMux()
	mount := func(pattern string, h http.Handler) {
		mux.Handle(pattern, h)
		w.Mount(pattern, mux) // which gives the handler the values of the path
	}
	const rs = "/api/dicom/rs"
	mount("/api/dicom", http.HandlerFunc(c.about))
	mount("/api/dicom/{$}", http.HandlerFunc(c.about))
	mount(rs+"/modalities", http.HandlerFunc(c.modalities))
	mount(rs+"/modalities/{ae}", http.HandlerFunc(c.modality))
	mount(rs+"/modalities/{ae}/", http.HandlerFunc(c.remote))
	for _, level := range []string{"/studies/{study}", "/studies/{study}/series/{series}", "/studies/{study}/series/{series}/instances/{instance}"} {
		mount(rs+level+"/zip", http.HandlerFunc(c.zip))
		mount(rs+level+"/move", http.HandlerFunc(c.move))
	}
	for path, h := range map[string]http.HandlerFunc{
		"/script": c.script, "/startscript": c.startScript, "/startscript/{uid}": c.progress, "/attach": c.attach, "/attachdicom": c.attachDICOM,
	} {
		mount(rs+path, c.scripts(h))
	}
	for _, path := range []string{
		"/app/newweb", "/app/newweb/{$}", "/app/newweb/dgate.exe", "/app/newweb/dgate", "/app/newweb/dgate.php",
		"/cgi-bin/dgate", "/cgi-bin/dgate.exe", "/cgi-bin/newweb/dgate", "/cgi-bin/newweb/dgate.exe",
	} {
		mount(path, http.HandlerFunc(c.page))
	}
	if opt.Files != "" {
		w.Mount("/", http.HandlerFunc(c.files))
	}
}

type compat struct{ Options }

// Legacy gives a handler below /api/dicom/rs the habits that are asked for.
func Legacy(h http.Handler, on bool) http.Handler {
	if !on {
		return h
	}
	return &legacy{h}
}

func (c *compat) about(w http.ResponseWriter, r *http.Request) {
	if allowed(w, r, http.MethodGet) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, "DICOM API: WADO-RS, QIDO-RS and STOW-RS below /api/dicom/rs, WADO-URI at /api/dicom/wadouri\n")
	}
}

// allowed answers requests of other methods.
func allowed(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	list := strings.Join(append(methods, http.MethodOptions), ", ")
	for _, m := range methods {
		if r.Method == m || m == http.MethodGet && r.Method == http.MethodHead {
			return true
		}
	}
	w.Header().Set("Allow", list)
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
	} else {
		web.Problem(w, r, http.StatusMethodNotAllowed, "this address takes "+list)
	}
	return false
}

// may tells whether the caller has a role, and answers when he has not.
func may(w http.ResponseWriter, r *http.Request, role web.Role) bool {
	if web.CallerOf(r.Context()).Role >= role {
		return true
	}
	web.Problem(w, r, http.StatusForbidden, "this takes the role "+role.String())
	return false
}

func (c *compat) modalities(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet) {
		return
	}
	list := c.Site.Modalities()
	if list == nil {
		list = []Modality{}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list) // a caller that has gone needs no answer
}

// modality tells with 1 that an AE answers, with 0 that it does not.
func (c *compat) modality(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet) || !may(w, r, web.Viewer) {
		return
	}
	answer := "1"
	if err := c.Site.Echo(r.Context(), r.PathValue("ae")); err != nil {
		answer = "0"
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, answer)
}

// remote searches an AE.
func (c *compat) remote(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet) {
		return
	}
	ae := r.PathValue("ae")
	h, known := c.Site.Remote(ae, "/api/dicom/rs/modalities/"+ae)
	if !known {
		web.Problem(w, r, http.StatusNotFound, "this AE is not in the AE map of the server")
		return
	}
	Legacy(h, c.LegacyJSON).ServeHTTP(w, r)
}

// zip is the same as the objects in application/zip.
func (c *compat) zip(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet) {
		return
	}
	if r.URL.Query().Get("script") != "" {
		web.Problem(w, r, http.StatusNotImplemented, "objects are packed as they are stored; a script of the caller does not run on them")
		return
	}
	u := *r.URL
	u.Path, u.RawQuery = strings.TrimSuffix(u.Path, "/zip"), ""
	q := r.Clone(r.Context())
	q.URL = &u
	q.Header.Set("Accept", "application/zip")
	c.Objects.ServeHTTP(w, q)
}

// move sends objects to an AE. It changes something, by GET too, as the original
// has it; a browser may ask so only from a page of this server.
func (c *compat) move(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet, http.MethodPost) || !may(w, r, web.User) {
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		web.Problem(w, r, http.StatusForbidden, "a page of another origin may not have objects sent")
		return
	}
	target := r.FormValue("target")
	ref := dicomweb.Ref{Study: r.PathValue("study"), Series: r.PathValue("series"), Instance: r.PathValue("instance")}
	switch {
	case target == "":
		web.Problem(w, r, http.StatusBadRequest, "target names the AE to send to")
		return
	case r.FormValue("script") != "":
		web.Problem(w, r, http.StatusNotImplemented, "objects are sent as they are; a script of the caller does not run on them")
		return
	case !validUIDs(ref.Study, ref.Series, ref.Instance):
		web.Problem(w, r, http.StatusBadRequest, "the UID is none")
		return
	}
	err := c.Site.Send(r.Context(), ref, target)
	switch {
	case errors.Is(err, dicomweb.ErrNotFound):
		web.Problem(w, r, http.StatusNotFound, "nothing is known by these UIDs")
	case err != nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "***dicommove: "+err.Error())
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusOK)
	}
}

// validUIDs tells whether all that are there are UIDs.
func validUIDs(list ...string) bool {
	for _, uid := range list {
		if len(uid) > 64 || strings.Trim(uid, "0123456789.") != "" {
			return false
		}
	}
	return true
}
