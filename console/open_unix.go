//go:build !windows

package console

import "syscall"

// openNonBlock keeps a pipe without a reader from stopping the server.
const openNonBlock = syscall.O_NONBLOCK
