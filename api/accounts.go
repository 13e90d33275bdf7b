package api

import (
	"context"
	"time"

	"conquest/web"
)

// Accounts are who may log in.
type Accounts interface {
	// Logins tells how callers log in: none, users, proxy, oidc.
	Logins() []string
	Users() ([]User, error)
	// SetUser adds or changes an account; an empty password keeps the one there is.
	SetUser(name, role, password string) error
	RemoveUser(name string) error
	Sessions() []Session
	// EndSession logs a browser out; false when there is no such session.
	EndSession(id string) bool
	// Tokens are those of an owner, or all for "".
	Tokens(owner string) ([]Token, error)
	// NewToken makes a token and tells its secret. A zero expires is never.
	NewToken(owner, role string, expires time.Time, note string) (Token, string, error)
	// DropToken withdraws a token of an owner, of anybody for "".
	DropToken(id, owner string) error
}

// Me is who calls.
type Me struct {
	User   string   `json:"user" doc:"empty without a login"`
	Role   string   `json:"role" enum:"nobody,viewer,user,editor,admin"`
	Logins []string `json:"logins" doc:"how callers log in here"`
}

// User is an account.
type User struct {
	Name string `json:"name"`
	Role string `json:"role" enum:"viewer,user,editor,admin"`
}

// Session is a browser that is logged in.
type Session struct {
	ID      string    `json:"id"`
	User    string    `json:"user"`
	Role    string    `json:"role"`
	How     string    `json:"how" doc:"password, oidc or link"`
	Address string    `json:"address"`
	Begun   time.Time `json:"begun"`
	Used    time.Time `json:"used"`
}

// Token lets a script in.
type Token struct {
	ID      string     `json:"id"`
	Owner   string     `json:"owner"`
	Role    string     `json:"role" enum:"viewer,user,editor,admin"`
	Expires *time.Time `json:"expires,omitempty"`
	Note    string     `json:"note,omitempty"`
	Secret  string     `json:"secret,omitempty" doc:"shown once, when the token is made"`
}

type userInput struct {
	Name string `path:"name" maxLength:"64"`
}

type setUserInput struct {
	Name string `path:"name" maxLength:"64"`
	Body struct {
		Role     string `json:"role" enum:"viewer,user,editor,admin"`
		Password string `json:"password,omitempty" maxLength:"128" doc:"8 characters at least; without it the one there is stays"`
	}
}

type idInput struct {
	ID string `path:"id" maxLength:"64"`
}

type newTokenInput struct {
	Body struct {
		Owner string `json:"owner,omitempty" maxLength:"64" doc:"in whose name it acts; only administrators name others than themselves"`
		Role  string `json:"role" enum:"viewer,user,editor,admin"`
		Days  int    `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"how long it is good; 0: for ever"`
		Note  string `json:"note,omitempty" maxLength:"200"`
	}
}

func (h *Handler) accountRoutes(a Accounts) {
	add(h, "getMe", func(ctx context.Context, _ *none) (*body[Me], error) {
		c := web.CallerOf(ctx)
		return &body[Me]{Me{User: c.User, Role: c.Role.String(), Logins: a.Logins()}}, nil
	})
	add(h, "listUsers", func(_ context.Context, in *ListInput) (*body[Listing[User]], error) {
		list, err := a.Users()
		if err != nil {
			return nil, err
		}
		return cut(list, *in)
	})
	add(h, "putUser", func(_ context.Context, in *setUserInput) (*none, error) {
		return nil, a.SetUser(in.Name, in.Body.Role, in.Body.Password)
	})
	add(h, "deleteUser", func(_ context.Context, in *userInput) (*none, error) { return nil, a.RemoveUser(in.Name) })
	add(h, "listSessions", func(_ context.Context, in *ListInput) (*body[Listing[Session]], error) { return cut(a.Sessions(), *in) })
	add(h, "deleteSession", func(_ context.Context, in *idInput) (*none, error) {
		if !a.EndSession(in.ID) {
			return nil, ErrNotFound
		}
		return nil, nil
	})
	h.tokenRoutes(a)
}

func (h *Handler) tokenRoutes(a Accounts) {
	add(h, "listTokens", func(ctx context.Context, in *ListInput) (*body[Listing[Token]], error) {
		list, err := a.Tokens(ownerOf(ctx))
		if err != nil {
			return nil, err
		}
		return cut(list, *in)
	})
	add(h, "postToken", func(ctx context.Context, in *newTokenInput) (*body[Token], error) {
		t, err := newToken(ctx, a, in)
		return &body[Token]{t}, err
	})
	add(h, "deleteToken", func(ctx context.Context, in *idInput) (*none, error) { return nil, a.DropToken(in.ID, ownerOf(ctx)) })
}

// ownerOf is whose tokens a caller sees: all for administrators, else his own.
func ownerOf(ctx context.Context) string {
	c := web.CallerOf(ctx)
	if c.Role >= web.Admin {
		return ""
	}
	if c.User == "" {
		return "-" // the name of nobody
	}
	return c.User
}

// newToken makes a token that may not do more than its maker.
func newToken(ctx context.Context, a Accounts, in *newTokenInput) (Token, error) {
	c, owner := web.CallerOf(ctx), in.Body.Owner
	if owner == "" {
		owner = c.User
	}
	role, ok := web.ParseRole(in.Body.Role)
	switch {
	case owner == "":
		return Token{}, Invalid("without a login a token needs an owner")
	case owner != c.User && c.Role < web.Admin:
		return Token{}, Invalid("only administrators make tokens for others")
	case !ok || role > c.Role:
		return Token{}, Invalid("a token may not do more than who makes it")
	}
	var expires time.Time
	if in.Body.Days > 0 {
		expires = time.Now().AddDate(0, 0, in.Body.Days)
	}
	t, secret, err := a.NewToken(owner, in.Body.Role, expires, in.Body.Note)
	t.Secret = secret
	return t, err
}
