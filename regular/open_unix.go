//go:build !windows

package regular

import "syscall"

const withoutWaiting = syscall.O_NONBLOCK
