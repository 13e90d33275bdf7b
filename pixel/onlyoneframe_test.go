package pixel

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"conquest/dicom"
)

// guarded is a source of which only the bytes from first to last may be read.
type guarded struct {
	data        []byte
	first, last int64
}

var errOthers = errors.New("another frame was read")

func (g *guarded) ReadAt(p []byte, at int64) (int, error) {
	if at < g.first || at+int64(len(p)) > g.last {
		return 0, errOthers
	}
	return bytes.NewReader(g.data).ReadAt(p, at)
}

// TestOneFrameAlone: whatever is made of one frame, the others are not read, let
// alone decoded.
func TestOneFrameAlone(t *testing.T) {
	const frames, n = 5, 3
	work := map[string]func(ds *dicom.Dataset) error{
		"frame": func(ds *dicom.Dataset) error {
			return withImage(ds, func(im *Image) error { _, err := im.Frame(n); return err })
		},
		"encoded": func(ds *dicom.Dataset) error {
			return withImage(ds, func(im *Image) error { _, err := im.Encoded(n); return err })
		},
		"plain": func(ds *dicom.Dataset) error {
			return withImage(ds, func(im *Image) error { _, err := im.Plain(n); return err })
		},
		"coded anew": func(ds *dicom.Dataset) error {
			return withImage(ds, func(im *Image) error { _, err := im.EncodeFrame(n, dicom.HTJ2KLossless, Options{}); return err })
		},
		"picture": func(ds *dicom.Dataset) error { return Render(io.Discard, ds, PNG, RenderOptions{Frame: n}) },
		"extract": func(ds *dicom.Dataset) error { _, err := ExtractFrame(ds, n, Limits{}); return err },
		"view": func(ds *dicom.Dataset) error {
			d, err := NewDrawer(ds, Limits{})
			if err == nil {
				_, err = d.Draw(n, View{})
			}
			return err
		},
	}
	m := gray(40, 30, frames, 16, 12)
	for _, code := range []string{"ul", "j2", "js", "jk", "jh", "j4"} {
		for _, pieces := range []int{1, 2} {
			for name, do := range work {
				ds := object(m, ramp(m))
				if err := Transcode(ds, code, Options{}); err != nil {
					t.Fatal(err)
				}
				guard(ds, m, n, pieces)
				if err := do(ds); err != nil {
					t.Errorf("%s in %d pieces, %s: %v", code, pieces, name, err)
				}
			}
		}
	}
}

func withImage(ds *dicom.Dataset, do func(*Image) error) error {
	im, err := Open(ds)
	if err != nil {
		return err
	}
	return do(im)
}

// guard keeps the pixel data in sources that fail where another frame than n is
// read. Coded frames are cut into pieces.
func guard(ds *dicom.Dataset, m Module, n, pieces int) {
	e := *ds.Get(dicom.PixelData)
	if e.Fragments == nil {
		size := m.FrameSize()
		e.Bulk = &dicom.Bulk{Source: &guarded{e.Value, int64(n) * size, int64(n+1) * size}, Length: int64(len(e.Value)), WordSize: 2}
		e.Value = nil
		ds.Put(e)
		return
	}
	frags := &dicom.Fragments{}
	var starts []int
	for i := range e.Fragments.Len() {
		data, _ := e.Fragments.Fragment(i)
		starts = append(starts, frags.Len())
		for part := range slices.Chunk(data, (len(data)/pieces+2)&^1) {
			g := &guarded{part, 0, int64(len(part))}
			if i != n {
				g.last = 0
			}
			frags.Data = append(frags.Data, nil)
			frags.Bulk = append(frags.Bulk, &dicom.Bulk{Source: g, Length: int64(len(part)), WordSize: 1})
		}
	}
	at := fragmentStarts(frags)
	for _, i := range starts {
		frags.OffsetTable = append(frags.OffsetTable, byte(at[i]), byte(at[i]>>8), byte(at[i]>>16), byte(at[i]>>24))
	}
	e.Fragments = frags
	ds.Put(e)
}
