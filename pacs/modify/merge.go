package modify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/pacs/store"
	"conquest/queue"
	"conquest/rules"
	"conquest/scripting"
)

// MaxMerged is the number of UIDs that one merge joins.
const MaxMerged = 1000

func (s *Modifier) RegisterMerge(ctx context.Context, uids []string, said, kind string) error {
	uid := s.UIDs.New(site.UIDMapped)
	oplog.MergedUID(s.Console, said, uid)
	for _, old := range uids {
		oplog.ReplacedUID(s.Console, old, uid)
	}
	if err := s.Index.MergeUIDs(ctx, uids, uid, kind); err != nil {
		return fmt.Errorf("register merge: %w", err)
	}
	return nil
}

// Merging is the modification that gives an object the UIDs of a merge; of a
// series merge the study stays. Converters and a script may refuse.
func (s *Modifier) Merging(caller rules.Caller, kind, script string) *Modification {
	m := &Modification{s: s, cfg: s.Live.Current(), caller: caller, word: "Merged"}
	converter, keep := scripting.MergeStudies, []dicom.Tag(nil)
	if kind == "SeriesUID" {
		converter, keep = scripting.MergeSeries, []dicom.Tag{dicom.StudyInstanceUID}
	}
	m.edit = func(ctx context.Context, ds *dicom.Dataset) error {
		if !hasUIDs(ds) {
			oplog.MergeWithoutUIDs(s.Console)
			return errMissingUIDs
		}
		if err := s.renewUIDs(ds, stageMerge, keep...); err != nil {
			oplog.MergeFailed(s.Console)
			return err
		}
		q := s.store.Request(s.store.Own(m.cfg, caller, ds))
		out := s.Rules.Hook(ctx, m.cfg, converter, 0, q)
		if out.Action == rules.Keep && script != "" {
			out = s.Rules.Script(ctx, m.cfg, script, q)
		}
		if out.Action == rules.Destroy || out.Action == rules.Reject {
			return store.ErrRejected
		}
		return nil
	}
	return m
}

// DelayedMerge makes one series of the matching series of a study (delayed
// command merge).
func (s *Modifier) DelayedMerge(ctx context.Context, d scripting.Delayed) queue.Outcome {
	if err := s.mergeStudy(ctx, s.Live.Current(), d); err != nil {
		s.Console.Event("*** delayed merge failed", "patient", d.PatientID, "study", d.StudyUID, "error", err)
	}
	return queue.Done
}

func (s *Modifier) mergeStudy(ctx context.Context, cfg *dicomini.Config, d scripting.Delayed) error {
	keys := dicom.NewDataset(6)
	for _, k := range []struct {
		tag   dicom.Tag
		value string
	}{
		{dicom.PatientID, d.PatientID}, {dicom.StudyInstanceUID, d.StudyUID}, {dicom.SeriesInstanceUID, d.SeriesUID},
		{dicom.Modality, d.Modality}, {dicom.SeriesDescription, d.SeriesDesc},
	} {
		if k.value != "" {
			keys.SetString(k.tag, k.value)
		}
	}
	if keys.Len() == 0 {
		return errors.New("merge without any key")
	}
	refs, err := s.Index.Locate(ctx, keys)
	if err != nil {
		return err
	}
	var series []string
	seen := map[string]bool{}
	for _, r := range refs {
		if !seen[r.SeriesInstanceUID] {
			seen[r.SeriesInstanceUID] = true
			series = append(series, r.SeriesInstanceUID)
		}
	}
	if len(series) == 0 {
		return nil
	}
	id := strings.Replace(s.UIDs.New(site.UIDGeneral), s.UIDs.Prefix+".6", "mergst", 1)
	if err := s.RegisterMerge(ctx, series[:min(len(series), MaxMerged)], id, id); err != nil {
		return err
	}
	m := s.Merging(nil, "SeriesUID", d.Script)
	m.cfg = cfg
	for _, uid := range series {
		err = errors.Join(err, m.Selected(ctx, map[dicom.Tag]string{dicom.PatientID: d.PatientID, dicom.SeriesInstanceUID: uid}))
	}
	return errors.Join(err, s.Index.DeleteUIDs(ctx, id))
}
