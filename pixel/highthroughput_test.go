package pixel

import (
	"bytes"
	"testing"

	"conquest/dicom"
)

// TestHighThroughputCodes: jh is lossless, jhNN is at most NN percent of the plain
// size; what is in such a syntax already is left alone, as the codes for any JPEG
// do.
func TestHighThroughputCodes(t *testing.T) {
	m := gray(60, 70, 2, 16, 12)
	pix := ramp(m)
	plain := int64(len(pix)) * 12 / 16
	for _, c := range []struct {
		code, syntax string
		percent      int64 // 0: lossless
	}{{"jh", dicom.HTJ2KLossless, 0}, {"JH30", dicom.HTJ2K, 30}, {"jh5", dicom.HTJ2K, 5}, {"jh100", dicom.HTJ2K, 0}} {
		ds := object(m, pix)
		if err := Transcode(ds, c.code, Options{Quality: 20}); err != nil {
			t.Fatalf("%s: %v", c.code, err)
		}
		e := ds.Get(dicom.PixelData)
		if got := ds.TransferSyntax().UID; got != c.syntax {
			t.Errorf("%s: transfer syntax %s", c.code, got)
		}
		if lossy := ds.String(tagLossyImageCompression) == "01"; lossy != (c.percent > 0) {
			t.Errorf("%s: labelled lossy %v", c.code, lossy)
		}
		if size := fragmentLength(e.Fragments, 0) + fragmentLength(e.Fragments, 1); c.percent > 0 && size > plain*c.percent/100+2 {
			t.Errorf("%s: %d bytes of %d", c.code, size, plain)
		}
		if c.percent == 0 && !bytes.Equal(plainPixels(t, ds), pix) {
			t.Errorf("%s: other pixels", c.code)
		}
	}
	for _, uid := range []string{dicom.HTJ2KLossless, dicom.HTJ2KLosslessRPCL, dicom.HTJ2K} {
		ds := object(m, pix)
		if err := TranscodeTo(ds, uid, Options{}); err != nil {
			t.Fatal(err)
		}
		codes := []string{"ja", "uj", "nj", "jh"}
		if uid == dicom.HTJ2K {
			codes = []string{"ja", "uj", "nj", "jh20"}
		}
		for _, code := range codes {
			if err := Transcode(ds, code, Options{}); err != nil || ds.TransferSyntax().UID != uid {
				t.Errorf("%s of %s: %s, %v", code, uid, ds.TransferSyntax().UID, err)
			}
		}
	}
}
