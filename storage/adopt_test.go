package storage

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"conquest/dicom"
)

// spooledObject writes lead zeros and an encoded object to a spool file and
// parses it from there.
func spooledObject(t *testing.T, dir string, encoded []byte, ts dicom.TransferSyntax, lead int64) (*os.File, *dicom.Dataset) {
	t.Helper()
	f, err := Writer{}.Spool(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteAt(encoded, lead); err != nil {
		t.Fatal(err)
	}
	ds, err := dicom.ParseReaderAt(f, lead, int64(len(encoded)), ts, dicom.ParseOptions{BulkThreshold: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	ds.SetTransferSyntax(ts.UID)
	return f, ds
}

// TestAdoptIsStage compares a file that took its large values over with one that
// was written as a whole, in all syntaxes and after changes of the header.
func TestAdoptIsStage(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("open files can not be renamed")
	}
	for _, uid := range []string{dicom.ImplicitLittleEndian, dicom.ExplicitLittleEndian, dicom.JPEGLosslessSV1} {
		for _, changed := range []bool{false, true} {
			dir := t.TempDir() + string(filepath.Separator)
			ts, _ := dicom.LookupTransferSyntax(uid)
			object := dicom.NewDataset(8)
			object.SetString(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.7")
			object.SetString(dicom.SOPInstanceUID, "1.2.3.4")
			object.SetString(dicom.PatientID, "P1")
			pixels := dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: bytes.Repeat([]byte("pixels, "), 1<<12)}
			if ts.Encapsulated {
				pixels = dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Fragments: &dicom.Fragments{
					Data: [][]byte{bytes.Repeat([]byte("one "), 1<<10), []byte("odd"), bytes.Repeat([]byte("two "), 1<<10)},
				}}
			}
			object.Put(pixels)
			object.Put(dicom.NewText(0xfffcfffc, dicom.OB, "end."))
			encoded, err := dicom.Append(nil, object, ts)
			if err != nil {
				t.Fatal(err)
			}
			w := Writer{}
			_, probe := spooledObject(t, dir, encoded, ts, 0)
			lead, ok := w.Lead("a.dcm", probe)
			if !ok {
				t.Fatalf("%s: no lead", uid)
			}
			first := probe.Get(dicom.PixelData)
			at := int64(0)
			if first.Bulk != nil {
				at = lead - first.Bulk.Offset
			} else {
				at = lead - first.Fragments.Bulk[0].Offset
			}
			f, ds := spooledObject(t, dir, encoded, ts, at)
			if changed {
				ds.SetString(dicom.PatientID, "a longer identification")
			}
			if err := w.Write(dir, "whole.dcm", ds); err != nil {
				t.Fatal(err)
			}
			staged, adopted, err := w.Adopt(dir, "adopted.dcm", ds, f)
			if err != nil || adopted == changed {
				t.Fatalf("%s, changed %v: adopted %v, %v", uid, changed, adopted, err)
			}
			if changed {
				continue
			}
			if err := staged.Commit(); err != nil {
				t.Fatal(err)
			}
			whole, _ := os.ReadFile(dir + "whole.dcm")
			got, err := os.ReadFile(dir + "adopted.dcm")
			if err != nil || !bytes.Equal(whole, got) {
				t.Errorf("%s: adopted file of %d bytes differs from the one of %d bytes, %v", uid, len(got), len(whole), err)
			}
		}
	}
}
