package login

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/oauth2-proxy/mockoidc"

	"conquest/web"
)

// TestOIDC logs in with a provider that runs in this process: codes, keys and
// signatures are real.
func TestOIDC(t *testing.T) {
	provider, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Shutdown()
	for _, c := range []struct {
		name   string
		groups []string
		want   string // user and role; "" is refused
	}{
		{"group", []string{"radiology", "it"}, "jane editor"},
		{"everybody", []string{"kitchen"}, "jane viewer"},
		{"best of several", []string{"admins", "radiology"}, "jane admin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			provider.QueueUser(&mockoidc.MockUser{Subject: "1", PreferredUsername: "jane", Groups: c.groups})
			got, status := walk(t, provider, map[string]web.Role{"radiology": web.Editor, "admins": web.Admin, "*": web.Viewer}, "")
			if got != c.want {
				t.Errorf("got %q (%d), want %q", got, status, c.want)
			}
		})
	}
	t.Run("no role", func(t *testing.T) {
		provider.QueueUser(&mockoidc.MockUser{Subject: "1", PreferredUsername: "jane", Groups: []string{"kitchen"}})
		if got, status := walk(t, provider, map[string]web.Role{"it": web.Admin}, ""); got != "" || status != http.StatusForbidden {
			t.Errorf("got %q, %d", got, status)
		}
	})
	t.Run("another browser's state", func(t *testing.T) {
		if got, status := walk(t, provider, map[string]web.Role{"*": web.Admin}, "/login/oidc/callback?state=x&code=y"); got != "" || status != http.StatusBadRequest {
			t.Errorf("got %q, %d", got, status)
		}
	})
}

// walk is a browser that asks for a page, logs in at the provider and comes back:
// user and role that the page saw. A path other than "" is asked for instead.
func walk(t *testing.T, provider *mockoidc.MockOIDC, roles map[string]web.Role, path string) (seen string, status int) {
	t.Helper()
	var g *Gate
	mux := http.NewServeMux()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := g.Caller(r, netip.MustParseAddr("127.0.0.1"))
		if err != nil && !strings.HasPrefix(r.URL.Path, Root) {
			g.Unauthorized(w, r, err)
			return
		}
		mux.ServeHTTP(w, r.WithContext(web.WithCaller(r.Context(), c)))
	}))
	defer s.Close()
	cfg := provider.Config()
	g = New(Options{OIDC: &OIDC{Issuer: cfg.Issuer, Client: cfg.ClientID, SecretFile: secretFile(t, cfg.ClientSecret), Roles: roles}, Origin: func(*http.Request) string { return s.URL }})
	provider.ClientID = cfg.ClientID
	mux.Handle(Root+"/", g.Handler())
	mux.HandleFunc("/ui", func(_ http.ResponseWriter, r *http.Request) {
		c := web.CallerOf(r.Context())
		seen = c.User + " " + c.Role.String()
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	if path == "" {
		path = "/login/oidc?to=/ui"
	}
	res, err := browser.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if seen != "" && !slices.ContainsFunc(g.Sessions(), func(s Session) bool { return s.How == "oidc" }) {
		t.Error("no session is listed")
	}
	return seen, res.StatusCode
}

func secretFile(t *testing.T, secret string) string {
	t.Helper()
	path := t.TempDir() + "/secret"
	if err := writePrivate(path, []byte(secret+"\n")); err != nil {
		t.Fatal(err)
	}
	return path
}
