package health

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"conquest/db"
	"conquest/storage"
)

// Index checks that the index takes a change.
func Index(index *db.DB) Check { return Check{"index", index.TestWrite} }

// Filled checks that the index is not empty while a device holds objects: the
// path of the database is wrong, or its file was moved.
func Filled(index *db.DB, dev *storage.Devices) Check {
	return Check{"index", func(ctx context.Context) error {
		empty, err := index.Empty(ctx)
		if err != nil || !empty {
			return nil // that the index fails is told by another check
		}
		if path, found := dev.FirstObject(ctx); found {
			return fmt.Errorf("it is empty, but devices hold objects, such as %s: look at SQLServer in dicom.ini; dgate -r makes a new index", path)
		}
		return nil
	}}
}

// Devices checks that all devices are there and that one has room for a new
// object.
func Devices(dev *storage.Devices, presence *storage.Presence) Check {
	return Check{"devices", func(context.Context) error {
		var errs []error
		for _, absent := range presence.Absent() {
			errs = append(errs, absent)
		}
		if _, err := dev.With(presence).Choose("", true); err != nil {
			errs = append(errs, errors.New("no device has room for a new object (MAGDeviceFullThreshHold)"))
		}
		return joined(errs)
	}}
}

// joined writes several errors on one line.
func joined(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

// Waiting is work that waits in a queue.
type Waiting struct {
	Queue  string
	Count  int
	Oldest time.Time
}

// Queues checks that no queue has waited longer than limit for its oldest entry;
// 0 allows all.
func Queues(limit time.Duration, waiting func() []Waiting) Check {
	return Check{"queues", func(context.Context) error {
		var errs []error
		for _, w := range waiting() {
			if age := time.Since(w.Oldest); limit > 0 && w.Count > 0 && age > limit {
				errs = append(errs, fmt.Errorf("%s has %d waiting, the oldest for %v", w.Queue, w.Count, age.Round(time.Second)))
			}
		}
		return joined(errs)
	}}
}

// Script is a script at work.
type Script struct {
	Name  string
	Since time.Time
}

// Scripts checks that no script has run for longer than limit; 0 allows all.
func Scripts(limit time.Duration, running func() []Script) Check {
	return Check{"scripts", func(context.Context) error {
		var errs []error
		for _, s := range running() {
			if age := time.Since(s.Since); limit > 0 && age > limit {
				errs = append(errs, fmt.Errorf("%s runs for %v", s.Name, age.Round(time.Second)))
			}
		}
		return joined(errs)
	}}
}
