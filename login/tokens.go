package login

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"conquest/web"
)

// Token lets a script in as somebody, without a password.
type Token struct {
	ID      string // names it for those who withdraw it; no secret
	Owner   string // the account in whose name it acts
	Role    web.Role
	Expires time.Time // zero: never
	Note    string
	hash    string
}

// tokenPrefix makes tokens known to programs that look for secrets.
const tokenPrefix = "dgate_"

// tokensFile keeps the hashes of tokens: a line "id owner role expires hash note"
// each.
type tokensFile struct {
	path string
	mu   sync.Mutex
	read bool
	list []Token
}

func (f *tokensFile) load() error {
	if f.read {
		return nil
	}
	r, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.read = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	defer r.Close()
	f.list = nil
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		t, err := parseToken(line)
		if err != nil {
			return fmt.Errorf("tokens: %s line %d: %w", f.path, n, err)
		}
		f.list = append(f.list, t)
	}
	f.read = sc.Err() == nil
	return sc.Err()
}

func parseToken(line string) (Token, error) {
	p := strings.SplitN(line, " ", 6)
	if len(p) < 5 {
		return Token{}, errors.New("a line is: id owner role expires hash note")
	}
	t := Token{ID: p[0], Owner: p[1], hash: p[4]}
	var ok bool
	if t.Role, ok = web.ParseRole(p[2]); !ok {
		return t, fmt.Errorf("role %q is none of viewer, user, editor, admin", p[2])
	}
	if p[3] != "-" {
		var err error
		if t.Expires, err = time.Parse(time.RFC3339, p[3]); err != nil {
			return t, err
		}
	}
	if len(p) == 6 {
		t.Note = p[5]
	}
	return t, nil
}

func (f *tokensFile) save() error {
	var b strings.Builder
	b.WriteString("# Tokens of the HTTP side: id owner role expires hash note.\n")
	for _, t := range f.list {
		expires := "-"
		if !t.Expires.IsZero() {
			expires = t.Expires.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(&b, "%s %s %s %s %s %s\n", t.ID, t.Owner, t.Role, expires, t.hash, t.Note)
	}
	return writePrivate(f.path, []byte(b.String()))
}

// add makes a token and tells its secret, which is not kept.
func (f *tokensFile) add(t Token) (Token, string, error) {
	if err := checkName(t.Owner); err != nil {
		return t, "", err
	}
	if t.Role <= web.Nobody {
		return t, "", refusal("a role is one of viewer, user, editor, admin")
	}
	t.Note = strings.Join(strings.Fields(t.Note), " ")
	if len(t.Note) > 200 {
		return t, "", refusal("a note has up to 200 bytes")
	}
	secret := tokenPrefix + rand.Text() + rand.Text()
	t.ID, t.hash = rand.Text()[:12], hashed(secret)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.load(); err != nil {
		return t, "", err
	}
	before := f.list
	f.list = append(slices.Clone(f.list), t)
	if err := f.save(); err != nil {
		f.list = before
		return t, "", fmt.Errorf("tokens: %w", err)
	}
	return t, secret, nil
}

// drop withdraws tokens that a test picks.
func (f *tokensFile) drop(which func(Token) bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.load(); err != nil {
		return err
	}
	before := f.list
	f.list = slices.DeleteFunc(slices.Clone(f.list), which)
	if len(f.list) == len(before) {
		return ErrNotFound
	}
	if err := f.save(); err != nil {
		f.list = before
		return fmt.Errorf("tokens: %w", err)
	}
	return nil
}

// find is the token of a secret that has not expired.
func (f *tokensFile) find(secret string, now time.Time) (Token, bool, error) {
	if !strings.HasPrefix(secret, tokenPrefix) {
		return Token{}, false, nil
	}
	hash := hashed(secret)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.load(); err != nil {
		return Token{}, false, err
	}
	for _, t := range f.list {
		if t.hash == hash {
			return t, t.Expires.IsZero() || now.Before(t.Expires), nil
		}
	}
	return Token{}, false, nil
}

func (f *tokensFile) all() ([]Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.load()
	return slices.Clone(f.list), err
}
