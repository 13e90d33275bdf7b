package pixel

import (
	"bytes"
	"testing"

	"conquest/dicom"
	"conquest/pixel/frame"
	"conquest/pixel/jpeg2000"
	"conquest/pixel/rle"
)

// TestSingleBits uncompresses frames of single bits, which stay single bits: coded
// in JPEG 2000, and in RLE eight in a byte or one.
func TestSingleBits(t *testing.T) {
	m := gray(9, 7, 3, 1, 1)
	plain := make([]byte, (m.NativeSize()+1)&^1)
	bit := func(i int) byte { return byte(i*i/3+i) >> 2 & 1 }
	for i := range 9 * 7 * 3 {
		plain[i/8] |= bit(i) << uint(i%8)
	}
	for name, code := range map[string]func(f *frame.Frame) ([]byte, error){
		"JPEG 2000": func(f *frame.Frame) ([]byte, error) { return jpeg2000.Encode(f, jpeg2000.Options{}) },
		"RLE bytes": func(f *frame.Frame) ([]byte, error) { return rle.Encode(f, rle.EncodeOptions{}) },
		"RLE bits": func(f *frame.Frame) ([]byte, error) {
			g := &frame.Frame{Width: 8, Height: 1, Components: 1, BitsAllocated: 8, BitsStored: 8, Pix: make([]byte, 8)}
			for i, v := range f.Pix {
				g.Pix[i/8] |= v << uint(i%8)
			}
			return rle.Encode(g, rle.EncodeOptions{})
		},
	} {
		frags := &dicom.Fragments{}
		for n := range 3 {
			f, err := frame.New(7, 9, 1, 1, false, frame.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range f.Pix {
				f.Pix[i] = bit(n*63 + i)
			}
			data, err := code(f)
			if err != nil {
				t.Fatal(err)
			}
			frags.Data = append(frags.Data, data)
		}
		ds := object(m, nil)
		ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Fragments: frags})
		ds.SetTransferSyntax(dicom.RLELossless)
		if name == "JPEG 2000" {
			ds.SetTransferSyntax(dicom.JPEG2000Lossless)
		}
		if _, err := Decompress(ds, Limits{}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n, _ := ds.Int(dicom.BitsAllocated); n != 1 {
			t.Errorf("%s: %d bits allocated", name, n)
		}
		if got := ds.Value(dicom.PixelData); !bytes.Equal(got, plain) {
			t.Errorf("%s: %x, want %x", name, got, plain)
		}
	}
}

// TestPaddedPixelData keeps bytes behind the last frame through the private
// compression, which codes them with it.
func TestPaddedPixelData(t *testing.T) {
	m := gray(16, 16, 1, 16, 12)
	pix := append(ramp(m), make([]byte, 64)...)
	for _, code := range []string{"n1", "n2", "n3", "n4", "n5"} {
		ds := object(m, pix)
		if err := Transcode(ds, code, Options{}); err != nil {
			t.Errorf("%s: %v", code, err)
			continue
		}
		if !hasNKI(ds) {
			t.Errorf("%s: not compressed", code)
		}
		if changed, err := Decompress(ds, Limits{}); err != nil || !changed || !bytes.Equal(ds.Value(dicom.PixelData), pix) {
			t.Errorf("%s: comes back different (%v)", code, err)
		}
	}
}
