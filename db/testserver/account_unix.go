//go:build unix

package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// as makes a command; when we are root, one of another account that dir is
// given to, since the servers refuse to run as root.
func as(account, dir string, argv []string) (*exec.Cmd, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	if os.Getuid() != 0 {
		return cmd, nil
	}
	uid, gid, err := numbers(account)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return cmd, nil
}

func numbers(account string) (uid, gid uint64, err error) {
	u, err := user.Lookup(account)
	if err != nil {
		return 0, 0, fmt.Errorf("find account of the database server: %w", err)
	}
	if uid, err = strconv.ParseUint(u.Uid, 10, 32); err == nil {
		gid, err = strconv.ParseUint(u.Gid, 10, 32)
	}
	return uid, gid, err
}

// give makes a file that of the account that a root runs the server as.
func give(account, path string) error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := numbers(account)
	if err != nil {
		return err
	}
	return os.Chown(path, int(uid), int(gid))
}

func interrupt(p *os.Process) { p.Signal(syscall.SIGINT) }
