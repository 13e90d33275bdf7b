package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// faults are the trials by name.
var faults = map[string]func(*run, int) error{
	"sitefull":    (*run).siteFull,
	"destination": (*run).destination,
}

// errNoTmpfs tells that a small disk can not be made here.
var errNoTmpfs = errors.New("a small disk (tmpfs) can not be mounted, which takes root")

// smallDisk mounts a disk of so many bytes.
func smallDisk(path string, size int) (unmount func(), err error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, err
	}
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d", size), "durable", path).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", errNoTmpfs, strings.TrimSpace(string(out)))
	}
	return func() { exec.Command("umount", "-l", path).Run() }, nil
}

// fill writes a file until the disk is full; free removes it.
func fill(dir string) (free func(), err error) {
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	for size := 1 << 16; size > 0; {
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 2 // to the last byte
		}
	}
	f.Close()
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, io.ErrShortWrite) {
		return nil, fmt.Errorf("fill %s: %w", dir, err)
	}
	return func() { os.Remove(path) }, nil
}

// siteFull fills the disk of the site folder, where the journals are, while objects
// are stored, with destinations up or down, and kills the server now and then.
func (r *run) siteFull(rounds int) error {
	site := filepath.Join(r.dir, "site")
	unmount, err := smallDisk(site, 2<<20)
	if err != nil {
		return err
	}
	defer unmount()
	t, err := newTrial(r, site)
	if err != nil {
		return err
	}
	defer t.close()
	if err := t.start(); err != nil {
		return err
	}
	defer func() { t.kill() }()
	for i := range rounds {
		if err := t.fullRound(i%2 == 1); err != nil {
			return fmt.Errorf("round %d: %w", i+1, err)
		}
	}
	t.say("disk of the site folder full", rounds)
	return nil
}

func (t *trial) fullRound(away bool) error {
	if away {
		t.now.behave(behaviour{drop: true})
	}
	if err := t.store(10); err != nil {
		return err
	}
	free, err := fill(t.site)
	if err != nil {
		return err
	}
	defer free()
	before := t.refused
	if err := t.store(40); err != nil {
		return err
	}
	if t.refused == before {
		return errors.New("no object was refused while the disk was full")
	}
	if rand.IntN(2) == 0 {
		t.kill()
		if err := t.start(); err != nil {
			return fmt.Errorf("restart with a full disk: %w", err)
		}
		if err := t.store(10); err != nil {
			return err
		}
	}
	free()
	t.now.behave(behaviour{})
	if rand.IntN(3) == 0 {
		t.kill()
		if err := t.start(); err != nil {
			return fmt.Errorf("restart: %w", err)
		}
	}
	if err := t.store(10); err != nil {
		return err
	}
	return t.settled()
}

// modes are the ways in which destinations misbehave.
var modes = []behaviour{
	{name: "refuses some", status: 0xa900, every: 5},
	{name: "answers warnings", status: 0xb000},
	{name: "is out of resources", status: 0xa700},
	{name: "hangs", delay: 3 * time.Second},
	{name: "drops connections", drop: true},
}

// destination has the destinations misbehave while objects are stored.
func (r *run) destination(rounds int) error {
	site := filepath.Join(r.dir, "site")
	if err := os.MkdirAll(site, 0o777); err != nil {
		return err
	}
	t, err := newTrial(r, site)
	if err != nil {
		return err
	}
	defer t.close()
	if err := t.start(); err != nil {
		return err
	}
	defer func() { t.kill() }()
	for i := range rounds {
		for _, m := range modes {
			if err := t.badRound(m); err != nil {
				return fmt.Errorf("round %d, a destination that %s: %w", i+1, m.name, err)
			}
		}
	}
	t.say("destinations refuse, warn, are full, hang, drop", rounds*len(modes))
	return nil
}

func (t *trial) badRound(m behaviour) error {
	t.now.behave(m)
	t.later.behave(m)
	if err := t.store(20); err != nil {
		return err
	}
	time.Sleep(1500 * time.Millisecond) // the delayed commands run too
	if rand.IntN(3) == 0 {
		t.kill()
		if err := t.start(); err != nil {
			return err
		}
	}
	t.now.behave(behaviour{})
	t.later.behave(behaviour{})
	if err := t.store(5); err != nil {
		return err
	}
	return t.lettersAndAll(m)
}

// lettersAndAll waits until all is sent or a dead letter, and has the letters done
// again.
func (t *trial) lettersAndAll(m behaviour) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		list, _ := t.command("--deadletters:all") // the exit status is that of the original's commands
		waiting := len(t.missing(&t.now)) + len(t.missing(&t.later))
		dead := strings.Count(list, " (patient ")
		if waiting == dead {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d objects are missing, of which %d are dead letters:\n%s", waiting, dead, list)
		}
	}
	if m.status != 0xa900 {
		return t.settled()
	}
	if out, _ := t.command("--deadletters_retry:all"); !strings.Contains(out, "to be done again") {
		return fmt.Errorf("retry of dead letters: %s", out)
	}
	return t.settled()
}
