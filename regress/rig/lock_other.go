//go:build !unix

package rig

import "os"

// lockFile opens a file; this system has no lock that ends with the process.
func lockFile(path string) (*os.File, bool) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	return f, err == nil
}
