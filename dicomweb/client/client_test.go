package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
)

// object is one with a text in the place of a Part 10 file.
func object(uid string) Object {
	return Object{Study: "1.2", UID: uid, Write: func(w io.Writer) error {
		_, err := io.WriteString(w, "object "+uid)
		return err
	}}
}

// sent are the objects of a request.
func sent(t *testing.T, r *http.Request) (list []string) {
	t.Helper()
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		t.Error(err)
		return nil
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	for {
		p, err := parts.NextPart()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			return list
		}
		text, _ := io.ReadAll(p)
		uid, ok := strings.CutPrefix(string(text), "object ")
		if !ok || p.Header.Get("Content-Type") != "application/dicom" {
			t.Errorf("part %q of type %q", text, p.Header.Get("Content-Type"))
		}
		list = append(list, uid)
	}
}

// taken is the answer of a server that took these.
func taken(uids []string, failures ...string) string {
	var ok, bad []string
	for _, u := range uids {
		ok = append(ok, fmt.Sprintf(`{"00081155":{"vr":"UI","Value":[%q]}}`, u))
	}
	for _, f := range failures {
		uid, reason, _ := strings.Cut(f, "=")
		bad = append(bad, fmt.Sprintf(`{"00081155":{"vr":"UI","Value":[%q]},"00081197":{"vr":"US","Value":[%s]}}`, uid, reason))
	}
	return `{"00081199":{"vr":"SQ","Value":[` + strings.Join(ok, ",") + `]},"00081198":{"vr":"SQ","Value":[` + strings.Join(bad, ",") + `]}}`
}

func newClient(t *testing.T, h http.HandlerFunc, change ...func(*Options)) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	opt := Options{URL: s.URL + "/dicom-web"}
	for _, f := range change {
		f(&opt)
	}
	c, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestWhatBecomesOfAnswers holds what an answer means for each of two objects.
func TestWhatBecomesOfAnswers(t *testing.T) {
	const xml = `<?xml version="1.0"?><NativeDicomModel><DicomAttribute tag="00081199" vr="SQ" keyword="ReferencedSOPSequence"><Item number="1">` +
		`<DicomAttribute tag="00081155" vr="UI" keyword="ReferencedSOPInstanceUID"><Value number="1">1</Value></DicomAttribute></Item>` +
		`<Item number="2"><DicomAttribute tag="00081155" vr="UI" keyword="ReferencedSOPInstanceUID"><Value number="1">2</Value></DicomAttribute></Item></DicomAttribute></NativeDicomModel>`
	for name, c := range map[string]struct {
		status int
		header string
		body   string
		want   [2]Fate
		after  time.Duration
		reason string // a part of the second's
	}{
		"taken":              {200, "", taken([]string{"1", "2"}), [2]Fate{Delivered, Delivered}, 0, ""},
		"taken, XML":         {200, "Content-Type: application/dicom+xml", xml, [2]Fate{Delivered, Delivered}, 0, ""},
		"taken, array":       {200, "", "[" + taken([]string{"1", "2"}) + "]", [2]Fate{Delivered, Delivered}, 0, ""},
		"other UIDs":         {200, "", taken([]string{"7", "8"}), [2]Fate{Delivered, Delivered}, 0, ""},
		"no room for one":    {202, "", taken([]string{"1"}, "2=42752"), [2]Fate{Delivered, Later}, 0, "A700"},
		"failure of one":     {202, "", taken([]string{"1"}, "2=272"), [2]Fate{Delivered, LaterAlone}, 0, "0110"},
		"class of one":       {202, "", taken([]string{"1"}, "2=290"), [2]Fate{Delivered, Refused}, 0, "SOP class"},
		"syntax of one":      {202, "", taken([]string{"1"}, "2=49442"), [2]Fate{Delivered, OtherSyntax}, 0, "C122"},
		"conflict, told":     {409, "", taken(nil, "1=43264", "2=49152"), [2]Fate{Refused, Refused}, 0, "not understood"},
		"conflict, untold":   {409, "", "", [2]Fate{Refused, Refused}, 0, "409"},
		"bad request":        {400, "Content-Type: application/problem+json", `{"title":"Bad","detail":"no\nboundary"}`, [2]Fate{Refused, Refused}, 0, "no boundary"},
		"not found":          {404, "", "", [2]Fate{Refused, Refused}, 0, "404"},
		"login":              {401, "", "", [2]Fate{NoEntry, NoEntry}, 0, "401"},
		"forbidden":          {403, "", "", [2]Fate{NoEntry, NoEntry}, 0, "403"},
		"busy":               {503, "Retry-After: 7", "", [2]Fate{Later, Later}, 7 * time.Second, "503"},
		"error":              {500, "", "", [2]Fate{Later, Later}, 0, "500"},
		"too many":           {429, "", "", [2]Fate{Later, Later}, 0, ""},
		"media type":         {415, "", "", [2]Fate{OtherSyntax, OtherSyntax}, 0, "415"},
		"lists none":         {200, "", "{}", [2]Fate{LaterAlone, LaterAlone}, 0, "does not tell"},
		"no body":            {200, "", "", [2]Fate{LaterAlone, LaterAlone}, 0, ""},
		"redirect elsewhere": {307, "Location: http://localhost:1/x", "", [2]Fate{Later, Later}, 0, "another host"},
	} {
		cl := newClient(t, func(w http.ResponseWriter, r *http.Request) {
			sent(t, r)
			if k, v, ok := strings.Cut(c.header, ": "); ok {
				w.Header().Set(k, v)
			}
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		})
		out := cl.Store(t.Context(), []Object{object("1"), object("2")})
		if got := [2]Fate{out.Results[0].Fate, out.Results[1].Fate}; got != c.want || out.RetryAfter != c.after || !strings.Contains(out.Results[1].Reason, c.reason) {
			t.Errorf("%s: %+v, want %v", name, out, c.want)
		}
	}
}

// TestLostPartsAreSentAgain holds that an object of which the answer says nothing
// is sent once more, alone.
func TestLostPartsAreSentAgain(t *testing.T) {
	var requests [][]string
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		list := sent(t, r)
		requests = append(requests, list)
		io.WriteString(w, taken(list[:1])) // and drops the others
	})
	out := c.Store(t.Context(), []Object{object("1"), object("2"), object("3")})
	for i, r := range out.Results {
		if r.Fate != Delivered {
			t.Errorf("object %d: %+v", i, r)
		}
	}
	if fmt.Sprint(requests) != "[[1 2 3] [2] [3]]" {
		t.Error(requests)
	}
}

// TestTooLargeRequestsAreHalved holds that 413 makes requests smaller, down to one
// object, and that one which is too large by itself keeps no other back.
func TestTooLargeRequestsAreHalved(t *testing.T) {
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		list := sent(t, r)
		if len(list) > 2 || slices.Contains(list, "4") {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		io.WriteString(w, taken(list))
	})
	var objects []Object
	for i := range 5 {
		objects = append(objects, object(fmt.Sprint(i+1)))
	}
	out := c.Store(t.Context(), objects)
	for i, r := range out.Results {
		if want := map[bool]Fate{true: Refused}[i == 3]; r.Fate != want {
			t.Errorf("object %d: %+v", i+1, r)
		}
	}
}

// TestNoServer holds that a server that is away, and one that does nothing, is
// tried later.
func TestNoServer(t *testing.T) {
	c, err := New(Options{URL: "http://127.0.0.1:1/x"})
	if err != nil {
		t.Fatal(err)
	}
	if out := c.Store(t.Context(), []Object{object("1")}); out.Results[0].Fate != Later {
		t.Errorf("%+v", out)
	}
	stay := make(chan bool)
	c = newClient(t, func(w http.ResponseWriter, r *http.Request) { <-stay }, func(o *Options) { o.Timeout = 50 * time.Millisecond })
	defer close(stay)
	if out := c.Store(t.Context(), []Object{object("1")}); out.Results[0].Fate != Later || !strings.Contains(out.Results[0].Reason, "nothing moved") {
		t.Errorf("%+v", out)
	}
}

// TestWhoCalls holds the ways of showing who calls, and that a changed token is
// read anew.
func TestWhoCalls(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	issued := 0
	var good string // the only Authorization that is let in
	h := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			fmt.Fprintf(w, `{"token_endpoint":"http://%s/token"}`, r.Host)
		case "/token":
			issued++
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":"issued%d","token_type":"Bearer","expires_in":3600}`, issued)
		default:
			if r.Header.Get("Authorization") != good {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			io.WriteString(w, "[]")
		}
	}
	basic := newClient(t, h, func(o *Options) { o.User, o.SecretFile = "me", file("secret", "word\n") })
	token := newClient(t, h, func(o *Options) { o.TokenFile = file("token", "one\n") })
	oauth := newClient(t, h, func(o *Options) {
		o.OAuthFile = file("oauth", "issuer = "+strings.TrimSuffix(o.URL, "/dicom-web")+"\nclient = c\nsecret = s\n")
	})
	for _, c := range []struct {
		client *Client
		good   string
	}{{basic, "Basic bWU6d29yZA=="}, {token, "Bearer one"}, {oauth, "Bearer issued1"}, {oauth, "Bearer issued1"}, {oauth, "Bearer issued2"}} {
		good = c.good
		if err := c.client.Echo(t.Context()); err != nil {
			t.Errorf("%s: %v", c.good, err)
		}
	}
	good = "Bearer two"
	file("token", "two\n")
	if err := token.Echo(t.Context()); err != nil {
		t.Errorf("changed token: %v", err)
	}
	var e *Error
	if err := basic.Echo(t.Context()); !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
		t.Errorf("wrong password: %v", err)
	}
}

// TestFind holds resource and query of an identifier, and that pages are joined.
func TestFind(t *testing.T) {
	d := dicom.NewDataset(4)
	d.SetString(dicom.QueryRetrieveLevel, "SERIES")
	d.SetString(dicom.StudyInstanceUID, "1.2")
	d.SetString(dicom.SeriesInstanceUID, `1.3\1.4`)
	d.SetString(dicom.Modality, "CT")
	d.SetString(dicom.SeriesDescription, "")
	var asked []string
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path+"?"+r.URL.RawQuery)
		if r.URL.Query().Get("offset") == "0" {
			w.Header().Set("Warning", `299 x "There are 1 additional results that can be requested"`)
		}
		fmt.Fprintf(w, `[{"0020000E":{"vr":"UI","Value":["1.%s"]}}]`, r.URL.Query().Get("offset"))
	})
	list, err := c.Find(t.Context(), Series, d)
	if err != nil || len(list) != 2 {
		t.Errorf("%d answers, %v", len(list), err)
	}
	if want := "/dicom-web/studies/1.2/series?0020000E=1.3%2C1.4&00080060=CT&includefield=0008103E&limit=500&offset=0"; !sameQuery(asked[0], want) || len(asked) != 2 {
		t.Errorf("asked %q", asked)
	}
}

func sameQuery(a, b string) bool {
	split := func(s string) []string {
		path, query, _ := strings.Cut(s, "?")
		list := strings.Split(query, "&")
		slices.Sort(list)
		return append(list, path)
	}
	return slices.Equal(split(a), split(b))
}

// TestRetrieve holds that each part is handed over, and that a broken answer is an
// error.
func TestRetrieve(t *testing.T) {
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "transfer-syntax") {
			w.WriteHeader(http.StatusNotAcceptable)
			return
		}
		m := multipart.NewWriter(w)
		w.Header().Set("Content-Type", `multipart/related; type="application/dicom"; boundary=`+m.Boundary())
		for _, text := range []string{"one", "two"} {
			p, _ := m.CreatePart(nil)
			io.WriteString(p, text)
		}
		if r.URL.Path == "/dicom-web/studies/1/series/2" {
			m.Close()
		}
	})
	for ref, broken := range map[Ref]bool{{"1", "2", ""}: false, {"1", "", ""}: true} {
		var got []string
		err := c.Retrieve(context.Background(), ref, func(r io.Reader) error {
			text, err := io.ReadAll(r)
			got = append(got, string(text))
			return err
		})
		if (err != nil) != broken || got[0] != "one" {
			t.Errorf("%v: %q %v", ref, got, err)
		}
	}
}
