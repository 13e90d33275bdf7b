package login

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"conquest/web"
)

// OIDC is a provider of OpenID Connect 1.0, with which users log in by the
// authorization code flow with PKCE.
type OIDC struct {
	Issuer, Client string
	SecretFile     string // has the client's secret; "" for a public client
	// Roles gives groups of the provider a role; "*" is everybody.
	Roles map[string]web.Role

	mu       sync.Mutex
	provider *oidc.Provider
	pending  map[string]attempt // by state
}

// attempt is a login that the provider is asked for.
type attempt struct {
	verifier, nonce, to string
	begun               time.Time
}

// Bounds of logins under way.
const (
	attemptLife  = 10 * time.Minute
	mostAttempts = 1000
	providerTime = 10 * time.Second
)

// ParseRoles reads "group=role, group=role"; what can not be read is an error.
func ParseRoles(text string) (map[string]web.Role, error) {
	roles := map[string]web.Role{}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		group, name, _ := strings.Cut(part, "=")
		role, ok := web.ParseRole(strings.TrimSpace(name))
		if !ok {
			return nil, fmt.Errorf("%q is no group=role with one of viewer, user, editor, admin", part)
		}
		roles[strings.TrimSpace(group)] = role
	}
	return roles, nil
}

// discover asks the provider for its addresses and keys, once it answers.
func (o *OIDC) discover(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.provider != nil {
		return o.provider, nil
	}
	ctx, cancel := context.WithTimeout(ctx, providerTime)
	defer cancel()
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, &http.Client{Timeout: providerTime}), o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("the login provider %s: %w", o.Issuer, err)
	}
	o.provider = p
	return p, nil
}

func (o *OIDC) config(p *oidc.Provider, redirect string) (*oauth2.Config, error) {
	c := &oauth2.Config{ClientID: o.Client, Endpoint: p.Endpoint(), RedirectURL: redirect, Scopes: []string{oidc.ScopeOpenID, "profile", "email", "groups"}}
	if o.SecretFile != "" {
		b, err := os.ReadFile(o.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("HTTPOIDCSecretFile: %w", err)
		}
		c.ClientSecret = strings.TrimSpace(string(b))
	}
	return c, nil
}

// begin is the address of the provider that the browser is sent to, and the state
// that binds its answer to this browser.
func (o *OIDC) begin(ctx context.Context, redirect, to string) (address, state string, err error) {
	p, err := o.discover(ctx)
	if err != nil {
		return "", "", err
	}
	c, err := o.config(p, redirect)
	if err != nil {
		return "", "", err
	}
	a := attempt{verifier: oauth2.GenerateVerifier(), nonce: rand.Text(), to: to, begun: time.Now()}
	state = rand.Text()
	o.keep(state, a)
	return c.AuthCodeURL(state, oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier)), state, nil
}

func (o *OIDC) keep(state string, a attempt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending == nil {
		o.pending = map[string]attempt{}
	}
	for k, old := range o.pending {
		if time.Since(old.begun) > attemptLife {
			delete(o.pending, k)
		}
	}
	if len(o.pending) >= mostAttempts {
		clear(o.pending)
	}
	o.pending[state] = a
}

func (o *OIDC) take(state string) (attempt, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a, ok := o.pending[state]
	delete(o.pending, state)
	return a, ok && time.Since(a.begun) <= attemptLife
}

// claims are what is read of an ID token.
type claims struct {
	Name   string   `json:"preferred_username"`
	Email  string   `json:"email"`
	Groups []string `json:"groups"`
	Roles  []string `json:"roles"`
	Realm  struct {
		Roles []string `json:"roles"`
	} `json:"realm_access"`
}

// end turns the provider's answer into a user and where he wanted to go.
func (o *OIDC) end(ctx context.Context, redirect, state, code string) (u User, to string, err error) {
	a, ok := o.take(state)
	if !ok {
		return u, "", errors.New("this login took too long, or was not begun here: begin again")
	}
	ctx, cancel := context.WithTimeout(ctx, providerTime)
	defer cancel()
	p, err := o.discover(ctx)
	if err != nil {
		return u, "", err
	}
	c, err := o.config(p, redirect)
	if err != nil {
		return u, "", err
	}
	token, err := c.Exchange(ctx, code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		return u, "", fmt.Errorf("the login provider did not take its code: %w", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.Verifier(&oidc.Config{ClientID: o.Client}).Verify(ctx, raw)
	if err != nil {
		return u, "", fmt.Errorf("the login provider's token: %w", err)
	}
	if id.Nonce != a.nonce {
		return u, "", errors.New("the login provider's token belongs to another login")
	}
	var cl claims
	if err := id.Claims(&cl); err != nil {
		return u, "", fmt.Errorf("the login provider's token: %w", err)
	}
	u, err = o.user(id.Subject, cl)
	return u, a.to, err
}

// user is the account of the claims: the best role that its groups have.
func (o *OIDC) user(subject string, c claims) (User, error) {
	u := User{Role: o.Roles["*"]}
	for _, name := range []string{c.Name, c.Email, subject} {
		if u.Name == "" && checkName(name) == nil {
			u.Name = name
		}
	}
	if u.Name == "" {
		return u, errors.New("the login provider gives no name that can be used")
	}
	for _, list := range [][]string{c.Groups, c.Roles, c.Realm.Roles} {
		for _, group := range list {
			u.Role = max(u.Role, o.Roles[group])
		}
	}
	if u.Role == web.Nobody {
		return u, fmt.Errorf("%s has no group that HTTPOIDCRoles gives a role", u.Name)
	}
	return u, nil
}
