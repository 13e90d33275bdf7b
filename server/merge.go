package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/queue"
	"conquest/rules"
	"conquest/scripting"
)

// maxMerged is the number of UIDs that one merge joins.
const maxMerged = 1000

// merger registers that UIDs are to become one.
func merger(kind string) commandFunc {
	return func(ctx context.Context, c *commandCall) ([]byte, error) {
		if c.arg == "" || strings.HasPrefix(c.arg, ",") {
			return nil, nil
		}
		uids := strings.Split(c.arg, ",")
		return nil, c.s.registerMerge(ctx, uids[:min(len(uids), maxMerged)], kind, kind)
	}
}

func (s *Server) registerMerge(ctx context.Context, uids []string, said, kind string) error {
	uid := s.uids.make(uidMapped)
	s.con.Operator("NewUID for merging %s = %s", said, uid)
	for _, old := range uids {
		s.con.Debug("OldUID = %s, NewUID = %s", old, uid)
	}
	if err := s.db.MergeUIDs(ctx, uids, uid, kind); err != nil {
		return fmt.Errorf("register merge: %w", err)
	}
	return nil
}

// fileMerger applies a registered merge to one stored object.
func fileMerger(kind string) commandFunc {
	return func(ctx context.Context, c *commandCall) ([]byte, error) {
		return nil, c.s.merging(c.caller, kind, "").file(ctx, c.arg)
	}
}

// merging is the modification that gives an object the UIDs of a merge; of a
// series merge the study stays. Converters and a script may refuse.
func (s *Server) merging(caller rules.Caller, kind, script string) *modification {
	m := &modification{s: s, cfg: s.live.Current(), caller: caller, word: "Merged"}
	converter, keep := scripting.MergeStudies, []dicom.Tag(nil)
	if kind == "SeriesUID" {
		converter, keep = scripting.MergeSeries, []dicom.Tag{dicom.StudyInstanceUID}
	}
	m.edit = func(ctx context.Context, ds *dicom.Dataset) error {
		if !hasUIDs(ds) {
			s.con.Operator("***[MergeUIDofDDO -FAILED: image does not contain correct UIDs")
			return errMissingUIDs
		}
		if err := s.renewUIDs(ds, stageMerge, keep...); err != nil {
			s.con.Operator("***[MergeUIDofDDO] -FAILED: could not change all UIDs")
			return err
		}
		q := s.request(s.ownArrival(m.cfg, caller, ds))
		out := s.rules.Hook(ctx, m.cfg, converter, 0, q)
		if out.Action == rules.Keep && script != "" {
			out = s.rules.Script(ctx, m.cfg, script, q)
		}
		if out.Action == rules.Destroy || out.Action == rules.Reject {
			return errRejected
		}
		return nil
	}
	return m
}

// delayedMerge makes one series of the matching series of a study (delayed
// command merge).
func (s *Server) delayedMerge(ctx context.Context, d scripting.Delayed) queue.Outcome {
	if err := s.mergeStudy(ctx, s.live.Current(), d); err != nil {
		s.con.Event("*** delayed merge failed", "patient", d.PatientID, "study", d.StudyUID, "error", err)
	}
	return queue.Done
}

func (s *Server) mergeStudy(ctx context.Context, cfg *dicomini.Config, d scripting.Delayed) error {
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
	refs, err := s.db.Locate(ctx, keys)
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
	id := strings.Replace(s.uids.make(uidGeneral), s.uids.prefix+".6", "mergst", 1)
	if err := s.registerMerge(ctx, series[:min(len(series), maxMerged)], id, id); err != nil {
		return err
	}
	m := s.merging(nil, "SeriesUID", d.Script)
	m.cfg = cfg
	for _, uid := range series {
		err = errors.Join(err, m.selected(ctx, map[dicom.Tag]string{dicom.PatientID: d.PatientID, dicom.SeriesInstanceUID: uid}))
	}
	return errors.Join(err, s.db.DeleteUIDs(ctx, id))
}
