package dicom

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// MaxUIDLength is the longest a UID may be (PS3.5 section 9.1).
const MaxUIDLength = 64

// ErrUID tells that a text is not a UID, or too long to be the root of one.
var ErrUID = errors.New("not a valid UID")

// ValidUID tells whether s is a UID: numbers without leading zeros between
// dots, at most 64 characters (PS3.5 section 9.1).
func ValidUID(s string) bool {
	if s == "" || len(s) > MaxUIDLength {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || part[0] == '0' && len(part) > 1 || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}

// NewUID makes a UID under prefix of random numbers: at most 128 bits, as many
// as fit. At least 64 bits have to. Without a prefix it is one of root 2.25
// (PS3.5 section B.2).
func NewUID(prefix string) (string, error) {
	prefix = strings.TrimSuffix(prefix, ".")
	if prefix == "" {
		prefix = "2.25"
	}
	const digits64 = 20
	room := MaxUIDLength - len(prefix) - 1
	if !ValidUID(prefix) || room < digits64 {
		return "", fmt.Errorf("make UID under %q: %w", prefix, ErrUID)
	}
	limit := new(big.Int).Lsh(big.NewInt(1), 128)
	if room < 39 {
		limit.Exp(big.NewInt(10), big.NewInt(int64(room)), nil)
	}
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		return "", fmt.Errorf("make UID: %w", err)
	}
	return prefix + "." + n.String(), nil
}
