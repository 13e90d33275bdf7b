package virtual

import (
	"context"
	"slices"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/rules"
)

// countedField is an element that counts what is below an answer
// (docs/original/network.md 2.3).
type countedField struct {
	tag   dicom.Tag
	level db.Level // what is counted
}

// countedFields are the counting elements of each level.
var countedFields = map[db.Level][]countedField{
	db.PatientLevel: {{0x00201200, db.StudyLevel}, {0x00201202, db.SeriesLevel}, {0x00201204, db.ImageLevel}},
	db.StudyLevel:   {{0x00201206, db.SeriesLevel}, {0x00201208, db.ImageLevel}},
	db.SeriesLevel:  {{0x00201209, db.ImageLevel}},
}

func isCount(level db.Level, t dicom.Tag) bool {
	return slices.ContainsFunc(countedFields[level], func(f countedField) bool { return f.tag == t })
}

// countedFields are those that an identifier asks for.
func (s *Servers) countedFields(cfg *dicomini.Config, level db.Level, identifier *dicom.Dataset) (asked []countedField) {
	if !cfg.EnableComputedFields {
		return nil
	}
	for _, f := range countedFields[level] {
		if identifier.Has(f.tag) {
			asked = append(asked, f)
		}
	}
	return asked
}

// countMerged counts what the own index and virtual servers hold below a row,
// each object of several sources once.
func (s *Servers) countMerged(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, servers []server, row *dicom.Dataset, f countedField) (int, error) {
	query := row.Clone()
	query.DeleteFunc(func(e *dicom.Element) bool {
		return e.Tag == dicom.SpecificCharacterSet || e.Tag == dicom.RetrieveAETitle || e.Tag.Group() == 0x9999
	})
	query.SetString(dicom.QueryRetrieveLevel, levelNames[f.level])
	if key := levelKeys[f.level]; !query.Has(key) {
		query.SetString(key, "")
	}
	sources := 0
	var all []*dicom.Dataset
	for _, v := range servers {
		peer, err := s.peers.Resolve(v.ae)
		if err != nil {
			continue
		}
		answers, err := s.askOnce(ctx, cfg, caller, v, peer, f.level, query)
		if err != nil {
			oplog.VirtualNoConnection(s.Console, v.ae)
			continue
		}
		if len(answers) > 0 {
			sources++
		}
		all = append(all, answers...)
	}
	n := len(all)
	local, err := s.Index.Find(ctx, db.StudyRoot, query, db.FindOptions{NoComputed: true, Before: n})
	if err != nil {
		return 0, err
	}
	for a, err := range local {
		if err != nil {
			return 0, err
		}
		all = append(all, a)
	}
	if len(all) > n {
		sources++
	}
	if sources > 1 {
		before := len(all)
		all = Merge(all, f.level)
		oplog.VirtualDuplicates(s.Console, before-len(all), before)
	}
	return len(all), nil
}
