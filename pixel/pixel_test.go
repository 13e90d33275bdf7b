package pixel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"conquest/dicom"
)

func TestParseCode(t *testing.T) {
	for text, want := range map[string]Code{
		"":                 {},
		"as":               {},
		"AsIs":             {},
		"is":               {},
		"virtual":          {},
		"un":               {Family: 'u', Mode: 'n'},
		"UJ":               {Family: 'u', Mode: 'j'},
		"j2":               {Family: 'j', Mode: '2'},
		"J350":             {Family: 'j', Mode: '3', Quality: 50},
		"jl20!":            {Family: 'j', Mode: 'l', Quality: 20, NoImplicit: true},
		"ub!":              {Family: 'u', Mode: 'b', NoImplicit: true},
		"j#3,150":          {Family: 'j', Mode: '#', Scale: 3, Clip: 150},
		"n#10,5":           {Family: 'n', Mode: '#', Scale: 10, Clip: 5},
		"n4":               {Family: 'n', Mode: '4'},
		"nj":               {Family: 'n', Mode: 'j'},
		"kA":               {Family: 'k', Mode: 'a'},
		"s7":               {Family: 's', Mode: '7'},
		"j375zzzzzzzzzz99": {Family: 'j', Mode: '3', Quality: 75},
	} {
		got, err := ParseCode(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
		again, err := ParseCode(got.String())
		if err != nil || again.Family != got.Family || again.Mode != got.Mode {
			t.Errorf("%q: %q reads as %+v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"zz", "n6", "n", "s", "sx", "j#", "j#0,1", "j#3", "x1"} {
		if _, err := ParseCode(text); !errors.Is(err, ErrUnknownCode) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// object makes a data set with plain pixel data.
func object(m Module, pix []byte) *dicom.Dataset {
	ds := dicom.NewDataset(16)
	ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	ds.SetString(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.7")
	ds.SetString(dicom.SOPInstanceUID, "1.2.3.4.5")
	if m.Frames > 1 {
		ds.SetString(dicom.NumberOfFrames, fmt.Sprint(m.Frames))
	}
	if m.Signed {
		ds.SetUint16(dicom.PixelRepresentation, 1)
	} else {
		ds.SetUint16(dicom.PixelRepresentation, 0)
	}
	m.put(ds)
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: m.pixelVR(), Value: pix})
	return ds
}

func gray(rows, columns, frames, allocated, stored int) Module {
	return Module{Rows: rows, Columns: columns, Samples: 1, Frames: frames, BitsAllocated: allocated,
		BitsStored: stored, HighBit: stored - 1, Photometric: "MONOCHROME2"}
}

func ramp(m Module) []byte {
	pix := make([]byte, (m.NativeSize()+1)/2*2)
	for i := 0; i < int(m.NativeSize())/(m.BitsAllocated/8); i++ {
		v := i * 7 % (1 << uint(m.BitsStored))
		if m.Signed {
			v -= 1 << uint(m.BitsStored-1)
		}
		if m.BitsAllocated == 8 {
			pix[i] = byte(v)
		} else {
			binary.LittleEndian.PutUint16(pix[2*i:], uint16(v))
		}
	}
	return pix
}

// TestTranscodeMatrix goes from every lossless form to every other; the
// pixels have to survive.
func TestTranscodeMatrix(t *testing.T) {
	codes := []string{"un", "j1", "j2", "js", "j7", "jk", "jl100", "jh", "jh100", "n1", "n2", "n3", "n4", "n5", "nj", "n0", "ul", "ub", "ui"}
	rgb := Module{Rows: 12, Columns: 17, Samples: 3, Frames: 2, BitsAllocated: 8, BitsStored: 8, HighBit: 7, Photometric: "RGB"}
	signed := gray(9, 31, 3, 16, 12)
	signed.Signed = true
	signed8 := gray(9, 31, 1, 8, 8)
	signed8.Signed = true
	for _, m := range []Module{gray(20, 30, 1, 8, 8), gray(5, 7, 3, 8, 8), gray(20, 30, 2, 16, 12), gray(11, 13, 1, 16, 16), gray(8, 8, 1, 16, 8), rgb, signed, signed8} {
		pix := ramp(m)
		for _, from := range codes {
			for _, to := range codes {
				ds := object(m, pix)
				for _, code := range []string{from, to, "un"} {
					if err := Transcode(ds, code, Options{}); err != nil {
						t.Fatalf("%+v: %s, %s: %v", m, from, to, err)
					}
				}
				if got := ds.Value(dicom.PixelData); !bytes.Equal(got, pix) {
					t.Fatalf("%+v: %s, %s: pixels differ, %d and %d bytes", m, from, to, len(got), len(pix))
				}
				got, err := ReadModule(ds)
				if err != nil || got != m {
					t.Fatalf("%s, %s: attributes %+v, want %+v (%v)", from, to, got, m, err)
				}
			}
		}
	}
}

func TestTranscodeTo(t *testing.T) {
	rgb := Module{Rows: 12, Columns: 17, Samples: 3, Frames: 2, BitsAllocated: 8, BitsStored: 8, HighBit: 7, Photometric: "RGB"}
	all := []string{dicom.ImplicitLittleEndian, dicom.ExplicitLittleEndian, dicom.DeflatedExplicit, dicom.ExplicitBigEndian,
		dicom.JPEGLossless, dicom.JPEGLosslessSV1, dicom.JPEGLSLossless, dicom.JPEG2000Lossless, dicom.RLELossless, dicom.HTJ2KLossless, dicom.HTJ2KLosslessRPCL}
	for _, m := range []Module{gray(5, 7, 3, 8, 8), gray(20, 30, 2, 16, 12), rgb} {
		pix := ramp(m)
		for _, from := range all {
			for _, to := range all {
				ds := object(m, pix)
				for _, uid := range []string{from, to} {
					if err := TranscodeTo(ds, uid, Options{}); err != nil || ds.TransferSyntax().UID != uid {
						t.Fatalf("%s to %s: %v", from, to, err)
					}
				}
				if !bytes.Equal(plainPixels(t, ds), pix) {
					t.Fatalf("%s to %s: pixels differ", from, to)
				}
			}
		}
	}
	m := gray(16, 16, 1, 16, 16)
	for _, uid := range []string{dicom.JPEGBaseline, dicom.JPEGExtended, dicom.JPEGSpectral, "1.2.3"} {
		ds := object(m, ramp(m))
		before := ds.Clone()
		if err := TranscodeTo(ds, uid, Options{}); !errors.Is(err, ErrSyntax) || !dicom.Equal(ds, before) {
			t.Errorf("%s: %v", uid, err)
		}
	}
}

func TestSyntaxesOfCodes(t *testing.T) {
	for code, want := range map[string]string{
		"un": "[1.2.840.10008.1.2]", "un!": "[]", "ul!": "[1.2.840.10008.1.2.1]", "ue": "[1.2.840.10008.1.2.1 1.2.840.10008.1.2.2 1.2.840.10008.1.2]",
		"j2!": "[1.2.840.10008.1.2.4.57 1.2.840.10008.1.2.4.70]", "jl!": "[1.2.840.10008.1.2.4.91 1.2.840.10008.1.2.4.90]",
		"jh!": "[1.2.840.10008.1.2.4.201 1.2.840.10008.1.2.4.202]", "jh20!": "[1.2.840.10008.1.2.4.203 1.2.840.10008.1.2.4.201 1.2.840.10008.1.2.4.202]",
	} {
		c, err := ParseCode(code)
		if got := fmt.Sprint(c.TransferSyntaxes()); err != nil || got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	for uid, want := range map[string]string{dicom.JPEGLosslessSV1: "j1", dicom.JPEG2000: "jl", dicom.ImplicitLittleEndian: "ui", dicom.RLELossless: "un",
		dicom.HTJ2KLossless: "jh", dicom.HTJ2KLosslessRPCL: "jh", dicom.HTJ2K: "jh100"} {
		if got := CodeOf(uid); got != want {
			t.Errorf("%s: %s, want %s", uid, got, want)
		}
	}
}

func TestLossyCodes(t *testing.T) {
	r := openReference(t)
	for _, code := range []string{"j3", "j4", "j5", "j6", "jl", "j380", "j750", "jh95", "jh20"} {
		for _, name := range []string{"mono8", "mono12", "rgb", "multi16", "mono1_12"} {
			ds := r.dataset(t, "src/"+name+".dcm")
			want := plainPixels(t, ds)
			if err := Transcode(ds, code, Options{}); err != nil {
				t.Errorf("%s %s: %v", name, code, err)
				continue
			}
			if ds.String(tagLossyImageCompression) != "01" || ds.Get(dicom.PixelData).Fragments == nil {
				t.Errorf("%s %s: not labelled lossy", name, code)
			}
			m, _ := ReadModule(ds)
			mean := meanDifference(plainPixels(t, ds), want, m.BitsAllocated)
			if mean < 0 || mean > float64(int(1)<<uint(m.BitsStored))/12 {
				t.Errorf("%s %s: mean error %.1f", name, code, mean)
			}
		}
	}
}

func meanDifference(a, b []byte, bitsAllocated int) float64 {
	if len(a) != len(b) {
		return -1
	}
	sum, size := 0, bitsAllocated/8
	for i := 0; i+size <= len(a); i += size {
		if size == 1 {
			sum += distance(int(a[i]), int(b[i]))
		} else {
			sum += distance(int(binary.LittleEndian.Uint16(a[i:])), int(binary.LittleEndian.Uint16(b[i:])))
		}
	}
	return float64(sum) / float64(len(a)/size)
}

func TestLeftAlone(t *testing.T) {
	r := openReference(t)
	for _, c := range []struct{ file, code string }{
		{"out/mono12__j2.dcm", "j2"}, {"out/mono12__j2.dcm", "ja"}, {"out/mono12__j2.dcm", "uj"}, {"out/mono12__j2.dcm", "nj"},
		{"out/mono8__j3.dcm", "j350"}, {"out/mono12__js.dcm", "as"}, {"out/mono12__js.dcm", "v1"}, {"out/mono16__jk.dcm", "uj"},
		{"src/mono12.dcm", "un"}, {"src/mono12.dcm", "k1"}, {"src/multi16.dcm", "kc"}, {"src/mono12.dcm", "zz"},
	} {
		ds := r.dataset(t, c.file)
		before := ds.Clone()
		err := Transcode(ds, c.code, Options{})
		if (c.code == "zz") != errors.Is(err, ErrUnknownCode) {
			t.Errorf("%s %s: %v", c.file, c.code, err)
		}
		if !dicom.Equal(ds, before) {
			t.Errorf("%s %s: changed", c.file, c.code)
		}
	}
}

func TestWithoutPixels(t *testing.T) {
	for _, code := range []string{"un", "j2", "n4", "k2", "jk", "ul"} {
		ds := dicom.NewDataset(4)
		ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
		ds.SetString(dicom.Modality, "SR")
		if err := Transcode(ds, code, Options{}); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestFailureKeepsObject checks that what can not be decoded is not touched.
func TestFailureKeepsObject(t *testing.T) {
	r := openReference(t)
	for _, file := range []string{"out/mono12__j2.dcm", "out/multi16__js.dcm", "out/mono16__jk.dcm"} {
		ds := r.dataset(t, file)
		e := *ds.Get(dicom.PixelData)
		frags := *e.Fragments
		last := len(frags.Data) - 1
		frags.Data = append([][]byte(nil), frags.Data...)
		frags.Data[last] = frags.Data[last][:len(frags.Data[last])/2]
		e.Fragments = &frags
		ds.Put(e)
		before := ds.Clone()
		for _, code := range []string{"un", "j1", "jk!", "n4"} {
			if code == "jk!" && strings.Contains(file, "jk") {
				continue
			}
			if err := Transcode(ds, code, Options{}); err == nil {
				t.Errorf("%s %s: no error", file, code)
			}
			if !dicom.Equal(ds, before) {
				t.Errorf("%s %s: changed", file, code)
			}
		}
	}
}

func TestFragmentGroups(t *testing.T) {
	m := gray(16, 16, 3, 8, 8)
	pix := ramp(m)
	for _, table := range []string{"basic", "extended", "none"} {
		ds := object(m, pix)
		if err := Transcode(ds, "j1", Options{}); err != nil {
			t.Fatal(err)
		}
		old := ds.Get(dicom.PixelData).Fragments
		if len(old.OffsetTable) != 12 {
			t.Fatalf("offset table of %d bytes", len(old.OffsetTable))
		}
		split := &dicom.Fragments{}
		var offsets []uint64
		at := uint64(0)
		for _, data := range old.Data {
			offsets = append(offsets, at)
			for len(data) > 0 {
				n := min(len(data), 100)
				split.Data = append(split.Data, data[:n])
				at += 8 + uint64(n)
				data = data[n:]
			}
		}
		var extended []byte
		for _, o := range offsets {
			switch table {
			case "basic":
				split.OffsetTable = binary.LittleEndian.AppendUint32(split.OffsetTable, uint32(o))
			case "extended":
				extended = binary.LittleEndian.AppendUint64(extended, o)
			}
		}
		if extended != nil {
			ds.Put(dicom.Element{Tag: tagExtendedOffsets, VR: dicom.OV, Value: extended})
		}
		ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Fragments: split})
		if err := Transcode(ds, "un", Options{}); err != nil {
			t.Errorf("%s: %v", table, err)
			continue
		}
		if !bytes.Equal(ds.Value(dicom.PixelData), pix) || ds.Has(tagExtendedOffsets) {
			t.Errorf("%s: pixels differ", table)
		}
	}
}

// TestTooManyFrames checks that frames beyond the number told are not lost.
func TestTooManyFrames(t *testing.T) {
	m := gray(16, 16, 3, 8, 8)
	for _, code := range []string{"j1", "un"} {
		ds := object(m, ramp(m))
		if err := Transcode(ds, code, Options{}); err != nil {
			t.Fatal(err)
		}
		ds.Delete(dicom.NumberOfFrames)
		before := ds.Clone()
		if err := Transcode(ds, "js", Options{}); err == nil || !dicom.Equal(ds, before) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestOverlayBitsSurvive(t *testing.T) {
	m := gray(16, 16, 2, 16, 12)
	pix := ramp(m)
	pix[101] |= 0x80
	for _, code := range []string{"j1", "j2", "js", "jk", "jh"} {
		ds := object(m, pix)
		for _, c := range []string{code, "un"} {
			if err := Transcode(ds, c, Options{}); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(ds.Value(dicom.PixelData), pix) {
			t.Errorf("%s: pixels differ", code)
		}
	}
	m.Signed = true
	for _, uid := range []string{dicom.RLELossless, dicom.JPEGLSLossless, dicom.JPEGLosslessSV1, dicom.JPEG2000Lossless} {
		ds := object(m, pix)
		for _, to := range []string{uid, dicom.ExplicitLittleEndian} {
			if err := TranscodeTo(ds, to, Options{}); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(ds.Value(dicom.PixelData), pix) {
			t.Errorf("%s, signed: pixels differ", uid)
		}
	}
}

func TestScaleClip(t *testing.T) {
	m := gray(1, 4, 1, 16, 12)
	for _, code := range []string{"j#3,150", "n#3,150"} {
		ds := object(m, []byte{149, 0, 150, 0, 151, 0, 0xFF, 0x0F})
		ds.SetString(tagRescaleSlope, "1.5")
		for _, c := range []string{code, "un"} {
			if err := Transcode(ds, c, Options{}); err != nil {
				t.Fatal(err)
			}
		}
		want := []byte{0, 0, 50, 0, 50, 0, 0x55, 0x05}
		if !bytes.Equal(ds.Value(dicom.PixelData), want) || ds.String(tagRescaleSlope) != "4.50" || ds.String(tagLossyImageCompression) != "01" {
			t.Errorf("%s: % X, slope %q", code, ds.Value(dicom.PixelData), ds.String(tagRescaleSlope))
		}
	}
}

func TestDownsize(t *testing.T) {
	m := gray(100, 60, 1, 16, 12)
	ds := object(m, ramp(m))
	ds.SetString(dicom.PixelSpacing, `0.5\0.25`)
	if err := Transcode(ds, "kb", Options{}); err != nil {
		t.Fatal(err)
	}
	got, _ := ReadModule(ds)
	if got.Rows != 25 || got.Columns != 15 || ds.String(dicom.PixelSpacing) != `2\1` || len(ds.Value(dicom.PixelData)) != 750 {
		t.Errorf("%+v, spacing %s", got, ds.String(dicom.PixelSpacing))
	}
	ds = object(m, ramp(m))
	if changed, err := Downsize(ds, 10, Limits{}); changed || err != nil {
		t.Errorf("without spacing: %v, %v", changed, err)
	}
}

func TestExtractFrame(t *testing.T) {
	m := gray(7, 6, 4, 16, 12)
	pix := ramp(m)
	for _, code := range []string{"un", "j2", "n4"} {
		ds := object(m, pix)
		if err := Transcode(ds, code, Options{}); err != nil {
			t.Fatal(err)
		}
		if changed, err := ExtractFrame(ds, 2, Limits{}); !changed || err != nil {
			t.Fatal(changed, err)
		}
		if err := Transcode(ds, "un", Options{}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(ds.Value(dicom.PixelData), pix[2*84:3*84]) || ds.String(dicom.NumberOfFrames) != "1" {
			t.Errorf("%s: wrong frame", code)
		}
	}
	ds := object(m, pix)
	if _, err := ExtractFrames(ds, 1, 3, 2, Limits{}); err != nil || !bytes.Equal(ds.Value(dicom.PixelData), append(append([]byte(nil), pix[84:168]...), pix[252:]...)) {
		t.Errorf("every second frame: %v", err)
	}
	if _, err := ExtractFrame(object(m, pix), 4, Limits{}); err == nil {
		t.Error("frame beyond the end accepted")
	}
}

func TestPackedFrames(t *testing.T) {
	ds := object(Module{Rows: 1, Columns: 10, Samples: 1, Frames: 2, BitsAllocated: 1, BitsStored: 1, Photometric: "MONOCHROME2"},
		[]byte{0b10000011, 0b11111101, 0b00001010, 0})
	frames, err := Frames(ds)
	if err != nil || fmt.Sprint(frames[0].Pix, frames[1].Pix) != "[1 1 0 0 0 0 0 1 1 0] [1 1 1 1 1 1 0 1 0 1]" {
		t.Errorf("%v, %v", frames, err)
	}
	ds = object(Module{Rows: 1, Columns: 2, Samples: 1, Frames: 1, BitsAllocated: 12, BitsStored: 12, HighBit: 11, Photometric: "MONOCHROME2"},
		[]byte{0x23, 0x61, 0x45, 0})
	frames, err = Frames(ds)
	if err != nil || !bytes.Equal(frames[0].Pix, []byte{0x23, 0x01, 0x56, 0x04}) {
		t.Errorf("%v, %v", frames, err)
	}
}

func TestPalettes(t *testing.T) {
	words := func(ws ...uint16) (b []byte) {
		for _, w := range ws {
			b = binary.LittleEndian.AppendUint16(b, w)
		}
		return b
	}
	m := Module{Rows: 1, Columns: 4, Samples: 1, Frames: 1, BitsAllocated: 8, BitsStored: 8, HighBit: 7, Photometric: "PALETTE COLOR"}
	for _, c := range []struct {
		name       string
		descriptor []byte
		tag        dicom.Tag
		data       []byte
		want       []byte // red of pixels 0, 1, 2, 9
	}{
		{"high bytes", words(3, 0, 16), tagPaletteData, words(0x10FF, 0x2000, 0x3001), []byte{0x10, 0x20, 0x30, 0x30}},
		{"low bytes", words(3, 0, 16), tagPaletteData, words(5, 6, 7), []byte{5, 6, 7, 7}},
		{"bytes", words(4, 0, 8), tagPaletteData, []byte{5, 6, 7, 8}, []byte{5, 6, 7, 8}},
		{"first value", words(2, 1, 8), tagPaletteData, words(9, 4), []byte{9, 9, 4, 4}},
		{"segments", words(5, 0, 16), tagPaletteSegmented, words(0, 1, 0x1000, 1, 4, 0x5000), []byte{0x10, 0x20, 0x30, 0x50}},
		{"indirect segment", words(4, 0, 16), tagPaletteSegmented, words(0, 2, 0x1100, 0x2200, 2, 1, 0, 0), []byte{0x11, 0x22, 0x11, 0x22}},
	} {
		for _, code := range []string{"un", "j1"} {
			ds := object(m, []byte{0, 1, 2, 9})
			for i := range dicom.Tag(3) {
				ds.Put(dicom.Element{Tag: tagPaletteDescriptor + i, VR: dicom.US, Value: c.descriptor})
				ds.Put(dicom.Element{Tag: c.tag + i, VR: dicom.OW, Value: c.data})
			}
			for _, step := range []string{code, "un"} {
				if err := Transcode(ds, step, Options{}); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
			}
			var red []byte
			for i, v := range ds.Value(dicom.PixelData) {
				if i%3 == 0 {
					red = append(red, v)
				}
			}
			if !bytes.Equal(red, c.want) || ds.Has(tagPaletteDescriptor) || ds.Has(c.tag+2) || ds.String(dicom.PhotometricInterpretation) != "RGB" {
				t.Errorf("%s, %s: % X, want % X", c.name, code, red, c.want)
			}
		}
	}
}

func Test422(t *testing.T) {
	m := Module{Rows: 1, Columns: 4, Samples: 3, Frames: 1, BitsAllocated: 8, BitsStored: 8, HighBit: 7, Photometric: "YBR_FULL_422"}
	pix := []byte{10, 20, 128, 128, 30, 40, 128, 128}
	ds := object(m, pix)
	if err := Transcode(ds, "un", Options{}); err != nil || !bytes.Equal(ds.Value(dicom.PixelData), pix) {
		t.Errorf("un: % X, %v", ds.Value(dicom.PixelData), err)
	}
	if err := Transcode(ds, "j1", Options{}); err != nil {
		t.Fatal(err)
	}
	if err := Transcode(ds, "un", Options{}); err != nil || !bytes.Equal(ds.Value(dicom.PixelData), []byte{10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40}) {
		t.Errorf("j1, un: % X, %v", ds.Value(dicom.PixelData), err)
	}
}

func TestScriptCode(t *testing.T) {
	ds := dicom.NewDataset(1)
	called := -1
	err := Transcode(ds, "s7", Options{Script: func(n int, _ *dicom.Dataset) error { called = n; return nil }})
	if err != nil || called != 7 {
		t.Errorf("%v, called with %d", err, called)
	}
	if err := Transcode(ds, "s7", Options{}); err == nil {
		t.Error("no error without converters")
	}
}

func TestWarning(t *testing.T) {
	m := gray(16, 16, 1, 16, 16)
	ds := object(m, ramp(m))
	var lines []string
	opt := Options{Warn: func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }}
	if err := Transcode(ds, "j3", opt); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1 || lines[0] != "Warn[CompressJPEGImage]: JPEG changed to lossless (J1) for 16 bits data" || ds.TransferSyntax().UID != dicom.JPEGLosslessSV1 {
		t.Errorf("%q, %s", lines, ds.TransferSyntax().UID)
	}
}

func TestNoAliasing(t *testing.T) {
	m := gray(16, 16, 1, 16, 12)
	pix := ramp(m)
	keep := bytes.Clone(pix)
	for _, code := range []string{"j1", "j2", "js", "jk", "n4", "j#3,10", "kc", "j3"} {
		ds := object(m, pix)
		ds.SetString(dicom.PixelSpacing, `1\1`)
		if err := Transcode(ds, code, Options{}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(pix, keep) {
			t.Fatalf("%s changed the value in place", code)
		}
	}
}

// FuzzTranscode damages the coded frames of an object.
func FuzzTranscode(f *testing.F) {
	m := gray(16, 16, 2, 8, 8)
	for _, code := range []string{"j1", "j3", "j5", "js", "j7", "jk", "jl"} {
		ds := object(m, ramp(m))
		if err := Transcode(ds, code, Options{}); err != nil {
			f.Fatal(err)
		}
		data := ds.Get(dicom.PixelData).Fragments.Data
		f.Add(data[0], data[1], ds.TransferSyntax().UID, 16, "un")
	}
	f.Add([]byte{2, 0, 0, 0}, []byte{}, dicom.RLELossless, 8, "j1")
	f.Fuzz(func(t *testing.T, first, second []byte, syntax string, bits int, code string) {
		m.BitsAllocated = bits
		ds := object(m, nil)
		ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OB, Fragments: &dicom.Fragments{Data: [][]byte{first, second}}})
		ds.SetTransferSyntax(syntax)
		before := ds.Clone()
		if err := Transcode(ds, "un", Options{Workers: 1}); err != nil && !dicom.Equal(ds, before) {
			t.Fatal("changed in spite of an error")
		}
		_ = Transcode(ds, code, Options{Workers: 1})
		_, _ = ExtractFrame(before, 1, Limits{})
		_ = Render(&bytes.Buffer{}, before, GIF, RenderOptions{Size: 32})
	})
}

func BenchmarkTranscode(b *testing.B) {
	m := gray(512, 512, 8, 16, 12)
	pix := make([]byte, m.NativeSize())
	for i := 0; i < len(pix); i += 2 {
		x, y := i/2%512, i/2/512
		binary.LittleEndian.PutUint16(pix[i:], uint16((x*x/300+y*3+(x*y)%13)%4096))
	}
	for _, code := range []string{"j2", "js", "jk", "n4", "j3"} {
		coded := object(m, pix)
		if err := Transcode(coded, code, Options{}); err != nil {
			b.Fatal(err)
		}
		b.Run("from/"+code, func(b *testing.B) {
			b.SetBytes(int64(len(pix)))
			for b.Loop() {
				_ = Transcode(coded.Clone(), "un", Options{})
			}
		})
		b.Run("to/"+code, func(b *testing.B) {
			b.SetBytes(int64(len(pix)))
			for b.Loop() {
				_ = Transcode(object(m, pix), code, Options{})
			}
		})
	}
}
