package login

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// passedTime is how long a password that was right is not hashed again, so that
// scripts with Basic pay for it once.
const passedTime = time.Minute

// passed remembers right passwords by a keyed digest of account hash and password.
var passed = struct {
	sync.Mutex
	key  []byte
	till map[string]time.Time
}{key: []byte(rand.Text()), till: map[string]time.Time{}}

// hashing bounds how many passwords are hashed at once, with 19 MB each.
var hashing = make(chan struct{}, 2)

// verified tells whether a password is that of the account.
func (g *Gate) verified(u User, password string) bool {
	mac := hmac.New(sha256.New, passed.key)
	mac.Write([]byte(u.hash + "\x00" + password))
	id, now := string(mac.Sum(nil)), time.Now()
	passed.Lock()
	until := passed.till[id]
	passed.Unlock()
	if now.Before(until) {
		return true
	}
	hashing <- struct{}{}
	ok := len(password) <= 1024 && verify(u.hash, password) && u.Name != ""
	<-hashing
	if ok {
		passed.Lock()
		if len(passed.till) > 1000 {
			clear(passed.till)
		}
		passed.till[id] = now.Add(passedTime)
		passed.Unlock()
	}
	return ok
}
