package login

import (
	"net/http"
	"strings"
)

// Names of the cookie. The first is what browsers take over HTTPS from this host
// only.
const (
	safeCookie  = "__Host-dgate_session"
	plainCookie = "dgate_session"
)

func (g *Gate) secure(r *http.Request) bool {
	return r.TLS != nil || g.opt.Origin != nil && strings.HasPrefix(g.opt.Origin(r), "https:")
}

func (g *Gate) cookieName(r *http.Request) string {
	if g.secure(r) {
		return safeCookie
	}
	return plainCookie
}

func (g *Gate) secret(r *http.Request) string {
	c, err := r.Cookie(g.cookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}

func (g *Gate) session(r *http.Request) (Session, bool) {
	secret := g.secret(r)
	if secret == "" {
		return Session{}, false
	}
	return g.sessions.find(secret)
}

// setCookie gives the browser its session; an empty secret takes it away.
func (g *Gate) setCookie(w http.ResponseWriter, r *http.Request, secret string) {
	c := &http.Cookie{Name: g.cookieName(r), Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: g.secure(r), MaxAge: int(sessionLife.Seconds())}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
