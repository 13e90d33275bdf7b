package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

// answer is what every request passes, outermost first.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	id := rand.Text()[:16]
	r = r.WithContext(context.WithValue(r.Context(), idKey{}, id))
	out := &response{ResponseWriter: w, request: r, progress: http.NewResponseController(w)}
	out.head(id)
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			s.log.Error("internal error", "request", id, "method", r.Method, "path", r.URL.Path, "error", v, "stack", string(debug.Stack()))
			if out.status != 0 {
				panic(http.ErrAbortHandler) // the caller must not take a part for the whole
			}
			Problem(out, r, http.StatusInternalServerError, "internal error; the log of the server has it under this request's id")
		}
		out.finish()
		if s.opt.Served != nil {
			s.opt.Served(out.pattern, out.status, time.Since(begun))
		}
		s.log.Debug("request", "request", id, "method", r.Method, "path", r.URL.Path, "status", out.status, "bytes", out.written, "peer", r.RemoteAddr, "time", time.Since(begun))
	}()
	s.enter(out, r)
}

// enter decides whether a request is let in, and routes it.
func (s *Server) enter(w *response, r *http.Request) {
	if detail := badPath(r); detail != "" {
		Problem(w, r, http.StatusBadRequest, detail)
		return
	}
	peer, address := s.addresses(r)
	if !s.mayCall(peer, address) {
		s.log.Warn("request refused: add the address to HTTPIPs in dicom.ini to allow it", "peer", address.String(), "path", r.URL.Path)
		Problem(w, r, http.StatusForbidden, "this address may not call; the server's HTTPIPs lists those that may")
		return
	}
	if !s.knownHost(r) {
		Problem(w, r, http.StatusMisdirectedRequest, "this server is not known under that host name; the server's HTTPNames lists its names")
		return
	}
	if s.crossOrigin(w, r) {
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		w.Header().Set("Retry-After", "1")
		Problem(w, r, http.StatusServiceUnavailable, "too many requests at once")
		return
	}
	if !s.takeBody(w, r) {
		return
	}
	r = s.withoutBase(r)
	caller, err := s.caller(r, address)
	if err != nil && s.opt.Unauthorized != nil {
		s.opt.Unauthorized(w, r.WithContext(WithCaller(r.Context(), Caller{Address: address})), err)
		return
	}
	if err != nil {
		Problem(w, r, http.StatusUnauthorized, err.Error())
		return
	}
	r = r.WithContext(WithCaller(r.Context(), caller))
	s.serve(w, r)
}

// withoutBase is r with a path that begins behind Base and has no slash at its
// end.
func (s *Server) withoutBase(r *http.Request) *http.Request {
	u := *r.URL
	path := u.Path
	if rest, ok := strings.CutPrefix(path, s.opt.Base); ok && s.opt.Base != "/" && (rest == "" || rest[0] == '/') {
		path = "/" + strings.TrimPrefix(rest, "/")
	}
	for len(path) > 1 && strings.HasSuffix(path, "/") {
		path = strings.TrimSuffix(path, "/")
	}
	u.Path, u.RawPath = path, ""
	r = r.Clone(r.Context())
	r.URL = &u
	return r
}

// serve routes a request that was let in.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		if allow := s.allow(r); allow != "" {
			w.Header().Set("Allow", allow)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	h, pattern := s.mux.Handler(r)
	if out, ok := w.(*response); ok {
		out.pattern = pattern
	}
	switch {
	case pattern == "":
		Problem(w, r, http.StatusNotFound, "nothing is at this address")
	case strings.TrimSuffix(pattern, "/") == r.URL.Path && pattern != r.URL.Path:
		// A redirect to the pattern's trailing slash would lose it again here.
		u := *r.URL
		u.Path = pattern
		r = r.Clone(r.Context())
		r.URL = &u
		h, _ = s.mux.Handler(r)
		h.ServeHTTP(w, r)
	default:
		h.ServeHTTP(w, r)
	}
}

// Options is what a mounted service may have to tell its methods.
type allower interface{ Allow(*http.Request) string }

func (s *Server) allow(r *http.Request) string {
	h, pattern := s.mux.Handler(r)
	if pattern == "" {
		return ""
	}
	if a, ok := h.(allower); ok {
		return a.Allow(r)
	}
	return "GET, HEAD, OPTIONS"
}

// badPath tells what is wrong with a path, "" when nothing is: a coded slash,
// backslash or control character in a segment, or a segment that climbs.
func badPath(r *http.Request) string {
	raw := strings.ToLower(r.URL.EscapedPath())
	if strings.Contains(raw, "%2f") || strings.Contains(raw, "%5c") || strings.ContainsRune(r.URL.Path, '\\') {
		return "a segment of the path has a slash in it"
	}
	if strings.IndexFunc(r.URL.Path, func(c rune) bool { return c < ' ' || c == 0x7f }) >= 0 {
		return "the path has control characters"
	}
	for segment := range strings.SplitSeq(r.URL.Path, "/") {
		if segment == ".." || segment == "." {
			return "the path climbs"
		}
	}
	return ""
}

// takeBody bounds the body and undoes its coding; false when it is refused.
func (s *Server) takeBody(w *response, r *http.Request) bool {
	if r.ContentLength > s.opt.MaxBody {
		Problem(w, r, http.StatusRequestEntityTooLarge, "the request is larger than the server's HTTPMaxBody")
		return false
	}
	if r.Body == nil || r.Body == http.NoBody {
		return true
	}
	body, err := decodedBody(r, &movingBody{ReadCloser: r.Body, progress: w.progress}, s.opt.MaxBody)
	if err != nil {
		Problem(w, r, http.StatusUnsupportedMediaType, err.Error())
		return false
	}
	r.Body = http.MaxBytesReader(w, body, s.opt.MaxBody)
	return true
}

// caller tells who calls and with which role.
func (s *Server) caller(r *http.Request, address netip.Addr) (Caller, error) {
	if s.opt.Login != nil {
		return s.opt.Login(r, address)
	}
	c := Caller{Address: address, Role: Viewer}
	if address.IsLoopback() {
		c.Role = Admin
	}
	return c, nil
}
