package rle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"testing"

	"conquest/pixel/frame"
)

func picture(t testing.TB, width, height, components, bits int) *frame.Frame {
	t.Helper()
	f, err := newFrame(Options{Width: width, Height: height, Components: components, BitsAllocated: bits})
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewSource(int64(width + height*components)))
	for i := 0; i < len(f.Pix); {
		n, v, noise := 1+rnd.Intn(200), byte(rnd.Intn(256)), rnd.Intn(3) == 0
		for ; n > 0 && i < len(f.Pix); n, i = n-1, i+1 {
			f.Pix[i] = v
			if noise {
				f.Pix[i] = byte(rnd.Intn(256))
			}
		}
	}
	return f
}

func options(f *frame.Frame) Options {
	return Options{Width: f.Width, Height: f.Height, Components: f.Components, BitsAllocated: f.BitsAllocated}
}

func TestRoundTrip(t *testing.T) {
	for _, bits := range []int{8, 16, 32} {
		for _, components := range []int{1, 3} {
			for _, size := range [][2]int{{1, 1}, {2, 3}, {127, 5}, {128, 5}, {129, 5}, {500, 40}} {
				f := picture(t, size[0], size[1], components, bits)
				data, err := Encode(f, EncodeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if len(data)%2 == 1 {
					t.Errorf("%v: odd length", size)
				}
				g, err := Decode(data, options(f))
				if err != nil || !bytes.Equal(f.Pix, g.Pix) {
					t.Errorf("%d bits, %d components, %v: pixels differ (%v)", bits, components, size, err)
				}
				cfg, err := DecodeConfig(data)
				if err != nil || cfg.Segments != components*bits/8 {
					t.Errorf("%d bits, %d components: %+v, %v", bits, components, cfg, err)
				}
			}
		}
	}
}

// TestPlaneOrder decodes a hand-made frame: the most significant byte comes
// first, components one after the other.
func TestPlaneOrder(t *testing.T) {
	data := make([]byte, 64)
	binary.LittleEndian.PutUint32(data, 2)
	binary.LittleEndian.PutUint32(data[4:], 64)
	binary.LittleEndian.PutUint32(data[8:], 68)
	data = append(data, 0xFF, 0x12, 0x80, 0x00) // 12 12, a no-op, pad
	data = append(data, 0x01, 0x34, 0x56, 0x00) // 34 56, pad
	f, err := Decode(data, Options{Width: 2, Height: 1, Components: 1, BitsAllocated: 16, BitsStored: 13, Signed: true})
	if err != nil || !bytes.Equal(f.Pix, []byte{0x34, 0x12, 0x56, 0x12}) || f.BitsStored != 13 || !f.Signed {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestRowsAreSeparate(t *testing.T) {
	f, _ := frame.New(4, 2, 1, 8, false, frame.Limits{})
	data, err := Encode(f, EncodeOptions{})
	if err != nil || !bytes.Equal(data[64:], []byte{0xFD, 0, 0xFD, 0}) {
		t.Errorf("% X, %v", data[64:], err)
	}
}

func TestDamaged(t *testing.T) {
	f := picture(t, 50, 40, 1, 16)
	data, _ := Encode(f, EncodeOptions{})
	g, err := Decode(data[:len(data)-40], options(f))
	if !errors.Is(err, ErrShort) || g == nil {
		t.Errorf("short frame: %v, %v", g, err)
	}
	for n := range 64 {
		if _, err := Decode(data[:n], options(f)); err == nil {
			t.Errorf("header of %d bytes accepted", n)
		}
	}
	for _, opt := range []Options{
		{Width: 50, Height: 40, Components: 1, BitsAllocated: 8},
		{Width: 50, Height: 40, Components: 3, BitsAllocated: 16},
		{Width: 50, Height: 40, Components: 1, BitsAllocated: 12},
		{Width: 0, Height: 40, Components: 1, BitsAllocated: 16},
		{Width: 50, Height: 40, Components: 1, BitsAllocated: 16, BitsStored: 17},
		{Width: 50, Height: 40, Components: 1, BitsAllocated: 16, Limits: frame.Limits{MaxPixels: 1999}},
	} {
		if _, err := Decode(data, opt); err == nil {
			t.Errorf("%+v accepted", opt)
		}
	}
	binary.LittleEndian.PutUint32(data[8:], 1<<31)
	if _, err := Decode(data, options(f)); err == nil {
		t.Error("offset beyond the data accepted")
	}
}

func FuzzDecode(f *testing.F) {
	for _, bits := range []int{8, 16} {
		data, _ := Encode(picture(f, 20, 10, 3, bits), EncodeOptions{})
		f.Add(data, bits, 3)
	}
	f.Fuzz(func(t *testing.T, data []byte, bits, components int) {
		g, err := Decode(data, Options{Width: 20, Height: 10, Components: components, BitsAllocated: bits})
		if err == nil && len(g.Pix) != g.Height*g.Stride() {
			t.Fatal("frame of the wrong size")
		}
	})
}

func BenchmarkCodec(b *testing.B) {
	for _, c := range [][2]int{{1, 8}, {1, 16}, {3, 8}} {
		f := picture(b, 1024, 1024, c[0], c[1])
		data, err := Encode(f, EncodeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("%dx%d", c[0], c[1])
		b.Run("encode/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(f.Pix)))
			for b.Loop() {
				_, _ = Encode(f, EncodeOptions{})
			}
		})
		b.Run("decode/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(f.Pix)))
			for b.Loop() {
				_, _ = Decode(data, options(f))
			}
		})
	}
}
