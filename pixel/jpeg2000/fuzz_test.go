package jpeg2000

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/pixel/frame"
)

// decodeHostile decodes data that may be anything and checks the promises: a
// frame or a known error, no recovered panic, in bounded time.
func decodeHostile(t *testing.T, data []byte) {
	t.Helper()
	start := time.Now()
	f, err := DecodeWith(data, DecodeOptions{Limits: frame.Limits{MaxPixels: 1 << 16}, Workers: 2})
	switch {
	case err == nil || errors.Is(err, ErrTruncated):
		if f == nil {
			t.Errorf("no frame, error %v", err)
		}
	case f != nil:
		t.Errorf("frame with error %v", err)
	case !errors.Is(err, ErrFormat) && !errors.Is(err, ErrUnsupported):
		t.Errorf("error of unknown kind: %v", err)
	}
	if err != nil && (strings.Contains(err.Error(), "runtime error") || strings.Contains(err.Error(), "makeslice")) {
		t.Errorf("panic: %v", err)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("decoding took %v", d)
	}
	if _, cerr := DecodeConfig(data); cerr != nil && err == nil {
		t.Errorf("configuration: %v", cerr)
	}
}

// streamFiles reads all streams of testdata.
func streamFiles(tb testing.TB) map[string][]byte {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "*", "*.j*"))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no streams in testdata: %v", err)
	}
	files := map[string][]byte{}
	for _, p := range paths {
		if files[filepath.Base(p)], err = os.ReadFile(p); err != nil {
			tb.Fatal(err)
		}
	}
	return files
}

func FuzzDecode(f *testing.F) {
	for _, data := range streamFiles(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { decodeHostile(t, data) })
}

// TestDamagedStreams changes bytes of good streams, most of them in headers.
func TestDamagedStreams(t *testing.T) {
	for name, data := range streamFiles(t) {
		if len(data) > 6000 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for i := 0; i < len(data); i += 1 + i/8 {
				for _, v := range []byte{0, 0xFF, data[i] ^ 0x11} {
					bad := append([]byte(nil), data...)
					bad[i] = v
					decodeHostile(t, bad)
				}
			}
		})
	}
}

// TestTruncatedStreams cuts good streams: a frame comes as soon as there is a
// tile, and the error says that it is not complete.
func TestTruncatedStreams(t *testing.T) {
	for name, data := range streamFiles(t) {
		start := 0
		for start+2 < len(data) && binary.BigEndian.Uint16(data[start:]) != markerSOD {
			start++
		}
		for i := 0; i < 20; i++ {
			n := len(data) * i / 20
			f, err := Decode(data[:n], frame.Limits{})
			if n > start+2 {
				if f == nil || !errors.Is(err, ErrTruncated) {
					t.Errorf("%s cut at %d of %d: frame %v, error %v", name, n, len(data), f != nil, err)
				}
			} else if err == nil {
				t.Errorf("%s cut at %d: no error", name, n)
			}
		}
	}
}

// TestTruncatedIsClose checks that the parts that are there are used.
func TestTruncatedIsClose(t *testing.T) {
	f := testFrame(256, 256, 1, 8, false)
	for _, opt := range []Options{{}, {Lossy: true}} {
		data, err := Encode(f, opt)
		if err != nil {
			t.Fatal(err)
		}
		g, err := Decode(data[:len(data)*2/3], frame.Limits{})
		if !errors.Is(err, ErrTruncated) {
			t.Fatalf("error %v", err)
		}
		if _, rms := errorOf(f, g); rms > 12 {
			t.Errorf("lossy %v: root mean square error %.1f", opt.Lossy, rms)
		}
	}
}

// TestHugeClaims decodes small headers that claim much: each must fail or end
// at once, without memory for what is claimed.
func TestHugeClaims(t *testing.T) {
	good, err := Encode(testFrame(64, 64, 1, 8, false), Options{})
	if err != nil {
		t.Fatal(err)
	}
	patch := func(at int, v ...byte) []byte {
		b := append([]byte(nil), good...)
		copy(b[at:], v)
		return b
	}
	big := []byte{0x7F, 0xFF, 0xFF, 0xFF}
	cases := map[string][]byte{
		"width":          patch(8, big...),
		"height":         patch(12, big...),
		"tile of 1 x 1":  patch(24, 0, 0, 0, 1, 0, 0, 0, 1),
		"16383 channels": patch(40, 0x3F, 0xFF),
		"38 bits":        patch(42, 37),
		"65535 layers":   patch(51, 0xFF, 0xFF),
		"32 levels":      patch(54, 32),
	}
	for name, data := range cases {
		start := time.Now()
		if _, err := Decode(data, frame.Limits{}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
}

// FuzzHTPair codes whatever samples there are without loss, and decodes them.
func FuzzHTPair(f *testing.F) {
	f.Add(uint16(5), uint8(3), uint8(12), uint8(0), []byte{1, 2, 3, 200, 255, 255, 0, 9})
	f.Add(uint16(130), uint8(70), uint8(8), uint8(6), []byte("any samples, repeated as long as the frame needs them"))
	f.Fuzz(func(t *testing.T, width uint16, height, bits, kind uint8, data []byte) {
		w, h := 1+int(width)%300, 1+int(height)
		nc, signed := 1+int(kind>>1&1)*2, kind&1 != 0
		g, err := frame.New(w, h, nc, 1+int(bits)%16, signed, frame.Limits{})
		if err != nil || len(data) == 0 {
			t.Skip()
		}
		for i := range g.Samples() {
			v := int(data[2*i%len(data)]) | int(data[(2*i+1)%len(data)])<<8
			setSample(g, i, (v^i>>uint(kind>>4))&(1<<g.BitsStored-1))
		}
		checkHT(t, g, Options{HighThroughput: true, ColorTransform: kind&4 != 0, Levels: int(kind>>3&1) * -1})
	})
}
