//go:build unix

package archive

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// space is what is free for us in a folder's file system, and its size, in bytes.
func space(dir string) (free, total int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, fmt.Errorf("the folder can not be looked at: %w", err)
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize), nil
}
