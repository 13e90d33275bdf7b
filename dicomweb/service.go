package dicomweb

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strings"

	"conquest/budget"
	"conquest/dicom"
)

// Options are what a [Service] is made of; the zero value is good.
type Options struct {
	// Origin is the address of the server as the caller sees it, such as
	// "https://pacs.example", without a slash at the end; nil takes the Host of
	// the request.
	Origin func(r *http.Request) string
	// Problem answers with an error; nil writes problem details (RFC 9457).
	Problem func(w http.ResponseWriter, r *http.Request, status int, detail string)
	// MayStore and MayDelete tell whether the caller may; nil: all may store, none
	// may delete.
	MayStore, MayDelete func(r *http.Request) bool
	// MaxResults is the number of rows of a search without a limit; 0 is 1000.
	MaxResults int
	// CacheFolder is where metadata and rendered pictures are kept, "" nowhere;
	// CacheSize bounds it in bytes.
	CacheFolder string
	CacheSize   int64
	// AETitle is told as the title by which rows can be retrieved; "" tells none.
	AETitle string
	// Meta is what headers of objects made here say of their writer.
	Meta dicom.Meta
	// Workers is how many pictures are decoded or encoded at once; 0 is one for
	// each processor.
	Workers int
	// Memory is what parsing, decoding and received objects count against; nil bounds
	// each piece of work only.
	Memory *budget.Budget
	// Accessed is told of each request that saw, stored or deleted data of patients;
	// may be nil.
	Accessed func(r *http.Request, a Access)
	// Log takes failures; nil is slog.Default.
	Log *slog.Logger
}

// Service answers the requests of PS3.18 from an archive. Its handlers share
// caches and bounds.
type Service struct {
	archive Archive
	opt     Options
	objects *openObjects
	heads   *heads
	cache   *cache
	workers chan struct{}
	memory  *budget.Budget // for objects being received
}

// defaultResults is the number of rows of a search without a limit.
const defaultResults = 1000

// New makes a service.
func New(a Archive, opt Options) *Service {
	if opt.Origin == nil {
		opt.Origin = hostOrigin
	}
	if opt.Problem == nil {
		opt.Problem = plainProblem
	}
	if opt.MayStore == nil {
		opt.MayStore = func(*http.Request) bool { return true }
	}
	if opt.MayDelete == nil {
		opt.MayDelete = func(*http.Request) bool { return false }
	}
	if opt.MaxResults <= 0 {
		opt.MaxResults = defaultResults
	}
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	return &Service{
		archive: noting{a}, opt: opt,
		objects: newOpenObjects(),
		heads:   newHeads(),
		cache:   newCache(opt.CacheFolder, opt.CacheSize),
		workers: make(chan struct{}, opt.Workers),
		memory:  opt.Memory.Part("objects of web clients", receiveMemory),
	}
}

func hostOrigin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// Close lets go of files that are held open. Requests have ended before.
func (s *Service) Close() { s.objects.close() }

// work takes a worker for decoding or encoding; done gives it back.
func (s *Service) work(ctx context.Context) (done func(), err error) {
	select {
	case s.workers <- struct{}{}:
		return func() { <-s.workers }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// handler serves the resources below one root.
type handler struct {
	*Service
	root string
	mux  *http.ServeMux
}

// Handler serves the resources below root, such as "/dicom-web".
func (s *Service) Handler(root string) http.Handler {
	h := &handler{Service: s, root: strings.TrimRight(root, "/"), mux: http.NewServeMux()}
	h.routes()
	return h
}

// The levels of addresses.
const (
	studyPath    = "/studies/{study}"
	seriesPath   = studyPath + "/series/{series}"
	instancePath = seriesPath + "/instances/{instance}"
)

func (h *handler) routes() {
	get := func(path string, f func(w *answer, r *http.Request) error) { h.handle("GET "+path, f) }
	h.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		a := &answer{ResponseWriter: w}
		if err := h.serveCapabilities(a, r); err != nil {
			h.fail(a, r, err)
		}
	})

	get("/patients", h.search(Patients))
	get("/studies", h.search(Studies))
	get("/series", h.search(Series))
	get("/instances", h.search(Instances))
	get(studyPath+"/series", h.search(Series))
	get(studyPath+"/instances", h.search(Instances))
	get(seriesPath+"/instances", h.search(Instances))

	for _, path := range []string{studyPath, seriesPath, instancePath} {
		get(path, h.serveObjects)
		get(path+"/metadata", h.serveMetadata)
		get(path+"/bulkdata", h.serveAllBulk)
		get(path+"/pixeldata", h.servePixelData)
		get(path+"/rendered", h.serveRendered)
		get(path+"/thumbnail", h.serveThumbnail)
		h.handle("DELETE "+path, h.serveDelete)
	}
	get(instancePath+"/bulkdata/{path...}", h.serveBulk)
	get(instancePath+"/frames/{frames}", h.serveFrames)
	get(instancePath+"/frames/{frames}/rendered", h.serveRendered)
	get(instancePath+"/frames/{frames}/thumbnail", h.serveThumbnail)
	get(instancePath+"/thumbnail/frames/{oldframe}", h.serveThumbnail)

	h.handle("POST /studies", h.serveStore)
	h.handle("POST "+studyPath, h.serveStore)
}

func (h *handler) handle(pattern string, f func(w *answer, r *http.Request) error) {
	action := actionOf(pattern)
	h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		a := &answer{ResponseWriter: w}
		for _, name := range []string{"study", "series", "instance"} {
			if uid := r.PathValue(name); uid != "" && !validUID(uid) {
				h.fail(a, r, refuse(http.StatusBadRequest, "the UID of the %s is none", name))
				return
			}
		}
		if err := h.watched(r, action, func(r *http.Request) error { return f(a, r) }); err != nil {
			h.fail(a, r, err)
		}
	})
}

// refOf is what the address of r names.
func refOf(r *http.Request) Ref {
	return Ref{r.PathValue("study"), r.PathValue("series"), r.PathValue("instance")}
}

// serviceMethods are those that a resource may have.
var serviceMethods = []string{http.MethodGet, http.MethodPost, http.MethodDelete}

// Allow are the methods of the address of r, parted by commas; "" when there is
// nothing.
func (h *handler) Allow(r *http.Request) string {
	r = h.below(r)
	var list []string
	for _, m := range serviceMethods {
		probe := r.Clone(r.Context())
		probe.Method = m
		if _, pattern := h.mux.Handler(probe); pattern == "" {
			continue
		}
		if list = append(list, m); m == http.MethodGet {
			list = append(list, http.MethodHead)
		}
	}
	if list == nil {
		return ""
	}
	return strings.Join(append(list, http.MethodOptions), ", ")
}

// below is r with its address below the root, without a slash at its end.
func (h *handler) below(r *http.Request) *http.Request {
	u := *r.URL
	u.Path, u.RawPath = "/"+strings.Trim(strings.TrimPrefix(u.Path, h.root), "/"), ""
	c := *r
	c.URL = &u
	return &c
}

// ServeHTTP answers requests for the root and what is below it.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	inner := h.below(r)
	_, pattern := h.mux.Handler(inner)
	if pattern != "" {
		h.mux.ServeHTTP(w, inner)
		return
	}
	allow := h.Allow(r)
	switch {
	case allow == "":
		h.opt.Problem(w, r, http.StatusNotFound, "there is no such resource")
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", allow)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", allow)
		h.opt.Problem(w, r, http.StatusMethodNotAllowed, "this resource takes "+allow)
	}
}

// base is the address of the root as the caller of r sees it.
func (h *handler) base(r *http.Request) string { return h.opt.Origin(r) + h.root }

// urlOf is the address of a study, series or instance.
func urlOf(base string, ref Ref) string {
	u := base + "/studies/" + ref.Study
	if ref.Series != "" {
		u += "/series/" + ref.Series
	}
	if ref.Instance != "" {
		u += "/instances/" + ref.Instance
	}
	return u
}
