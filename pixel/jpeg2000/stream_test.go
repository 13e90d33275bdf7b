package jpeg2000

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"conquest/pixel/frame"
)

// mustEncode encodes f.
func mustEncode(t *testing.T, f *frame.Frame, opt Options) []byte {
	t.Helper()
	data, err := Encode(f, opt)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wantPixels decodes data and compares with f.
func wantPixels(t *testing.T, data []byte, f *frame.Frame) {
	t.Helper()
	g, err := Decode(data, frame.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g.Pix, f.Pix) {
		t.Error("other pixels")
	}
}

func TestDecodeConfig(t *testing.T) {
	f := testFrame(70, 50, 3, 8, false)
	cases := []struct {
		opt  Options
		want Config
	}{
		{Options{}, Config{Width: 70, Height: 50, Components: 3, BitsStored: 8, Reversible: true, Levels: 5, Layers: 1, Tiles: 1}},
		{Options{ColorTransform: true, Levels: 2}, Config{Width: 70, Height: 50, Components: 3, BitsStored: 8, Reversible: true, ColorTransform: true, Levels: 2, Layers: 1, Tiles: 1}},
		{Options{Lossy: true, Levels: -1}, Config{Width: 70, Height: 50, Components: 3, BitsStored: 8, Layers: 1, Tiles: 1}},
	}
	for _, c := range cases {
		got, err := DecodeConfig(mustEncode(t, f, c.opt))
		if err != nil || got != c.want {
			t.Errorf("%+v: %+v, %v", c.opt, got, err)
		}
	}
	files := streamFiles(t)
	if c, err := DecodeConfig(files["ht-mono12.j2k"]); err != nil || !c.HighThroughput || !c.Reversible || c.BitsStored != 12 {
		t.Errorf("high throughput: %+v, %v", c, err)
	}
	if c, err := DecodeConfig(files["subsampled.j2k"]); err != nil || !c.Subsampled || c.Width != 64 {
		t.Errorf("sub-sampled: %+v, %v", c, err)
	}
	if c, err := DecodeConfig(files["signed16.j2k"]); err != nil || !c.Signed {
		t.Errorf("signed: %+v, %v", c, err)
	}
	for _, data := range [][]byte{nil, {0xFF, 0x4F}, []byte("no image at all, only text"), bytes.Repeat([]byte{0, 0, 0, 8, 'f', 'r', 'e', 'e'}, 9)} {
		if _, err := DecodeConfig(data); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// TestContainer decodes a code stream behind boxes of a JP2 file.
func TestContainer(t *testing.T) {
	f := testFrame(40, 30, 1, 12, false)
	stream := mustEncode(t, f, Options{})
	head := append([]byte{0, 0, 0, 12, 'j', 'P', ' ', ' ', 0x0D, 0x0A, 0x87, 0x0A}, 0, 0, 0, 20, 'f', 't', 'y', 'p', 'j', 'p', '2', ' ', 0, 0, 0, 0, 'j', 'p', '2', ' ')
	box := func(size []byte) []byte {
		return append(append(append([]byte{}, head...), size...), stream...)
	}
	wantPixels(t, box([]byte{0, 0, 0, 0, 'j', 'p', '2', 'c'}), f)
	wantPixels(t, box(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(stream))), "jp2c"...)), f)
	wantPixels(t, box(binary.BigEndian.AppendUint64([]byte{0, 0, 0, 1, 'j', 'p', '2', 'c'}, uint64(16+len(stream)))), f)
}

// TestLenient decodes streams with faults that do no harm.
func TestLenient(t *testing.T) {
	f := testFrame(100, 80, 1, 8, false)
	good := mustEncode(t, f, Options{})
	sot := bytes.Index(good, []byte{0xFF, 0x90})
	length := func(n uint32) []byte {
		b := append([]byte{}, good...)
		binary.BigEndian.PutUint32(b[sot+6:], n)
		return b
	}
	t.Run("padding", func(t *testing.T) { wantPixels(t, append(append([]byte{}, good...), 0), f) })
	t.Run("no end marker", func(t *testing.T) { wantPixels(t, good[:len(good)-2], f) })
	t.Run("length 0", func(t *testing.T) { wantPixels(t, length(0), f) })
	t.Run("length too short", func(t *testing.T) { wantPixels(t, length(500), f) })
	t.Run("length too long", func(t *testing.T) { wantPixels(t, length(1<<30), f) })
}

// TestPackedHeaders decodes packet headers in PPM and PPT segments.
func TestPackedHeaders(t *testing.T) {
	f := testFrame(150, 140, 3, 8, false)
	e := newEncoder(f, Options{Workers: 1})
	if err := errors.Join(e.load(), e.analyse(), e.openBlocks(), e.codeBlocks()); err != nil {
		t.Fatal(err)
	}
	e.chooseGuard()
	var headers, body []byte
	jobs := e.jobs
	_ = e.eachPrecinct(func(comp, r, n int) error {
		p := &e.tile.comps[comp].res[r].precincts[n]
		count := 0
		for b := range p.bands {
			count += len(p.bands[b].blocks)
		}
		w := newHeaderWriter()
		packetHeader(w, p, jobs[:count])
		headers = append(headers, w.finish()...)
		for i := range jobs[:count] {
			body = append(body, jobs[i].result.cut()...)
		}
		jobs = jobs[count:]
		return nil
	})
	segment := func(marker uint16, index byte, b []byte) []byte {
		out := binary.BigEndian.AppendUint16(nil, marker)
		out = binary.BigEndian.AppendUint16(out, uint16(3+len(b)))
		return append(append(out, index), b...)
	}
	tilePart := func(header []byte) []byte {
		out := []byte{0xFF, 0x90, 0, 10, 0, 0}
		out = binary.BigEndian.AppendUint32(out, uint32(14+len(header)+len(body)))
		out = append(append(append(out, 0, 1), header...), 0xFF, 0x93)
		return append(append(out, body...), 0xFF, 0xD9)
	}
	half := len(headers) / 2
	t.Run("tile", func(t *testing.T) {
		// The segments are in the wrong order, their index counts.
		h := append(segment(markerPPT, 1, headers[half:]), segment(markerPPT, 0, headers[:half])...)
		wantPixels(t, append(e.mainHeader(), tilePart(h)...), f)
	})
	t.Run("main", func(t *testing.T) {
		all := append(binary.BigEndian.AppendUint32(nil, uint32(len(headers))), headers...)
		main := append(e.mainHeader(), segment(markerPPM, 0, all[:half])...)
		main = append(main, segment(markerPPM, 1, all[half:])...)
		wantPixels(t, append(main, tilePart(nil)...), f)
	})
}

// TestWorkers checks that the number of goroutines does not matter.
func TestWorkers(t *testing.T) {
	f := testFrame(300, 200, 3, 12, false)
	for _, opt := range []Options{{ColorTransform: true}, {Lossy: true, Rate: 6}, {HighThroughput: true}, {HighThroughput: true, Lossy: true, Rate: 6}} {
		opt.Workers = 1
		one := mustEncode(t, f, opt)
		opt.Workers = 5
		if !bytes.Equal(one, mustEncode(t, f, opt)) {
			t.Error("the stream depends on the workers")
		}
		a, err := DecodeWith(one, DecodeOptions{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		b, err := DecodeWith(one, DecodeOptions{Workers: 5})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Pix, b.Pix) {
			t.Error("the pixels depend on the workers")
		}
	}
}

// TestLimits checks that frames above the limit are refused.
func TestLimits(t *testing.T) {
	data := mustEncode(t, testFrame(64, 64, 1, 8, false), Options{})
	if _, err := Decode(data, frame.Limits{MaxPixels: 64*64 - 1}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("error %v", err)
	}
}
