package login

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"conquest/web"
)

// Bounds of sessions and of one-use links.
const (
	sessionIdle = 12 * time.Hour
	sessionLife = 7 * 24 * time.Hour
	linkLife    = 5 * time.Minute
	mostAlive   = 10000
)

// Session is a browser that is logged in.
type Session struct {
	ID         string // names it for those who end it; no secret
	User       string
	Role       web.Role
	How        string // "password", "oidc", "link"
	Address    string // of the browser at its login
	Begun, Use time.Time
}

// sessions are kept in memory, by the hash of their secret: a restart ends them.
type sessions struct {
	mu    sync.Mutex
	now   func() time.Time
	alive map[string]*Session
	links map[string]Session // one-use links, by the hash of their secret
}

func newSessions() *sessions {
	return &sessions{now: time.Now, alive: map[string]*Session{}, links: map[string]Session{}}
}

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// begin makes a session and tells its secret.
func (s *sessions) begin(v Session) string {
	secret := rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	v.ID, v.Begun, v.Use = rand.Text()[:12], now, now
	if len(s.alive) >= mostAlive {
		s.dropOldest()
	}
	s.alive[hashed(secret)] = &v
	return secret
}

func (s *sessions) dropOldest() {
	oldest := ""
	for k, v := range s.alive {
		if oldest == "" || v.Use.Before(s.alive[oldest].Use) {
			oldest = k
		}
	}
	delete(s.alive, oldest)
}

// find is the session of a secret, when it has not ended.
func (s *sessions) find(secret string) (Session, bool) {
	key := hashed(secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.alive[key]
	if !ok {
		return Session{}, false
	}
	now := s.now()
	if now.Sub(v.Use) > sessionIdle || now.Sub(v.Begun) > sessionLife {
		delete(s.alive, key)
		return Session{}, false
	}
	v.Use = now
	return *v, true
}

func (s *sessions) end(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.alive, hashed(secret))
}

// endThose ends the sessions that a test picks and tells how many there were.
func (s *sessions) endThose(which func(Session) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for k, v := range s.alive {
		if which(*v) {
			delete(s.alive, k)
			n++
		}
	}
	return n
}

// list are the sessions, newest first.
func (s *sessions) list() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Session
	for _, v := range s.alive {
		list = append(list, *v)
	}
	slices.SortFunc(list, func(a, b Session) int { return cmp.Or(b.Use.Compare(a.Use), cmp.Compare(a.ID, b.ID)) })
	return list
}

// link makes a secret that begins a session once, within five minutes.
func (s *sessions) link(v Session) string {
	secret := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Begun = s.now()
	for k, old := range s.links {
		if v.Begun.Sub(old.Begun) > linkLife {
			delete(s.links, k)
		}
	}
	s.links[hashed(secret)] = v
	return secret
}

// follow uses a link up.
func (s *sessions) follow(secret string) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.links[hashed(secret)]
	delete(s.links, hashed(secret))
	return v, ok && s.now().Sub(v.Begun) <= linkLife
}
