package login

import "errors"

var (
	// ErrNotFound tells that an account or a token is not there.
	ErrNotFound = errors.New("there is no such account or token")
	// ErrRefused tells that a name, role or password can not be.
	ErrRefused = errors.New("not possible")
)

// refusal is an error of what was asked for.
type refusal string

func (r refusal) Error() string        { return string(r) }
func (r refusal) Is(target error) bool { return target == ErrRefused }
