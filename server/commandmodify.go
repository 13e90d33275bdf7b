package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/rules"
	"conquest/storage"
)

// modifyCommands change stored objects (docs/original/commands.md 3.6).
var modifyCommands = map[string]serverCommand{
	"modifypatid":  {runModifyPatID, "PATIENT,FILE", "give a stored object another patient ID and new UIDs"},
	"anonymize":    {runAnonymize, "PATIENT,FILE", "run anonymize_script.cq or .lua, or the built-in rule, on a stored object"},
	"modifyimage":  {runModifyImage, "FILE,SCRIPT", "run a script on a stored object"},
	"modifystudy":  {runModifyStudy, "PATIENT,STUDY,SCRIPT", "run a script on the objects of a study"},
	"modifyseries": {runModifySeries, "PATIENT,SERIES,SCRIPT", "run a script on the objects of a series"},
	"modifier":     {runModifier, "PATIENT,STUDY,SERIES,SOP,FLAG,SCRIPT", "run a script on all that match, at least one key is needed; FLAG 1 replaces them, 0 makes copies"},

	"mergeseries":     {merger("SeriesUID"), "UID,UID...", "register that series are one"},
	"mergestudy":      {merger("StudyUID"), "UID,UID...", "register that studies are one"},
	"mergeseriesfile": {fileMerger("SeriesUID"), "FILE", "apply the registered merge to a stored object"},
	"mergestudyfile":  {fileMerger("StudyUID"), "FILE", "apply the registered merge to a stored object"},

	"attachanytopatient":     {attacher("patient", dicom.PatientID), "FILE,SAMPLE", "enter a copy of an object under the patient of another"},
	"attachanytostudy":       {attacher("study", dicom.StudyInstanceUID), "FILE,SAMPLE", "enter a copy of an object in the study of another"},
	"attachanytoseries":      {attacher("series", dicom.SeriesInstanceUID), "FILE,SAMPLE", "enter a copy of an object in the series of another"},
	"attachrtplantortstruct": {runAttachPlan, "PLAN,STRUCT", "enter a copy of a plan that refers to a structure set"},
}

func runModifyPatID(ctx context.Context, c *commandCall) ([]byte, error) {
	id, file, ok := strings.Cut(c.arg, ",")
	if !ok {
		return nil, nil
	}
	return nil, c.s.ChangePatientID(ctx, file, id, true)
}

// ChangePatientID gives the object of a stored file another patient ID and new
// UIDs; without replace the old one stays beside it.
func (s *Server) ChangePatientID(ctx context.Context, file, id string, replace bool) error {
	if id == "" {
		s.con.Operator("***[ModifyPATIDofImageFile] Empty patient ID not allowed")
		return errors.New("new patient ID is empty")
	}
	m := &modification{s: s, cfg: s.live.Current(), keep: !replace, edit: func(_ context.Context, ds *dicom.Dataset) error {
		return s.renewFor(ctx, ds, id)
	}}
	return m.file(ctx, file)
}

// The anonymization of a site without a script of its own.
const builtinAnonymization = `set 0010,0010 to "anonymous";set 0010,0030 to "19010101";set 0008,0090 to "";` +
	`set 0020,1020 to "";set 0051,1010 to "";set 0010,1040 to "";set 0009,1200 to "";`

func runAnonymize(ctx context.Context, c *commandCall) ([]byte, error) {
	id, file, ok := strings.Cut(c.arg, ",")
	if !ok {
		return nil, nil
	}
	if id == "" {
		c.s.con.Operator("***[ModifyPATIDofImageFile] Empty patient ID not allowed")
		return nil, nil
	}
	script := builtinAnonymization
	switch {
	case storage.Exists("anonymize_script.cq"):
		script = "call anonymize_script.cq;"
	case storage.Exists("anonymize_script.lua"):
		script = "anonymize_script.lua"
	}
	c.setLuaGlobals(map[string]any{"command_line": id, "version": Version})
	m := c.modification(script)
	return nil, m.file(ctx, file)
}

// setLuaGlobals sets variables in the Lua state of the caller.
func (c *commandCall) setLuaGlobals(vars map[string]any) {
	state, done := c.s.luaState(c.caller)
	defer done()
	chunk := c.chunk("")
	chunk.Globals = vars
	_, err := state.Run(context.Background(), chunk)
	c.s.sayLuaError(err)
}

func (c *commandCall) modification(script string) *modification {
	return c.s.scripted(c.caller, script)
}

// scripted is a modification by a script.
func (s *Server) scripted(caller rules.Caller, script string) *modification {
	m := &modification{s: s, cfg: s.live.Current(), caller: caller}
	m.edit = func(ctx context.Context, ds *dicom.Dataset) error {
		out := s.rules.Script(ctx, m.cfg, script, s.request(s.ownArrival(m.cfg, caller, ds)))
		if out.Action == rules.Destroy || out.Action == rules.Reject {
			return errRejected
		}
		return nil
	}
	return m
}

// changesKeys tells whether a script sets IDs without making new UIDs.
func changesKeys(script string) bool {
	script = strings.ToLower(script)
	for _, set := range []string{"set 0010,0020", "set 0020,000d", "set 0020,000e"} {
		if strings.Contains(script, set) {
			return !strings.Contains(script, "newuids")
		}
	}
	return false
}

func runModifyImage(ctx context.Context, c *commandCall) ([]byte, error) {
	file, script, ok := strings.Cut(c.arg, ",")
	if !ok || script == "" {
		return nil, nil
	}
	if changesKeys(script) {
		c.s.con.Operator("[modifyimage]: can't change patientID, study or series UID without using newuids")
		return nil, nil
	}
	if strings.Contains(script, " to '") || strings.Contains(script, " if '") {
		script = strings.ReplaceAll(script, "'", `"`)
	}
	return nil, c.modification(script).file(ctx, file)
}

func runModifyStudy(ctx context.Context, c *commandCall) ([]byte, error) {
	f := strings.SplitN(c.arg, ",", 3)
	if len(f) < 3 || f[2] == "" {
		return nil, nil
	}
	return nil, c.modification(f[2]).selected(ctx, map[dicom.Tag]string{dicom.PatientID: f[0], dicom.StudyInstanceUID: f[1]})
}

func runModifySeries(ctx context.Context, c *commandCall) ([]byte, error) {
	f := strings.SplitN(c.arg, ",", 3)
	if len(f) < 3 || f[2] == "" {
		return nil, nil
	}
	return nil, c.modification(f[2]).selected(ctx, map[dicom.Tag]string{dicom.PatientID: f[0], dicom.SeriesInstanceUID: f[1]})
}

func runModifier(ctx context.Context, c *commandCall) ([]byte, error) {
	f := strings.SplitN(c.arg, ",", 6)
	if len(f) < 6 || f[5] == "" {
		return nil, nil
	}
	m := c.modification(f[5])
	m.keep = dicomini.Atoi(f[4]) == 0
	return nil, m.selected(ctx, map[dicom.Tag]string{
		dicom.PatientID: f[0], dicom.StudyInstanceUID: f[1], dicom.SeriesInstanceUID: f[2], dicom.SOPInstanceUID: f[3],
	})
}

// modification changes stored objects, or enters changed copies of them.
type modification struct {
	s      *Server
	cfg    *dicomini.Config
	caller rules.Caller
	keep   bool // the originals stay
	// word says what was done: "Modified", "Merged".
	word string
	edit func(context.Context, *dicom.Dataset) error

	refused []*change // replacements that the index did not take one by one
}

// file changes the object of one stored file.
func (m *modification) file(ctx context.Context, path string) error {
	err := m.one(ctx, path)
	if err == errSaid {
		return err
	}
	return errors.Join(err, m.retryTogether(ctx))
}

func (m *modification) one(ctx context.Context, path string) error {
	s := m.s
	word := "modify"
	if m.word == "Merged" {
		word = "merge"
	}
	old, err := s.onMAG(m.cfg, path)
	if err != nil {
		s.con.Operator("***File to %s does not exist or is not on a MAG device", word)
		return errSaid
	}
	ds, err := s.loadFile(path)
	if err != nil {
		s.con.Operator("***[ModifyPATIDofImageFile] %s -FAILED: Error on Load", path)
		return errSaid
	}
	sop, id := ds.String(dicom.SOPInstanceUID), ds.String(dicom.PatientID)
	switch err := m.edit(ctx, ds); {
	case errors.Is(err, errRejected) && word == "merge":
		s.con.Operator("[MergeUIDofImageFile] %s script rejected merge", path)
		return nil
	case errors.Is(err, errRejected):
		s.con.Operator("[ModifyPATIDofImageFile] %s rejected by script", path)
		return nil
	case err != nil:
		return err
	}
	return m.put(ctx, &change{old: old, ds: ds, sop: sop, id: id, caller: m.caller})
}

// put enters the changed object and removes the old one unless it is to stay.
func (m *modification) put(ctx context.Context, c *change) error {
	s := m.s
	if m.keep {
		res, err := s.enter(ctx, m.cfg, s.ownArrival(m.cfg, c.caller, c.ds))
		if err != nil {
			s.con.Operator("***Error entering object into server: %s", c.old.path)
			return nil
		}
		s.con.Operator("%s image: %s", m.done(), res.path)
		return nil
	}
	s.con.Operator("Deleting database entry for image: %s", c.old.path)
	var err error
	if c.refs, err = s.refsOf(ctx, c.id, c.sop); err != nil {
		return err
	}
	s.con.Debug("RemoveFromPACS %d images", len(c.refs))
	res, err := s.replaceStored(ctx, m.cfg, c)
	if wasRefused(err) {
		m.refused = append(m.refused, c)
		return nil
	}
	if err != nil {
		return err
	}
	s.con.Operator("%s image: %s", m.done(), res.path)
	s.con.Operator("Deleting file: %s", c.old.path)
	return nil
}

func (m *modification) done() string {
	if m.word == "" {
		return "Modified"
	}
	return m.word
}

// selected changes all objects that match the keys; empty keys do not count,
// and without any nothing is changed.
func (m *modification) selected(ctx context.Context, want map[dicom.Tag]string) error {
	keys := dicom.NewDataset(len(want))
	any := false
	for t, v := range want {
		keys.SetString(t, v)
		any = any || v != ""
	}
	job := m.s.startJob(ctx, "modifydata")
	defer job.end()
	if !any {
		return errors.New("nothing selected")
	}
	paths, err := m.s.imageFiles(ctx, m.cfg, keys)
	if err != nil {
		return err
	}
	var errs []error
	for i, path := range paths {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		job.at(i, len(paths))
		if err := m.one(ctx, path); err != nil && err != errSaid {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
	}
	return errors.Join(append(errs, m.retryTogether(ctx))...)
}

// imageFiles are the files of matching objects in order of image number.
func (s *Server) imageFiles(ctx context.Context, cfg *dicomini.Config, keys *dicom.Dataset) ([]string, error) {
	list, err := s.listImages(ctx, cfg, keys)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(list))
	for i, im := range list {
		paths[i] = im.path
	}
	return paths, nil
}

// retryTogether enters replacements that were refused one by one because the
// rest of their study was still there under the old patient: when all of a
// study's objects are among them, the study moves as a whole.
func (m *modification) retryTogether(ctx context.Context) error {
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
// removes the old files when that worked; else the rows are put back.
func (m *modification) moveStudy(ctx context.Context, study string, changes []*change) error {
	s := m.s
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.StudyInstanceUID, study)
	all, err := s.db.Locate(ctx, keys)
	if err != nil || len(all) != len(changes) {
		return err // the index said why
	}
	var items, back []db.Item
	var written []string
	undo := func() {
		for _, path := range written {
			removeQuietly(path)
		}
	}
	for _, c := range changes {
		in := s.ownArrival(m.cfg, m.caller, c.ds)
		p, staged, err := s.stageNew(m.cfg, in)
		if err == nil {
			err = staged.Commit()
		}
		if err != nil {
			undo()
			return err
		}
		written = append(written, p.dir+p.loc.File)
		items = append(items, db.Item{Object: c.ds, Location: p.loc})
		original, err := s.loadFile(c.old.path)
		if err != nil {
			undo()
			return err
		}
		back = append(back, db.Item{Object: original, Location: c.old.loc})
	}
	if err := s.exchangeRows(ctx, all, items, back); err != nil {
		undo()
		s.con.Event("*** study is left as it was", "study", study, "error", err)
		return nil
	}
	for i, c := range changes {
		s.con.Operator("%s image: %s", m.done(), written[i])
		s.removeOldFile(m.cfg, c.old, written[i])
	}
	return nil
}

// exchangeRows deletes the old rows and enters the new ones; when that fails the
// old ones are entered again.
func (s *Server) exchangeRows(ctx context.Context, old []db.ObjectRef, items, back []db.Item) error {
	if err := s.db.Delete(ctx, old...); err != nil {
		return err
	}
	err := addAll(ctx, s.db, items)
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
		err = errors.Join(err, s.db.Delete(ctx, entered...))
	}
	return errors.Join(err, addAll(ctx, s.db, back))
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
