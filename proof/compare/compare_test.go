package compare

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/sitetest"
	"conquest/proof/report"
)

// filled makes a site with two patients of three objects each; change alters an
// object before it is stored. more are lines of dicom.ini.
func filled(t *testing.T, change func(*dicom.Dataset) (name string), more ...string) string {
	t.Helper()
	live, dir := sitetest.Config(t, more...)
	opt, settings := db.FromConfig(live.Current())
	index, err := db.Open(context.Background(), dicomini.DefaultSchema(live.Current().SchemaOptions()), opt, settings)
	if err != nil {
		t.Fatal(err)
	}
	defer index.Close()
	if err := index.Initialize(context.Background(), db.AllTables, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if err := index.AddWorklist(context.Background(), []db.Field{{Column: "AccessionN", Value: "A1"}, {Column: "PatientID", Value: "W1"}}); err != nil {
		t.Fatal(err)
	}
	for _, patient := range []string{"one", "two"} {
		for n := range 3 {
			ds := sitetest.Image(patient, n)
			name := fmt.Sprintf("%s/%d.dcm", patient, n)
			if change != nil {
				if other := change(ds); other == "-" {
					continue
				} else if other != "" {
					name = other
				}
			}
			path := filepath.Join(dir, "data", name)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := dicom.WriteFile(path, ds, dicom.Meta{}); err != nil {
				t.Fatal(err)
			}
			if _, err := index.Add(context.Background(), ds, db.Location{File: name, Device: "MAG0"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// compared is the report of two sites, as KIND: WHAT xCOUNT.
func compared(t *testing.T, one, other string) (groups []string, r *report.Report) {
	t.Helper()
	a, err := Open(context.Background(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := Open(context.Background(), other)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if r, err = Sites(context.Background(), a, b, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Groups() {
		groups = append(groups, fmt.Sprintf("%s: %s x%d", g.Kind, g.What, g.Count))
	}
	return groups, r
}

// isObject tells whether a data set is object n of a patient.
func isObject(ds *dicom.Dataset, patient, n string) bool {
	return ds.String(dicom.PatientID) == patient && strings.HasSuffix(ds.String(dicom.SOPInstanceUID), ".1."+n)
}

func TestSitesAreHeldAgainstEachOther(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*dicom.Dataset) string
		want   []string
	}{
		{"the same", nil, nil},
		{"an object less", func(ds *dicom.Dataset) string {
			if isObject(ds, "two", "1") {
				return "-"
			}
			return ""
		}, []string{"image: only in A x1"}},
		{"an element changed that the index does not have", func(ds *dicom.Dataset) string {
			if isObject(ds, "one", "2") {
				ds.SetString(0x00081030, "other") // StudyDescription is not in rows of images
				ds.SetString(0x00200011, "1")
				ds.SetString(0x00181030, "protocol")
			}
			return ""
		}, []string{"element: 0008,1030 StudyDescription x1", "element: 0018,1030 ProtocolName x1", "row of series: ProtocolNa x1", "row of study: StudyDescr x1"}},
		{"pixels changed", func(ds *dicom.Dataset) string {
			if isObject(ds, "one", "0") {
				ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: bytes.Repeat([]byte{1}, 2048)})
			}
			return ""
		}, []string{"element: 7fe0,0010 PixelData x1"}},
		{"other file names", func(ds *dicom.Dataset) string {
			if isObject(ds, "one", "0") {
				return "elsewhere/file.dcm"
			}
			return ""
		}, []string{"file name: ObjectFile x1"}},
		{"under another patient", func(ds *dicom.Dataset) string {
			if ds.String(dicom.PatientID) == "two" {
				ds.SetString(dicom.PatientID, "three")
			}
			return ""
		}, []string{"element: 0010,0020 PatientID x3", "image: patient of the object x3", "patient: only in A x1", "patient: only in B x1", "series: only in A x1", "series: only in B x1", "study: only in A x1", "study: only in B x1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := filled(t, nil), filled(t, c.change)
			groups, r := compared(t, a, b)
			if !slices.Equal(groups, c.want) {
				var text strings.Builder
				_ = r.Text(&text)
				t.Errorf("got %q\n%s", groups, text.String())
			}
		})
	}
}

func TestComparisonReadsOnly(t *testing.T) {
	a, b := filled(t, nil), filled(t, nil)
	before := contents(t, a)
	if groups, _ := compared(t, a, b); groups != nil {
		t.Errorf("%q", groups)
	}
	if after := contents(t, a); !slices.Equal(before, after) {
		t.Errorf("before: %q\nafter: %q", before, after)
	}
}

// contents are the files of a folder with their sizes and times.
func contents(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			fi, _ := e.Info()
			list = append(list, fmt.Sprint(path, fi.Size(), fi.ModTime()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAMissingFileIsADifference(t *testing.T) {
	a, b := filled(t, nil), filled(t, nil)
	if err := os.Remove(filepath.Join(b, "data", "one", "1.dcm")); err != nil {
		t.Fatal(err)
	}
	if groups, _ := compared(t, a, b); !slices.Equal(groups, []string{"file: missing on its device x1"}) {
		t.Errorf("%q", groups)
	}
}

func TestNamesWithATimeAreTheSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"p/1.2_0001_000001_17954676130000.dcm", "p/1.2_0001_000001_1795467697000d.dcm", true},
		{"p/1.2_0001_000001_17954676130000.dcm", "p/1.3_0001_000001_17954676130000.dcm", false},
		{"p/1.2.3.dcm", "p/1.2.4.dcm", false},
	} {
		if same := timeless(c.a) == timeless(c.b); same != c.same {
			t.Errorf("%s, %s: %v", c.a, c.b, same)
		}
	}
}
