//go:build !windows

package regular

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile("file", []byte("x"), 0o644))
	must(os.Symlink("file", "link"))
	must(syscall.Mkfifo("fifo", 0o644))
	must(os.Symlink("fifo", "linktofifo"))
	must(os.Symlink("/dev/zero", "linktodevice"))
	must(os.Symlink("nowhere", "dangling"))
	l, err := net.Listen("unix", "socket")
	must(err)
	defer l.Close()
	for name, want := range map[string]error{
		"file": nil, "link": nil, "fifo": ErrNot, "linktofifo": ErrNot, "linktodevice": ErrNot, "/dev/null": ErrNot,
		"socket": ErrNot, filepath.Dir(dir): ErrNot, "none": fs.ErrNotExist, "dangling": fs.ErrNotExist,
	} {
		f, err := Open(name)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		if f != nil {
			f.Close()
		}
	}
}

// TestLimitRights: what FileMode takes away no new file has.
func TestLimitRights(t *testing.T) {
	old := syscall.Umask(0o002)
	defer syscall.Umask(old)
	dir := t.TempDir()
	for mode, want := range map[string][2]fs.FileMode{
		"auto": {0o644, 0o775}, "": {0o644, 0o775}, "0644": {0o644, 0o755}, "0640": {0o640, 0o750}, "0600": {0o600, 0o700}, "rw-r-----": {0o644, 0o775},
	} {
		syscall.Umask(0o002)
		LimitRights(mode)
		f, err := CreateTemp(dir, "a*.x")
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		folder := filepath.Join(dir, "d"+mode)
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		file, _ := os.Stat(f.Name())
		made, _ := os.Stat(folder)
		if got := [2]fs.FileMode{file.Mode().Perm(), made.Mode().Perm()}; got != want {
			t.Errorf("%s: %o, want %o", mode, got, want)
		}
	}
	syscall.Umask(0o077)
	LimitRights("0644")
	if f, err := CreateTemp(dir, "b*"); err != nil {
		t.Error(err)
	} else if fi, _ := f.Stat(); fi.Mode().Perm() != 0o600 {
		t.Errorf("the umask was widened: %o", fi.Mode().Perm())
	}
}
