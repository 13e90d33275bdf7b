package jpegls

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"testing"

	"conquest/pixel/frame"
)

// picture makes a frame with smooth, flat and noisy areas over the whole
// range of bits.
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
				v := (x*(c+1) + y*(4-c)) * top / (4*(width+height) + 1)
				switch {
				case x > width/2 && y > height/2:
					v = top * (c + 1) / 5
					if x*y%97 == 0 {
						v = top - v
					}
				case x > width/2:
					v += rnd.Intn(top/32 + 1)
				case y > height*3/4:
					v = rnd.Intn(top + 1)
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

// TestRoundTrip holds the defining property: no sample is off by more than
// near, in every mode and depth.
func TestRoundTrip(t *testing.T) {
	for bits := 2; bits <= 16; bits++ {
		for _, near := range []int{0, 1, 2, 7} {
			if near > (1<<uint(bits)-1)/2 {
				continue
			}
			for _, components := range []int{1, 3, 4} {
				for interleave := InterleaveNone; interleave <= InterleaveSample; interleave++ {
					for _, restart := range []int{0, 7} {
						name := fmt.Sprintf("bits %d near %d components %d interleave %d restart %d", bits, near, components, interleave, restart)
						f := picture(t, 61, 47, components, bits)
						keep := bytes.Clone(f.Pix)
						data, err := Encode(f, EncodeOptions{Near: near, Interleave: interleave, RestartInterval: restart})
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						if !bytes.Equal(keep, f.Pix) {
							t.Fatalf("%s: Encode changed its input", name)
						}
						g, err := Decode(data, DecodeOptions{})
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						for i := range f.Samples() {
							if d := get(f, i) - get(g, i); d > near || -d > near {
								t.Fatalf("%s: sample %d is %d, want %d", name, i, get(g, i), get(f, i))
							}
						}
					}
				}
			}
		}
	}
}

func TestSmallFrames(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 2}, {3, 5}, {300, 2}} {
		for _, components := range []int{1, 3} {
			f := picture(t, size[0], size[1], components, 8)
			for interleave := InterleaveNone; interleave <= InterleaveSample; interleave++ {
				data, err := Encode(f, EncodeOptions{Interleave: interleave})
				if err != nil {
					t.Fatal(err)
				}
				g, err := Decode(data, DecodeOptions{})
				if err != nil || !bytes.Equal(f.Pix, g.Pix) {
					t.Errorf("%v, %d components, interleave %d: pixels differ (%v)", size, components, interleave, err)
				}
			}
		}
	}
}

// The example of ISO/IEC 14495-1 annex H.3: a 4 x 4 image of 8 bits.
func TestStandardExample(t *testing.T) {
	f, _ := frame.New(4, 4, 1, 8, false, frame.Limits{})
	copy(f.Pix, []byte{0, 0, 90, 74, 68, 50, 43, 205, 64, 145, 145, 145, 100, 145, 145, 145})
	want := []byte{
		0xFF, 0xD8, 0xFF, 0xF7, 0x00, 0x0B, 0x08, 0x00, 0x04, 0x00, 0x04, 0x01, 0x01, 0x11, 0x00,
		0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00,
		0xC0, 0x00, 0x00, 0x6C, 0x80, 0x20, 0x8E, 0x01, 0xC0, 0x00, 0x00, 0x57, 0x40, 0x00, 0x00, 0x6E,
		0xE6, 0x00, 0x00, 0x01, 0xBC, 0x18, 0x00, 0x00, 0x05, 0xD8, 0x00, 0x00, 0x91, 0x60, 0xFF, 0xD9,
	}
	got, err := Encode(f, EncodeOptions{})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("coded as % X (%v), want % X", got, err, want)
	}
	g, err := Decode(want, DecodeOptions{})
	if err != nil || !bytes.Equal(g.Pix, f.Pix) {
		t.Errorf("decoded as %v (%v), want %v", g, err, f.Pix)
	}
}

func TestConfig(t *testing.T) {
	f := picture(t, 20, 10, 3, 12)
	data, err := Encode(f, EncodeOptions{Near: 2, Interleave: InterleaveLine})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := DecodeConfig(data)
	want := Config{Width: 20, Height: 10, Components: 3, BitsStored: 12, Near: 2, Interleave: InterleaveLine}
	if err != nil || cfg != want {
		t.Errorf("config %+v (%v), want %+v", cfg, err, want)
	}
}

// TestPreset checks that an LSE segment with the default values changes
// nothing, and that others are obeyed.
func TestPreset(t *testing.T) {
	f := picture(t, 30, 30, 1, 8)
	data, _ := Encode(f, EncodeOptions{})
	lse := []byte{0xFF, markerLSE, 0, 13, 1, 0, 255, 0, 3, 0, 7, 0, 21, 0, 64}
	with := append(append(bytes.Clone(data[:2]), lse...), data[2:]...)
	g, err := Decode(with, DecodeOptions{})
	if err != nil || !bytes.Equal(g.Pix, f.Pix) {
		t.Errorf("default preset: %v", err)
	}
	with[7] = 0
	with[6] = 0
	with[9] = 200
	if _, err := Decode(with, DecodeOptions{}); err == nil {
		t.Error("thresholds out of order accepted")
	}
}

func TestTruncated(t *testing.T) {
	f := picture(t, 64, 64, 1, 12)
	data, err := Encode(f, EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(data) - 12 {
		g, err := Decode(data[:n:n], DecodeOptions{})
		if err == nil {
			t.Fatalf("no error for %d of %d bytes", n, len(data))
		}
		if n > 200 && g == nil {
			t.Fatalf("no partial frame for %d of %d bytes", n, len(data))
		}
	}
}

func FuzzDecode(f *testing.F) {
	for interleave := InterleaveNone; interleave <= InterleaveSample; interleave++ {
		p := picture(f, 20, 17, 3, 8)
		data, err := Encode(p, EncodeOptions{Interleave: interleave, Near: int(interleave), RestartInterval: 5})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := Decode(data, DecodeOptions{Limits: frame.Limits{MaxPixels: 1 << 16}})
		if err == nil && len(g.Pix) != g.Height*g.Stride() {
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
		{"gray8", 1, 8, EncodeOptions{}},
		{"gray12", 1, 12, EncodeOptions{}},
		{"gray16", 1, 16, EncodeOptions{}},
		{"gray12near2", 1, 12, EncodeOptions{Near: 2}},
		{"rgbLine", 3, 8, EncodeOptions{Interleave: InterleaveLine}},
		{"rgbSample", 3, 8, EncodeOptions{Interleave: InterleaveSample}},
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
				_, _ = Decode(data, DecodeOptions{})
			}
		})
	}
}

// FuzzPair codes whatever samples there are without loss, and decodes them.
func FuzzPair(f *testing.F) {
	f.Add(uint8(9), uint8(3), uint8(12), uint8(0), []byte{1, 2, 3, 200, 255, 255, 0, 9})
	f.Add(uint8(200), uint8(30), uint8(8), uint8(1), []byte("samples, repeated as long as the frame needs them"))
	f.Fuzz(func(t *testing.T, width, height, bits, kind uint8, data []byte) {
		g, err := frame.New(1+int(width), 1+int(height), 1+int(kind&1)*2, 2+int(bits)%15, false, frame.Limits{})
		if err != nil || len(data) == 0 {
			t.Skip()
		}
		for i := range g.Samples() {
			v := int(data[2*i%len(data)]) | int(data[(2*i+1)%len(data)])<<8
			put(g, i, (v^i>>uint(kind>>4))&(1<<g.BitsStored-1))
		}
		out, err := Encode(g, EncodeOptions{Interleave: Interleave(kind >> 1 & 1), RestartInterval: int(kind >> 2 & 3)})
		if err != nil {
			t.Fatal(err)
		}
		if h, err := Decode(out, DecodeOptions{}); err != nil || !bytes.Equal(h.Pix, g.Pix) {
			t.Fatalf("%dx%dx%d %d bits: other pixels (%v)", g.Width, g.Height, g.Components, g.BitsStored, err)
		}
	})
}
