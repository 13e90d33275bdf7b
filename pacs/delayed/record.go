package delayed

import (
	"fmt"
	"strings"

	"conquest/scripting"
)

// recordSize is the size of a record of DelayedFetchForwardFailuresPORT.
const recordSize = 1000

// field is a place of text in a delayed record.
type field struct {
	offset, size int
	value        func(*scripting.Delayed) *string
}

var fields = []field{
	{0, 64, func(d *scripting.Delayed) *string { return &d.PatientID }},
	{65, 16, func(d *scripting.Delayed) *string { return &d.Verb }},
	{82, 17, func(d *scripting.Delayed) *string { return &d.AE }},
	{100, 64, func(d *scripting.Delayed) *string { return &d.StudyUID }},
	{165, 64, func(d *scripting.Delayed) *string { return &d.SeriesUID }},
	{230, 25, func(d *scripting.Delayed) *string { return &d.Compression }},
	{256, 19, func(d *scripting.Delayed) *string { return &d.Modality }},
	{276, 23, func(d *scripting.Delayed) *string { return &d.Date }},
	{300, 64, func(d *scripting.Delayed) *string { return &d.SOP }},
	{366, 128, func(d *scripting.Delayed) *string { return &d.ImageType }},
	{500, 64, func(d *scripting.Delayed) *string { return &d.SeriesDesc }},
	{570, 400, func(d *scripting.Delayed) *string { return &d.Script }},
}

// record is the entry in the original's layout; false when it does not
// fit or is of a kind that the original keeps otherwise.
func record(d scripting.Delayed) ([]byte, bool) {
	switch d.Verb {
	case "process", "submit", "submit2":
		return nil, false
	}
	if d.Split != "" && d.ImageType != "" {
		return nil, false
	}
	rec := make([]byte, recordSize)
	if d.Split != "" {
		d.ImageType = d.Split
	}
	if d.Operation != "" {
		d.Verb = d.Operation
	}
	for _, f := range fields {
		v := *f.value(&d)
		if len(v) >= f.size {
			return nil, false
		}
		copy(rec[f.offset:], v)
	}
	return rec, rec[0] != 0
}

func parseRecord(rec []byte) (scripting.Delayed, error) {
	var d scripting.Delayed
	for _, f := range fields {
		v, _, _ := strings.Cut(string(rec[f.offset:f.offset+f.size]), "\x00")
		*f.value(&d) = v
	}
	d.Operation = d.Verb
	d.Verb, d.Level, _ = strings.Cut(d.Verb, " ")
	for _, level := range []string{"patient", "study", "series", "image"} {
		if d.Level != "" && strings.HasPrefix(level, d.Level) {
			d.Level = level
		}
	}
	if d.Verb == "forward" && strings.Contains(d.ImageType, "/") {
		d.Split, d.ImageType = d.ImageType, ""
	}
	if d.Verb == "" {
		return d, fmt.Errorf("no command")
	}
	return d, nil
}
