package server

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"conquest/cformat"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
)

const (
	seriesTimeTag    dicom.Tag = 0x00080031
	sliceLocationTag dicom.Tag = 0x00201041
)

// findCommands list patients, studies, series and images (docs/original/commands.md
// 3.8).
var findCommands = map[string]serverCommand{
	"patientfinder": {finder("PATIENT", 2), "SERVER|TEXT|FORMAT|FILE", "patients by part of name or ID; =TEXT is exact, server local is this one"},
	"studyfinder":   {finder("STUDY", 5), "SERVER|TEXT|FORMAT|FILE", "studies by part of name or ID, or date"},
	"seriesfinder":  {finder("SERIES", 7), "SERVER|TEXT|FORMAT|FILE", "series by part of name or ID, or date; =UID of a study"},
	"imagefinder":   {finder("IMAGE", 7), "SERVER|TEXT|FORMAT|FILE", "images by part of the ID; =UID of a series"},
	"serieslister":  {runSeriesLister, "SERVER|PATIENT|STUDY|FORMAT|FILE", "series of a study"},
	"imagelister":   {runImageLister, "SERVER|PATIENT|SERIES|FORMAT|FILE", "images of a series; the first letter of the format selects what is shown"},
}

// bars parts an argument at bars; missing parts are "".
func bars(arg string, n int) []string {
	f := strings.SplitN(arg, "|", n)
	return append(f, make([]string, n-len(f))...)
}

func finder(level string, fields int) commandFunc {
	return func(ctx context.Context, c *commandCall) ([]byte, error) {
		f := bars(c.arg, 4)
		format := f[2]
		if format == "" {
			format = strings.TrimSuffix(strings.Repeat("%s ", fields), " ")
		}
		answers := c.s.search(ctx, f[0], f[1], level)
		var b strings.Builder
		for _, a := range answers {
			b.WriteString(cformat.Sprintf(format+"\n", cformat.Cycled(finderValues(a, fields))...))
		}
		return c.deliver(f[3], []byte(b.String()), asText)
	}
}

// finderValues are the values of an answer in order of tags; an element that is
// missing lets the others move up.
func finderValues(a *dicom.Dataset, fields int) []any {
	var v []any
	for e := range a.All() {
		if len(v) < fields && isFinderField(e.Tag) {
			v = append(v, strings.TrimRight(e.String(), " "))
		}
	}
	return v
}

func isFinderField(t dicom.Tag) bool {
	switch t {
	case dicom.QueryRetrieveLevel, dicom.RetrieveAETitle, dicom.SpecificCharacterSet:
		return false
	}
	return t.Group() >= 8 && t.Group() != 0x9999
}

// search asks for what a user typed: as ID, as name, as date, as UID.
func (s *Server) search(ctx context.Context, server, text, level string) []*dicom.Dataset {
	var all []*dicom.Dataset
	ask := func(set map[dicom.Tag]string) {
		keys := dicom.NewDataset(10)
		for _, t := range finderKeys[level] {
			keys.SetString(t, set[t])
		}
		all = append(all, s.ask(ctx, server, level, keys, len(all))...)
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
	return s.withoutDuplicates(level, all)
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

// ask sends a query to this server ("local") or to another; before is the number
// of answers so far.
func (s *Server) ask(ctx context.Context, server, level string, keys *dicom.Dataset, before int) []*dicom.Dataset {
	if server != "local" {
		answers, err := (&luaHost{s: s}).VirtualFind(ctx, server, level, keys)
		if err != nil {
			s.con.Event("*** finder", "server", server, "error", err)
		}
		return answers
	}
	model := db.StudyRoot
	if level == "PATIENT" {
		model = db.PatientRoot
	}
	keys.SetString(dicom.QueryRetrieveLevel, level)
	found, err := s.db.Find(ctx, model, keys, db.FindOptions{NoComputed: true, Before: before})
	if err != nil {
		s.con.Event("*** finder", "level", level, "error", err)
		return nil
	}
	var list []*dicom.Dataset
	for a, err := range found {
		if err != nil {
			s.con.Event("*** finder", "level", level, "error", err)
			break
		}
		list = append(list, a)
	}
	return list
}

// finderUnique is the key of each level.
var finderUnique = map[string]dicom.Tag{
	"PATIENT": dicom.PatientID, "STUDY": dicom.StudyInstanceUID, "SERIES": dicom.SeriesInstanceUID, "IMAGE": dicom.SOPInstanceUID,
}

// withoutDuplicates sorts answers by length and text of their key and keeps the
// last of those with the same.
func (s *Server) withoutDuplicates(level string, all []*dicom.Dataset) []*dicom.Dataset {
	key := func(a *dicom.Dataset) string { return strings.ToLower(string(a.Value(finderUnique[level]))) }
	slices.SortStableFunc(all, func(a, b *dicom.Dataset) int {
		ka, kb := key(a), key(b)
		return cmp.Or(cmp.Compare((len(ka)+1)/2, (len(kb)+1)/2), cmp.Compare(ka, kb))
	})
	var kept []*dicom.Dataset
	for i, a := range all {
		if i > 0 && key(all[i-1]) == key(a) {
			kept[len(kept)-1] = a
			continue
		}
		kept = append(kept, a)
	}
	s.con.Debug("Virtualquery: removed %d duplicates out of %d entries", len(all)-len(kept), len(all))
	return kept
}

func runSeriesLister(ctx context.Context, c *commandCall) ([]byte, error) {
	f := bars(c.arg, 5)
	keys := dicom.NewDataset(3)
	if strings.Contains(c.arg, "|") {
		keys.SetString(dicom.PatientID, f[1])
	}
	if strings.Count(c.arg, "|") > 1 {
		keys.SetString(dicom.StudyInstanceUID, f[2])
	}
	keys.SetString(dicom.SeriesInstanceUID, "")
	answers := c.s.ask(ctx, f[0], "SERIES", keys, 0)
	format := listFormat(f[3])
	var b strings.Builder
	if count, ok := strings.CutPrefix(format, "?"); ok {
		b.WriteString(cformat.Sprintf(count, len(answers)))
	} else {
		for i, a := range answers {
			b.WriteString(cformat.Sprintf(format, cformat.Repeated(a.String(dicom.SeriesInstanceUID), i)...))
		}
	}
	return c.deliver(f[4], []byte(b.String()), asText)
}

// listFormat is the format of a lister: a line each, unless it ends in a star.
func listFormat(format string) string {
	switch {
	case format == "":
		return "%s*"
	case strings.HasPrefix(format, "$"), strings.HasSuffix(format, "*"):
		return format
	}
	return format + "\n"
}

// listedImage is an image whose file is there.
type listedImage struct {
	db.Location
	patient, sop, path string
	number, frames     int
}

// listImages are the images of this server that match, in order of their
// number, whose files can be found.
func (s *Server) listImages(ctx context.Context, cfg *dicomini.Config, keys *dicom.Dataset) ([]listedImage, error) {
	list, err := s.findImages(ctx, keys)
	for i := range list {
		if path, ok := s.located(cfg, list[i].Device, list[i].File); ok {
			list[i].path = path
		}
	}
	return slices.DeleteFunc(list, func(im listedImage) bool { return im.path == "" }), err
}

// findImages are the images of this server that match, in order of their number.
func (s *Server) findImages(ctx context.Context, keys *dicom.Dataset) ([]listedImage, error) {
	keys = keys.Clone()
	for _, t := range []dicom.Tag{dicom.PatientID, dicom.SOPInstanceUID, dicom.InstanceNumber, dicom.NumberOfFrames, tagFile, tagDevice} {
		if !keys.Has(t) {
			keys.SetString(t, "")
		}
	}
	keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
	found, err := s.db.Find(ctx, db.PatientRoot, keys, db.FindOptions{NoComputed: true})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var list []listedImage
	for a, err := range found {
		if err != nil {
			return nil, fmt.Errorf("list images: %w", err)
		}
		im := listedImage{
			Location: db.Location{File: a.String(tagFile), Device: a.String(tagDevice)},
			patient:  a.String(dicom.PatientID), sop: a.String(dicom.SOPInstanceUID),
			number: dicomini.Atoi(a.String(dicom.InstanceNumber)), frames: dicomini.Atoi(a.String(dicom.NumberOfFrames)),
		}
		list = append(list, im)
	}
	slices.SortStableFunc(list, func(a, b listedImage) int { return cmp.Compare(a.number, b.number) })
	return list, nil
}

// Elements of an identifier that ask for the place of a file.
const (
	tagFile   dicom.Tag = 0x99990800
	tagDevice dicom.Tag = 0x99990801
)

func runImageLister(ctx context.Context, c *commandCall) ([]byte, error) {
	f := bars(c.arg, 5)
	if f[0] != "local" {
		return nil, nil
	}
	cfg := c.s.live.Current()
	keys := dicom.NewDataset(8)
	keys.SetString(dicom.PatientID, f[1])
	keys.SetString(dicom.SeriesInstanceUID, f[2])
	format := listFormat(f[3])
	find := func() ([]listedImage, error) { return c.s.listImages(ctx, cfg, keys) }
	if format[0] == '?' { // the number alone, whether the files are there or not
		find = func() ([]listedImage, error) { return c.s.findImages(ctx, keys) }
	}
	list, err := find()
	if err != nil {
		return nil, err
	}
	return c.deliver(f[4], []byte(imageList(list, format)), asText)
}

// imageList shows images by a format whose first letter selects the values.
func imageList(list []listedImage, format string) string {
	kind := format[0]
	if strings.IndexByte("#@:$?", kind) >= 0 {
		format = format[1:]
	}
	if kind == '?' {
		return cformat.Sprintf(format, len(list))
	}
	var b strings.Builder
	for i, im := range list {
		line := format
		if i == len(list)-1 {
			line = strings.TrimSuffix(line, "*")
		}
		switch kind {
		case '#':
			b.WriteString(cformat.Sprintf(line, cformat.Repeated(im.Device, im.File, i, i+1)...))
		case '@':
			b.WriteString(cformat.Sprintf(line, cformat.Repeated(im.Device, strings.ReplaceAll(im.File, `\`, "/"), i, i+1)...))
		case ':':
			b.WriteString(cformat.Sprintf(line, cformat.Repeated(strings.ReplaceAll(im.patient, " ", "%20"), im.sop, i, i+1)...))
		case '$':
			b.WriteString(cformat.Sprintf(line, im.frames))
		default:
			b.WriteString(cformat.Sprintf(line, cformat.Repeated(im.path, i, i+1)...))
		}
	}
	return b.String()
}
