package modify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"conquest/dicom"
	"conquest/pacs/site"
	"conquest/pacs/store"
	"conquest/rules"
)

// Value is what an element is to be; "" empties it.
type Value struct {
	Tag  dicom.Tag
	Text string // UTF-8
}

// identity are the elements that tell objects apart: they change with new UIDs, or of
// a whole study at once.
var identity = []dicom.Tag{dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID, dicom.SOPClassUID}

// CheckValues tells why values can not be set, nil when they can.
func CheckValues(list []Value) error {
	for _, v := range list {
		vr := dicom.CurrentDictionary().VR(v.Tag)
		switch {
		case slices.Contains(identity, v.Tag):
			return fmt.Errorf("%s can not be set: ask for new UIDs", v.Tag)
		case v.Tag.Group() <= 2, v.Tag.Group() >= 0x7f00, v.Tag == dicom.SpecificCharacterSet:
			return fmt.Errorf("%s can not be set", v.Tag)
		case !vr.IsText():
			return fmt.Errorf("%s holds no text", v.Tag)
		}
	}
	return nil
}

// ByValues is a modification that sets elements, and gives new UIDs where that is
// wanted.
func (s *Modifier) ByValues(caller rules.Caller, list []Value, newUIDs bool) *Modification {
	m := &Modification{s: s, cfg: s.Live.Current(), caller: caller}
	m.edit = func(_ context.Context, ds *dicom.Dataset) error {
		if newUIDs {
			if !hasUIDs(ds) {
				return errMissingUIDs
			}
			if err := s.renewUIDs(ds, ""); err != nil {
				return err
			}
		}
		for _, v := range list {
			raw, err := ds.Charset().Encode(v.Text)
			if err != nil {
				return fmt.Errorf("%s: %q has letters that the character set of the object has not", v.Tag, v.Text)
			}
			ds.SetString(v.Tag, string(raw))
		}
		return nil
	}
	return m
}

// builtinAnonymization is that of a site without a script of its own.
const builtinAnonymization = `set 0010,0010 to "anonymous";set 0010,0030 to "19010101";set 0008,0090 to "";` +
	`set 0020,1020 to "";set 0051,1010 to "";set 0010,1040 to "";set 0009,1200 to "";`

// AnonymizationScript is the script that anonymizes at this site: its own,
// anonymize_script.cq or .lua, or the one built in.
func AnonymizationScript() string {
	for name, script := range map[string]string{"anonymize_script.cq": "call anonymize_script.cq;", "anonymize_script.lua": "anonymize_script.lua"} {
		if fi, err := os.Stat(name); err == nil && !fi.IsDir() {
			return script
		}
	}
	return builtinAnonymization
}

// Anonymizing is a modification by the site's script of anonymization, after which the
// object belongs to another patient ID, with new UIDs. The Lua state of the caller
// should know the ID as command_line.
func (s *Modifier) Anonymizing(caller rules.Caller, id string) *Modification {
	m := &Modification{s: s, cfg: s.Live.Current(), caller: caller}
	m.edit = func(ctx context.Context, ds *dicom.Dataset) error {
		before := ds.String(dicom.PatientID)
		out := s.Rules.Script(ctx, m.cfg, AnonymizationScript(), s.store.Request(s.store.Own(m.cfg, caller, ds)))
		switch {
		case out.Action == rules.Destroy || out.Action == rules.Reject:
			return store.ErrRejected
		case out.Failure != "":
			return errors.New("the script of anonymization failed: " + out.Failure)
		case ds.String(dicom.PatientID) == before:
			return s.NewPatientID(ctx, ds, id)
		}
		return nil
	}
	return m
}

// Merge makes one study of several, or one series of several of a study: their
// objects get the UIDs of a new one. kind is StudyUID or SeriesUID.
func (s *Modifier) Merge(ctx context.Context, caller rules.Caller, kind string, uids []string) error {
	if len(uids) > MaxMerged {
		return fmt.Errorf("at most %d are merged at once", MaxMerged)
	}
	tag := dicom.StudyInstanceUID
	if kind == "SeriesUID" {
		tag = dicom.SeriesInstanceUID
	}
	id := "merge " + s.UIDs.New(site.UIDGeneral)
	if err := s.RegisterMerge(ctx, uids, id, id); err != nil {
		return err
	}
	m := s.Merging(caller, kind, "")
	var errs []error
	for _, uid := range uids {
		errs = append(errs, m.Selected(ctx, map[dicom.Tag]string{tag: uid}))
	}
	errs = append(errs, s.Index.DeleteUIDs(context.WithoutCancel(ctx), id))
	return errors.Join(errs...)
}
