package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/journal"
	"conquest/storage"
)

// folderPrefix begins the names of the folders, in the work folder of MAG0, that
// hold what repairs set aside and the journal to undo them. Regeneration leaves
// the work folder out.
const folderPrefix = "doctor-"

// journalName is the list of steps of a repair, in order; undone means that it
// was taken back.
const (
	journalName = "undo.jsonl"
	undoneName  = "undone.jsonl"
)

// step is one change of a repair, written down before it is done.
type step struct {
	Act      string            `json:"act"`
	From     string            `json:"from,omitempty"` // file that was moved or copied
	To       string            `json:"to,omitempty"`
	Ref      *db.ObjectRef     `json:"ref,omitempty"`      // object entered, removed or located anew
	Location *db.Location      `json:"location,omitempty"` // where the index had it
	Values   map[string][]byte `json:"values,omitempty"`   // of a removed object: tag to value
	Table    string            `json:"table,omitempty"`    // of a removed parent row
	Columns  []string          `json:"columns,omitempty"`
	Row      [][]byte          `json:"row,omitempty"`
}

// What a step did.
const (
	stepMoved   = "moved"   // file From is now To
	stepCopied  = "copied"  // file From was copied to To, where there was none
	stepEntered = "entered" // Ref is new in the index
	stepLocated = "located" // Ref was at Location in the index
	stepRemoved = "removed" // the object of Values was taken out of the index
	stepDropped = "dropped" // a parent row was taken out of the index
	timeLayout  = "20060102-150405"
)

// surgery carries out repairs.
type surgery struct {
	*examination
	dir     string
	journal *journal.Journal
}

// repair repairs what can be, and says what it did. done counts the repaired
// findings.
func (e *examination) repair(ctx context.Context, out io.Writer) (done int, err error) {
	if e.repairable() == 0 {
		fmt.Fprintln(out, "nothing to repair")
		return 0, nil
	}
	if e.absent[e.dev.MAG(0)] {
		return 0, fmt.Errorf("doctor: %w", &storage.AbsentError{Device: "MAG0", Dir: e.dev.MAG(0)})
	}
	x := &surgery{examination: e, dir: filepath.Join(e.dev.MAG(0), "printer_files", folderPrefix+time.Now().Format(timeLayout))}
	if err := os.MkdirAll(x.dir, 0o777); err != nil {
		return 0, fmt.Errorf("doctor: %w", err)
	}
	x.journal, _, err = journal.Open(filepath.Join(x.dir, journalName), journal.Options{Sync: true, Tell: e.sayDamage})
	if err != nil {
		return 0, fmt.Errorf("doctor: %w", err)
	}
	defer func() { err = errors.Join(err, x.journal.Close()) }()
	for i := range e.findings {
		f := &e.findings[i]
		if !f.repairable() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return done, err
		}
		if err := x.cure(ctx, f); err != nil {
			fmt.Fprintf(out, "not repaired: %s: %v\n", f.Message, err)
			continue
		}
		done++
	}
	fmt.Fprintf(out, "%d repaired; what was set aside lies in %s; dgate --doctor:undo takes it back\n", done, x.dir)
	return done, nil
}

// cure repairs what one symptom shows.
func (x *surgery) cure(ctx context.Context, f *symptom) error {
	switch f.kind {
	case rowWithoutFile:
		if f.dir != "" {
			return x.copy(f.path, f.row.path)
		}
		return x.takeOut(ctx, f.row)
	case fileWithoutRow:
		return x.enter(ctx, f)
	case movedFile:
		return x.locate(ctx, f)
	case secondCopy:
		return x.setAside(f)
	case badFile:
		if err := x.setAside(f); err != nil || f.row == nil {
			return err
		}
		return x.copy(f.dir+storage.Native(f.row.file), f.path)
	case childless:
		return x.drop(ctx, f.parent)
	case noMirror:
		return x.mirror(f)
	}
	return nil
}

// note writes a step down, so that it is on disk before it is done.
func (x *surgery) note(s step) error {
	line, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if _, err := x.journal.Add(line); err != nil {
		return fmt.Errorf("write down a repair: %w", err)
	}
	return nil
}

func (x *surgery) copy(from, to string) error {
	if err := x.note(step{Act: stepCopied, From: from, To: to}); err != nil {
		return err
	}
	return x.Writer.CopyTo(to, from)
}

func (x *surgery) move(from, to string) error {
	if err := x.note(step{Act: stepMoved, From: from, To: to}); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return moveFile(from, to)
}

// moveFile renames, or copies across file systems.
func moveFile(from, to string) error {
	if storage.Exists(to) {
		return fmt.Errorf("move %s: %s is there already", from, to)
	}
	if os.Rename(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return os.Remove(from)
}

// setAside moves a file to the folder of this repair, with its device and path.
func (x *surgery) setAside(f *symptom) error {
	rel, err := filepath.Rel(x.dev.Path(f.device), f.path)
	if err != nil {
		return err
	}
	return x.move(f.path, filepath.Join(x.dir, f.device, rel))
}

// takeOut removes an object without file from the index.
func (x *surgery) takeOut(ctx context.Context, r *imageRow) error {
	values, err := x.rowValues(ctx, r)
	if err != nil {
		return err
	}
	ref := x.reference(r, values)
	if err := x.note(step{Act: stepRemoved, Ref: &ref, Location: &ref.Location, Values: values}); err != nil {
		return err
	}
	return x.Index.Delete(ctx, ref)
}

func (x *surgery) reference(r *imageRow, values map[string][]byte) db.ObjectRef {
	value := func(t dicom.Tag) string { return string(values[t.String()]) }
	return db.ObjectRef{
		PatientID: r.patient, SOPInstanceUID: r.sop, SeriesInstanceUID: r.series,
		StudyInstanceUID: value(dicom.StudyInstanceUID), SOPClassUID: value(dicom.SOPClassUID),
		Location: db.Location{File: r.file, Device: r.device},
	}
}

// rowValues reads an object's rows of all four tables by tag.
func (x *surgery) rowValues(ctx context.Context, r *imageRow) (map[string][]byte, error) {
	values := map[string][]byte{}
	key := r.sop
	schema := x.Schema
	for _, t := range []struct {
		name  string
		table int
	}{{x.Config.ImageTableName, 3}, {x.Config.SeriesTableName, 2}, {x.Config.StudyTableName, 1}, {x.Config.PatientTableName, 0}} {
		table := schema.Tables()[t.table]
		var names []string
		var tags []dicom.Tag
		for _, c := range table.Columns {
			if !c.Sequence() {
				names, tags = append(names, c.Name), append(tags, dicom.NewTag(c.Group, c.Element))
			}
		}
		rows, err := x.Index.Query(ctx, t.name, strings.Join(names, ", "), names[0]+" = "+db.Quote(key), "")
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		for i, v := range rows[0] {
			if _, known := values[tags[i].String()]; !known && v != "" {
				values[tags[i].String()] = []byte(v)
			}
		}
		key = rows[0][len(names)-1]
	}
	return values, nil
}

// enter puts a file in the index; one that the index refuses is set aside.
func (x *surgery) enter(ctx context.Context, f *symptom) error {
	file, err := dicom.ReadFile(f.path, dicom.ParseOptions{StopBefore: dicom.PixelData})
	if err != nil {
		return err
	}
	defer file.Close()
	rel, err := filepath.Rel(x.dev.Path(f.device), f.path)
	if err != nil {
		return err
	}
	loc := db.Location{File: rel, Device: f.device}
	ref := db.ObjectRef{
		PatientID: file.String(dicom.PatientID), StudyInstanceUID: file.String(dicom.StudyInstanceUID),
		SeriesInstanceUID: file.String(dicom.SeriesInstanceUID), SOPInstanceUID: file.String(dicom.SOPInstanceUID), Location: loc,
	}
	defer x.Lock(ref.SOPInstanceUID)()
	if _, found, err := x.Index.Lookup(ctx, ref.SOPInstanceUID, ref.PatientID); err != nil || found {
		return err
	}
	if err := x.note(step{Act: stepEntered, Ref: &ref}); err != nil {
		return err
	}
	if _, err := x.Index.Add(ctx, file.Dataset, loc); err != nil {
		return errors.Join(fmt.Errorf("the index refuses it, it is set aside: %w", err), x.setAside(f))
	}
	return nil
}

// locate corrects where the index has an object.
func (x *surgery) locate(ctx context.Context, f *symptom) error {
	rel, err := filepath.Rel(x.dev.Path(f.device), f.path)
	if err != nil {
		return err
	}
	was := db.Location{File: f.row.file, Device: f.row.device}
	ref := db.ObjectRef{PatientID: f.row.patient, SOPInstanceUID: f.row.sop, Location: db.Location{File: rel, Device: f.device}}
	if err := x.note(step{Act: stepLocated, Ref: &ref, Location: &was}); err != nil {
		return err
	}
	return x.Index.SetLocation(ctx, ref.SOPInstanceUID, ref.PatientID, ref.Location)
}

// drop takes a row without children out of the index.
func (x *surgery) drop(ctx context.Context, p *parentRow) error {
	childless, err := x.childless(ctx, p)
	if err != nil || !childless {
		return err
	}
	s := step{Act: stepDropped, Table: p.table}
	for _, c := range p.schema.Columns {
		if !c.Sequence() {
			s.Columns = append(s.Columns, c.Name)
		}
	}
	where := p.schema.Columns[0].Name + " = " + db.Quote(p.key)
	rows, err := x.Index.Query(ctx, p.table, strings.Join(s.Columns, ", "), where, "")
	if err != nil || len(rows) == 0 {
		return err
	}
	for _, v := range rows[0] {
		s.Row = append(s.Row, []byte(v))
	}
	if err := x.note(s); err != nil {
		return err
	}
	_, err = x.Index.SQL(ctx, "DELETE FROM "+p.table+" WHERE "+where)
	return err
}

// mirror copies an object to its mirror; a copy that differs is set aside.
func (x *surgery) mirror(f *symptom) error {
	to := f.dir + storage.Native(f.row.file)
	if storage.Exists(to) {
		if err := x.move(to, filepath.Join(x.dir, "mirror", storage.Native(f.row.device+"/"+f.row.file))); err != nil {
			return err
		}
	}
	return x.copy(f.row.path, to)
}
