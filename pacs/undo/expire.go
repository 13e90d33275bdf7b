package undo

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"conquest/dicomini"
	"conquest/journal"
	"conquest/storage"
)

// period is how often the journal looks for deeds whose time is over.
const period = time.Minute

// Run removes what is older than UndoHours, and the oldest when a device runs out of
// space, until ctx ends. What an earlier process left is gone through first, when it
// has the port of the site.
func (j *Journal) Run(ctx context.Context) {
	t := time.NewTicker(period)
	defer t.Stop()
	j.any.Store(true) // an earlier process may have left some
	for {
		cfg := j.site.Config()
		if j.any.Load() {
			j.expire(ctx, cfg, time.Now())
		}
		if Hours(cfg) > 0 {
			j.makeRoom(cfg)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// expire removes the deeds whose time is over at now.
func (j *Journal) expire(ctx context.Context, cfg *dicomini.Config, now time.Time) {
	ids, err := j.ids(cfg)
	if err != nil || len(ids) == 0 {
		j.any.Store(err != nil)
		return
	}
	j.undoing.Lock()
	defer j.undoing.Unlock()
	for _, id := range ids {
		k, err := j.look(cfg, id)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			j.removeEmpty(cfg, id, now)
		case err != nil || now.Before(k.entry.Until) || j.isOpen(id):
		case k.entry.State == Whole:
			j.remove(cfg, id)
		case k.entry.State == UnderWay && now.After(k.entry.Until.Add(stale)):
			// of a server that does not come back
			if err := j.finish(ctx, cfg, id); err != nil {
				j.site.Console.Event("*** a deletion of an ended process is not finished", "deed", id, "error", err)
			}
		}
	}
}

func (j *Journal) isOpen(id string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, open := j.open[id]
	return open
}

// removeEmpty removes the folder of a deed that was killed before it had a journal.
func (j *Journal) removeEmpty(cfg *dicomini.Config, id string, now time.Time) {
	dir := filepath.Join(home(cfg), id)
	if fi, err := os.Stat(dir); err == nil && now.Sub(fi.ModTime()) > stale && !j.isOpen(id) {
		os.Remove(dir) // stays when it is not empty
	}
}

// makeRoom removes the oldest deeds while a device has less than UndoFree MB; short
// names a device that has less still, and nothing left to remove.
func (j *Journal) makeRoom(cfg *dicomini.Config) (short string) {
	need := cfg.Number("UndoFree")
	if need <= 0 || cfg.IgnoreMAGDeviceThreshHold {
		return ""
	}
	dev := storage.NewDevices(cfg.Storage)
	if short = shortOf(dev, need); short == "" {
		return ""
	}
	if !j.undoing.TryLock() {
		return "" // an undo gives room too, or this is its own deed
	}
	defer j.undoing.Unlock()
	ids, _ := j.ids(cfg)
	for _, id := range ids {
		if k, err := j.look(cfg, id); err != nil || k.entry.State != Whole {
			continue
		}
		j.site.Console.Event("what was deleted can no longer be taken back: a device runs out of space", "device", short, "deed", id)
		j.remove(cfg, id)
		if short = shortOf(dev, need); short == "" {
			return ""
		}
	}
	return short
}

// shortOf is the first MAG device with less than need MB.
func shortOf(dev *storage.Devices, need int) string {
	for n := range dev.MAGs() {
		device := "MAG" + strconv.Itoa(n)
		if storage.IsDir(dev.MAG(n)) && dev.Free(device) < need {
			return device
		}
	}
	return ""
}

// MakeRoom removes deeds, the oldest first, until there is enough room: what is kept
// for an undo goes before objects do. It tells whether anything was removed.
func (j *Journal) MakeRoom(cfg *dicomini.Config, enough func() bool) (removed bool) {
	if !j.any.Load() && Hours(cfg) == 0 {
		return false
	}
	ids, err := j.ids(cfg)
	if err != nil || len(ids) == 0 {
		return false
	}
	j.undoing.Lock()
	defer j.undoing.Unlock()
	for _, id := range ids {
		if enough() {
			return removed
		}
		if k, err := j.look(cfg, id); err == nil && k.entry.State == Whole {
			j.site.Console.Event("what was deleted can no longer be taken back: space is needed", "deed", id)
			j.remove(cfg, id)
			removed = true
		}
	}
	return removed
}

// remove removes a deed for good.
func (j *Journal) remove(cfg *dicomini.Config, id string) {
	dev := storage.NewDevices(cfg.Storage)
	entries, err := journal.Read(filepath.Join(home(cfg), id, logName))
	if err != nil {
		j.site.Console.Event("*** what was deleted is not removed for good", "deed", id, "error", err)
		return
	}
	j.drop(cfg, id, devicesOf(dev, records(entries)))
}

func devicesOf(dev *storage.Devices, list []numbered) []string {
	seen := map[string]bool{}
	var dirs []string
	for _, r := range list {
		for i := range r.Steps {
			if dir, _ := r.Steps[i].from(dev); dir != "" && !seen[dir] {
				seen[dir] = true
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// drop removes the folders of a deed on devices, the one with its journal last.
func (j *Journal) drop(cfg *dicomini.Config, id string, devices []string) {
	main := filepath.Join(home(cfg), id)
	for _, dir := range devices {
		if d := asideDir(dir, id); d != main {
			if err := os.RemoveAll(d); err != nil {
				j.site.Console.Event("*** what was deleted is not removed for good", "folder", d, "error", err)
				return
			}
		}
	}
	files, _ := filepath.Glob(filepath.Join(storage.EscapeGlob(main), "*.aside"))
	for _, f := range files {
		os.Remove(f)
	}
	if err := os.RemoveAll(main); err != nil {
		j.site.Console.Event("*** what was deleted is not removed for good", "folder", main, "error", err)
	}
	j.mu.Lock()
	delete(j.known, id)
	j.mu.Unlock()
}
