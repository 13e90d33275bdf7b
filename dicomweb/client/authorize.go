package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// authorize shows who calls. Files are read anew each time: whoever changes a
// password or token does so without telling this program.
func (c *Client) authorize(ctx context.Context, r *http.Request) error {
	switch {
	case c.opt.OAuthFile != "":
		t, err := c.tokens.get(ctx, c)
		if err != nil {
			return err
		}
		t.SetAuthHeader(r)
	case c.opt.TokenFile != "":
		token, err := secret(c.opt.TokenFile)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
	case c.opt.User != "":
		password, err := secret(c.opt.SecretFile)
		if err != nil {
			return err
		}
		r.SetBasicAuth(c.opt.User, password)
	}
	return nil
}

// secret is the first line of a file.
func secret(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimRight(line, "\r"), nil
}

// tokens keeps the access token of client credentials until it runs out.
type tokens struct {
	mu     sync.Mutex
	source oauth2.TokenSource
}

func (t *tokens) get(ctx context.Context, c *Client) (*oauth2.Token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.source == nil {
		cfg, err := c.credentials(ctx)
		if err != nil {
			return nil, err
		}
		// The source outlives the request that made it.
		t.source = cfg.TokenSource(context.WithValue(context.Background(), oauth2.HTTPClient, c.tokenClient()))
	}
	token, err := t.source.Token()
	if err != nil {
		t.source = nil
		return nil, fmt.Errorf("access token: %w", err)
	}
	return token, nil
}

// forget drops a token that a server did not take; false when there was none.
func (t *tokens) forget() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	had := t.source != nil
	t.source = nil
	return had
}

// tokenClient asks the issuer, which may be another host than the server.
func (c *Client) tokenClient() *http.Client {
	return &http.Client{Transport: c.http.Transport, Timeout: connectTime, CheckRedirect: withinHost}
}

// credentials reads the file of the client, and finds the address for tokens.
func (c *Client) credentials(ctx context.Context) (*clientcredentials.Config, error) {
	text, err := os.ReadFile(c.opt.OAuthFile)
	if err != nil {
		return nil, fmt.Errorf("read client credentials: %w", err)
	}
	words := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, found := strings.Cut(line, "=")
		if found && !strings.HasPrefix(strings.TrimSpace(key), "#") {
			words[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	cfg := &clientcredentials.Config{
		ClientID: words["client"], ClientSecret: words["secret"], TokenURL: words["token"], Scopes: strings.Fields(words["scope"]),
	}
	if cfg.ClientID == "" || cfg.TokenURL == "" && words["issuer"] == "" {
		return nil, fmt.Errorf("client credentials %s: want lines issuer = URL, client = ID, secret = TEXT", c.opt.OAuthFile)
	}
	if cfg.TokenURL == "" {
		cfg.TokenURL, err = c.discover(ctx, words["issuer"])
	}
	return cfg, err
}

// discover asks an issuer for its address for tokens (OpenID Connect Discovery
// 1.0, section 4).
func (c *Client) discover(ctx context.Context, issuer string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", fmt.Errorf("issuer %s: %w", issuer, err)
	}
	answer, err := c.tokenClient().Do(r)
	if err != nil {
		return "", fmt.Errorf("issuer %s: %w", issuer, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("issuer %s: HTTP %d", issuer, answer.StatusCode)
	}
	var doc struct {
		Token string `json:"token_endpoint"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&doc); err != nil {
		return "", fmt.Errorf("issuer %s: %w", issuer, err)
	}
	if doc.Token == "" {
		return "", fmt.Errorf("issuer %s: %w", issuer, errors.New("it names no address for tokens"))
	}
	return doc.Token, nil
}
