package command

import (
	"context"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/modify"
	"conquest/pacs/site"
)

// modifyCommands change stored objects (docs/original/commands.md 3.6).
var modifyCommands = map[string]row{
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

func runModifyPatID(ctx context.Context, c *call) ([]byte, error) {
	if !c.has(1) {
		return nil, nil
	}
	id, file := c.field(0), c.field(1)
	return nil, c.s.Modify.ChangePatientID(ctx, file, id, true)
}

func runAnonymize(ctx context.Context, c *call) ([]byte, error) {
	if !c.has(1) {
		return nil, nil
	}
	id, file := c.field(0), c.field(1)
	if id == "" {
		oplog.ModifyEmptyID(c.s.Console)
		return nil, nil
	}
	script := modify.AnonymizationScript()
	c.setLuaGlobals(map[string]any{"command_line": id, "version": site.Version})
	m := c.modification(script)
	return nil, m.File(ctx, file)
}

// setLuaGlobals sets variables in the Lua state of the caller.
func (c *call) setLuaGlobals(vars map[string]any) {
	state, done := c.s.script.State(c.caller)
	defer done()
	chunk := c.chunk("")
	chunk.Globals = vars
	_, err := state.Run(context.Background(), chunk)
	c.s.script.SayError(err)
}

func (c *call) modification(script string) *modify.Modification {
	return c.s.Modify.ByScript(c.caller, script)
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

func runModifyImage(ctx context.Context, c *call) ([]byte, error) {
	file, script := c.field(0), c.field(1)
	if script == "" {
		return nil, nil
	}
	if changesKeys(script) {
		oplog.ModifyNeedsNewUIDs(c.s.Console)
		return nil, nil
	}
	if strings.Contains(script, " to '") || strings.Contains(script, " if '") {
		script = strings.ReplaceAll(script, "'", `"`)
	}
	return nil, c.modification(script).File(ctx, file)
}

func runModifyStudy(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	if c.field(2) == "" {
		return nil, nil
	}
	return nil, c.modification(f[2]).Selected(ctx, map[dicom.Tag]string{dicom.PatientID: f[0], dicom.StudyInstanceUID: f[1]})
}

func runModifySeries(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	if c.field(2) == "" {
		return nil, nil
	}
	return nil, c.modification(f[2]).Selected(ctx, map[dicom.Tag]string{dicom.PatientID: f[0], dicom.SeriesInstanceUID: f[1]})
}

func runModifier(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	if c.field(5) == "" {
		return nil, nil
	}
	m := c.modification(f[5])
	m.Keep = dicomini.Atoi(f[4]) == 0
	return nil, m.Selected(ctx, map[dicom.Tag]string{
		dicom.PatientID: f[0], dicom.StudyInstanceUID: f[1], dicom.SeriesInstanceUID: f[2], dicom.SOPInstanceUID: f[3],
	})
}

// merger registers that UIDs are to become one.
func merger(kind string) handler {
	return func(ctx context.Context, c *call) ([]byte, error) {
		if c.arg == "" || strings.HasPrefix(c.arg, ",") {
			return nil, nil
		}
		return nil, c.s.Modify.RegisterMerge(ctx, c.fields[:min(len(c.fields), modify.MaxMerged)], kind, kind)
	}
}

// fileMerger applies a registered merge to one stored object.
func fileMerger(kind string) handler {
	return func(ctx context.Context, c *call) ([]byte, error) {
		return nil, c.s.Modify.Merging(c.caller, kind, "").File(ctx, c.arg)
	}
}
