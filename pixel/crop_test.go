package pixel_test

import (
	"bytes"
	"testing"

	"conquest/dicom"
	"conquest/pixel"
)

// plainImage is an image of 4 columns and 3 rows whose samples count up.
func plainImage(samples uint16) *dicom.Dataset {
	ds := dicom.NewDataset(10)
	for tag, v := range map[dicom.Tag]uint16{
		dicom.SamplesPerPixel: samples, dicom.Rows: 3, dicom.Columns: 4, dicom.BitsAllocated: 8, dicom.BitsStored: 8,
		dicom.HighBit: 7, dicom.PixelRepresentation: 0, dicom.PlanarConfiguration: 0,
	} {
		ds.SetUint16(tag, v)
	}
	ds.SetString(dicom.PhotometricInterpretation, map[uint16]string{1: "MONOCHROME2", 3: "RGB"}[samples])
	p := make([]byte, 12*samples)
	for i := range p {
		p[i] = byte(i)
	}
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: p})
	ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	return ds
}

func TestCrop(t *testing.T) {
	tests := []struct {
		name           string
		x1, y1, x2, y2 int
		want           []byte // nil: stays as it is
	}{
		{"inside", 1, 0, 2, 1, []byte{1, 2, 5, 6}},
		{"padded", 0, 0, 2, 0, []byte{0, 1, 2, 0}},
		{"to the last row", 0, 1, 1, 2, []byte{4, 5, 8, 9}},
		{"to the last column", 0, 0, 3, 1, nil},
		{"single column", 1, 0, 1, 1, nil},
		{"outside", 0, 0, 1, 3, nil},
		{"upside down", 0, 2, 1, 1, nil},
	}
	for _, tt := range tests {
		ds := plainImage(1)
		before := ds.Value(dicom.PixelData)
		if err := pixel.Crop(ds, tt.x1, tt.y1, tt.x2, tt.y2, pixel.Limits{}); err != nil {
			t.Fatal(tt.name, err)
		}
		rows, columns := 3, 4
		if tt.want == nil {
			tt.want = before
		} else {
			rows, columns = tt.y2-tt.y1+1, tt.x2-tt.x1+1
		}
		if got := ds.Value(dicom.PixelData); !bytes.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		r, _ := ds.Int(dicom.Rows)
		c, _ := ds.Int(dicom.Columns)
		if r != rows || c != columns {
			t.Errorf("%s: %d rows of %d, want %d of %d", tt.name, r, c, rows, columns)
		}
	}
}

func TestToMono(t *testing.T) {
	ds := plainImage(3)
	if err := pixel.ToMono(ds, pixel.Limits{}); err != nil {
		t.Fatal(err)
	}
	want := []byte{1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34}
	if got := ds.Value(dicom.PixelData); !bytes.Equal(got, want) {
		t.Errorf("grey %v, want %v", got, want)
	}
	if n, _ := ds.Int(dicom.SamplesPerPixel); n != 1 || ds.String(dicom.PhotometricInterpretation) != "MONOCHROME2" {
		t.Error("still called colour")
	}
	grey := plainImage(1)
	if err := pixel.ToMono(grey, pixel.Limits{}); err != nil || !bytes.Equal(grey.Value(dicom.PixelData), plainImage(1).Value(dicom.PixelData)) {
		t.Errorf("an image that is grey already has changed, %v", err)
	}
}
