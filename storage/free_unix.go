//go:build !windows

package storage

import "golang.org/x/sys/unix"

func freeMB(dir string) int {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0
	}
	return int(uint64(s.Bavail) * uint64(s.Bsize) >> 20)
}
