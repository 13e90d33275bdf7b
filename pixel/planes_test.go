package pixel

import (
	"bytes"
	"math/rand"
	"testing"

	"conquest/dicom"
	"conquest/pixel/frame"
	"conquest/pixel/jpegls"
)

// TestSeparateScans decodes colour JPEG-LS with a scan for each component:
// planes as the standard has them, and the original's consecutive parts of the
// interleaved samples. Both may be in files that the original wrote, for it
// passes on what it receives.
func TestSeparateScans(t *testing.T) {
	rnd := rand.New(rand.NewSource(3))
	kinds := map[string]func(x, y, c int) int{
		"colour":   func(x, y, c int) int { return x*2 + y + c*40 },
		"noisy":    func(x, y, c int) int { return x + y*2 + c*50 + rnd.Intn(9) },
		"grey":     func(x, y, c int) int { return x*3 + y },
		"one hue":  func(x, y, c int) int { return 30 + 80*c },
		"red edge": func(x, y, c int) int { return (x / 20 * 90) * (2 - c) / 2 },
	}
	for name, value := range kinds {
		for _, width := range []int{47, 48, 49} {
			m := Module{Rows: 33, Columns: width, Samples: 3, Frames: 1, BitsAllocated: 8, BitsStored: 8, HighBit: 7, Photometric: "RGB"}
			pix := make([]byte, (m.NativeSize()+1)/2*2)
			for i := range pix[:m.NativeSize()] {
				pix[i] = byte(min(value(i/3%width, i/3/width, i%3), 255))
			}
			for _, parts := range []bool{false, true} {
				f := &frame.Frame{Width: width, Height: 33, Components: 3, BitsAllocated: 8, BitsStored: 8, Pix: pix}
				if parts {
					f = splitParts(f)
				}
				data, err := jpegls.Encode(f, jpegls.EncodeOptions{Interleave: jpegls.InterleaveNone})
				if err != nil {
					t.Fatal(err)
				}
				ds := object(m, nil)
				ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Fragments: &dicom.Fragments{Data: [][]byte{data}}})
				ds.SetTransferSyntax(dicom.JPEGLSLossless)
				ds.SetString(tagImplementationClass, conquestClass)
				if got := plainPixels(t, ds); !bytes.Equal(got, pix) {
					t.Errorf("%s, %d columns, parts %v: pixels differ", name, width, parts)
				}
			}
		}
	}
}

// splitParts makes consecutive parts of the interleaved samples the planes.
func splitParts(f *frame.Frame) *frame.Frame {
	g := *f
	pixels := f.Width * f.Height
	g.Pix = make([]byte, 3*pixels)
	for c := range 3 {
		for i := range pixels {
			g.Pix[i*3+c] = f.Pix[c*pixels+i]
		}
	}
	return &g
}
