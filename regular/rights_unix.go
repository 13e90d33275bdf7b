//go:build !windows

package regular

import (
	"io/fs"
	"syscall"
)

// limitRights adds to the umask.
func limitRights(taken fs.FileMode) {
	old := syscall.Umask(0o777)
	syscall.Umask(old | int(taken))
}
