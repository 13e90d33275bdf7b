package pixel

import (
	"bytes"
	"strings"
	"testing"

	"conquest/dicom"
)

// TestDamaged cuts coded frames: uncompressing fails and changes nothing;
// with Damaged set the part before the cut is there.
func TestDamaged(t *testing.T) {
	for _, code := range []string{"j1", "j2", "j4", "j6", "js", "jk", "jh"} {
		t.Run(code, func(t *testing.T) {
			ds := dicom.NewDataset(12)
			for tag, v := range map[dicom.Tag]uint16{
				dicom.Rows: 64, dicom.Columns: 64, dicom.SamplesPerPixel: 1, dicom.BitsAllocated: 16,
				dicom.BitsStored: 12, dicom.HighBit: 11, dicom.PixelRepresentation: 0,
			} {
				ds.SetUint16(tag, v)
			}
			ds.SetString(dicom.PhotometricInterpretation, "MONOCHROME2")
			pix := make([]byte, 64*64*2)
			for i := range 64 * 64 {
				v := 500 + i%64*7 + i/64*11 + i*i%37
				pix[2*i], pix[2*i+1] = byte(v), byte(v>>8)
			}
			ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: pix})
			ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
			if err := Transcode(ds, code, Options{}); err != nil {
				t.Fatal(err)
			}
			frags := ds.Get(dicom.PixelData).Fragments
			whole := frags.Data[0]
			frags.Data[0] = bytes.Clone(whole[:len(whole)*3/4&^1])
			syntax := ds.TransferSyntax().UID
			if _, err := Decompress(ds, Limits{}); err == nil {
				t.Error("damaged frame uncompressed without an error")
			}
			if ds.TransferSyntax().UID != syntax || ds.Get(dicom.PixelData).Fragments == nil {
				t.Error("object changed by a failure")
			}
			var warned []string
			err := TranscodeTo(ds, dicom.ImplicitLittleEndian, Options{Damaged: true, Warn: func(format string, a ...any) {
				warned = append(warned, format)
			}})
			if err != nil {
				t.Fatal(err)
			}
			if len(warned) != 1 || !strings.Contains(warned[0], "damaged") {
				t.Errorf("warnings: %q", warned)
			}
			got, err := ds.Get(dicom.PixelData).Bytes()
			if err != nil || len(got) != len(pix) {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			if first := int(got[0]) | int(got[1])<<8; first < 300 || first > 700 {
				t.Errorf("first sample is %d, was 500", first)
			}
		})
	}
}
