package pixel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"conquest/budget"
	"conquest/dicom"
	"conquest/pixel/frame"
	"conquest/pixel/jpeg2000"
)

// countingReader counts the bytes that are read.
type countingReader struct {
	io.ReaderAt
	n int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

// TestOneFrameOfAFile reads one frame of many, coded and decoded, without the
// bytes of the others.
func TestOneFrameOfAFile(t *testing.T) {
	m := gray(64, 64, 20, 16, 12)
	pix := ramp(m)
	for _, form := range []string{"ul", "j2", "js", "jk", "jh"} {
		ds := object(m, pix)
		if err := Transcode(ds, form, Options{}); err != nil {
			t.Fatal(err)
		}
		coded := ds.Get(dicom.PixelData)
		name := filepath.Join(t.TempDir(), "object.dcm")
		writeDataset(t, name, ds)
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		r := &countingReader{ReaderAt: file}
		back, err := dicom.ReadPart10(r, info.Size(), dicom.ParseOptions{BulkThreshold: 64})
		if err != nil {
			t.Fatal(err)
		}
		im, err := Open(back)
		if err != nil {
			t.Fatal(err)
		}
		r.n = 0
		data, err := im.Encoded(7)
		if err != nil {
			t.Fatal(err)
		}
		if r.n > int64(len(data))+1 {
			t.Errorf("%s: %d bytes read for a frame of %d", form, r.n, len(data))
		}
		want := pix[7*m.FrameSize() : 8*m.FrameSize()]
		if form == "ul" && !bytes.Equal(data, want) || form != "ul" && !bytes.Equal(data, withoutPadding(coded.Fragments.Data[7])) {
			t.Errorf("%s: coded frame differs", form)
		}
		r.n = 0
		f, err := im.Frame(7)
		if err != nil || !bytes.Equal(f.Pix, want) {
			t.Errorf("%s: frame differs (%v)", form, err)
		}
		if r.n > 2*int64(len(data)) {
			t.Errorf("%s: %d bytes read for a frame of %d", form, r.n, len(data))
		}
	}
}

// TestPackedFrame takes frames of single bits that do not begin at bytes.
func TestPackedFrame(t *testing.T) {
	m := gray(3, 3, 3, 1, 1)
	ds := object(m, []byte{0b1011_0101, 0b0101_1010, 0b1110_0110, 0b0000_0111})
	im, err := Open(ds)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]byte{{0b1011_0101, 0}, {0b0010_1101, 1}, {0b1111_1001, 1}} {
		got, err := im.Encoded(i)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("frame %d: %08b, want %08b (%v)", i, got, want, err)
		}
	}
}

// bomb is a JPEG 2000 object of a few hundred bytes with frames of size x size
// pixels, all but one of them black when spot is set. Beyond what can be made, the
// headers of a small frame are changed.
func bomb(t testing.TB, size, frames int, spot bool) *dicom.Dataset {
	made := min(size, 4096)
	f, err := frame.New(made, made, 1, 16, false, frame.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(f.Pix); i += 2 {
		f.Pix[i] = 0x80
	}
	if spot {
		f.Pix[100] = 1
	}
	data, err := jpeg2000.Encode(f, jpeg2000.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if size != made {
		for _, at := range []int{8, 12, 24, 28} { // Xsiz, Ysiz, XTsiz, YTsiz
			binary.BigEndian.PutUint32(data[at:], uint32(size))
		}
	}
	m := gray(size, size, frames, 16, 16)
	ds := object(m, nil)
	frags := &dicom.Fragments{}
	for range frames {
		frags.Data = append(frags.Data, data)
	}
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Fragments: frags})
	ds.SetTransferSyntax(dicom.JPEG2000Lossless)
	return ds
}

// TestBombs refuses objects of a few bytes that would take much memory or time,
// early and without changing them.
func TestBombs(t *testing.T) {
	cases := map[string]struct {
		ds   *dicom.Dataset
		want error
	}{
		"frame of 65535":    {bomb(t, 65535, 1, false), frame.ErrLimit},
		"frame of 16000":    {bomb(t, 16000, 1, true), budget.ErrExceeded},
		"40 frames of 4096": {bomb(t, 4096, 40, true), frame.ErrLimit},
		"40 blank frames":   {bomb(t, 4096, 40, false), frame.ErrLimit},
		"9999 frames":       {bomb(t, 256, 9999, true), frame.ErrLimit},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := time.Now()
			changed, err := Decompress(c.ds, Limits{})
			if err == nil || changed {
				t.Fatalf("decompressed (%t, %v)", changed, err)
			}
			if !errors.Is(err, c.want) && !errors.Is(err, budget.ErrExceeded) {
				t.Errorf("refused with %v", err)
			}
			if c.ds.Get(dicom.PixelData).Fragments == nil {
				t.Error("object changed")
			}
			t.Logf("%v: %v", time.Since(before).Round(time.Millisecond), err)
		})
	}
}

// TestAnimatedBomb refuses to show all of many frames that take longer together than
// their bytes are worth.
func TestAnimatedBomb(t *testing.T) {
	ds := bomb(t, 2048, 2000, true)
	before := time.Now()
	err := Render(io.Discard, ds, GIF, RenderOptions{Size: 16, Frame: AnimatedFrame + 5})
	if !errors.Is(err, frame.ErrLimit) {
		t.Errorf("animated: %v", err)
	}
	d, err := NewDrawer(ds, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	all := d.Together()
	for n := range all.Frames() {
		if _, err = all.Draw(n, View{Width: 16, Height: 16}); err != nil {
			break
		}
	}
	if !errors.Is(err, frame.ErrLimit) {
		t.Errorf("drawn: %v", err)
	}
	if _, err := d.Draw(1999, View{Width: 16, Height: 16}); err != nil {
		t.Errorf("one of them: %v", err)
	}
	t.Log(time.Since(before))
}

// TestLargePixelData makes plain and coded pixel data in files when they are large.
func TestLargePixelData(t *testing.T) {
	const frames = 13 // of 8 MB
	m := gray(2048, 2048, frames, 16, 16)
	ds := object(m, make([]byte, m.NativeSize()))
	if err := Transcode(ds, "j2", Options{}); err != nil {
		t.Fatal(err)
	}
	if e := ds.Get(dicom.PixelData); e.Fragments.Bulk == nil {
		t.Error("coded frames are in memory")
	}
	all := budget.New("test", 0)
	if changed, err := decompress(ds, Options{Limits: Limits{Budget: all}}, false); err != nil || !changed {
		t.Fatal(changed, err)
	}
	e := ds.Get(dicom.PixelData)
	if e.Bulk == nil || e.Length() != m.NativeSize() {
		t.Fatalf("plain pixel data of %d bytes, in a file: %t", e.Length(), e.Bulk != nil)
	}
	if all.Used() != 0 || all.Peak() == 0 || all.Peak() > 8*m.FrameSize() {
		t.Errorf("%d bytes in use, %d at the height", all.Used(), all.Peak())
	}
}

// TestMemoryOfOthers waits for memory that others use, and keeps count of what the
// data set holds.
func TestMemoryOfOthers(t *testing.T) {
	m := gray(256, 256, 4, 16, 12)
	ds := object(m, ramp(m))
	if err := Transcode(ds, "jk", Options{}); err != nil {
		t.Fatal(err)
	}
	all := budget.New("test", 8<<20)
	other := all.Part("other", 0)
	if err := other.Take(7 << 20); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := decompress(ds, Options{Limits: Limits{Budget: all}}, false)
		done <- err
	}()
	other.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if all.Used() != m.NativeSize() {
		t.Errorf("%d bytes in use, the data set holds %d", all.Used(), m.NativeSize())
	}
	if _, err := decompress(bomb(t, 2048, 1, true), Options{Limits: Limits{Budget: all}}, false); !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("more than the budget: %v", err)
	}
}

// TestSizeBeyondNumbers has attributes whose product does not fit 64 bits.
func TestSizeBeyondNumbers(t *testing.T) {
	m := Module{Rows: 65535, Columns: 65535, Samples: 4, BitsAllocated: 32, BitsStored: 32, Frames: 1<<31 - 1, Photometric: "MONOCHROME2"}
	if n := m.NativeSize(); n != math.MaxInt64 {
		t.Errorf("%d bytes", n)
	}
	ds := object(m, make([]byte, 64))
	ds.SetString(dicom.NumberOfFrames, "2147483647")
	if _, err := ExtractFrames(ds, 0, 5, 2, Limits{}); err == nil {
		t.Error("frames of pixel data that are not there")
	}
}

// TestHugePicture refuses to draw what needs more memory than there is.
func TestHugePicture(t *testing.T) {
	m := gray(16, 16, 1, 8, 8)
	m.Samples, m.Photometric = 3, "RGB"
	d, err := NewDrawer(object(m, make([]byte, m.NativeSize())), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Draw(0, View{Width: 16384, Height: 16384}); !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("drawn (%v)", err)
	}
	if img, err := d.Draw(0, View{Width: 640, Height: 640}); err != nil || img.Bounds().Dx() != 640 {
		t.Errorf("a picture of the usual size: %v", err)
	}
}
