package journal

import "errors"

// ErrLocked tells that another process, or another part of this one, holds a lock.
var ErrLocked = errors.New("locked by another process")
