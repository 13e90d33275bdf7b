package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"conquest/dicom"
)

// Purge takes a patient out of the recordings of a folder: associations in which an
// object, an identifier, an answer or a command names the patient ID are removed
// whole, events that do are removed one by one.
func Purge(folder, patient string) (associations, events int, err error) {
	if patient == "" {
		return 0, 0, errors.New("a patient ID is needed")
	}
	list, err := Recordings(folder)
	if err != nil {
		return 0, 0, err
	}
	for _, path := range list {
		about, err := mentions(path, patient)
		if err != nil {
			return associations, events, err
		}
		if !about {
			continue
		}
		if err := os.Remove(path); err != nil {
			return associations, events, err
		}
		associations++
	}
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() != eventsName {
			return err
		}
		n, err := purgeEvents(path, patient)
		events += n
		return err
	})
	return associations, events, err
}

// mentions tells whether a recording is about a patient; one that can not be read
// is taken to be.
func mentions(path, patient string) (bool, error) {
	a, err := Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return true, nil // nobody can tell any more whose data it holds
	}
	for i := range a.Messages {
		m := &a.Messages[i]
		if bytes.Contains(m.Set, []byte(patient)) && m.Command.SOPClassUID() != "" && bytes.Contains(m.Set, []byte{0x99, 0x99}) {
			return true, nil // the text of a server command
		}
		ds, err := a.Dataset(m)
		if err != nil {
			return true, nil // as above
		}
		if ds != nil && same(ds.String(dicom.PatientID), patient) {
			return true, nil
		}
	}
	return false, nil
}

// purgeEvents writes a file of events again without those of a patient.
func purgeEvents(path, patient string) (n int, err error) {
	var kept []byte
	quoted, err := json.Marshal(patient)
	if err != nil {
		return 0, err
	}
	quoted = quoted[1 : len(quoted)-1]
	err = eachLine(path, func(line []byte) error {
		var e Event
		if json.Unmarshal(line, &e) != nil || same(e.Patient, patient) || e.Kind != Object && e.Kind != Export && bytes.Contains(line, quoted) || about(&e, patient) {
			n++
			return nil
		}
		kept = append(kept, line...)
		return nil
	})
	if err != nil || n == 0 {
		return n, err
	}
	// In place: a running server has the file open to append to it.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("purge %s: %w", path, err)
	}
	_, err = f.Write(kept)
	return n, errors.Join(err, f.Close())
}

// about tells whether the object or the rows of an event name a patient.
func about(e *Event, patient string) bool {
	if len(e.Header) > 0 {
		if ds, err := ParseHead(e.Header); err != nil || same(ds.String(dicom.PatientID), patient) {
			return true
		}
	}
	for _, v := range e.Rows {
		if same(v, patient) {
			return true
		}
	}
	return false
}
