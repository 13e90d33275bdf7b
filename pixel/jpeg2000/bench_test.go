package jpeg2000

import (
	"testing"

	"conquest/pixel/frame"
)

// benchmarkFrames are typical of modalities: a slice of CT and a colour
// photograph.
var benchmarkFrames = []struct {
	name     string
	size, nc int
	bits     int
}{{"CT512x512x12", 512, 1, 12}, {"DX1024x1024x16", 1024, 1, 16}, {"RGB512x512x8", 512, 3, 8}, {"US1024x1024x8", 1024, 1, 8}}

var benchmarkOptions = []struct {
	name string
	opt  Options
}{{"lossless", Options{ColorTransform: true}}, {"lossy10", Options{ColorTransform: true, Lossy: true, Rate: 10}},
	{"ht", Options{ColorTransform: true, HighThroughput: true}}}

// BenchmarkDecode reports bytes of decoded samples per second on one core.
func BenchmarkDecode(b *testing.B) {
	for _, k := range benchmarkFrames {
		f := testFrame(k.size, k.size, k.nc, k.bits, false)
		for _, o := range benchmarkOptions {
			b.Run(k.name+"/"+o.name, func(b *testing.B) {
				data, err := Encode(f, o.opt)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(f.Pix)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := DecodeWith(data, DecodeOptions{Limits: frame.Limits{}, Workers: 1}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkEncode reports bytes of samples per second on one core.
func BenchmarkEncode(b *testing.B) {
	for _, k := range benchmarkFrames {
		f := testFrame(k.size, k.size, k.nc, k.bits, false)
		for _, o := range benchmarkOptions {
			b.Run(k.name+"/"+o.name, func(b *testing.B) {
				o.opt.Workers = 1
				b.SetBytes(int64(len(f.Pix)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Encode(f, o.opt); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
