//go:build !windows

package pixel

import "os"

// openSpool makes a file without a name: it lasts as long as somebody holds it.
func openSpool(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "dgate-pixels-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
