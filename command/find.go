package command

import (
	"context"
	"strings"

	"conquest/cformat"
	"conquest/dicom"
	"conquest/pacs/find"
)

// findCommands list patients, studies, series and images (docs/original/commands.md
// 3.8).
var findCommands = map[string]row{
	"patientfinder": {finder("PATIENT", 2), "SERVER[|TEXT[|FORMAT[|FILE]]]", "patients by part of name or ID; =TEXT is exact, server local is this one"},
	"studyfinder":   {finder("STUDY", 5), "SERVER[|TEXT[|FORMAT[|FILE]]]", "studies by part of name or ID, or date"},
	"seriesfinder":  {finder("SERIES", 7), "SERVER[|TEXT[|FORMAT[|FILE]]]", "series by part of name or ID, or date; =UID of a study"},
	"imagefinder":   {finder("IMAGE", 7), "SERVER[|TEXT[|FORMAT[|FILE]]]", "images by part of the ID; =UID of a series"},
	"serieslister":  {runSeriesLister, "SERVER[|PATIENT[|STUDY[|FORMAT[|FILE]]]]", "series of a study"},
	"imagelister":   {runImageLister, "SERVER[|PATIENT[|SERIES[|FORMAT[|FILE]]]]", "images of a series; the first letter of the format selects what is shown"},
}

func finder(level string, fields int) handler {
	return func(ctx context.Context, c *call) ([]byte, error) {
		format := c.field(2)
		if format == "" {
			format = strings.TrimSuffix(strings.Repeat("%s ", fields), " ")
		}
		answers := c.s.Find.Search(ctx, c.field(0), c.field(1), level)
		var b strings.Builder
		for _, a := range answers {
			b.WriteString(cformat.Sprintf(format+"\n", cformat.Cycled(finderValues(a, fields))...))
		}
		return c.deliver(c.field(3), []byte(b.String()), asText)
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

func runSeriesLister(ctx context.Context, c *call) ([]byte, error) {
	keys := dicom.NewDataset(3)
	if c.has(1) {
		keys.SetString(dicom.PatientID, c.field(1))
	}
	if c.has(2) {
		keys.SetString(dicom.StudyInstanceUID, c.field(2))
	}
	keys.SetString(dicom.SeriesInstanceUID, "")
	answers := c.s.Find.Ask(ctx, c.field(0), "SERIES", keys, 0)
	format := listFormat(c.field(3))
	var b strings.Builder
	if count, ok := strings.CutPrefix(format, "?"); ok {
		b.WriteString(cformat.Sprintf(count, len(answers)))
	} else {
		for i, a := range answers {
			b.WriteString(cformat.Sprintf(format, cformat.Repeated(a.String(dicom.SeriesInstanceUID), i)...))
		}
	}
	return c.deliver(c.field(4), []byte(b.String()), asText)
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

func runImageLister(ctx context.Context, c *call) ([]byte, error) {
	if c.field(0) != "local" {
		return nil, nil
	}
	cfg := c.s.Live.Current()
	keys := dicom.NewDataset(8)
	keys.SetString(dicom.PatientID, c.field(1))
	keys.SetString(dicom.SeriesInstanceUID, c.field(2))
	format := listFormat(c.field(3))
	look := func() ([]find.Image, error) { return c.s.Find.ImagesHere(ctx, cfg, keys) }
	if format[0] == '?' { // the number alone, whether the files are there or not
		look = func() ([]find.Image, error) { return c.s.Find.Images(ctx, keys) }
	}
	list, err := look()
	if err != nil {
		return nil, err
	}
	return c.deliver(c.field(4), []byte(imageList(list, format)), asText)
}

// imageList shows images by a format whose first letter selects the values.
func imageList(list []find.Image, format string) string {
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
			b.WriteString(cformat.Sprintf(line, cformat.Repeated(strings.ReplaceAll(im.Patient, " ", "%20"), im.SOP, i, i+1)...))
		case '$':
			b.WriteString(cformat.Sprintf(line, im.Frames))
		default:
			b.WriteString(cformat.Sprintf(line, cformat.Repeated(im.Path, i, i+1)...))
		}
	}
	return b.String()
}
