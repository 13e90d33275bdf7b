package virtual

import (
	"testing"
	"time"

	"conquest/db"
	"conquest/dicom"
)

// TestAnswersOfTodayAreNotKept: a series of today may still grow, so it is asked
// for each time; a server that is not there is not touched by the cache.
func TestAnswersOfTodayAreNotKept(t *testing.T) {
	part := dicom.NewDataset(4)
	part.SetString(dicom.StudyInstanceUID, "1.2")
	part.SetString(dicom.SeriesInstanceUID, "1.2.3")
	part.SetString(tagSeriesDate, time.Now().Format("20060102"))
	part.SetString(tagSeriesImages, "12")
	asked := 0
	ask := func(level db.Level, q *dicom.Dataset) ([]*dicom.Dataset, error) {
		asked++
		if level != db.ImageLevel || q.String(dicom.SeriesInstanceUID) != "1.2.3" {
			t.Errorf("asked at level %v for %s", level, q.String(dicom.SeriesInstanceUID))
		}
		return []*dicom.Dataset{part}, nil
	}
	for range 2 {
		// A cache would need a site, which this one has not got.
		answers, err := new(Servers).cachedPart(server{cacheSeries: true}, dicom.NewDataset(0), part, ask)
		if err != nil || len(answers) != 1 {
			t.Errorf("%d answers, %v", len(answers), err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want twice", asked)
	}
}

// TestImageTypeFixLooksAtEchoNumbers: an answer holds what was asked when its
// value has it among others.
func TestImageTypeFixLooksAtEchoNumbers(t *testing.T) {
	for _, c := range []struct {
		tag         dicom.Tag
		asked, have string
		want        bool
	}{
		{tagEchoNumbers, "2", "1", false}, {tagEchoNumbers, "2", "2", true}, {tagEchoNumbers, "", "1", true},
		{imageTypeTag, "AXIAL", `ORIGINAL\PRIMARY\AXIAL`, true}, {imageTypeTag, "AXIAL", `ORIGINAL\PRIMARY\LOCALIZER`, false},
	} {
		asked, answer := dicom.NewDataset(1), dicom.NewDataset(1)
		asked.SetString(c.tag, c.asked)
		answer.SetString(c.tag, c.have)
		if got := holdsValue(answer, asked, c.tag); got != c.want {
			t.Errorf("%v: asked %q, have %q: %v", c.tag, c.asked, c.have, got)
		}
	}
	if tagEchoNumbers != 0x00180086 {
		t.Errorf("echo numbers are %v", tagEchoNumbers)
	}
}
