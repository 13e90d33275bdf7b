// Package client is the other side of package dicomweb: it stores objects at
// a DICOMweb server, finds them and fetches them (PS3.18).
//
// [New] makes a [Client] for one server. [Client.Store] tells of each object what
// became of it, in terms of what the sender is to do next: servers that lose
// parts, and those that answer in XML, are known here and nowhere else.
package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// Options describe a server and the way to it.
type Options struct {
	// URL is the root of its services, such as "https://pacs.example/dicom-web".
	URL string
	// User and SecretFile are for Basic; the file holds the password.
	User, SecretFile string
	// TokenFile holds a bearer token; it is read for each request.
	TokenFile string
	// OAuthFile holds lines "issuer = URL" (or "token = URL", of the token
	// endpoint), "client = ID", "secret = TEXT" and "scope = WORDS" for client
	// credentials (RFC 6749 section 4.4).
	OAuthFile string
	// CAFile are the authorities to trust, in place of those of the system.
	CAFile string
	// CertFile and KeyFile are shown to servers that ask for a certificate.
	CertFile, KeyFile string
	// Timeout is how long nothing may move; 0 is a minute.
	Timeout time.Duration
	// Parallel bounds the requests at a time; 0 is 2.
	Parallel int
	// Agent is the User-Agent; "" sends that of net/http.
	Agent string
}

// Client speaks to one server; safe for concurrent use.
type Client struct {
	base   *url.URL
	opt    Options
	http   *http.Client
	slots  chan struct{}
	tokens tokens
}

const (
	defaultTimeout  = time.Minute
	defaultParallel = 2
	connectTime     = 15 * time.Second
	maxRedirects    = 5
	askFirst        = 4 << 20 // the size of a body from which a server may refuse it before it is sent
	askTime         = time.Second
	maxDetail       = 64 << 10 // of the body of an error
)

// New makes a client; it does not call the server.
func New(opt Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(opt.URL, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("address %q of a DICOMweb server: want http://HOST/PATH or https://HOST/PATH", opt.URL)
	}
	if opt.Timeout <= 0 {
		opt.Timeout = defaultTimeout
	}
	if opt.Parallel <= 0 {
		opt.Parallel = defaultParallel
	}
	trust, err := opt.tls()
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, opt: opt, slots: make(chan struct{}, opt.Parallel)}
	c.http = &http.Client{
		CheckRedirect: withinHost,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: connectTime}).DialContext,
			TLSClientConfig:       trust,
			TLSHandshakeTimeout:   connectTime,
			ForceAttemptHTTP2:     true,
			ExpectContinueTimeout: askTime,
			MaxIdleConnsPerHost:   opt.Parallel,
			IdleConnTimeout:       idleTime,
		},
	}
	return c, nil
}

// idleTime is how long a connection is kept for the next request.
const idleTime = time.Minute

// Close ends the connections that wait for a next request.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func (o *Options) tls() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read authorities: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("authorities %s: no certificate in the file", o.CAFile)
		}
	}
	if o.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("certificate %s: %w", o.CertFile, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

// withinHost follows a redirect that stays at the server and does not lose the
// encryption: a password or a patient is meant for nobody else.
func withinHost(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	case r.URL.Host != first.Host:
		return fmt.Errorf("it redirects to another host, %s", r.URL.Host)
	case first.Scheme == "https" && r.URL.Scheme != "https":
		return errors.New("it redirects to a connection without encryption")
	}
	return nil
}

// Error is an answer that is no success, or no answer.
type Error struct {
	Status     int           // of HTTP; 0: there was no answer
	Detail     string        // of the server, for people
	RetryAfter time.Duration // that the server asks for; 0: none
	Err        error         // why there was no answer
}

// Error says what came.
func (e *Error) Error() string {
	switch {
	case e.Status == 0:
		return "no answer: " + e.Err.Error()
	case e.Detail == "":
		return fmt.Sprintf("HTTP %d %s", e.Status, http.StatusText(e.Status))
	}
	return fmt.Sprintf("HTTP %d %s: %s", e.Status, http.StatusText(e.Status), e.Detail)
}

// Unwrap is why there was no answer.
func (e *Error) Unwrap() error { return e.Err }

// request is what is asked of a server.
type request struct {
	method, path string
	query        url.Values
	accept       string
	contentType  string
	length       int64
	body         func() io.ReadCloser // anew for each attempt; nil: none
}

// do sends a request and gives its answer, whatever its status; the caller
// closes the body.
func (c *Client) do(ctx context.Context, q request) (*http.Response, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, &Error{Err: ctx.Err()}
	}
	r, err := c.attempt(ctx, q)
	if err == nil && r.StatusCode == http.StatusUnauthorized && c.tokens.forget() {
		r.Body.Close()
		r, err = c.attempt(ctx, q)
	}
	if err != nil {
		<-c.slots
		return nil, &Error{Err: err}
	}
	r.Body = &releasing{ReadCloser: r.Body, free: func() { <-c.slots }}
	return r, nil
}

func (c *Client) attempt(ctx context.Context, q request) (*http.Response, error) {
	ctx, m := watch(ctx, c.opt.Timeout)
	r, err := c.newRequest(ctx, q, m)
	if err != nil {
		m.end()
		return nil, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		err = m.cause(err)
		m.end()
		return nil, err
	}
	answer.Body = &movingBody{ReadCloser: answer.Body, motion: m, last: true}
	return answer, nil
}

func (c *Client) newRequest(ctx context.Context, q request, m *motion) (*http.Request, error) {
	u := c.base.JoinPath(q.path)
	u.RawQuery = q.query.Encode()
	r, err := http.NewRequestWithContext(ctx, q.method, u.String(), nil)
	if err != nil {
		return nil, err
	}
	if q.body != nil {
		r.GetBody = func() (io.ReadCloser, error) { return &movingBody{ReadCloser: q.body(), motion: m}, nil }
		if r.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
		r.ContentLength = q.length
		r.Header.Set("Content-Type", q.contentType)
		if q.length > askFirst {
			r.Header.Set("Expect", "100-continue")
		}
	}
	if q.accept != "" {
		r.Header.Set("Accept", q.accept)
	}
	if c.opt.Agent != "" {
		r.Header.Set("User-Agent", c.opt.Agent)
	}
	if err := c.authorize(ctx, r); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return r, nil
}

// failure is the error of an answer with a status that is no success. It reads
// the body to its end.
func failure(r *http.Response) *Error {
	e := &Error{Status: r.StatusCode, RetryAfter: retryAfter(r.Header.Get("Retry-After"), time.Now())}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxDetail))
	if err == nil {
		e.Detail = detailOf(r.Header.Get("Content-Type"), text)
	}
	return e
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n > 0 {
		return min(time.Duration(n)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(s); err == nil && at.After(now) {
		return min(at.Sub(now), maxRetryAfter)
	}
	return 0
}

// maxRetryAfter is the longest time that a server may ask for.
const maxRetryAfter = time.Hour

// Echo asks whether the server answers to searches.
func (c *Client) Echo(ctx context.Context) error {
	r, err := c.do(ctx, request{method: http.MethodGet, path: "studies", query: url.Values{"limit": {"1"}}, accept: mediaJSON})
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusNoContent {
		return failure(r)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(r.Body, maxDetail))
	return err
}

const (
	mediaJSON  = "application/dicom+json"
	mediaDICOM = "application/dicom"
)
