package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/journal"
	"conquest/storage"
)

// undoRepair takes the last repair back that was not taken back yet.
func (s *Site) undoRepair(ctx context.Context, out io.Writer) error {
	work := filepath.Join(storage.NewDevices(s.Config.Storage).MAG(0), "printer_files")
	found, err := filepath.Glob(filepath.Join(storage.EscapeGlob(work), folderPrefix+"*", journalName))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		fmt.Fprintln(out, "there is no repair to undo")
		return nil
	}
	path := slices.Max(found)
	steps, err := s.readSteps(path)
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		fmt.Fprintln(out, "there is nothing to undo in the last repair")
		return os.RemoveAll(path)
	}
	done := 0
	for _, st := range slices.Backward(steps) {
		if err := s.undo(ctx, st); err != nil {
			fmt.Fprintf(out, "not undone: %s: %v\n", st.Act, err)
			continue
		}
		done++
	}
	fmt.Fprintf(out, "%d of %d steps undone\n", done, len(steps))
	return os.Rename(path, filepath.Join(filepath.Dir(path), undoneName))
}

// sayDamage logs what a journal of repairs has lost.
func (s *Site) sayDamage(err error) { s.Console.Event("*** journal of repairs", "error", err) }

// readSteps reads the steps of a repair in their order; a torn last one was never
// done.
func (s *Site) readSteps(path string) (steps []step, err error) {
	j, entries, err := journal.Open(path, journal.Options{Tell: s.sayDamage})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	for _, e := range entries {
		var st step
		if err := json.Unmarshal(e.Data, &st); err != nil {
			return nil, fmt.Errorf("step %d of %s: %w", e.ID, path, err)
		}
		steps = append(steps, st)
	}
	return steps, nil
}

func (s *Site) undo(ctx context.Context, st step) error {
	switch st.Act {
	case stepMoved:
		if !storage.Exists(st.To) {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(st.From), 0o777); err != nil {
			return err
		}
		return moveFile(st.To, st.From)
	case stepCopied:
		if !storage.Exists(st.To) {
			return nil
		}
		if err := storage.SameContent(st.From, st.To); err != nil {
			return fmt.Errorf("%s has changed since: %w", st.To, err)
		}
		return os.Remove(st.To)
	case stepEntered:
		loc, found, err := s.Index.Lookup(ctx, st.Ref.SOPInstanceUID, st.Ref.PatientID)
		if err != nil || !found || loc != st.Ref.Location {
			return err
		}
		return s.Index.Delete(ctx, *st.Ref)
	case stepLocated:
		return s.Index.SetLocation(ctx, st.Ref.SOPInstanceUID, st.Ref.PatientID, *st.Location)
	case stepRemoved:
		return s.enterAgain(ctx, st)
	case stepDropped:
		return s.insertAgain(ctx, st)
	}
	return fmt.Errorf("unknown step %q", st.Act)
}

// enterAgain puts an object back in the index by the values that its rows had.
func (s *Site) enterAgain(ctx context.Context, st step) error {
	if _, found, err := s.Index.Lookup(ctx, st.Ref.SOPInstanceUID, st.Ref.PatientID); err != nil || found {
		return err
	}
	ds := dicom.NewDataset(len(st.Values))
	for name, value := range st.Values {
		tag, ok := dicom.ParseTagNumber(name)
		if !ok {
			return fmt.Errorf("the journal names an element %q", name)
		}
		ds.SetString(tag, string(value))
	}
	_, err := s.Index.Add(ctx, ds, *st.Location)
	return err
}

// insertAgain puts a parent row back unless there is one again.
func (s *Site) insertAgain(ctx context.Context, st step) error {
	if len(st.Columns) == 0 || len(st.Columns) != len(st.Row) {
		return errors.New("the journal is damaged")
	}
	where := st.Columns[0] + " = " + db.Quote(string(st.Row[0]))
	rows, err := s.Index.Query(ctx, st.Table, st.Columns[0], where, "")
	if err != nil || len(rows) > 0 {
		return err
	}
	var names, values []string
	for i, c := range st.Columns {
		if len(st.Row[i]) > 0 {
			names, values = append(names, c), append(values, db.Quote(string(st.Row[i])))
		}
	}
	_, err = s.Index.SQL(ctx, "INSERT INTO "+st.Table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(values, ", ")+")")
	return err
}
