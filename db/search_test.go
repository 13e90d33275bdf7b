package db

import (
	"context"
	"strings"
	"testing"

	"conquest/dicom"
)

func searched(t *testing.T, d *DB, s Search, tag dicom.Tag) string {
	t.Helper()
	rows, err := d.Search(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for r, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r.String(tag))
	}
	return strings.Join(list, " ")
}

func TestSearchPages(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := archive(t, b, defaultSettings())
		series := SearchKey{Tag: dicom.SeriesInstanceUID, OneOf: []string{"1.1"}}
		for _, c := range []struct {
			s    Search
			tag  dicom.Tag
			want string
		}{
			{Search{Level: StudyLevel, Limit: -1}, dicom.StudyInstanceUID, "3 2 1"},
			{Search{Level: StudyLevel, Limit: 1, Offset: 1}, dicom.StudyInstanceUID, "2"},
			{Search{Level: StudyLevel, Limit: 5, Offset: 9}, dicom.StudyInstanceUID, ""},
			{Search{Level: StudyLevel, Limit: -1, Keys: []SearchKey{{Tag: dicom.StudyTime, From: "080000", To: "090000"}}}, dicom.StudyInstanceUID, "2 1"},
			{Search{Level: StudyLevel, Limit: -1, Keys: []SearchKey{{Tag: dicom.StudyTime, To: "08"}}}, dicom.StudyInstanceUID, ""},
			{Search{Level: StudyLevel, Limit: -1, Keys: []SearchKey{{Tag: dicom.AccessionNumber, Like: []string{"acc0", "?CC2"}, Fold: true}}}, dicom.StudyInstanceUID, "3 1"},
			{Search{Level: StudyLevel, Limit: -1, Keys: []SearchKey{{Tag: dicom.AccessionNumber, Like: []string{"%", "ACC_"}}}}, dicom.StudyInstanceUID, ""},
			{Search{Level: StudyLevel, Limit: -1, Keys: []SearchKey{{Tag: dicom.StudyInstanceUID, OneOf: []string{"1", "3", "9"}}}}, dicom.StudyInstanceUID, "3 1"},
			{Search{Level: StudyLevel, Limit: -1, Keys: []SearchKey{{Tag: dicom.StudyDate, Empty: true}}}, dicom.StudyInstanceUID, ""},
			{Search{Level: ImageLevel, Limit: 3, Offset: 8, Keys: []SearchKey{series}}, dicom.InstanceNumber, "9 10 11"},
			{Search{Level: ImageLevel, Limit: -1, Keys: []SearchKey{series, {Tag: dicom.PatientID, OneOf: []string{"P1"}}}}, dicom.InstanceNumber, ""},
		} {
			got := searched(t, d, c.s, c.tag)
			if got != c.want {
				t.Errorf("%+v: %q, want %q", c.s, got, c.want)
			}
		}
		if _, err := d.Search(context.Background(), Search{Level: StudyLevel, Keys: []SearchKey{{Tag: dicom.InstanceNumber}}}); err == nil {
			t.Error("a key of a lower level is taken")
		}
	})
}

func TestSearchRowsCarryParentsAndPlaces(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := archive(t, b, defaultSettings())
		rows, err := d.Search(context.Background(), Search{Level: ImageLevel, Limit: 1, Keys: []SearchKey{{Tag: dicom.SOPInstanceUID, OneOf: []string{"2.1.4"}}}})
		if err != nil {
			t.Fatal(err)
		}
		for r, err := range rows {
			if err != nil || r.String(dicom.PatientID) != "P1" || r.String(dicom.StudyInstanceUID) != "2" || r.File != "f1-4" || r.Device != "MAG0" {
				t.Errorf("%v %v, %v", r, r.Location, err)
			}
			return
		}
		t.Error("nothing found")
	})
}

func TestCountSeries(t *testing.T) {
	onAll(t, func(t *testing.T, b backend) {
		d := archive(t, b, defaultSettings())
		for _, c := range []struct {
			studies, series []string
			want            int
		}{{[]string{"1", "3"}, nil, 2}, {nil, []string{"2.1"}, 1}} {
			counts, err := d.CountSeries(context.Background(), c.studies, c.series)
			if err != nil || len(counts) != c.want {
				t.Fatalf("%v %v", counts, err)
			}
			for _, n := range counts {
				if n.Objects != 12 || n.SeriesInstanceUID != n.StudyInstanceUID+".1" {
					t.Errorf("%+v", n)
				}
			}
		}
	})
}
