package login

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"conquest/web"
)

// Root is the path below which the addresses of logging in lie.
const Root = "/login"

// stateCookie binds the answer of an OpenID provider to the browser that asked.
const stateCookie = "dgate_login"

//go:embed templates
var files embed.FS

var page = template.Must(template.ParseFS(files, "templates/login.html"))

// Handler serves the addresses below [Root].
func (g *Gate) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Root, g.form)
	mux.HandleFunc("POST "+Root, g.logIn)
	mux.HandleFunc("POST "+Root+"/link", g.followLink)
	mux.HandleFunc("POST "+Root+"/out", g.logOut)
	mux.HandleFunc("GET "+Root+"/link.js", asset("templates/link.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET "+Root+"/login.css", asset("templates/login.css", "text/css; charset=utf-8"))
	if g.opt.OIDC != nil {
		mux.HandleFunc("GET "+Root+"/oidc", g.toProvider)
		mux.HandleFunc("GET "+Root+"/oidc/callback", g.fromProvider)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { web.Route(mux, w, r) })
}

func asset(name, kind string) http.HandlerFunc {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-cache")
		w.Write(b)
	}
}

// Unauthorized answers a request whose caller [Gate.Caller] refused: browsers
// that ask for a page are sent to the form, others get the problem.
func (g *Gate) Unauthorized(w http.ResponseWriter, r *http.Request, err error) {
	var wait *WaitError
	if errors.As(err, &wait) {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.For/time.Second)+1))
		web.Problem(w, r, http.StatusTooManyRequests, err.Error())
		return
	}
	mode := r.Header.Get("Sec-Fetch-Mode") // "" of what is no browser
	if page := mode == "" || mode == "navigate"; page && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") && (g.opt.Users || g.opt.OIDC != nil) {
		http.Redirect(w, r, g.opt.Origin(r)+Root+"?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	if g.opt.Users && mode == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="dgate", charset="UTF-8"`)
	} else {
		w.Header().Set("WWW-Authenticate", `Bearer realm="dgate"`)
	}
	web.Problem(w, r, http.StatusUnauthorized, err.Error())
}

// formData is what the form shows.
type formData struct {
	Base        string
	To, Name    string
	Error       string
	Users, OIDC bool
	German      bool
}

func (g *Gate) form(w http.ResponseWriter, r *http.Request) {
	g.show(w, r, http.StatusOK, formData{To: target(r.URL.Query().Get("to"))})
}

func (g *Gate) show(w http.ResponseWriter, r *http.Request, status int, d formData) {
	d.Base, d.Users, d.OIDC = g.opt.Origin(r), g.opt.Users, g.opt.OIDC != nil
	d.German = strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "de")
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	page.Execute(w, d)
}

// target is where to go after the login: a path of this server only.
func target(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, "\\") || strings.HasPrefix(to, Root) {
		return "/ui"
	}
	return u.RequestURI()
}

func addressOf(r *http.Request) netip.Addr { return web.CallerOf(r.Context()).Address }

// formLimit bounds the body of a login, in bytes.
const formLimit = 16 << 10

func (g *Gate) logIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	if err := r.ParseForm(); err != nil {
		web.Problem(w, r, http.StatusBadRequest, "the form can not be read")
		return
	}
	name, to := r.PostForm.Get("name"), target(r.PostForm.Get("to"))
	if !g.opt.Users {
		web.Problem(w, r, http.StatusForbidden, "there are no accounts with passwords here; HTTPLogin decides")
		return
	}
	u, err := g.password(name, r.PostForm.Get("password"), addressOf(r), "password")
	if err != nil {
		status := http.StatusUnauthorized
		var wait *WaitError
		if errors.As(err, &wait) {
			status = http.StatusTooManyRequests
			w.Header().Set("Retry-After", strconv.Itoa(int(wait.For/time.Second)+1))
		}
		g.show(w, r, status, formData{To: to, Name: name, Error: err.Error()})
		return
	}
	g.enter(w, r, u, "password")
	http.Redirect(w, r, g.opt.Origin(r)+to, http.StatusSeeOther)
}

// enter begins a session. A session that the browser had ends: none that was
// planted before the login becomes his.
func (g *Gate) enter(w http.ResponseWriter, r *http.Request, u User, how string) {
	if old := g.secret(r); old != "" {
		g.sessions.end(old)
	}
	address := addressOf(r)
	g.setCookie(w, r, g.sessions.begin(Session{User: u.Name, Role: u.Role, How: how, Address: address.String()}))
	g.tell(Event{User: u.Name, Address: address, How: how, OK: true})
}

func (g *Gate) followLink(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	s, ok := g.sessions.follow(r.PostFormValue("token"))
	if !ok {
		g.tell(Event{Address: addressOf(r), How: "link", Reason: "the link was used, or is too old"})
		web.Problem(w, r, http.StatusUnauthorized, "the link was used, or is too old: dgate --ui makes a new one")
		return
	}
	g.enter(w, r, User{Name: s.User, Role: s.Role}, "link")
	w.WriteHeader(http.StatusNoContent)
}

func (g *Gate) logOut(w http.ResponseWriter, r *http.Request) {
	if s, ok := g.session(r); ok {
		g.sessions.end(g.secret(r))
		g.tell(Event{User: s.User, Address: addressOf(r), How: "logout", OK: true})
	}
	g.setCookie(w, r, "")
	http.Redirect(w, r, g.opt.Origin(r)+Root, http.StatusSeeOther)
}

func (g *Gate) callback(r *http.Request) string { return g.opt.Origin(r) + Root + "/oidc/callback" }

func (g *Gate) toProvider(w http.ResponseWriter, r *http.Request) {
	address, state, err := g.opt.OIDC.begin(r.Context(), g.callback(r), target(r.URL.Query().Get("to")))
	if err != nil {
		g.tell(Event{Address: addressOf(r), How: "oidc", Reason: err.Error()})
		g.show(w, r, http.StatusBadGateway, formData{Error: "the login provider can not be reached; the log of the server says why"})
		return
	}
	http.SetCookie(w, &http.Cookie{Name: stateCookie, Value: state, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: g.secure(r), MaxAge: int(attemptLife.Seconds())})
	http.Redirect(w, r, address, http.StatusSeeOther)
}

func (g *Gate) fromProvider(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	c, err := r.Cookie(stateCookie)
	if err != nil || c.Value == "" || c.Value != q.Get("state") {
		g.show(w, r, http.StatusBadRequest, formData{Error: "this login was not begun in this browser: begin again"})
		return
	}
	if q.Get("error") != "" {
		g.tell(Event{Address: addressOf(r), How: "oidc", Reason: "the provider refused: " + q.Get("error")})
		g.show(w, r, http.StatusForbidden, formData{Error: "the login provider refused"})
		return
	}
	u, to, err := g.opt.OIDC.end(r.Context(), g.callback(r), c.Value, q.Get("code"))
	if err != nil {
		g.tell(Event{User: u.Name, Address: addressOf(r), How: "oidc", Reason: err.Error()})
		g.show(w, r, http.StatusForbidden, formData{Error: "this login failed: the log of the server says why"})
		return
	}
	http.SetCookie(w, &http.Cookie{Name: stateCookie, Path: "/", MaxAge: -1})
	g.enter(w, r, u, "oidc")
	http.Redirect(w, r, g.opt.Origin(r)+to, http.StatusSeeOther)
}
