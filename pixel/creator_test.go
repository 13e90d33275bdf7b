package pixel

import (
	"errors"
	"testing"

	"conquest/dicom"
)

// TestForeignCreator keeps a maker's private block at (7FDF,0010) through each
// kind of transcoding.
func TestForeignCreator(t *testing.T) {
	for _, code := range []string{"un", "ul", "j2", "jk", "j5", "uj", "n4", "ka"} {
		ds := object(Module{Rows: 8, Columns: 8, Samples: 1, BitsAllocated: 8, BitsStored: 8, HighBit: 7, Frames: 1, Photometric: "MONOCHROME2"}, make([]byte, 64))
		ds.Put(dicom.NewText(dicom.NKIPixelData, dicom.LO, "ELSCINT1"))
		ds.Put(dicom.NewText(0x7fdf1001, dicom.LO, "value"))
		if err := Transcode(ds, code, Options{}); err != nil && !(code == "n4" && errors.Is(err, ErrUnsupported)) {
			t.Errorf("%s: %v", code, err)
		}
		if _, err := Decompress(ds, Limits{}); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		if ds.String(dicom.NKIPixelData) != "ELSCINT1" || ds.String(0x7fdf1001) != "value" || !ds.Has(dicom.PixelData) {
			t.Errorf("%s: the private block changed", code)
		}
	}
}
