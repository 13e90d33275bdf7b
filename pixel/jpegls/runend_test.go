package jpegls

import (
	"bytes"
	"testing"

	"conquest/pixel/frame"
)

// TestRunsToTheEndOfTheLine has lines that are one run, of every length up to some
// steps of the run table: the last step may end with the line, or beyond it. What
// follows tells whether a bit too many or too few was read.
func TestRunsToTheEndOfTheLine(t *testing.T) {
	for width := 1; width <= 80; width++ {
		for _, mode := range []Interleave{InterleaveLine, InterleaveSample} {
			components := 1 + 2*int(mode-InterleaveLine)
			f, err := frame.New(width, 7, components, 8, false, frame.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range f.Pix {
				y := i / f.Stride()
				f.Pix[i] = byte(40 * (y / 3))
				if y%3 == 2 {
					f.Pix[i] += byte(i*i%11 + i%5)
				}
			}
			data, err := Encode(f, EncodeOptions{Interleave: mode})
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(data, DecodeOptions{})
			if err != nil || !bytes.Equal(got.Pix, f.Pix) {
				t.Errorf("width %d, %d components: differs (%v)", width, components, err)
			}
		}
	}
}
