// Package quarantine keeps received objects whose converter failed, so that they
// are neither lost nor stored with what the converter was to take away. They lie in
// the folder quarantine of MAG0, in no index, under names that no regeneration reads,
// and are listed, released and removed like dead letters.
package quarantine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/queue"
	"conquest/storage"
)

// Folder is the name of the folder on MAG0.
const Folder = "quarantine"

// Extensions of an object and of what is known about it, in JSON. With a dot in the
// last four characters neither this server nor the original enters them.
const (
	objectExt = ".qua"
	noteExt   = ".txt"
)

// Note is what is known about an object.
type Note struct {
	Since     time.Time `json:"since"`
	Reason    string    `json:"reason"`
	Converter string    `json:"converter"` // e.g. ImportConverter0
	Calling   string    `json:"calling"`
	Called    string    `json:"called"`
	PatientID string    `json:"patient"`
	SOP       string    `json:"sop"`
}

// Quarantine is that of a server.
type Quarantine struct {
	// Dir is the folder now.
	Dir func() string
	// Writer writes objects.
	Writer func() storage.Writer
	// Release has an object received once more. An error leaves it here.
	Release func(ctx context.Context, d *dicom.Dataset, n Note) error
	// Say logs what was done.
	Say func(line string)

	mu   sync.Mutex // one change at a time; guards last
	last uint64
}

// Keep puts an object in; it is on disk when Keep returns nil.
func (q *Quarantine) Keep(d *dicom.Dataset, n Note) error {
	n.Since, n.PatientID, n.SOP = time.Now(), d.String(dicom.PatientID), d.String(dicom.SOPInstanceUID)
	note, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	base := filepath.Join(q.Dir(), fmt.Sprintf("%d-%s", q.number(), storage.Harmless(n.SOP)))
	if err := q.Writer().WriteTo(base+objectExt, d); err != nil {
		return fmt.Errorf("quarantine of object %s: %w", n.SOP, err)
	}
	if err := os.WriteFile(base+noteExt, note, 0o644); err != nil {
		os.Remove(base + objectExt)
		os.Remove(base + noteExt)
		return fmt.Errorf("quarantine of object %s: %w", n.SOP, err)
	}
	return nil
}

// number is one that no object has.
func (q *Quarantine) number() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = max(q.last+1, uint64(time.Now().UnixMicro()))
	return q.last
}

// Name is the queue of the letters.
func (q *Quarantine) Name() string { return Folder }

// Held is nothing: what is here waits for somebody.
func (q *Quarantine) Held() map[string]int { return nil }

// Bury does nothing.
func (q *Quarantine) Bury(string) int { return 0 }

// Letters are the objects that are here.
func (q *Quarantine) Letters() []queue.Letter {
	entries, err := os.ReadDir(q.Dir())
	if err != nil {
		return nil
	}
	var list []queue.Letter
	for _, e := range entries {
		id, ok := numberOf(e.Name())
		if !ok {
			continue
		}
		base := filepath.Join(q.Dir(), strings.TrimSuffix(e.Name(), objectExt))
		n, err := readNote(base)
		if err != nil {
			n.Reason = "reason not known: " + err.Error()
		}
		list = append(list, queue.Letter{Queue: Folder, ID: id, Kind: "object", Destination: n.Converter, Reason: n.Reason,
			Label: base + objectExt, Patient: n.PatientID, Since: n.Since})
	}
	slices.SortFunc(list, func(a, b queue.Letter) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// numberOf is the number in the name of an object.
func numberOf(name string) (uint64, bool) {
	number, _, found := strings.Cut(name, "-")
	id, err := strconv.ParseUint(number, 10, 64)
	return id, found && err == nil && strings.HasSuffix(name, objectExt)
}

func readNote(base string) (n Note, err error) {
	data, err := os.ReadFile(base + noteExt)
	if err == nil {
		err = json.Unmarshal(data, &n)
	}
	return n, err
}

// base is the path of an object without extension.
func (q *Quarantine) base(id uint64) (string, error) {
	for _, l := range q.Letters() {
		if l.ID == id {
			return strings.TrimSuffix(l.Label, objectExt), nil
		}
	}
	return "", &queue.LetterError{Queue: Folder, ID: id}
}

// Retry has an object received once more, its converters included.
func (q *Quarantine) Retry(id uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	base, err := q.base(id)
	if err != nil {
		return err
	}
	n, err := readNote(base)
	if err != nil {
		return fmt.Errorf("release object %d: %w", id, err)
	}
	f, err := dicom.ReadFile(base+objectExt, dicom.ParseOptions{})
	if err != nil {
		return fmt.Errorf("release object %d: %w", id, err)
	}
	err = q.Release(context.Background(), f.Dataset, n)
	f.Close()
	if err != nil {
		return fmt.Errorf("release object %d: %w", id, err)
	}
	q.Say(fmt.Sprintf("Object %s of patient %s released from quarantine", n.SOP, n.PatientID))
	return remove(base)
}

// Skip removes an object for good.
func (q *Quarantine) Skip(id uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	base, err := q.base(id)
	if err != nil {
		return err
	}
	n, _ := readNote(base)
	q.Say(fmt.Sprintf("Object %s of patient %s removed from quarantine", n.SOP, n.PatientID))
	return remove(base)
}

// Move is not possible: the object has no destination.
func (q *Quarantine) Move(id uint64, _ string) error {
	return fmt.Errorf("object %d is in quarantine, it has no destination", id)
}

func remove(base string) error {
	err := os.Remove(base + objectExt)
	if err2 := os.Remove(base + noteExt); !errors.Is(err2, fs.ErrNotExist) {
		err = errors.Join(err, err2)
	}
	return err
}
