package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// RejectedFolder is the folder beside a watched folder's files that takes those
// that could not be added, each with its reason in NAME.reason.txt.
const RejectedFolder = "rejected"

// Watched is a folder whose files are taken in and deleted (docs/original/storage.md 4).
type Watched struct {
	Dir string // ends in a separator
	// Node is the name of this process where several share the folder: a file is
	// claimed, by moving it to the folder .Node, before it is taken in.
	Node string
	// Add takes a file in. After nil the file is deleted. An error sets it aside
	// in RejectedFolder, unless Later is true for it.
	Add func(ctx context.Context, path string) error
	// Later tells that adding may succeed when tried again: the device is full or
	// the database away. attempt counts from 1.
	Later func(err error, attempt int) bool
	// Rejected is told of each file that was set aside.
	Rejected func(path string, reason error)
	// Failed is told what keeps the folder from being read.
	Failed func(error)
}

// Times of a watched folder.
const (
	// settled is how long a file must be unchanged before it is read: Unix does
	// not tell whether somebody still writes it.
	settled = 400 * time.Millisecond
	// rescan is how often the folder is read without a notice, for file systems
	// that send none.
	rescan = 5 * time.Second
	// retryAfter is the pause before a file that may succeed later is tried again.
	retryAfter = 5 * time.Second
)

// Watch takes in the files of the folder until ctx ends: those that are there
// at once, the others as they come.
func Watch(ctx context.Context, w Watched) error {
	notices, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w", w.Dir, err)
	}
	defer notices.Close()
	if err := notices.Add(w.Dir); err != nil {
		return fmt.Errorf("watch %s: %w", w.Dir, err)
	}
	s := newScanner(w)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-notices.Events:
			timer.Reset(settled)
		case err := <-notices.Errors:
			w.Failed(fmt.Errorf("watch %s: %w", w.Dir, err))
		case <-timer.C:
			again := s.pass(ctx)
			timer.Reset(again)
		}
	}
}

type scanner struct {
	Watched
	settled  time.Duration
	attempts map[string]attempt
	fatal    intake // that a process did not survive
}

// attempt is what is known of a file that could not be added yet.
type attempt struct {
	until time.Time
	count int
}

func newScanner(w Watched) *scanner {
	s := &scanner{Watched: w, settled: settled, attempts: map[string]attempt{}}
	s.fatal = s.readIntake()
	return s
}

// TakeOnce takes in the files that are in the folder now; those that may succeed
// later are left there.
func TakeOnce(ctx context.Context, w Watched) error {
	if _, err := os.ReadDir(w.Dir); err != nil {
		return fmt.Errorf("take files in: %w", err)
	}
	s := newScanner(w)
	s.settled = 0
	s.pass(ctx)
	return ctx.Err()
}

// pass takes in what is ready and answers when to look again.
func (s *scanner) pass(ctx context.Context) time.Duration {
	soon := false
	s.folder(ctx, filepath.Clean(s.Dir), true, &soon)
	if soon {
		return settled
	}
	return rescan
}

// folder works through one folder, subfolders first into their depth; it
// reports whether it is empty afterwards.
func (s *scanner) folder(ctx context.Context, dir string, top bool, soon *bool) (empty bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.Failed(fmt.Errorf("read watched folder: %w", err))
		}
		return false
	}
	empty = true
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case ctx.Err() != nil:
			return false
		case top && e.IsDir() && (e.Name() == RejectedFolder || s.claimed(e.Name())):
		case strings.Contains(e.Name(), ".partial"):
			empty = false
		case e.IsDir():
			if s.folder(ctx, path, false, soon) {
				os.Remove(path)
			} else {
				empty = false
			}
		case strings.HasPrefix(e.Name(), "._"):
			os.Remove(path)
		case !s.file(ctx, path, soon):
			empty = false
		}
	}
	return empty
}

// file takes one file in and answers whether it is gone.
func (s *scanner) file(ctx context.Context, path string, soon *bool) (gone bool) {
	fi, err := os.Stat(path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	if age := time.Since(fi.ModTime()); age >= 0 && age < s.settled {
		*soon = true
		return false
	}
	a := s.attempts[path]
	if time.Now().Before(a.until) {
		return false
	}
	if path, err = s.claim(path); err != nil {
		gone = errors.Is(err, fs.ErrNotExist)
		if !gone {
			s.Failed(fmt.Errorf("claim file: %w", err))
		}
		return gone
	}
	a.count++
	err = s.add(ctx, path)
	switch {
	case !exists(path): // a script has taken it away
	case err != nil && (ctx.Err() != nil || s.later(err, a.count)):
		a.until = time.Now().Add(retryAfter)
		s.attempts[path] = a
		return false
	case err != nil:
		s.setAside(path, err)
		return !exists(path)
	default:
		if err := os.Remove(path); err != nil {
			s.Failed(fmt.Errorf("remove file that was taken in: %w", err))
			s.leave(path)
			return false
		}
	}
	delete(s.attempts, path)
	return true
}

// claimed tells whether a folder holds files that another process has claimed.
func (s *scanner) claimed(folder string) bool {
	return s.Node != "" && strings.HasPrefix(folder, ".") && folder != "."+s.Node
}

// claim makes a file this process's own; [fs.ErrNotExist] says that another was
// faster. Where nobody else takes files in, it is as it is.
func (s *scanner) claim(path string) (string, error) {
	own := filepath.Join(s.Dir, "."+s.Node)
	rel, err := filepath.Rel(s.Dir, path)
	if s.Node == "" || err != nil || strings.HasPrefix(path, own+string(filepath.Separator)) {
		return path, err
	}
	to := filepath.Join(own, rel)
	for n := 1; exists(to); n++ {
		to = filepath.Join(own, Unique(rel, n))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return path, err
	}
	return to, os.Rename(path, to)
}

// leave does not look at a file that can not be removed for a while.
func (s *scanner) leave(path string) {
	s.attempts[path] = attempt{until: time.Now().Add(time.Hour)}
}

func (s *scanner) setAside(path string, reason error) {
	moved, err := SetAside(s.Dir, path, reason)
	if err != nil {
		s.Failed(err)
		s.leave(path)
		return
	}
	delete(s.attempts, path)
	s.Rejected(moved, reason)
}

// SetAside moves a bad file into the RejectedFolder of dir under a free name,
// writes the reason beside it, and returns its new path.
func SetAside(dir, path string, reason error) (string, error) {
	folder := filepath.Join(dir, RejectedFolder)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", fmt.Errorf("set bad file aside: %w", err)
	}
	to := filepath.Join(folder, filepath.Base(path))
	for n := 1; exists(to); n++ {
		to = filepath.Join(folder, Unique(filepath.Base(path), n))
	}
	if err := os.Rename(path, to); err != nil {
		return "", fmt.Errorf("set bad file aside: %w", err)
	}
	if err := os.WriteFile(to+".reason.txt", []byte(reason.Error()+"\n"), 0o644); err != nil {
		return to, fmt.Errorf("write why a file was set aside: %w", err)
	}
	return to, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
