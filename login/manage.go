package login

import (
	"cmp"
	"slices"
	"time"

	"conquest/web"
)

// Users are the accounts, by name.
func (g *Gate) Users() ([]User, error) {
	list, err := g.users.users()
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b User) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// SetUser adds or changes an account; an empty password keeps the one there is.
// Sessions of the account end, so that a new role or password counts at once.
func (g *Gate) SetUser(name string, role web.Role, password string) error {
	if err := g.users.set(name, role, password); err != nil {
		return err
	}
	g.sessions.endThose(func(s Session) bool { return s.User == name })
	return nil
}

// RemoveUser takes an account away with its sessions and tokens.
func (g *Gate) RemoveUser(name string) error {
	if err := g.users.remove(name); err != nil {
		return err
	}
	g.sessions.endThose(func(s Session) bool { return s.User == name })
	if err := g.tokens.drop(func(t Token) bool { return t.Owner == name }); err != ErrNotFound {
		return err
	}
	return nil
}

// Sessions are the browsers that are logged in, latest use first.
func (g *Gate) Sessions() []Session { return g.sessions.list() }

// EndSession logs a browser out.
func (g *Gate) EndSession(id string) bool {
	return g.sessions.endThose(func(s Session) bool { return s.ID == id }) > 0
}

// Tokens are those of an owner, or all for "".
func (g *Gate) Tokens(owner string) ([]Token, error) {
	list, err := g.tokens.all()
	return slices.DeleteFunc(list, func(t Token) bool { return owner != "" && t.Owner != owner }), err
}

// NewToken makes a token and tells its secret, which is kept nowhere. A zero
// expires is never.
func (g *Gate) NewToken(owner string, role web.Role, expires time.Time, note string) (Token, string, error) {
	return g.tokens.add(Token{Owner: owner, Role: role, Expires: expires, Note: note})
}

// DropToken withdraws a token of an owner, of anybody for "".
func (g *Gate) DropToken(id, owner string) error {
	return g.tokens.drop(func(t Token) bool { return t.ID == id && (owner == "" || t.Owner == owner) })
}
