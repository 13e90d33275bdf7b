package dicomweb

import (
	"image"
	"math/rand/v2"
	"testing"

	"conquest/dicom"
	"conquest/pixel"
)

// ct is an image like those of a scanner: smooth, with edges and noise.
func ct(n int) *dicom.Dataset {
	d := dicom.NewDataset(16)
	for t, v := range map[dicom.Tag]uint16{
		dicom.SamplesPerPixel: 1, dicom.Rows: uint16(n), dicom.Columns: uint16(n), dicom.BitsAllocated: 16, dicom.BitsStored: 12, dicom.HighBit: 11, dicom.PixelRepresentation: 0,
	} {
		d.SetUint16(t, v)
	}
	d.SetString(dicom.PhotometricInterpretation, "MONOCHROME2")
	rng := rand.New(rand.NewPCG(1, 2))
	pix := make([]byte, 2*n*n)
	for y := range n {
		for x := range n {
			v := 1000 + rng.IntN(60)
			if dx, dy := x-n/2, y-n/2; dx*dx+dy*dy > n*n/5 {
				v = rng.IntN(30)
			} else if (x/40+y/40)%3 == 0 {
				v += 300
			}
			pix[2*(y*n+x)], pix[2*(y*n+x)+1] = byte(v), byte(v>>8)
		}
	}
	d.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: pix})
	d.SetTransferSyntax(dicom.ExplicitLittleEndian)
	return d
}

// BenchmarkRenderedJPEG is what a picture of one image of 512 x 512 costs: window and
// coding.
func BenchmarkRenderedJPEG(b *testing.B) {
	d := ct(512)
	draw := func() image.Image {
		im, err := pixel.OpenWith(d, pixel.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		img, err := im.Drawer(d).Draw(0, pixel.View{})
		if err != nil {
			b.Fatal(err)
		}
		return img
	}
	b.Run("draw", func(b *testing.B) {
		for b.Loop() {
			draw()
		}
	})
	img := draw()
	b.Run("code", func(b *testing.B) {
		for b.Loop() {
			if _, err := encodePicture(img, kindJPEG, 90); err != nil {
				b.Fatal(err)
			}
		}
	})
}
