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
