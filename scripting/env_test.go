package scripting

import (
	"context"
	"os"
	"time"

	"conquest/dicom"
)

// world is what a test run looks things up in.
type world struct {
	scripts map[string]string
	files   map[string]string
	dirs    map[string]bool
	now     time.Time
	object  *dicom.Dataset
	other   *dicom.Dataset
}

func (w *world) Now() time.Time                 { return w.now }
func (w *world) ScriptEntry(name string) string { return w.scripts[name] }
func (w *world) BaseDir() string                { return "/base/" }
func (w *world) IsDir(path string) bool         { return w.dirs[path] }
func (w *world) ProposeFile(*Run) string        { return "/data/P1/image.one.dcm" }

func (w *world) ReadText(path string) (string, error) {
	if s, ok := w.files[path]; ok {
		return s, nil
	}
	return "", os.ErrNotExist
}

func (w *world) QueryValue(_ context.Context, k QueryKeys, t dicom.Tag) string {
	return string(k.Level) + k.PatientID + "/" + k.StudyUID + "/" + k.SeriesUID + "/" + k.AccessionNo + ":" + t.String()
}

func (w *world) LoadObject(_ context.Context, patientID, sop string) *dicom.Dataset {
	if patientID == "P1" && sop == "1.2.9" {
		return w.other
	}
	return nil
}

func (w *world) ReadObject(context.Context, string) (*dicom.Dataset, error) {
	if w.object == nil {
		return nil, os.ErrNotExist
	}
	return w.object.Clone(), nil
}

func testObject() *dicom.Dataset {
	d := &dicom.Dataset{}
	d.SetString(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.2")
	d.SetString(dicom.SOPInstanceUID, "1.2.3.3")
	d.SetString(dicom.StudyInstanceUID, "1.2.3.1")
	d.SetString(dicom.SeriesInstanceUID, "1.2.3.2")
	d.SetString(dicom.StudyDate, "20241231")
	d.SetString(dicom.Modality, "CT")
	d.SetString(dicom.StationName, "STAT1")
	d.SetString(dicom.PatientName, "Doe^John")
	d.SetString(dicom.PatientID, "P1")
	d.SetString(dicom.AccessionNumber, "ACC1")
	d.SetUint16(dicom.Rows, 8)
	first, second := &dicom.Dataset{}, &dicom.Dataset{}
	first.SetString(dicom.ReferencedSOPInstanceUID, "1.2.9")
	second.SetString(dicom.ReferencedSOPInstanceUID, "1.2.10")
	second.SetString(dicom.SeriesDescription, "inner")
	d.SetItems(0x00081110, first, second)
	return d
}

func testWorld() *world {
	return &world{scripts: map[string]string{}, files: map[string]string{}, dirs: map[string]bool{},
		now: time.Date(2026, 1, 15, 20, 0, 0, 0, time.Local), other: &dicom.Dataset{}}
}

// script runs an import line on a test object.
func script(w *world, text string) (*dicom.Dataset, *DryRun, Code) {
	d, env := testObject(), &DryRun{Lookup: w}
	r := &Run{Env: env, Object: d, Kind: Import, Calling: "SRC", Called: "DEST ", Vars: &Vars{}}
	code := r.Import(context.Background(), text)
	return d, env, code
}
