//go:build !windows

package sitecheck

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// writable tells whether this user may write a file or in a folder.
func writable(path string) bool { return unix.Access(path, unix.W_OK) == nil }

// notMounted is the mount point of /etc/fstab on which a folder lies and which is
// not mounted now, "" when there is none.
func notMounted(dir string) string {
	path, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	table, err := os.ReadFile("/etc/fstab")
	if err != nil {
		return ""
	}
	mounted, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return ""
	}
	return missingMount(path, string(table), string(mounted))
}

// missingMount finds the longest mount point of a table above path, and gives it
// when it is not among those that are mounted.
func missingMount(path, table, mounted string) string {
	point := ""
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 4 || strings.HasPrefix(f[0], "#") || f[1] == "/" || !strings.HasPrefix(f[1], "/") || strings.Contains(f[3], "noauto") {
			continue
		}
		if (path == f[1] || strings.HasPrefix(path, strings.TrimSuffix(f[1], "/")+"/")) && len(f[1]) > len(point) {
			point = f[1]
		}
	}
	if point == "" {
		return ""
	}
	for line := range strings.Lines(mounted) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == point {
			return ""
		}
	}
	return point
}
