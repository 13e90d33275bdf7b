package login

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"conquest/web"
)

// Options say which logins count and where their files are.
type Options struct {
	Users bool // accounts of UsersFile
	Proxy bool // the header of a trusted proxy
	OIDC  *OIDC
	// UsersFile has the accounts, TokensFile the tokens.
	UsersFile, TokensFile string
	// Trusted tells whether a peer is a proxy whose headers count.
	Trusted func(netip.Addr) bool
	// UserHeader and RoleHeader are those of the proxy; without a role header, or
	// with an empty one, a user is a viewer.
	UserHeader, RoleHeader string
	// Open tells whether a path may be had without a login, and with which role.
	Open func(r *http.Request) (web.Role, bool)
	// Origin is what callers reach the server by, with its base path and without a
	// slash at the end.
	Origin func(*http.Request) string
	// Top caps the role of every caller; nil does not.
	Top func() web.Role
	// Told is called for each login and failure; may be nil.
	Told func(Event)
}

// Event is a login, or one that failed.
type Event struct {
	User    string
	Address netip.Addr
	How     string // "password", "basic", "token", "oidc", "link", "logout"
	OK      bool
	Reason  string // of a failure
}

// Gate tells who calls.
type Gate struct {
	opt      Options
	users    usersFile
	tokens   tokensFile
	sessions *sessions
	throttle *throttle
}

// New makes a gate. Its files are read when they are needed.
func New(opt Options) *Gate {
	return &Gate{opt: opt, users: usersFile{path: opt.UsersFile}, tokens: tokensFile{path: opt.TokensFile}, sessions: newSessions(), throttle: newThrottle()}
}

// required tells whether callers have to log in at all.
func (g *Gate) required() bool { return g.opt.Users || g.opt.Proxy || g.opt.OIDC != nil }

// errLogin asks for a login.
var errLogin = errors.New("a login is needed")

// WaitError refuses a try that comes too early after failures.
type WaitError struct{ For time.Duration }

func (e *WaitError) Error() string {
	return fmt.Sprintf("too many failed logins: try again in %d s", int(e.For/time.Second)+1)
}

// Caller tells who sent a request from an address: by its Authorization, else
// the session's cookie, else the trusted proxy's header. Without any, and where
// no login is asked for, this machine is admin and others are viewers.
func (g *Gate) Caller(r *http.Request, address netip.Addr) (web.Caller, error) {
	c, err := g.known(r, address)
	if err != nil {
		return c, err
	}
	if g.opt.Top != nil {
		c.Role = min(c.Role, g.opt.Top())
	}
	return c, nil
}

func (g *Gate) known(r *http.Request, address netip.Addr) (web.Caller, error) {
	c := web.Caller{Address: address}
	if auth := r.Header.Get("Authorization"); auth != "" {
		return g.authorized(r, c, auth)
	}
	if s, ok := g.session(r); ok {
		c.User, c.Role = s.User, s.Role
		return c, nil
	}
	if user := g.proxied(r); user != "" {
		c.User, c.Role = user, web.Viewer
		if role, ok := web.ParseRole(r.Header.Get(g.opt.RoleHeader)); ok && g.opt.RoleHeader != "" {
			c.Role = role
		}
		return c, nil
	}
	if g.opt.Open != nil {
		if role, ok := g.opt.Open(r); ok {
			c.Role = role
			return c, nil
		}
	}
	switch {
	case g.required():
		return c, errLogin
	case address.IsLoopback():
		c.Role = web.Admin
	default:
		c.Role = web.Viewer
	}
	return c, nil
}

// proxied is the user that a trusted proxy names, "" when none does.
func (g *Gate) proxied(r *http.Request) string {
	if !g.opt.Proxy || g.opt.UserHeader == "" || g.opt.Trusted == nil {
		return ""
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !g.opt.Trusted(peer.Addr().Unmap()) {
		return ""
	}
	user := r.Header.Get(g.opt.UserHeader)
	if checkName(user) != nil {
		return ""
	}
	return user
}

// authorized reads the header Authorization.
func (g *Gate) authorized(r *http.Request, c web.Caller, auth string) (web.Caller, error) {
	if user, password, ok := r.BasicAuth(); ok && g.opt.Users {
		u, err := g.password(user, password, c.Address, "basic")
		c.User, c.Role = u.Name, u.Role
		return c, err
	}
	scheme, secret, _ := strings.Cut(auth, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return c, errors.New("this kind of Authorization is not taken here")
	}
	return g.bearer(c, strings.TrimSpace(secret))
}

func (g *Gate) bearer(c web.Caller, secret string) (web.Caller, error) {
	t, ok, err := g.tokens.find(secret, time.Now())
	if err != nil {
		return c, err
	}
	if !ok {
		g.tell(Event{User: t.Owner, Address: c.Address, How: "token", Reason: "the token is not known, or has expired"})
		return c, errors.New("the token is not known, or has expired")
	}
	c.User, c.Role = t.Owner, t.Role
	list, err := g.users.users()
	for _, u := range list {
		if g.opt.Users && u.Name == t.Owner {
			c.Role = min(c.Role, u.Role)
		}
	}
	return c, err
}

var errWrong = errors.New("name or password is wrong")

// password lets in by name and password. Failures of an account from an address
// are counted.
func (g *Gate) password(name, password string, address netip.Addr, how string) (User, error) {
	account := name + " " + address.String()
	if d := g.throttle.wait(account); d > 0 {
		return User{}, &WaitError{d}
	}
	list, err := g.users.users()
	if err != nil {
		g.tell(Event{User: name, Address: address, How: how, Reason: err.Error()})
		return User{}, errors.New("the accounts can not be read; the log of the server says why")
	}
	found := User{hash: nobodysHash}
	for _, u := range list {
		if u.Name == name {
			found = u
		}
	}
	if !g.verified(found, password) {
		g.throttle.failed(account)
		g.tell(Event{User: name, Address: address, How: how, Reason: errWrong.Error()})
		return User{}, errWrong
	}
	g.throttle.passed(account)
	return found, nil
}

func (g *Gate) tell(e Event) {
	if g.opt.Told != nil {
		g.opt.Told(e)
	}
}

// Link is the secret of a link that logs in once, within five minutes, for
// whoever asks at the server's machine.
func (g *Gate) Link(user string, role web.Role) string {
	return g.sessions.link(Session{User: user, Role: role, How: "link"})
}
