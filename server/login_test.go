package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"conquest/regress/rig"
)

// httpUser makes an account by the command line.
func (s *site) httpUser(name, role, password string) {
	s.t.Helper()
	binary, err := rig.Binary()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(binary, "--http_user:"+name+","+role)
	cmd.Dir, cmd.Stdin = s.dir, strings.NewReader(password+"\n")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), name+" is "+role) {
		s.t.Fatalf("%v: %s", err, out)
	}
}

// ask sends a request and tells the status and the body.
func ask(t *testing.T, method, address string, body io.Reader, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := plain.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestLogins lets accounts, tokens and browsers in as their roles say.
func TestLogins(t *testing.T) {
	const password = "correct horse 9"
	s := newSite(t, "HTTPPort = <PORT5>", "HTTPLogin = users", "HTTPAnonymous = health", "WEBReadOnly = 0")
	s.start()
	for _, role := range []string{"viewer", "user", "editor", "admin"} {
		s.httpUser(role+"1", role, password)
	}
	s.store(image("LOGIN1", "1.2.3.71.1", "1.2.3.71.1.1", "1.2.3.71.1.1.1", 1))
	root := fmt.Sprintf("http://127.0.0.1:%d", s.port+5)
	awaitWeb(t, root)
	as := func(role string) string { return "Authorization: " + basicOf(role+"1", password) }
	t.Run("roles", func(t *testing.T) {
		for _, c := range []struct {
			method, path string
			least        int // of viewer, user, editor, admin
		}{
			{"GET", "/dicom-web/studies", 0}, {"GET", "/ui", 0}, {"GET", "/api/v1/studies", 0}, {"GET", "/api/v1/me", 0},
			{"POST", "/dicom-web/studies", 1}, {"POST", "/ui/studies/1.2/send", 1},
			{"POST", "/ui/studies/1.2/delete", 2},
			{"GET", "/ui/config", 3}, {"GET", "/api/v1/users", 3}, {"POST", "/ui/queues", 3},
		} {
			if status, _ := ask(t, c.method, root+c.path, nil); status != http.StatusUnauthorized {
				t.Errorf("%s %s without login: %d", c.method, c.path, status)
			}
			for n, role := range []string{"viewer", "user", "editor", "admin"} {
				status, body := ask(t, c.method, root+c.path, nil, as(role))
				if refused := status == http.StatusForbidden; refused != (n < c.least) || status == http.StatusUnauthorized {
					t.Errorf("%s %s as %s: %d %.100s", c.method, c.path, role, status, body)
				}
			}
		}
	})
	t.Run("open and strange", func(t *testing.T) {
		for _, c := range []struct {
			name    string
			method  string
			path    string
			headers []string
			status  int
		}{
			{"health is open", "GET", "/healthz", nil, 200},
			{"metadata is not", "GET", "/dicom-web/studies/1.2.3.71.1/metadata", nil, 401},
			{"a browser is sent to the form", "GET", "/ui/queues", []string{"Accept: text/html"}, 303},
			{"the form", "GET", "/login", nil, 200},
			{"a foreign page's form", "POST", "/login/out", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, 403},
			{"a foreign page's delete", "POST", "/ui/studies/1.2.3.71.1/delete", []string{as("admin"), "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, 403},
			{"another host", "GET", "/ui", []string{as("admin"), "Host: evil.example"}, 421},
			{"a path that hides", "GET", "/login/../ui", nil, 400},
			{"a path that hides, coded", "GET", "/login/%2e%2e/ui", nil, 400},
		} {
			if status, body := ask(t, c.method, root+c.path, nil, c.headers...); status != c.status {
				t.Errorf("%s: %d %.200s", c.name, status, body)
			}
		}
	})
	t.Run("tokens", func(t *testing.T) {
		status, body := ask(t, "POST", root+"/api/v1/tokens", strings.NewReader(`{"role":"user","note":"nightly"}`), as("user"), "Content-Type: application/json")
		var made struct{ ID, Secret string }
		if err := json.Unmarshal([]byte(body), &made); err != nil || status != 200 || made.Secret == "" {
			t.Fatal(status, body, err)
		}
		bearer := "Authorization: Bearer " + made.Secret
		if status, body := ask(t, "GET", root+"/api/v1/me", nil, bearer); status != 200 || !strings.Contains(body, `"user":"user1"`) || !strings.Contains(body, `"role":"user"`) {
			t.Errorf("token: %d %s", status, body)
		}
		if status, _ := ask(t, "POST", root+"/api/v1/tokens", strings.NewReader(`{"role":"admin"}`), as("user"), "Content-Type: application/json"); status != 422 {
			t.Errorf("a token with more rights than its maker: %d", status)
		}
		if status, _ := ask(t, "DELETE", root+"/api/v1/users/user1", nil, as("admin")); status != 204 {
			t.Errorf("remove: %d", status)
		}
		if status, _ := ask(t, "GET", root+"/api/v1/me", nil, bearer); status != 401 {
			t.Errorf("a token of an account that is gone: %d", status)
		}
	})
	t.Run("browser", func(t *testing.T) { loginInBrowser(t, browser(t, root), root, password) })
}

func basicOf(user, password string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return r.Header.Get("Authorization")
}

// loginInBrowser logs in as an editor, sees that what he may not do is not there,
// logs out, and makes a token as the administrator.
func loginInBrowser(t *testing.T, ctx context.Context, root, password string) {
	t.Helper()
	logIn := func(name string) chromedp.Action {
		return chromedp.Tasks{
			chromedp.WaitVisible("input[name=name]"),
			chromedp.SendKeys("input[name=name]", name), chromedp.SendKeys("input[name=password]", password), chromedp.Submit("input[name=password]"),
		}
	}
	var where, menu, secret string
	steps(t, ctx, "the form", chromedp.Navigate(root+"/ui/queues?a=b"), chromedp.WaitVisible("input[name=name]"))
	shot(t, ctx, "login")
	steps(t, ctx, "log in", logIn("editor1"), chromedp.WaitVisible(".who"), chromedp.Location(&where), chromedp.Text("nav", &menu))
	if u, err := url.Parse(where); err != nil || u.RequestURI() != "/ui/queues?a=b" {
		t.Errorf("after the login at %s", where)
	}
	if strings.Contains(menu, "Configuration") || !strings.Contains(menu, "Upload") {
		t.Errorf("menu of an editor: %s", menu)
	}
	steps(t, ctx, "log out", chromedp.Click("form[action='/login/out'] button"), chromedp.WaitVisible("input[name=name]"))
	steps(t, ctx, "log in as the administrator", chromedp.Navigate(root+"/ui/users"), logIn("admin1"), chromedp.WaitVisible("#users tbody tr"))
	steps(t, ctx, "an account", chromedp.SendKeys("#new-user [name=name]", "anna"), chromedp.SendKeys("#new-user [name=password]", password), chromedp.Click("#new-user button"),
		chromedp.WaitVisible(`//table[@id="users"]//b[.="anna"]`))
	steps(t, ctx, "a token", chromedp.SendKeys("#new-token [name=note]", "nightly copy"), chromedp.Click("#new-token button"), chromedp.WaitVisible("#made"), chromedp.Text("#secret", &secret))
	shot(t, ctx, "users")
	if status, body := ask(t, "GET", root+"/api/v1/me", nil, "Authorization: Bearer "+secret); status != 200 || !strings.Contains(body, "admin1") {
		t.Errorf("the token of the page: %d %s", status, body)
	}
}

// TestFirstLook opens the pages of a site that has no port for web clients, from
// the command line of its machine.
func TestFirstLook(t *testing.T) {
	s := newSite(t)
	s.start()
	binary, err := rig.Binary()
	if err != nil {
		t.Fatal(err)
	}
	link := func() string {
		var stderr bytes.Buffer
		cmd := exec.Command(binary, "--ui")
		cmd.Dir, cmd.Stderr = s.dir, &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, stderr.Bytes())
		}
		return strings.TrimSpace(string(out))
	}
	first := link()
	root, secret, ok := strings.Cut(first, "/#token=")
	if !ok || !strings.HasPrefix(root, "http://127.0.0.1:") {
		t.Fatal(first)
	}
	ctx := browser(t, root)
	var who string
	steps(t, ctx, "the link", chromedp.Navigate(first), chromedp.WaitVisible(".who"), chromedp.Text(".who", &who))
	if who != "console" {
		t.Errorf("logged in as %q", who)
	}
	status, _ := ask(t, "POST", root+"/login/link", strings.NewReader(url.Values{"token": {secret}}.Encode()), "Content-Type: application/x-www-form-urlencoded")
	if status != http.StatusUnauthorized {
		t.Errorf("used twice: %d", status)
	}
	if again := link(); !strings.HasPrefix(again, root+"/#token=") {
		t.Errorf("another port: %s", again)
	}
}
