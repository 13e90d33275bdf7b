package login

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Cost of new hashes: 19 MB and two passes, about 20 ms of processor time.
const (
	argonTime   = 2
	argonMemory = 19 << 10 // kB
	argonLanes  = 1
	argonKey    = 32
)

// Bounds of hashes that are read, so that a users file can not ask for all memory.
const (
	mostArgonMemory = 1 << 20 // kB
	mostArgonTime   = 64
)

// MinPassword is the length in characters below which a password is refused.
const MinPassword = 8

// errPassword refuses a password that is too short, or too long for any of the
// hashes.
var errPassword = refusal(fmt.Sprintf("a password has %d to 128 characters", MinPassword))

// Hash is the argon2id hash of a password in the PHC form
// $argon2id$v=19$m=..,t=..,p=..$salt$key.
func Hash(password string) (string, error) {
	if n := len([]rune(password)); n < MinPassword || n > 128 {
		return "", errPassword
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b.EncodeToString(salt), b.EncodeToString(key)), nil
}

// argonHash is a hash taken apart.
type argonHash struct {
	memory, time uint32
	lanes        uint8
	salt, key    []byte
}

func parseArgon(hash string) (argonHash, error) {
	var h argonHash
	var version int
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return h, errors.New("no argon2id hash")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return h, errors.New("an argon2id hash of another version")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.lanes); err != nil {
		return h, errors.New("an argon2id hash without m, t and p")
	}
	if h.memory > mostArgonMemory || h.time > mostArgonTime || h.time < 1 || h.lanes < 1 {
		return h, errors.New("an argon2id hash with costs beyond measure")
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return h, errors.New("an argon2id hash whose salt is no base64")
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return h, errors.New("an argon2id hash whose key is not 16 to 64 bytes of base64")
	}
	return h, nil
}

// checkHash tells what is wrong with the form of a hash.
func checkHash(hash string) error {
	if isBcrypt(hash) {
		_, err := bcrypt.Cost([]byte(hash))
		return err
	}
	_, err := parseArgon(hash)
	return err
}

func isBcrypt(hash string) bool {
	return strings.HasPrefix(hash, "$2a$") || strings.HasPrefix(hash, "$2b$") || strings.HasPrefix(hash, "$2y$")
}

// verify tells whether a password has this hash, of argon2id or bcrypt.
func verify(hash, password string) bool {
	if isBcrypt(hash) {
		return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
	}
	h, err := parseArgon(hash)
	if err != nil {
		return false
	}
	key := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.lanes, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1
}

// nobodysHash is compared with when there is no such account, so that the answer
// takes as long.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
