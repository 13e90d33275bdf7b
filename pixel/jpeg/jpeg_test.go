package jpeg

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"testing"

	"conquest/pixel/frame"
)

// picture makes a frame with smooth areas, edges, flat areas and some noise
// over the whole range of bits.
func picture(t testing.TB, width, height, components, bits int) *frame.Frame {
	t.Helper()
	f, err := frame.New(width, height, components, bits, false, frame.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewSource(int64(width*31 + height*17 + bits)))
	top := 1<<uint(bits) - 1
	for y := range height {
		for x := range width {
			for c := range components {
				v := (x*(c+1) + y*(3-c)) * top / (3*(width+height) + 1)
				switch {
				case x > width/2 && y > height/2:
					v = top * (c + 1) / 5
				case x > width/2:
					v += rnd.Intn(top/32 + 1)
				}
				put(f, (y*width+x)*components+c, min(v, top))
			}
		}
	}
	return f
}

func put(f *frame.Frame, i, v int) {
	if f.BitsAllocated == 8 {
		f.Pix[i] = byte(v)
		return
	}
	binary.LittleEndian.PutUint16(f.Pix[2*i:], uint16(v))
}

func get(f *frame.Frame, i int) int {
	if f.BitsAllocated == 8 {
		return int(f.Pix[i])
	}
	return int(binary.LittleEndian.Uint16(f.Pix[2*i:]))
}

func maxError(a, b *frame.Frame) (worst int, mean float64) {
	sum := 0
	for i := range a.Samples() {
		d := get(a, i) - get(b, i)
		d = max(d, -d)
		worst = max(worst, d)
		sum += d
	}
	return worst, float64(sum) / float64(a.Samples())
}

func TestLosslessRoundTrip(t *testing.T) {
	for bits := 2; bits <= 16; bits++ {
		for predictor := 1; predictor <= 7; predictor++ {
			for _, components := range []int{1, 3} {
				for _, restart := range []int{0, 1, 3} {
					f := picture(t, 37, 23, components, bits)
					opt := EncodeOptions{Process: Lossless, Predictor: predictor, RestartInterval: restart * f.Width}
					data, err := Encode(f, opt)
					if err != nil {
						t.Fatal(err)
					}
					res, err := Decode(data, DecodeOptions{ToRGB: true})
					if err != nil {
						t.Fatalf("bits %d predictor %d components %d: %v", bits, predictor, components, err)
					}
					if !bytes.Equal(res.Pix, f.Pix) || res.Config.BitsStored != bits || res.Predictor != predictor {
						t.Fatalf("bits %d predictor %d components %d: pixels differ, %+v", bits, predictor, components, res.Config)
					}
				}
			}
		}
	}
}

func TestLosslessNoise(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for predictor := 1; predictor <= 7; predictor++ {
		f, _ := frame.New(64, 40, 1, 16, false, frame.Limits{})
		rnd.Read(f.Pix)
		for i := range 64 {
			put(f, i*3, []int{0, 0x8000, 0xFFFF, 0x7FFF}[i%4])
		}
		data, err := Encode(f, EncodeOptions{Process: Lossless, Predictor: predictor})
		if err != nil {
			t.Fatal(err)
		}
		res, err := Decode(data, DecodeOptions{})
		if err != nil || !bytes.Equal(res.Pix, f.Pix) {
			t.Fatalf("predictor %d: pixels differ (%v)", predictor, err)
		}
	}
}

func TestPointTransform(t *testing.T) {
	f := picture(t, 50, 20, 1, 12)
	data, err := Encode(f, EncodeOptions{Process: Lossless, Predictor: 4, PointTransform: 3})
	if err != nil {
		t.Fatal(err)
	}
	res, err := Decode(data, DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Samples() {
		if get(res.Frame, i) != get(f, i)&^7 {
			t.Fatalf("sample %d is %d, want %d", i, get(res.Frame, i), get(f, i)&^7)
		}
	}
}

func TestDCTRoundTrip(t *testing.T) {
	for _, process := range []Process{Baseline, Extended, Progressive} {
		for _, bits := range []int{8, 12} {
			if bits == 12 && process == Baseline {
				continue
			}
			for _, components := range []int{1, 3, 4} {
				for _, sub := range []Subsampling{Subsample444, Subsample422, Subsample420} {
					for _, restart := range []int{0, 5} {
						name := fmt.Sprintf("process %d bits %d components %d sub %d restart %d", process, bits, components, sub, restart)
						f := picture(t, 67, 45, components, bits)
						data, err := Encode(f, EncodeOptions{Process: process, Quality: 97, Subsampling: sub,
							ConvertToYCbCr: true, RestartInterval: restart})
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						res, err := Decode(data, DecodeOptions{ToRGB: true})
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						worst, mean := maxError(f, res.Frame)
						limit := 0.02
						if components == 3 && sub != Subsample444 {
							limit = 0.04
						}
						if mean > limit*float64(int(1)<<uint(bits)) {
							t.Errorf("%s: mean error %.2f, worst %d", name, mean, worst)
						}
						if components == 3 && res.Subsampled != (sub != Subsample444) {
							t.Errorf("%s: %+v", name, res.Config)
						}
					}
				}
			}
		}
	}
}

func TestColorSpace(t *testing.T) {
	f := picture(t, 16, 16, 3, 8)
	for _, c := range []struct {
		opt  EncodeOptions
		want ColorSpace
	}{
		{EncodeOptions{ConvertToYCbCr: true}, ColorYCbCr},
		{EncodeOptions{}, ColorRGB},
		{EncodeOptions{YCbCr: true}, ColorYCbCr},
		{EncodeOptions{Process: Lossless}, ColorRGB},
		{EncodeOptions{Process: Lossless, YCbCr: true}, ColorYCbCr},
	} {
		data, err := Encode(f, c.opt)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := DecodeConfig(data)
		if err != nil || cfg.ColorSpace != c.want || cfg.Width != 16 || cfg.Height != 16 {
			t.Errorf("%+v: %+v, %v, want colour space %d", c.opt, cfg, err, c.want)
		}
	}
}

func TestTruncated(t *testing.T) {
	for _, process := range []Process{Baseline, Progressive, Lossless} {
		f := picture(t, 64, 64, 1, 8)
		data, err := Encode(f, EncodeOptions{Process: process})
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(data) - 2 {
			if _, err := Decode(data[:n:n], DecodeOptions{}); err == nil && n < len(data)-16 {
				t.Errorf("process %d: no error for %d of %d bytes", process, n, len(data))
			}
		}
		res, err := Decode(data[:len(data)*3/4], DecodeOptions{})
		if err == nil || res.Frame == nil {
			t.Errorf("process %d: frame %v, error %v", process, res.Frame, err)
		}
	}
}

func TestRefused(t *testing.T) {
	f := picture(t, 16, 16, 1, 16)
	for _, opt := range []EncodeOptions{{}, {Process: Extended}, {Process: Progressive}, {Process: 9},
		{Process: Lossless, Predictor: 8}, {Process: Lossless, RestartInterval: 7}, {Process: Lossless, PointTransform: 16}} {
		if _, err := Encode(f, opt); err == nil {
			t.Errorf("%+v accepted", opt)
		}
	}
	data, _ := Encode(f, EncodeOptions{Process: Lossless})
	if _, err := Decode(data, DecodeOptions{Limits: frame.Limits{MaxPixels: 255}}); err == nil {
		t.Error("limit not kept")
	}
}

func FuzzDecode(f *testing.F) {
	for _, process := range []Process{Baseline, Extended, Progressive, Lossless} {
		p := picture(f, 20, 17, 3, 8)
		data, err := Encode(p, EncodeOptions{Process: process, ConvertToYCbCr: true, Subsampling: Subsample420, RestartInterval: 20})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		res, err := Decode(data, DecodeOptions{ToRGB: true, Limits: frame.Limits{MaxPixels: 1 << 16}})
		if err == nil && len(res.Pix) != res.Frame.Height*res.Frame.Stride() {
			t.Fatal("frame of the wrong size")
		}
		_, _ = DecodeConfig(data)
	})
}

func BenchmarkCodec(b *testing.B) {
	for _, c := range []struct {
		name       string
		components int
		bits       int
		opt        EncodeOptions
	}{
		{"baseline8", 1, 8, EncodeOptions{}},
		{"baselineRGB420", 3, 8, EncodeOptions{ConvertToYCbCr: true, Subsampling: Subsample420}},
		{"extended12", 1, 12, EncodeOptions{Process: Extended}},
		{"progressive8", 1, 8, EncodeOptions{Process: Progressive}},
		{"lossless8", 1, 8, EncodeOptions{Process: Lossless}},
		{"lossless12", 1, 12, EncodeOptions{Process: Lossless}},
		{"lossless12p6", 1, 12, EncodeOptions{Process: Lossless, Predictor: 6}},
		{"lossless16", 1, 16, EncodeOptions{Process: Lossless}},
		{"losslessRGB", 3, 8, EncodeOptions{Process: Lossless}},
	} {
		f := picture(b, 1024, 1024, c.components, c.bits)
		data, err := Encode(f, c.opt)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("encode/"+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(f.Pix)))
			for b.Loop() {
				_, _ = Encode(f, c.opt)
			}
		})
		b.Run("decode/"+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(f.Pix)))
			for b.Loop() {
				_, _ = Decode(data, DecodeOptions{ToRGB: true})
			}
		})
	}
}
