package login

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"conquest/web"
)

const password = "correct horse 9"

var (
	loopback = netip.MustParseAddr("127.0.0.1")
	faraway  = netip.MustParseAddr("10.0.0.5")
)

// newGate is a gate with accounts of every role, the password of all being the
// same.
func newGate(t *testing.T, change func(*Options)) *Gate {
	t.Helper()
	dir := t.TempDir()
	o := Options{Users: true, UsersFile: filepath.Join(dir, "users"), TokensFile: filepath.Join(dir, "tokens"),
		Origin: func(r *http.Request) string { return "http://" + r.Host }}
	if change != nil {
		change(&o)
	}
	g := New(o)
	for _, role := range []web.Role{web.Viewer, web.User, web.Editor, web.Admin} {
		if err := g.SetUser(role.String()+"1", role, password); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

func request(headers ...string) *http.Request {
	r := httptest.NewRequest("GET", "/ui", nil)
	r.RemoteAddr = "10.0.0.1:999"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func basic(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestWhoCalls(t *testing.T) {
	trusted := func(a netip.Addr) bool { return a == netip.MustParseAddr("10.0.0.1") }
	proxy := func(o *Options) {
		o.Users, o.Proxy, o.Trusted, o.UserHeader, o.RoleHeader = false, true, trusted, "X-User", "X-Role"
	}
	none := func(o *Options) { o.Users = false }
	for _, c := range []struct {
		name    string
		change  func(*Options)
		from    netip.Addr
		headers []string
		want    string // user and role, or the error
	}{
		{"no login, this machine", none, loopback, nil, " admin"},
		{"no login, others", none, faraway, nil, " viewer"},
		{"no login, capped", func(o *Options) { none(o); o.Top = func() web.Role { return web.User } }, loopback, nil, " user"},
		{"login needed here too", nil, loopback, nil, "a login is needed"},
		{"open path", func(o *Options) { o.Open = func(*http.Request) (web.Role, bool) { return web.Viewer, true } }, faraway, nil, " viewer"},
		{"basic", nil, faraway, []string{basic("editor1", password)}, "editor1 editor"},
		{"basic, wrong", nil, faraway, []string{basic("editor1", "x")}, "name or password is wrong"},
		{"basic, nobody", nil, faraway, []string{basic("nobody", password)}, "name or password is wrong"},
		{"basic, empty", nil, faraway, []string{basic("", "")}, "name or password is wrong"},
		{"basic where there are no accounts", none, loopback, []string{basic("admin1", password)}, "this kind of Authorization is not taken here"},
		{"capped", func(o *Options) { o.Top = func() web.Role { return web.User } }, faraway, []string{basic("admin1", password)}, "admin1 user"},
		{"token that is none", nil, faraway, []string{"Authorization: Bearer dgate_x"}, "the token is not known, or has expired"},
		{"digest", nil, faraway, []string{"Authorization: Digest x"}, "this kind of Authorization is not taken here"},
		{"proxy", proxy, faraway, []string{"X-User: anna", "X-Role: editor"}, "anna editor"},
		{"proxy without role", proxy, faraway, []string{"X-User: anna"}, "anna viewer"},
		{"proxy, no user", proxy, faraway, nil, "a login is needed"},
		{"proxy, a user that breaks lines", proxy, faraway, []string{"X-User: a b"}, "a login is needed"},
		{"header of a stranger", func(o *Options) { proxy(o); o.Trusted = func(netip.Addr) bool { return false } }, faraway, []string{"X-User: anna"}, "a login is needed"},
		{"header where proxies do not log in", func(o *Options) { o.Trusted, o.UserHeader = trusted, "X-User" }, faraway, []string{"X-User: anna"}, "a login is needed"},
		{"cookie that is none", nil, faraway, []string{"Cookie: dgate_session=x"}, "a login is needed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			caller, err := newGate(t, c.change).Caller(request(c.headers...), c.from)
			got := caller.User + " " + caller.Role.String()
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// post sends a form to the gate's addresses.
func post(g *Gate, path, cookie string, form url.Values) *http.Response {
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	r = r.WithContext(web.WithCaller(r.Context(), web.Caller{Address: faraway}))
	w := httptest.NewRecorder()
	g.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestSessions(t *testing.T) {
	g := newGate(t, nil)
	var told []string
	g.opt.Told = func(e Event) {
		told = append(told, e.User+" "+e.How+" "+map[bool]string{true: "in", false: "refused"}[e.OK])
	}
	login := func(name, password, to string) *http.Response {
		return post(g, "/login", "", url.Values{"name": {name}, "password": {password}, "to": {to}})
	}
	if res := login("user1", "wrong", ""); res.StatusCode != http.StatusUnauthorized || len(res.Cookies()) != 0 {
		t.Errorf("a wrong password: %s %v", res.Status, res.Cookies())
	}
	if res := login("user1", password, ""); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("too early: %s", res.Status)
	}
	g.throttle.now = func() time.Time { return time.Now().Add(5 * time.Second) }
	for to, want := range map[string]string{
		"": "/ui", "/ui/queues?a=1": "/ui/queues?a=1", "https://evil.example/": "/ui", "//evil.example": "/ui", `/\evil.example`: "/ui", "/login": "/ui",
	} {
		res := login("user1", password, to)
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "http://example.com"+want {
			t.Errorf("to %q: %s to %s", to, res.Status, res.Header.Get("Location"))
		}
	}
	c := login("user1", password, "").Cookies()[0]
	if c.Name != plainCookie || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
		t.Errorf("cookie: %v", c)
	}
	cookie := "Cookie: " + c.Name + "=" + c.Value
	if caller, err := g.Caller(request(cookie), faraway); err != nil || caller.User != "user1" || caller.Role != web.User {
		t.Errorf("caller: %v, %v", caller, err)
	}
	post(g, "/login/out", c.Name+"="+c.Value, nil)
	if _, err := g.Caller(request(cookie), faraway); !errors.Is(err, errLogin) {
		t.Errorf("after logging out: %v", err)
	}
	if strings.Join(told[:2], ",") != "user1 password refused,user1 password in" || told[len(told)-1] != "user1 logout in" {
		t.Errorf("told: %v", told)
	}
	c = login("viewer1", password, "").Cookies()[0]
	if err := g.SetUser("viewer1", web.Editor, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Caller(request("Cookie: "+c.Name+"="+c.Value), faraway); !errors.Is(err, errLogin) {
		t.Errorf("after a change of the role the session lives on: %v", err)
	}
	for after, ok := range map[time.Duration]bool{sessionIdle - time.Minute: true, sessionIdle + time.Minute: false} {
		g.sessions.now = time.Now
		c = login("viewer1", password, "").Cookies()[0]
		g.sessions.now = func() time.Time { return time.Now().Add(after) }
		if _, err := g.Caller(request("Cookie: "+c.Name+"="+c.Value), faraway); (err == nil) != ok {
			t.Errorf("after %s: %v", after, err)
		}
	}
}

func TestSecureCookie(t *testing.T) {
	g := newGate(t, func(o *Options) { o.Origin = func(*http.Request) string { return "https://pacs.example" } })
	c := post(g, "/login", "", url.Values{"name": {"user1"}, "password": {password}}).Cookies()[0]
	if c.Name != safeCookie || !c.Secure {
		t.Errorf("cookie: %v", c)
	}
	if _, err := g.Caller(request("Cookie: "+plainCookie+"="+c.Value), faraway); err == nil {
		t.Error("over HTTPS the cookie of plain HTTP counts")
	}
}

func TestLink(t *testing.T) {
	g := newGate(t, nil)
	secret := g.Link("console", web.Admin)
	res := post(g, "/login/link", "", url.Values{"token": {secret}})
	if res.StatusCode != http.StatusNoContent || len(res.Cookies()) != 1 {
		t.Fatalf("link: %s", res.Status)
	}
	c := res.Cookies()[0]
	if caller, err := g.Caller(request("Cookie: "+c.Name+"="+c.Value), faraway); err != nil || caller.Role != web.Admin {
		t.Errorf("caller: %v, %v", caller, err)
	}
	if res := post(g, "/login/link", "", url.Values{"token": {secret}}); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("used twice: %s", res.Status)
	}
	late := g.Link("console", web.Admin)
	g.sessions.now = func() time.Time { return time.Now().Add(linkLife + time.Second) }
	if _, ok := g.sessions.follow(late); ok {
		t.Error("a link of more than five minutes ago is taken")
	}
}

func TestTokens(t *testing.T) {
	g := newGate(t, nil)
	tok, secret, err := g.NewToken("backup", web.User, time.Now().Add(time.Hour), "nightly\ncopy")
	if err != nil {
		t.Fatal(err)
	}
	again := New(g.opt) // as after a restart
	caller, err := again.Caller(request("Authorization: Bearer "+secret), faraway)
	if err != nil || caller.User != "backup" || caller.Role != web.User {
		t.Errorf("caller: %v, %v", caller, err)
	}
	if list, err := again.Tokens("backup"); err != nil || len(list) != 1 || list[0].Note != "nightly copy" {
		t.Errorf("tokens: %v, %v", list, err)
	}
	b, err := os.ReadFile(g.opt.TokensFile)
	if err != nil || strings.Contains(string(b), secret) {
		t.Errorf("the file holds the secret: %v", err)
	}
	if _, ok, _ := again.tokens.find(secret, time.Now().Add(2*time.Hour)); ok {
		t.Error("an expired token is taken")
	}
	if err := again.DropToken(tok.ID, "somebody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another's token: %v", err)
	}
	if err := again.DropToken(tok.ID, "backup"); err != nil {
		t.Error(err)
	}
	if _, err := again.Caller(request("Authorization: Bearer "+secret), faraway); err == nil {
		t.Error("a withdrawn token is taken")
	}
}

func TestUsersFile(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       string // part of the error; "" lets user anna in
	}{
		{"bcrypt", "# accounts\n\nanna editor " + string(hash) + "\n", 0o600, ""},
		{"apache's bcrypt", "anna editor " + strings.Replace(string(hash), "$2a$", "$2y$", 1), 0o640, ""},
		{"readable by all", "anna editor " + string(hash), 0o644, "chmod o-r"},
		{"role", "anna boss " + string(hash), 0o600, "line 1: role \"boss\""},
		{"plain password", "\nanna viewer secret", 0o600, "line 2: the hash of anna"},
		{"costs", "anna viewer $argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0o600, "beyond measure"},
		{"words", "anna viewer", 0o600, "name role hash"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "users")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			g := New(Options{Users: true, UsersFile: path})
			var reason string
			g.opt.Told = func(e Event) { reason = e.Reason }
			_, err := g.password("anna", password, faraway, "basic")
			if c.want == "" && err != nil || c.want != "" && !strings.Contains(reason, c.want) {
				t.Errorf("got %v (%s), want %q", err, reason, c.want)
			}
		})
	}
}

func TestThrottle(t *testing.T) {
	now := time.Unix(1e9, 0)
	th := newThrottle()
	th.now = func() time.Time { return now }
	for n, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		th.failed("a")
		if got := th.wait("a"); got != want*time.Second {
			t.Errorf("failure %d: %s", n+1, got)
		}
		now = now.Add(31 * time.Second)
	}
	if th.wait("b") > 0 {
		t.Error("another waits too")
	}
	th.passed("a")
	th.failed("a")
	if got := th.wait("a"); got != time.Second {
		t.Errorf("after a success: %s", got)
	}
	for n := range 2 * mostKept {
		th.failed(string(rune(n + 1000)))
	}
	if len(th.seen) > mostKept+1 {
		t.Errorf("%d are remembered", len(th.seen))
	}
}
