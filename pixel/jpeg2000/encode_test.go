package jpeg2000

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"conquest/pixel/frame"
)

// testFrame makes a frame with smooth parts, edges and noise, that uses the
// whole range of values.
func testFrame(w, h, nc, bits int, signed bool) *frame.Frame {
	f, err := frame.New(w, h, nc, bits, signed, frame.Limits{})
	if err != nil {
		panic(err)
	}
	rnd := rand.New(rand.NewPCG(uint64(w*h), uint64(bits)))
	top := float64(int(1)<<bits - 1)
	for y := range h {
		for x := range w {
			for c := range nc {
				v := 0.5 + 0.3*math.Sin(float64(x)/(9+float64(c))) + 0.2*math.Cos(float64(y)/11)
				if dx, dy := x-w/2, y-h/3; dx*dx+dy*dy < w*h/16 {
					v = 0.95 - 0.2*float64(c)
				}
				n := int(v*top + (rnd.Float64()-0.5)*top/40)
				if x == 0 && y < 4 {
					n = y & 1 * int(top)
				}
				setSample(f, (y*w+x)*nc+c, max(0, min(int(top), n)))
			}
		}
	}
	return f
}

// setSample stores v, counted from the lowest value of the range.
func setSample(f *frame.Frame, i, v int) {
	if f.Signed {
		v -= 1 << (f.BitsStored - 1)
	}
	if f.BitsAllocated == 8 {
		f.Pix[i] = byte(v)
		return
	}
	f.Pix[2*i], f.Pix[2*i+1] = byte(v), byte(v>>8)
}

// sampleOf reads what setSample stores, signed where the frame is.
func sampleOf(f *frame.Frame, i int) int {
	if f.BitsAllocated == 8 {
		if f.Signed {
			return int(int8(f.Pix[i]))
		}
		return int(f.Pix[i])
	}
	v := int(f.Pix[2*i]) | int(f.Pix[2*i+1])<<8
	if f.Signed {
		v = int(int16(v))
	}
	return v
}

// errorOf gives the largest and the root mean square difference.
func errorOf(a, b *frame.Frame) (largest int, rms float64) {
	sum := 0.0
	for i := range a.Samples() {
		d := sampleOf(a, i) - sampleOf(b, i)
		largest = max(largest, d, -d)
		sum += float64(d) * float64(d)
	}
	return largest, math.Sqrt(sum / float64(a.Samples()))
}

var testSizes = [][2]int{
	{1, 1}, {1, 2}, {2, 1}, {1, 50}, {50, 1}, {2, 2}, {3, 3}, {5, 7}, {8, 8}, {17, 31},
	{63, 64}, {64, 64}, {65, 66}, {100, 37}, {129, 200},
}

func TestLosslessRoundTrip(t *testing.T) {
	for _, size := range testSizes {
		for bits := 1; bits <= 16; bits++ {
			for _, signed := range []bool{false, true} {
				for _, nc := range []int{1, 3} {
					if nc == 3 && bits != 8 && bits != 16 && bits != 1 || (size[0] > 16 || size[1] > 16) && bits%4 != 0 {
						continue
					}
					f := testFrame(size[0], size[1], nc, bits, signed)
					name := fmt.Sprintf("%dx%dx%d %d bits signed %v", f.Width, f.Height, nc, bits, signed)
					for _, colour := range []bool{false, true} {
						data, err := Encode(f, Options{ColorTransform: colour})
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						g, err := Decode(data, frame.Limits{})
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						if g.Width != f.Width || g.Components != nc || g.BitsStored != bits || g.Signed != signed || !bytes.Equal(f.Pix, g.Pix) {
							t.Errorf("%s colour %v: other pixels", name, colour)
						}
					}
				}
			}
		}
	}
}

func TestLossyQuantisationOnly(t *testing.T) {
	for _, size := range testSizes {
		for _, bits := range []int{1, 8, 12, 16} {
			for _, nc := range []int{1, 3} {
				f := testFrame(size[0], size[1], nc, bits, bits == 12)
				data, err := Encode(f, Options{Lossy: true, ColorTransform: true, Quality: 100})
				if err != nil {
					t.Fatal(err)
				}
				g, err := Decode(data, frame.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				largest, rms := errorOf(f, g)
				if allowed := 5 + bits/16*2; largest > allowed || rms > 2 {
					t.Errorf("%dx%dx%d %d bits: error %d, rms %.2f, %d bytes of %d", f.Width, f.Height, nc, bits, largest, rms, len(data), len(f.Pix))
				}
			}
		}
	}
}

func TestRateControl(t *testing.T) {
	for _, nc := range []int{1, 3} {
		for _, bits := range []int{8, 12, 16} {
			f := testFrame(160, 130, nc, bits, false)
			before := 0.0
			for _, rate := range []float64{2, 5, 10, 20, 50} {
				data, err := Encode(f, Options{Lossy: true, Rate: rate, ColorTransform: true})
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
				if float64(len(data)) > limit {
					t.Errorf("%d x %d bits, ratio %v: %d bytes, more than %.0f", nc, bits, rate, len(data), limit)
				}
				if rms < before {
					t.Errorf("%d x %d bits, ratio %v: error %.2f falls below %.2f", nc, bits, rate, rms, before)
				}
				before = rms
			}
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	good := func() *frame.Frame { return testFrame(8, 8, 1, 12, false) }
	cases := map[string]func(f *frame.Frame){
		"no pixels":       func(f *frame.Frame) { f.Pix = f.Pix[:100] },
		"width 0":         func(f *frame.Frame) { f.Width = 0 },
		"five components": func(f *frame.Frame) { f.Components = 5 },
		"bits":            func(f *frame.Frame) { f.BitsStored = 17 },
		"sample too big":  func(f *frame.Frame) { f.Pix[1] = 0x10 },
	}
	for name, spoil := range cases {
		f := good()
		spoil(f)
		if _, err := Encode(f, Options{}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestRandomFrames round-trips frames of random sizes, depths and contents,
// from constant to pure noise.
func TestRandomFrames(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 11))
	for range 150 {
		bits := 1 + rnd.IntN(16)
		f, err := frame.New(1+rnd.IntN(90), 1+rnd.IntN(90), []int{1, 2, 3, 4}[rnd.IntN(4)], bits, rnd.IntN(2) == 0, frame.Limits{})
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
		opt := Options{ColorTransform: rnd.IntN(2) == 0, Levels: rnd.IntN(9) - 1}
		name := fmt.Sprintf("%dx%dx%d %d bits signed %v, %d%% of %d, %+v", f.Width, f.Height, f.Components, bits, f.Signed, density, spread, opt)
		data, err := Encode(f, opt)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		g, err := Decode(data, frame.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(f.Pix, g.Pix) {
			t.Errorf("%s: other pixels", name)
		}
		opt.Lossy, opt.Rate = true, 1+10*rnd.Float64()
		if data, err = Encode(f, opt); err != nil {
			t.Fatalf("%s: lossy: %v", name, err)
		}
		if _, err = Decode(data, frame.Limits{}); err != nil {
			t.Errorf("%s: lossy: %v", name, err)
		}
	}
}
