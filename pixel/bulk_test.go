package pixel

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"conquest/dicom"
)

// TestFileBacked works on pixel data that stayed in the file.
func TestFileBacked(t *testing.T) {
	m := gray(33, 21, 3, 16, 12)
	pix := ramp(m)
	for _, form := range []string{"ul", "ub", "ui", "j2", "js", "jk", "jh"} {
		ds := object(m, pix)
		if err := Transcode(ds, form, Options{}); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), form+".dcm")
		writeDataset(t, name, ds)
		for _, code := range []string{"un", "j1", "js", "n4", "j3"} {
			f, err := dicom.ReadFile(name, dicom.ParseOptions{BulkThreshold: 64})
			if err != nil {
				t.Fatal(err)
			}
			if e := f.Get(dicom.PixelData); e.Bulk == nil && (e.Fragments == nil || e.Fragments.Bulk == nil) {
				t.Fatalf("%s: pixel data are in memory", form)
			}
			frames, err := Frames(f.Dataset)
			if err != nil || !bytes.Equal(frames[1].Pix, pix[m.FrameSize():2*m.FrameSize()]) {
				t.Errorf("%s: frame 1 differs (%v)", form, err)
			}
			single := f.Clone()
			if _, err := ExtractFrame(single, 2, Limits{}); err != nil {
				t.Errorf("%s: %v", form, err)
			}
			if got := plainPixels(t, single); !bytes.Equal(got, pix[2*m.FrameSize():]) {
				t.Errorf("%s: extracted frame differs", form)
			}
			if err := Transcode(f.Dataset, code, Options{}); err != nil {
				t.Errorf("%s to %s: %v", form, code, err)
			}
			if got := plainPixels(t, f.Dataset); code != "j3" && !bytes.Equal(got, pix) {
				t.Errorf("%s to %s: pixels differ", form, code)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
}
