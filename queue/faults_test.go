package queue

import (
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"

	"conquest/journal"
)

// fullDisk refuses to write while it is full.
type fullDisk struct {
	journal.Disk
	mu   sync.Mutex
	full bool
}

func (d *fullDisk) set(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

func (d *fullDisk) err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return syscall.ENOSPC
	}
	return nil
}

func (d *fullDisk) Open(path string, create bool) (journal.File, error) {
	f, err := d.Disk.Open(path, create)
	return fullFile{f, d}, err
}

func (d *fullDisk) Create(path string) (journal.File, error) {
	if err := d.err(); err != nil {
		return nil, err
	}
	f, err := d.Disk.Create(path)
	return fullFile{f, d}, err
}

type fullFile struct {
	journal.File
	disk *fullDisk
}

func (f fullFile) WriteAt(p []byte, at int64) (int, error) {
	if err := f.disk.err(); err != nil {
		n, _ := f.File.WriteAt(p[:len(p)/3], at)
		return n, err
	}
	return f.File.WriteAt(p, at)
}

// What Push accepts while the disk is full now and then is done once, in order;
// what it refuses is not done. Held work and dead letters bear it too.
func TestFullDisk(t *testing.T) {
	disk, p := &fullDisk{}, newPeers()
	p.set("A", Retry)
	p.set("BAD", Refused)
	o := p.options(t.TempDir())
	o.FS = disk
	q := open(t, o)
	want := map[string][]string{}
	for i := range 60 {
		disk.set(i%3 == 1)
		dest := []string{"A", "B", "BAD"}[i/3%3]
		j := job{File: fmt.Sprintf("%s/%d", dest, i)}
		if err := q.Push(t.Context(), j); err == nil {
			want[dest] = append(want[dest], j.File)
		} else if i%3 != 1 {
			t.Errorf("push %d: %v", i, err)
		}
	}
	disk.set(true)
	wait(t, "all work", func() bool {
		return len(p.has("B")) == len(want["B"]) && q.Held()["A"] == len(want["A"]) && len(q.Letters()) == len(want["BAD"])
	})
	disk.set(false)
	p.set("A", Done)
	q.Reset()
	wait(t, "A", func() bool { return q.State().Open() == 0 })
	for _, l := range q.Letters() {
		if err := q.Skip(l.ID); err != nil {
			t.Error(err)
		}
	}
	q.Close()
	q = open(t, o)
	wait(t, "nothing", func() bool { return q.State().Open() == 0 })
	q.Close()
	for _, dest := range []string{"A", "B"} {
		if !slices.Equal(p.has(dest), want[dest]) {
			t.Errorf("%s got %q, want %q", dest, p.has(dest), want[dest])
		}
	}
}
