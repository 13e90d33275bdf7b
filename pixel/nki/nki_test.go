package nki

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"testing"
)

// TestRecorded compares with streams that the original wrote: ours are the
// same byte for byte and decode to the same pixels. Mode 5 keeps 13 bits.
func TestRecorded(t *testing.T) {
	sources, err := filepath.Glob("testdata/*.raw")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, source := range sources {
		pix := read(t, source)
		for mode := 1; mode <= 5; mode++ {
			name := fmt.Sprintf("%s__n%d.nki", source[:len(source)-len(".raw")], mode)
			want := read(t, name)
			got, err := Encode(pix, mode)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: coded differently, %d bytes, want %d", name, len(got), len(want))
			}
			back, err := Decode(want)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if !bytes.Equal(back, expected(pix, mode)) {
				t.Errorf("%s: pixels differ", name)
			}
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func expected(pix []byte, mode int) []byte {
	if mode < 5 {
		return pix
	}
	out := bytes.Clone(pix)
	for i := 1; i < len(out); i += 2 {
		out[i] &= 0x1F
	}
	return out
}

// units makes pixel data with steps, ramps, runs and noise.
func units(seed int64, n, mask int) []byte {
	rnd := rand.New(rand.NewSource(seed))
	pix := make([]byte, 0, 2*n)
	v := rnd.Intn(65536)
	for len(pix) < 2*n {
		kind, length := rnd.Intn(6), 1+rnd.Intn(300)
		for i := 0; i < length && len(pix) < 2*n; i++ {
			switch kind {
			case 1:
				v += rnd.Intn(16) - 8
			case 2:
				v += rnd.Intn(128) - 64
			case 3:
				v += rnd.Intn(0x8000) - 0x4000
			case 4:
				v = rnd.Intn(65536)
			case 5:
				v += rnd.Intn(8) / 7
			}
			pix = binary.LittleEndian.AppendUint16(pix, uint16(v&mask))
		}
	}
	return pix
}

func TestRoundTrip(t *testing.T) {
	for mode := 1; mode <= 5; mode++ {
		mask := 0xFFFF
		if mode == 5 {
			mask = 0x1FFF
		}
		for n := 1; n < 600; n++ {
			check(t, units(int64(n), n, mask), mode)
		}
		for seed := range int64(50) {
			check(t, units(seed, 5000, mask), mode)
		}
	}
}

func check(t *testing.T, pix []byte, mode int) {
	t.Helper()
	data, err := Encode(pix, mode)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatalf("mode %d, %d units: %v", mode, len(pix)/2, err)
	}
	if !bytes.Equal(got, pix) {
		t.Fatalf("mode %d, %d units: pixels differ", mode, len(pix)/2)
	}
	cfg, err := DecodeConfig(data)
	if err != nil || cfg.Units != len(pix)/2 || cfg.Mode != mode {
		t.Fatalf("config %+v, %v", cfg, err)
	}
}

func TestRefused(t *testing.T) {
	pix := units(1, 400, 0xFFFF)
	good, err := Encode(pix, 4)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[30] ^= 1
	if _, err := Decode(flipped); err == nil {
		t.Error("damaged stream accepted")
	}
	wrong := bytes.Clone(good)
	wrong[12] ^= 1
	if _, err := Decode(wrong); !errors.Is(err, ErrChecksum) {
		t.Errorf("wrong checksum: %v", err)
	}
	huge := bytes.Clone(good)
	binary.LittleEndian.PutUint32(huge, 1<<30)
	if _, err := Decode(huge); err == nil {
		t.Error("implausible number of units accepted")
	}
	for n := range len(good) - 2 {
		if _, err := Decode(good[:n]); err == nil {
			t.Fatalf("no error for %d of %d bytes", n, len(good))
		}
	}
	for _, foreign := range []string{"ACUSON something else", "ELSCINT private data", "\x01\x00\x00\x00\x06\x00\x00\x00xx"} {
		if _, err := DecodeConfig([]byte(foreign)); err == nil {
			t.Errorf("%q accepted", foreign)
		}
	}
	for _, mode := range []int{0, 6, -1} {
		if _, err := Encode(pix, mode); err == nil {
			t.Errorf("mode %d accepted", mode)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for mode := 1; mode <= 5; mode++ {
		data, err := Encode(units(7, 300, 0x1FFF), mode)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if out, err := Decode(data); err == nil && len(out) == 0 {
			t.Fatal("no pixels and no error")
		}
	})
}

func BenchmarkCodec(b *testing.B) {
	pix := units(3, 1<<19, 0x0FFF)
	for mode := 1; mode <= 5; mode++ {
		data, err := Encode(pix, mode)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("encode/n%d", mode), func(b *testing.B) {
			b.SetBytes(int64(len(pix)))
			for b.Loop() {
				_, _ = Encode(pix, mode)
			}
		})
		b.Run(fmt.Sprintf("decode/n%d", mode), func(b *testing.B) {
			b.SetBytes(int64(len(pix)))
			for b.Loop() {
				_, _ = Decode(data)
			}
		})
	}
}
