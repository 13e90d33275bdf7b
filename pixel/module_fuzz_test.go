package pixel

import (
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/group"
)

// fuzzedModule makes an object of the bytes that a fuzzer gives: every attribute of
// the image modules, right or wrong, palettes, look-up tables and a window.
func fuzzedModule(b []byte) *dicom.Dataset {
	next := func() int {
		if len(b) == 0 {
			return 0
		}
		v := b[0]
		b = b[1:]
		return int(v)
	}
	pick := func(values ...int) uint16 { return uint16(values[next()%len(values)]) }
	ds := dicom.NewDataset(40)
	ds.SetString(dicom.Modality, []string{"OT", "CT", "RTDOSE", "SEG"}[next()%4])
	ds.SetUint16(dicom.Rows, pick(1, 2, 3, 5, 8, 17, 0, 65535))
	ds.SetUint16(dicom.Columns, pick(1, 2, 3, 5, 8, 17, 0, 65535))
	ds.SetUint16(dicom.BitsAllocated, pick(8, 16, 1, 32, 4, 12, 24, 64, 0, 3, 15))
	ds.SetUint16(dicom.BitsStored, pick(8, 12, 16, 1, 32, 7, 0, 64, 10))
	ds.SetUint16(dicom.HighBit, pick(7, 11, 15, 0, 31, 63))
	ds.SetUint16(dicom.SamplesPerPixel, pick(1, 3, 2, 4, 0, 65535))
	ds.SetUint16(dicom.PixelRepresentation, pick(0, 1, 2))
	ds.SetUint16(dicom.PlanarConfiguration, pick(0, 1, 2))
	ds.SetString(dicom.PhotometricInterpretation, []string{"MONOCHROME2", "MONOCHROME1", "RGB", "PALETTE COLOR", "YBR_FULL",
		"YBR_FULL_422", "YBR_PARTIAL_422", "YBR_RCT", "YBR_ICT", "ARGB", "CMYK", ""}[next()%12])
	ds.SetString(dicom.NumberOfFrames, []string{"1", "2", "6", "0", "-1", "x", "2147483647"}[next()%7])
	ds.SetString(dicom.PixelSpacing, []string{"1\\1", "0.5", "", "x\\y"}[next()%4])
	flags := next()
	if flags&1 != 0 {
		ds.SetString(tagWindowCenter, fmt.Sprint(next()-128))
		ds.SetString(tagWindowWidth, fmt.Sprint(next()-8))
	}
	if flags&2 != 0 {
		ds.SetString(tagRescaleIntercept, fmt.Sprint(next()-128))
		ds.SetString(tagRescaleSlope, []string{"1", "0", "2.5", "-1", "x"}[next()%5])
	}
	descriptor := func() []byte {
		return []byte{byte(next()), byte(next() & 1), byte(next()), byte(next()), byte(next()), 0}
	}
	table := func() []byte { n := next() % 40; n = min(n, len(b)); t := b[:n]; b = b[n:]; return t }
	if flags&4 != 0 {
		for i := range dicom.Tag(1 + next()%3) {
			ds.Put(dicom.Element{Tag: tagPaletteDescriptor + i, VR: dicom.US, Value: descriptor()})
			data := tagPaletteData
			if flags&8 != 0 {
				data = tagPaletteSegmented
			}
			ds.Put(dicom.Element{Tag: data + i, VR: dicom.OW, Value: table()})
		}
	}
	for i, tag := range []dicom.Tag{tagModalityLUT, tagVOILUT} {
		if flags&(16<<i) != 0 {
			item := dicom.NewDataset(2)
			item.Put(dicom.Element{Tag: tagLUTDescriptor, VR: dicom.US, Value: descriptor()})
			item.Put(dicom.Element{Tag: tagLUTData, VR: dicom.OW, Value: table()})
			ds.Put(dicom.Element{Tag: tag, VR: dicom.SQ, Items: []*dicom.Dataset{item}})
		}
	}
	syntax := []string{dicom.ExplicitLittleEndian, dicom.JPEGBaseline, dicom.JPEGLosslessSV1, dicom.JPEGLSLossless,
		dicom.JPEG2000Lossless, dicom.RLELossless, "1.2.840.10008.1.2.4.201", "1.2.3"}[next()%8]
	ds.SetTransferSyntax(syntax)
	putFuzzedPixels(ds, b, flags)
	return ds
}

// putFuzzedPixels puts what is left of the bytes as pixel data, made longer by
// themselves; in fragments where the syntax wants them.
func putFuzzedPixels(ds *dicom.Dataset, b []byte, flags int) {
	switch {
	case flags&64 != 0:
		ds.Put(dicom.Element{Tag: dicom.NKIPixelData, VR: dicom.OW, Value: b})
	case ds.TransferSyntax().Encapsulated:
		frags := &dicom.Fragments{Data: [][]byte{b}}
		if flags&128 != 0 {
			frags.Data = [][]byte{b, b[:len(b)/2], nil, b, b, b}
		}
		ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Fragments: frags})
	default:
		for len(b) > 0 && len(b) < 4000 {
			b = append(b, b...)
		}
		ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: b})
	}
}

// fuzzedWork is everything that can be done to an object.
var fuzzedWork = func() map[string]func(ds *dicom.Dataset) error {
	work := map[string]func(ds *dicom.Dataset) error{
		"frames":     func(ds *dicom.Dataset) error { _, err := Frames(ds); return err },
		"decompress": func(ds *dicom.Dataset) error { _, err := Decompress(ds, Limits{}); return err },
		"downsize":   func(ds *dicom.Dataset) error { _, err := Downsize(ds, 2, Limits{}); return err },
		"crop":       func(ds *dicom.Dataset) error { return Crop(ds, 0, 0, 1, 1, Limits{}) },
		"mono":       func(ds *dicom.Dataset) error { return ToMono(ds, Limits{}) },
		"extract":    func(ds *dicom.Dataset) error { _, err := ExtractFrames(ds, 0, 5, 2, Limits{}); return err },
	}
	for _, code := range []string{"un", "ub", "n1", "n4", "n5", "j1", "j2", "j3", "j4", "j5", "j6", "js", "j7", "jk", "jl", "jh", "jh20", "k8", "kc", "j#3,150", "n#2,10"} {
		work[code] = func(ds *dicom.Dataset) error { return Transcode(ds, code, Options{Damaged: true}) }
	}
	work["rle"] = func(ds *dicom.Dataset) error { return TranscodeTo(ds, dicom.RLELossless, Options{}) }
	for _, f := range []Format{GIF, BMP, JPEG, PNG} {
		for name, opt := range map[string]RenderOptions{"": {}, "small": {Size: 2}, "window": {Level: 3, Window: 5, Frame: 1}, "all": {Frame: AnimatedFrame + 3}} {
			work[fmt.Sprint("render ", f.ContentType(), name)] = func(ds *dicom.Dataset) error { return Render(io.Discard, ds, f, opt) }
		}
	}
	for name, v := range map[string]View{"": {}, "region": {Region: image.Rect(1, 0, 3, 2), Width: 7, Height: 3, FlipX: true},
		"window": {Window: &Window{Center: 3, Width: 1, Function: Sigmoid}, Width: 1, Height: 1, FlipY: true}} {
		work["draw "+name] = func(ds *dicom.Dataset) error {
			d, err := NewDrawer(ds, Limits{})
			if err == nil {
				_, err = d.Draw(d.Frames()-1, v)
			}
			return err
		}
	}
	for _, uid := range []string{dicom.JPEGBaseline, dicom.JPEGLosslessSV1, dicom.JPEGLSLossless, dicom.JPEG2000, dicom.HTJ2KLossless, dicom.HTJ2K, dicom.RLELossless} {
		work["one frame "+uid] = func(ds *dicom.Dataset) error {
			im, err := Open(ds)
			if err == nil {
				_, _ = im.Plain(0)
				_, _ = im.Encoded(im.Frames - 1)
				_, err = im.EncodeFrame(0, uid, Options{})
			}
			return err
		}
	}
	return work
}()

// FuzzImageModule does everything to objects of any image module: nothing panics,
// and what Transcode and Decompress refuse stays as it was or plain.
func FuzzImageModule(f *testing.F) {
	f.Add([]byte{})
	for i := range byte(12) {
		f.Add([]byte{i, i, i, i, i, i % 2, 0, 0, i, 0, 0, 0xFF, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0, 17, 18})
		f.Add([]byte{0, 4, 4, i, 0, 0, i % 3, 0, i % 2, i, 1, 0, 4, 0, 1, 0, 0, 0, 8, 1, 7, 0, 9, 9, 9})
	}
	f.Add([]byte{0, 0, 2, 1, 2, 2, 1, 0, 0, 5, 2, 0, 0, 0, 1, 2, 3, 4}) // 3 x 1 pixels, 16 bits, YBR_FULL_422, 6 frames
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<12 {
			return
		}
		workOn(t, b)
	})
}

// workOn does everything; panics that were caught on the way count as well.
func workOn(t *testing.T, b []byte) {
	for name, do := range fuzzedWork {
		start := time.Now()
		err := group.Guard(name, func() error { return do(fuzzedModule(b)) })
		var panicked *group.PanicError
		if errors.As(err, &panicked) {
			t.Fatalf("%s: %v\n%s", name, panicked.Value, panicked.Stack)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// TestRandomImageModules does everything to objects of random modules.
func TestRandomImageModules(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		b := make([]byte, 16+rnd.IntN(120))
		for i := range b {
			if rnd.IntN(4) > 0 {
				b[i] = byte(rnd.IntN(256))
			}
		}
		workOn(t, b)
		if t.Failed() {
			t.Fatalf("object of %#v", b)
		}
	}
}
