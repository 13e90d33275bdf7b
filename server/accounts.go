package server

import (
	"errors"
	"fmt"
	"time"

	"conquest/api"
	"conquest/login"
	"conquest/web"
)

// accounts are the gate's as the REST interface and the pages see them.
type accounts struct {
	gate   *login.Gate
	logins []string
}

func (a accounts) Logins() []string { return append([]string{}, a.logins...) }

func (a accounts) Users() ([]api.User, error) {
	list, err := a.gate.Users()
	out := []api.User{}
	for _, u := range list {
		out = append(out, api.User{Name: u.Name, Role: u.Role.String()})
	}
	return out, err
}

// inWords turns what the gate refuses into what the interface answers.
func inWords(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, login.ErrNotFound):
		return fmt.Errorf("%w: %w", api.ErrNotFound, err)
	case errors.Is(err, login.ErrRefused):
		return api.Invalid("%v", err)
	}
	return err
}

func (a accounts) SetUser(name, role, password string) error {
	r, _ := web.ParseRole(role)
	return inWords(a.gate.SetUser(name, r, password))
}

func (a accounts) RemoveUser(name string) error { return inWords(a.gate.RemoveUser(name)) }

func (a accounts) Sessions() []api.Session {
	out := []api.Session{}
	for _, s := range a.gate.Sessions() {
		out = append(out, api.Session{ID: s.ID, User: s.User, Role: s.Role.String(), How: s.How, Address: s.Address, Begun: s.Begun, Used: s.Use})
	}
	return out
}

func (a accounts) EndSession(id string) bool { return a.gate.EndSession(id) }

func (a accounts) Tokens(owner string) ([]api.Token, error) {
	list, err := a.gate.Tokens(owner)
	out := []api.Token{}
	for _, t := range list {
		out = append(out, tokenOf(t))
	}
	return out, err
}

func tokenOf(t login.Token) api.Token {
	out := api.Token{ID: t.ID, Owner: t.Owner, Role: t.Role.String(), Note: t.Note}
	if !t.Expires.IsZero() {
		out.Expires = &t.Expires
	}
	return out
}

func (a accounts) NewToken(owner, role string, expires time.Time, note string) (api.Token, string, error) {
	r, _ := web.ParseRole(role)
	t, secret, err := a.gate.NewToken(owner, r, expires, note)
	return tokenOf(t), secret, inWords(err)
}

func (a accounts) DropToken(id, owner string) error { return inWords(a.gate.DropToken(id, owner)) }
