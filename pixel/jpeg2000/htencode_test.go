package jpeg2000

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"conquest/pixel/frame"
)

// TestHTLosslessRoundTrip codes and decodes frames of all depths and odd sizes.
func TestHTLosslessRoundTrip(t *testing.T) {
	for _, size := range testSizes {
		for bits := 1; bits <= 16; bits++ {
			for _, signed := range []bool{false, true} {
				for _, nc := range []int{1, 3} {
					if (size[0] > 16 || size[1] > 16) && bits%4 != 0 && nc == 3 {
						continue
					}
					f := testFrame(size[0], size[1], nc, bits, signed)
					for _, colour := range []bool{false, true} {
						checkHT(t, f, Options{HighThroughput: true, ColorTransform: colour})
					}
				}
			}
		}
	}
}

// TestHTRandomFrames does so with random contents, from constant to pure noise.
func TestHTRandomFrames(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 5))
	for range 400 {
		bits := 1 + rnd.IntN(16)
		f, err := frame.New(1+rnd.IntN(150), 1+rnd.IntN(150), []int{1, 2, 3, 4}[rnd.IntN(4)], bits, rnd.IntN(2) == 0, frame.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		density, spread := rnd.IntN(101), 1+rnd.IntN(1<<bits)
		for i := range f.Samples() {
			v := 1 << (bits - 1)
			if rnd.IntN(100) < density {
				v = rnd.IntN(spread)
			}
			setSample(f, i, min(v, 1<<bits-1))
		}
		checkHT(t, f, Options{HighThroughput: true, ColorTransform: rnd.IntN(2) == 0, Levels: rnd.IntN(9) - 1, Workers: 1 + rnd.IntN(2)})
	}
}

func checkHT(t *testing.T, f *frame.Frame, opt Options) {
	t.Helper()
	name := fmt.Sprintf("%dx%dx%d %d bits signed %v %+v", f.Width, f.Height, f.Components, f.BitsStored, f.Signed, opt)
	data, err := Encode(f, opt)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	g, err := Decode(data, frame.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if g.BitsStored != f.BitsStored || g.Signed != f.Signed || !bytes.Equal(f.Pix, g.Pix) {
		t.Fatalf("%s: other pixels", name)
	}
}

// TestHTStream: what PS3.5 10.18 demands of HTJ2K Lossless RPCL, and that the
// lengths in TLM are those of the tile-parts.
func TestHTStream(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {300, 200}, {70, 5000}, {2500, 2300}} {
		f := testFrame(size[0], size[1], 1, 12, false)
		data, err := Encode(f, Options{HighThroughput: true})
		if err != nil {
			t.Fatal(err)
		}
		s, err := parseStream(data, false)
		if err != nil {
			t.Fatal(err)
		}
		levels := s.params.coding[0].levels
		parts := 1
		if f.Samples() >= smallWork {
			parts = levels + 1
		}
		if !s.ht || s.params.order != orderRPCL || len(s.partOrder) != parts {
			t.Errorf("%v: HT %v, order %d, %d tile-parts of %d resolutions", size, s.ht, s.params.order, len(s.partOrder), levels+1)
		}
		if base := min(ceilShift(size[0], levels), ceilShift(size[1], levels)); base > 64 {
			t.Errorf("%v: the lowest resolution has %d samples", size, base)
		}
		at := bytes.Index(data, []byte{0xFF, markerTLM & 0xFF})
		end := bytes.Index(data, []byte{0xFF, markerSOT & 0xFF})
		for i := range parts {
			if !bytes.Equal(data[end:end+2], []byte{0xFF, markerSOT & 0xFF}) {
				t.Fatalf("%v: no tile-part %d at %d", size, i, end)
			}
			end += int(binary.BigEndian.Uint32(data[at+8+6*i:]))
		}
		if end != len(data)-2 {
			t.Errorf("%v: tile-parts end at %d of %d", size, end, len(data))
		}
	}
}

// TestHTRate: lossy streams use the size that is asked for and not more, and a
// smaller size means a larger error.
func TestHTRate(t *testing.T) {
	for _, nc := range []int{1, 3} {
		for _, bits := range []int{8, 12, 16} {
			f := testFrame(260, 230, nc, bits, bits == 12)
			before := -1.0
			for _, rate := range []float64{0, 1.05, 2, 5, 10, 20, 50, 200} {
				data, err := Encode(f, Options{HighThroughput: true, Lossy: true, Rate: rate, ColorTransform: true})
				if err != nil {
					t.Fatal(err)
				}
				g, err := Decode(data, frame.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				limit := float64(f.Samples()) * float64(bits) / 8 / rate
				_, rms := errorOf(f, g)
				t.Logf("%d x %d bits, ratio %v: %d of %.0f bytes, rms %.2f", nc, bits, rate, len(data), limit, rms)
				if float64(len(data)) > limit || rate > 2 && float64(len(data)) < 0.9*limit {
					t.Errorf("%d x %d bits, ratio %v: %d bytes, not near %.0f", nc, bits, rate, len(data), limit)
				}
				if rms < before {
					t.Errorf("%d x %d bits, ratio %v: error %.2f falls below %.2f", nc, bits, rate, rms, before)
				}
				before = rms
			}
		}
	}
}

// TestHTTinyRate: where not even the headers fit, a stream comes nevertheless.
func TestHTTinyRate(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {40, 30}, {200, 1}, {64, 64}, {65, 129}} {
		f := testFrame(size[0], size[1], 1, 16, false)
		data, err := Encode(f, Options{HighThroughput: true, Lossy: true, Rate: 1e6})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(data, frame.Limits{}); err != nil {
			t.Errorf("%v: %v", size, err)
		}
	}
}
