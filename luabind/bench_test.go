package luabind

import (
	"context"
	"testing"

	"conquest/dicom"
)

func benchObject() *dicom.Dataset {
	ds := &dicom.Dataset{}
	ds.SetString(dicom.PatientName, "Doe^John")
	ds.SetString(dicom.PatientID, "P1")
	ds.SetUint16(dicom.Rows, 512)
	ds.SetUint16(dicom.Columns, 512)
	ds.SetUint16(dicom.BitsAllocated, 16)
	ds.SetUint16(dicom.SamplesPerPixel, 1)
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: make([]byte, 512*512*2)})
	return ds
}

func bench(b *testing.B, text string) {
	st, _ := newTestState(b, Options{})
	b.ReportAllocs()
	ds := benchObject()
	for b.Loop() {
		if _, err := st.Run(context.Background(), Chunk{Text: text, Object: ds, Start: 1, Globals: map[string]any{"command_line": "X"}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNewState is what an association pays that runs one chunk.
func BenchmarkNewState(b *testing.B) {
	st, _ := newTestState(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		s := st.e.NewState()
		if _, err := s.Run(context.Background(), Chunk{Text: "x = 1"}); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

func BenchmarkEmptyChunk(b *testing.B) { bench(b, "") }
func BenchmarkConverter(b *testing.B)  { bench(b, converterText) }

func BenchmarkPixelLoop(b *testing.B) {
	bench(b, "for y = 0, 511 do for x = 0, 511 do setpixel(x, y, 0, getpixel(x, y, 0) + 1) end end")
}

func BenchmarkRows(b *testing.B) {
	bench(b, "for y = 0, 511 do local r = getrow(y) for x = 0, 511 do r[x] = r[x] + 1 end setrow(y, 0, r) end")
}

func BenchmarkGetSetImage(b *testing.B) { bench(b, "setimage(0, getimage(0))") }

func BenchmarkConvertBinaryData(b *testing.B) {
	bench(b, "local t = ConvertBinaryData('262144*u2', getimage(0)) setimage(0, ConvertBinaryData('262144*u2', t))")
}
