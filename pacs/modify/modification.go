package modify

import (
	"context"
	"errors"
	"fmt"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/pacs/store"
	"conquest/pacs/undo"
	"conquest/rules"
)

// ChangePatientID gives the object of a stored file another patient ID and new
// UIDs; without replace the old one stays beside it.
func (s *Modifier) ChangePatientID(ctx context.Context, file, id string, replace bool) error {
	if id == "" {
		oplog.ModifyEmptyID(s.Console)
		return errors.New("new patient ID is empty")
	}
	m := &Modification{s: s, cfg: s.Live.Current(), Keep: !replace, edit: func(_ context.Context, ds *dicom.Dataset) error {
		return s.NewPatientID(ctx, ds, id)
	}}
	return m.File(ctx, file)
}

// ByScript is a modification by a script.
func (s *Modifier) ByScript(caller rules.Caller, script string) *Modification {
	m := &Modification{s: s, cfg: s.Live.Current(), caller: caller}
	m.edit = func(ctx context.Context, ds *dicom.Dataset) error {
		out := s.Rules.Script(ctx, m.cfg, script, s.store.Request(s.store.Own(m.cfg, caller, ds)))
		if out.Action == rules.Destroy || out.Action == rules.Reject {
			return store.ErrRejected
		}
		return nil
	}
	return m
}

// Modification changes stored objects, or enters changed copies of them.
type Modification struct {
	s      *Modifier
	cfg    *dicomini.Config
	caller rules.Caller
	Keep   bool // the originals stay
	// word says what was done: "Modified", "Merged".
	word string
	edit func(context.Context, *dicom.Dataset) error

	refused []*change  // replacements that the index did not take one by one
	deed    *undo.Deed // nil before the first replacement, and without UndoHours
	begun   bool
}

// begin begins the deed by which the change can be taken back, once.
func (m *Modification) begin(ctx context.Context, what string) (err error) {
	if m.begun || m.Keep {
		return nil
	}
	kind := undo.Modified
	if m.word == "Merged" {
		kind = undo.Merged
	}
	m.deed, err = m.s.remove.Undo.Begin(ctx, m.cfg, kind, what)
	m.begun = err == nil
	return err
}

// end ends the deed, if there is one.
func (m *Modification) end() {
	m.deed.End()
	m.deed, m.begun = nil, false
}

// File changes the object of one stored file.
func (m *Modification) File(ctx context.Context, path string) error {
	defer m.end()
	work, done := m.s.Work(ctx, "object")
	err := m.object(work, path)
	done()
	if err == site.ErrSaid {
		return err
	}
	return errors.Join(err, m.retryTogether(ctx))
}

func (m *Modification) object(ctx context.Context, path string) error {
	s := m.s
	word := "modify"
	if m.word == "Merged" {
		word = "merge"
	}
	old, err := s.onMAG(m.cfg, path)
	if err != nil {
		oplog.ModifyNotOnMAG(s.Console, word)
		return site.ErrSaid
	}
	ds, err := s.ReadFile(ctx, path)
	if err != nil {
		oplog.ModifyNotLoaded(s.Console, path)
		return site.ErrSaid
	}
	sop, id := ds.String(dicom.SOPInstanceUID), ds.String(dicom.PatientID)
	switch err := m.edit(ctx, ds); {
	case errors.Is(err, store.ErrRejected) && word == "merge":
		oplog.MergeRejected(s.Console, path)
		return nil
	case errors.Is(err, store.ErrRejected):
		oplog.ModifyRejected(s.Console, path)
		return nil
	case err != nil:
		return err
	}
	return m.put(ctx, &change{old: old, ds: ds, sop: sop, id: id, caller: m.caller})
}

// put enters the changed object and removes the old one unless it is to stay.
func (m *Modification) put(ctx context.Context, c *change) error {
	s := m.s
	keep, err := m.copies(ctx, c)
	if err != nil {
		return err
	}
	if keep {
		res, err := s.store.Enter(ctx, m.cfg, s.store.Own(m.cfg, c.caller, c.ds))
		if err != nil {
			oplog.ModifyNotEntered(s.Console, c.old.path)
			return nil
		}
		oplog.Modified(s.Console, m.done(), res.Path)
		return nil
	}
	oplog.DeletingEntry(s.Console, c.old.path)
	if c.refs, err = s.remove.RefsOf(ctx, c.id, c.sop); err != nil {
		return err
	}
	oplog.RemovingImages(s.Console, len(c.refs))
	if err := m.note(ctx, c); err != nil {
		return err
	}
	res, err := s.replaceStored(ctx, m.cfg, c)
	if wasRefused(err) {
		m.refused = append(m.refused, c)
		return nil
	}
	if err != nil {
		return err
	}
	m.noteChanged(ctx, c, res.Location)
	oplog.Modified(s.Console, m.done(), res.Path)
	oplog.DeletingFile(s.Console, c.old.path)
	return nil
}

// copies tells whether the changed object stands beside the old one. A copy under the
// old UIDs takes its place, and goes the way of replacements where they can be undone.
func (m *Modification) copies(ctx context.Context, c *change) (bool, error) {
	if !m.Keep || c.sop != c.ds.String(dicom.SOPInstanceUID) || c.id != c.ds.String(dicom.PatientID) {
		return m.Keep, nil
	}
	err := m.begin(ctx, c.id+" "+c.sop)
	return m.deed == nil, err
}

// note notes in the deed what is about to replace what.
func (m *Modification) note(ctx context.Context, c *change) error {
	if err := m.begin(ctx, c.id+" "+c.sop); err != nil || m.deed == nil {
		return err
	}
	ref := db.ObjectRef{PatientID: c.id, SOPInstanceUID: c.sop}
	for _, r := range c.refs {
		if r.Location == c.old.loc {
			ref = r
		}
	}
	ref.Location = c.old.loc
	kept, err := m.deed.Note([]undo.Intent{{Ref: ref, New: &db.ObjectRef{
		PatientID: c.ds.String(dicom.PatientID), StudyInstanceUID: c.ds.String(dicom.StudyInstanceUID),
		SeriesInstanceUID: c.ds.String(dicom.SeriesInstanceUID), SOPInstanceUID: c.ds.String(dicom.SOPInstanceUID),
	}}})
	if err == nil {
		c.kept = kept[0]
	}
	return err
}

func (m *Modification) done() string {
	if m.word == "" {
		return "Modified"
	}
	return m.word
}

// Selected changes all objects that match the keys; empty keys do not count,
// and without any nothing is changed.
func (m *Modification) Selected(ctx context.Context, want map[dicom.Tag]string) error {
	keys := dicom.NewDataset(len(want))
	any := false
	for t, v := range want {
		keys.SetString(t, v)
		any = any || v != ""
	}
	job := m.s.StartJob(ctx, "modifydata")
	defer job.End()
	defer m.end()
	if !any {
		return errors.New("nothing selected")
	}
	paths, err := m.s.find.Files(ctx, m.cfg, keys)
	if err != nil {
		return err
	}
	var errs []error
	for i, path := range paths {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		job.At(i, len(paths))
		if err := m.object(ctx, path); err != nil && err != site.ErrSaid {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
	}
	return errors.Join(append(errs, m.retryTogether(ctx))...)
}

// retryTogether enters replacements that were refused one by one because the
// rest of their study was still there under the old patient: when all of a
// study's objects are among them, the study moves as a whole.
func (m *Modification) retryTogether(ctx context.Context) error {
	if len(m.refused) == 0 {
		return nil
	}
	studies := map[string][]*change{}
	var order []string
	for _, c := range m.refused {
		for _, ref := range c.refs {
			if len(studies[ref.StudyInstanceUID]) == 0 {
				order = append(order, ref.StudyInstanceUID)
			}
			studies[ref.StudyInstanceUID] = append(studies[ref.StudyInstanceUID], c)
		}
	}
	m.refused = nil
	var errs []error
	for _, study := range order {
		errs = append(errs, m.moveStudy(ctx, study, studies[study]))
	}
	return errors.Join(errs...)
}

// moveStudy writes all changed objects of a study, exchanges their rows, and
// removes the old files when that worked; else the rows are put back. A file that keeps
// its name is replaced when the rows are there.
func (m *Modification) moveStudy(ctx context.Context, study string, changes []*change) error {
	s := m.s
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.StudyInstanceUID, study)
	all, err := s.Index.Locate(ctx, keys)
	if err != nil || len(all) != len(changes) {
		return err // the index said why
	}
	var items, back []db.Item
	var written []*store.Staged
	undo := func() {
		for _, g := range written {
			if g.Over() {
				g.Discard()
			} else {
				removeQuietly(g.Path)
			}
		}
	}
	for _, c := range changes {
		g, err := s.store.Stage(ctx, m.cfg, s.incoming(m.cfg, c))
		if err == nil && !g.Over() {
			err = g.Commit()
		}
		if err != nil {
			undo()
			return err
		}
		written = append(written, g)
		items = append(items, db.Item{Object: c.ds, Location: g.Location})
		original, err := s.ReadFile(ctx, c.old.path)
		if err != nil {
			undo()
			return err
		}
		back = append(back, db.Item{Object: original, Location: c.old.loc})
	}
	if err := s.exchangeRows(ctx, all, items, back); err != nil {
		undo()
		s.Console.Event("*** study is left as it was", "study", study, "error", err)
		return nil
	}
	var errs []error
	for i, c := range changes {
		g := written[i]
		if g.Over() {
			if err := g.Commit(); err != nil {
				errs = append(errs, fmt.Errorf("write %s: %w", g.Path, err))
				continue
			}
		}
		m.noteChanged(ctx, c, items[i].Location)
		oplog.Modified(s.Console, m.done(), g.Path)
		s.removeOldFile(m.cfg, c, g.Path)
	}
	return errors.Join(errs...)
}

// exchangeRows deletes the old rows and enters the new ones; when that fails the
// old ones are entered again.
func (s *Modifier) exchangeRows(ctx context.Context, old []db.ObjectRef, items, back []db.Item) error {
	if err := s.Index.Delete(ctx, old...); err != nil {
		return err
	}
	err := addAll(ctx, s.Index, items)
	if err == nil {
		return nil
	}
	var entered []db.ObjectRef
	for _, it := range items {
		if it.Err == nil {
			entered = append(entered, db.ObjectRef{
				PatientID: it.Object.String(dicom.PatientID), StudyInstanceUID: it.Object.String(dicom.StudyInstanceUID),
				SeriesInstanceUID: it.Object.String(dicom.SeriesInstanceUID), SOPInstanceUID: it.Object.String(dicom.SOPInstanceUID),
			})
		}
	}
	ctx = context.WithoutCancel(ctx)
	if len(entered) > 0 {
		err = errors.Join(err, s.Index.Delete(ctx, entered...))
	}
	return errors.Join(err, addAll(ctx, s.Index, back))
}

func addAll(ctx context.Context, index *db.DB, items []db.Item) error {
	if err := index.AddAll(ctx, items); err != nil {
		return err
	}
	var errs []error
	for _, it := range items {
		errs = append(errs, it.Err)
	}
	return errors.Join(errs...)
}
