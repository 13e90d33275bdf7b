package find

import (
	"context"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/virtual"
)

// Search asks for what a user typed: as ID, as name, as date, as UID.
func (s *Finder) Search(ctx context.Context, server, text, level string) []*dicom.Dataset {
	var all []*dicom.Dataset
	ask := func(set map[dicom.Tag]string) {
		keys := dicom.NewDataset(10)
		for _, t := range finderKeys[level] {
			keys.SetString(t, set[t])
		}
		all = append(all, s.Ask(ctx, server, level, keys, len(all))...)
	}
	exact := strings.HasPrefix(text, "=")
	pattern := "*" + text + "*"
	if exact {
		pattern = text[1:]
	}
	if exact && level == "IMAGE" {
		ask(map[dicom.Tag]string{dicom.SeriesInstanceUID: pattern})
	} else {
		ask(map[dicom.Tag]string{dicom.PatientID: pattern})
	}
	if level != "IMAGE" {
		ask(map[dicom.Tag]string{dicom.PatientName: pattern})
	}
	if date := asDates(text); date != "" && (level == "STUDY" || level == "SERIES") {
		ask(map[dicom.Tag]string{dicom.StudyDate: date})
	}
	if exact && level == "SERIES" && len(text) > 8 {
		ask(map[dicom.Tag]string{dicom.StudyInstanceUID: pattern})
	}
	before := len(all)
	all = virtual.Merge(all, finderLevels[level])
	oplog.VirtualDuplicates(s.Console, before-len(all), before)
	return all
}

// finderKeys are what finders ask for at each level.
var finderKeys = map[string][]dicom.Tag{
	"PATIENT": {dicom.PatientName, dicom.PatientID},
	"STUDY":   {dicom.StudyDate, dicom.ModalitiesInStudy, dicom.PatientName, dicom.PatientID, dicom.StudyInstanceUID},
	"SERIES":  {dicom.StudyDate, seriesTimeTag, dicom.Modality, dicom.PatientName, dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID},
	"IMAGE":   {dicom.SOPInstanceUID, dicom.PatientName, dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.InstanceNumber, sliceLocationTag},
}

// asDates reads a year, a month, a day or a range of days; "" when the text is
// no date.
func asDates(t string) string {
	year := func(s string, unit int) bool { n := dicomini.Atoi(s); return n > 1900*unit && n < 2200*unit }
	switch {
	case len(t) == 4 && year(t, 1):
		return t + "0101-" + t + "1231"
	case len(t) == 6 && year(t, 100):
		return t + "01-" + t + "31"
	case len(t) == 8 && year(t, 10000),
		len(t) == 9 && year(t, 10000) && t[8] == '-',
		len(t) == 9 && t[0] == '-' && year(t[1:], 10000),
		len(t) == 17 && year(t, 10000) && t[8] == '-' && year(t[9:], 10000):
		return t
	}
	return ""
}

// Ask sends a query to this server ("local") or to another; before is the number
// of answers so far.
func (s *Finder) Ask(ctx context.Context, server, level string, keys *dicom.Dataset, before int) []*dicom.Dataset {
	if server != "local" {
		answers, err := s.peers.FindAtVirtual(ctx, server, level, keys)
		if err != nil {
			s.Console.Event("*** finder", "server", server, "error", err)
		}
		return answers
	}
	model := db.StudyRoot
	if level == "PATIENT" {
		model = db.PatientRoot
	}
	keys.SetString(dicom.QueryRetrieveLevel, level)
	found, err := s.Index.Find(ctx, model, keys, db.FindOptions{NoComputed: true, Before: before})
	if err != nil {
		s.Console.Event("*** finder", "level", level, "error", err)
		return nil
	}
	var list []*dicom.Dataset
	for a, err := range found {
		if err != nil {
			s.Console.Event("*** finder", "level", level, "error", err)
			break
		}
		list = append(list, a)
	}
	return list
}

// finderLevels are the levels by their names.
var finderLevels = map[string]db.Level{
	"PATIENT": db.PatientLevel, "STUDY": db.StudyLevel, "SERIES": db.SeriesLevel, "IMAGE": db.ImageLevel,
}

const (
	seriesTimeTag    dicom.Tag = 0x00080031
	sliceLocationTag dicom.Tag = 0x00201041
)
