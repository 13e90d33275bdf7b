package storage

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
)

func object(values map[dicom.Tag]string) *dicom.Dataset {
	ds := dicom.NewDataset(len(values))
	for t, v := range values {
		ds.SetString(t, v)
	}
	return ds
}

func ct() *dicom.Dataset {
	return object(map[dicom.Tag]string{
		dicom.PatientName: "Doe^John", dicom.PatientID: "PAT001", dicom.Modality: "CT",
		dicom.StudyInstanceUID: "1.2", dicom.SeriesInstanceUID: "1.2.3", dicom.SOPInstanceUID: "1.2.3.4",
		dicom.SeriesNumber: "1", dicom.InstanceNumber: "2", dicom.StudyID: "S1", dicom.StudyDate: "20200102",
		dicom.StudyDescription: "HEAD, NECK",
	})
}

func name(t *testing.T, syntax string, maxLen int, ds *dicom.Dataset) string {
	t.Helper()
	n := NewNamer(syntax, maxLen, 1)
	n.now = func() time.Time { return time.Unix(1795467093, 0) }
	s, err := n.Name(ds, NameContext{CalledAE: "SERVER", CallingAE: "SCU", Value: func(spec string) (string, int) {
		return "value " + spec[:9], 9
	}})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(s)
}

func TestNumberedSyntaxes(t *testing.T) {
	for syntax, want := range map[string]string{
		"0":  "Doe^John_PAT001/1_2_1795467093.v2",
		"1":  "Doe^John_PAT001/0001_000002_17954670930001.v2",
		"2":  "Doe^John_PAT001/1.2.3_0001_000002_17954670930001.v2",
		"3":  "PAT001/1.2.3_0001_000002_17954670930001.v2",
		"4":  "PAT001/1.2.3_0001_000002_17954670930001.dcm",
		"5":  "Doe^John/1.2.3_0001_000002_17954670930001.v2",
		"6":  "PAT001/1.2/1.2.3/1.2.3.4.v2",
		"7":  "1.2/1.2.3/1.2.3.4.v2",
		"8":  "PAT001/1.2/1.2.3/1.2.3.4.dcm",
		"9":  "1.2/1.2.3/1.2.3.4.dcm",
		"10": "Images/1.2.3.4.dcm",
		"11": "Doe^John/1.2/1.2.3/1.2.3.4.dcm",
		"12": "Doe^John_PAT001/CT_S1/1/1.2.3.4.dcm",
		"99": "Doe^John_PAT001/1_2_1795467093.v2",
	} {
		if got := name(t, syntax, 255, ct()); got != want {
			t.Errorf("syntax %s: %s, want %s", syntax, got, want)
		}
	}
}

func TestPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		"%name/%id/%modality_%studyid.dcm":    "Doe^John/PAT001/CT_S1.dcm",
		"%studyuid/%seriesuid/%sopuid.dcm":    "1.2/1.2.3/1.2.3.4.dcm",
		"%id[0,2]/%image_%series.dcm":         "PAT/000002_0001.dcm",
		"%imagenum_%seriesid.dcm":             "2_1.dcm",
		"%time%counter.dcm":                   "17954670930001.dcm",
		"%calledae_%callingae/%studydate.dcm": "SERVER_SCU/20200102.dcm",
		"%studydesc/%unknown.dcm":             "HEAD__NECK/unknown.dcm",
		"%V0010,0020/x.dcm":                   "value_0010_0020/x.dcm",
		"/abs%id":                             "/absPAT001",
		"%imageid.dcm":                        "empty.dcm",
		"%id[3]%id[4,2].dcm":                  "PAT001PAT001.dcm",
		"%id[,2].dcm":                         "PAT001.dcm",
		"%id[x,2]%id[0,].dcm":                 "PAT001PAT001.dcm",
		"%id[0,2":                             "PAT",
		"./%id/%sopuid.dcm":                   "./PAT001/1.2.3.4.dcm",
		"../%id/..x.dcm":                      "__/PAT001/..x.dcm",
		"%accession//%id.dcm":                 "accession//PAT001.dcm",
	} {
		if got := name(t, pattern, 255, ct()); got != want {
			t.Errorf("pattern %s: %s, want %s", pattern, got, want)
		}
	}
}

// A value that is there and empty leaves nothing, one that is not there "empty".
func TestEmptyParts(t *testing.T) {
	ds := ct()
	ds.SetString(dicom.StudyDate, "")
	ds.SetString(dicom.StudyInstanceUID, "")
	ds.Delete(dicom.SeriesInstanceUID)
	for syntax, want := range map[string]string{
		"%studydate/%id.dcm": "/PAT001.dcm", "%studyuid/%seriesuid/%id.dcm": "/empty/PAT001.dcm", "9": "/empty/1.2.3.4.dcm",
		"-1": "Doe^John_PAT001/1_2_1795467093.v2",
	} {
		if got := name(t, syntax, 255, ds); got != want {
			t.Errorf("syntax %s: %s, want %s", syntax, got, want)
		}
	}
}

func TestNamesOnWindows(t *testing.T) {
	ds := ct()
	ds.SetString(dicom.PatientID, "CON")
	ds.SetString(dicom.SOPInstanceUID, "nul")
	for syntax, want := range map[string]string{"8": "CON_/1.2/1.2.3/nul_.dcm", "%id/%sopuid.dcm": "CON_/nul_.dcm", "//%id/x": "/CON_/x"} {
		n := NewNamer(syntax, 255, 0)
		n.windows = true
		if got, err := n.Name(ds, NameContext{}); err != nil || filepath.ToSlash(got) != want {
			t.Errorf("syntax %s: %s, %v, want %s", syntax, got, err, want)
		}
	}
}

func TestHarmlessOnWindows(t *testing.T) {
	for in, want := range map[string]string{
		"CON": "CON_", "nul.dcm": "nul_.dcm", "com1": "com1_", "a": "a", `..\..\x`: ".._.._x", "C:x": "C_x", `\\host\share`: "__host_share", "..": "__", "": "_",
	} {
		if got := harmless(in, true); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestValuesStayInTheFolder(t *testing.T) {
	ds := ct()
	ds.SetString(dicom.PatientID, "..")
	ds.SetString(dicom.StudyInstanceUID, "../../etc")
	ds.SetString(dicom.SOPInstanceUID, "..")
	for _, syntax := range []string{"6", "8", "9", "10", "12", "%id/%studyuid/%sopuid.dcm", "%sopuid/%studyuid"} {
		got := name(t, syntax, 255, ds)
		for part := range strings.SplitSeq(got, "/") {
			if strings.Trim(part, ".") == "" {
				t.Errorf("syntax %s leads out of its folder: %s", syntax, got)
			}
		}
	}
}

func TestMaxFileNameLength(t *testing.T) {
	if got, want := name(t, "8", 12, ct()), "PAT001/1.2.3.4.dcm"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := name(t, "4", 30, ct()), "PAT001/.3_0001_000002_17954670930001.dcm"; len(got) > len("PAT001/")+30 {
		t.Errorf("got %s, want at most 30 bytes behind the folder like %s", got, want)
	}
}

func TestCompressedObjectsAreNeverV2(t *testing.T) {
	ds := ct()
	ds.SetTransferSyntax(dicom.JPEGLosslessSV1)
	if got, want := name(t, "6", 255, ds), "PAT001/1.2/1.2.3/1.2.3.4.dcm"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"pat 002/x": "pat_002_x", "": "unknown", "___": "unknown", "a.b,c:d?e": "a_b_c_d_e",
		"line\nbreak": "line", "M\xfcller^J": "M\xfcller^J", "..": "unknown", "x_": "x",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("%id[0,3]/%V0010,0010%%.dcm", "a/../b")
	f.Fuzz(func(t *testing.T, pattern, id string) {
		ds := ct()
		ds.SetString(dicom.PatientID, id)
		ds.SetString(dicom.SOPInstanceUID, id)
		n := NewNamer("%"+pattern, 255, 0)
		got, err := n.Name(ds, NameContext{Value: func(s string) (string, int) { return id, min(len(s), 4) }})
		if err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq(filepath.ToSlash(got), "/") {
			if part == ".." {
				t.Errorf("pattern %q with %q gives %q", pattern, id, got)
			}
		}
	})
}
