//go:build !windows

package storage

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// freeUnknown is the space in MB that a file system that can not be asked counts
// as.
const freeUnknown = 0

// Space is what is free for us in a folder's file system, and its size, in bytes.
func Space(dir string) (free, total int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, fmt.Errorf("the folder can not be looked at: %w", err)
	}
	return int64(uint64(s.Bavail) * uint64(s.Bsize)), int64(uint64(s.Blocks) * uint64(s.Bsize)), nil
}
