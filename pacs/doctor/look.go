package doctor

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"conquest/storage"
)

// lookForDevices finds out which devices are not there: what the index has on
// them is neither wrong nor to be repaired.
func (e *examination) lookForDevices() {
	e.absent = map[string]bool{}
	if e.Presence == nil {
		return
	}
	for _, a := range e.Presence.Absent() {
		e.absent[a.Dir] = true
		e.add(symptom{kind: absentDevice, Finding: said("%v", a)})
	}
}

// judgeYoung asks the index again for files that were too young to be judged:
// those that are still there and not in it are told.
func (e *examination) judgeYoung(ctx context.Context) error {
	for _, path := range e.young {
		if !storage.Exists(path) {
			continue
		}
		device, file := e.placeOf(path)
		c := checkFile(path, device)
		if c.err == nil {
			loc, found, err := e.Index.Lookup(ctx, c.sop, c.patient)
			if err != nil {
				return err
			}
			if found && storage.Native(loc.File) == file {
				continue
			}
		}
		e.add(symptom{kind: unjudged, path: path, Finding: said("%s:%s", device, file)})
	}
	return nil
}

// placeOf is the MAG device of a file, and its name there.
func (e *examination) placeOf(path string) (device, file string) {
	for n := range e.dev.MAGs() {
		rel, err := filepath.Rel(filepath.Clean(e.dev.MAG(n)), path)
		if err == nil && filepath.IsLocal(rel) {
			return "MAG" + strconv.Itoa(n), rel
		}
	}
	return "", path
}

// foretell says what a repair would do.
func (e *examination) foretell(out io.Writer) {
	for i := range e.findings {
		f := &e.findings[i]
		if f.repairable() {
			fmt.Fprintf(out, "would %s: %s\n", f.act(), f.Message)
		}
	}
	fmt.Fprintf(out, "%d of %d findings would be repaired; nothing was changed\n", e.repairable(), len(e.findings))
}

// act is what a repair does to one finding.
func (f *symptom) act() string {
	switch f.kind {
	case rowWithoutFile:
		if f.dir != "" {
			return "restore the file from " + f.dir
		}
		return "take the object out of the index"
	case fileWithoutRow:
		return "enter"
	case movedFile:
		return "correct the index"
	case badFile:
		if f.row == nil {
			return "set aside"
		}
		return "restore from the mirror"
	case secondCopy:
		return "set aside"
	case childless:
		return "take out of the index"
	case noMirror:
		return "copy to the mirror"
	}
	return "leave"
}
