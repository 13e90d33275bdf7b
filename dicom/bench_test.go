package dicom

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// exampleCT is a CT slice of 0.5 MB: 92 elements at the top, two sequences.
func exampleCT() *Dataset {
	d := NewDataset(92)
	d.SetString(SOPClassUID, "1.2.840.10008.5.1.4.1.1.2")
	d.SetString(SOPInstanceUID, "1.2.826.0.1.3680043.2.135.1.1")
	n := d.Len() + 4
	for t, e := range StandardDictionary().All() {
		if n >= 92 {
			break
		}
		if g := t.Group(); e.VR.IsText() && (g == 8 || g == 0x10 || g == 0x18 || g == 0x20) && !d.Has(t) && t.Element()%3 == 0 {
			d.Put(NewText(t, e.VR, "1234567890123456"[:len(e.Keyword)%16]))
			n++
		}
	}
	code := func() *Dataset {
		it := NewDataset(3)
		it.SetString(0x00080100, "C1")
		it.SetString(0x00080102, "99ACME")
		it.SetString(0x00080104, "Code one")
		return it
	}
	step := NewDataset(3)
	step.SetString(0x00400007, "step one")
	step.SetItems(0x00400008, code(), code())
	d.SetItems(0x00400275, step)
	d.SetItems(0x00081140, code(), code(), code())
	d.SetUint16(Rows, 512)
	d.Put(Element{Tag: PixelData, VR: OW, Value: make([]byte, 512*512*2)})
	return d
}

func BenchmarkParse(b *testing.B) {
	for _, ts := range []TransferSyntax{explicitLE, implicitLE, explicitBE} {
		data, err := Append(nil, exampleCT(), ts)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(ts.UID, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(data, ts, ParseOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	d := exampleCT()
	buf, err := Append(nil, d, explicitLE)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = Append(buf[:0], d, explicitLE); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	d := exampleCT()
	b.SetBytes(EncodedSize(d, explicitLE))
	b.ReportAllocs()
	for b.Loop() {
		if err := Encode(io.Discard, d, explicitLE); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadHeader(b *testing.B) {
	d := exampleCT()
	d.SetTransferSyntax(ExplicitLittleEndian)
	var w bytes.Buffer
	if err := WritePart10(&w, d, siteMeta); err != nil {
		b.Fatal(err)
	}
	name := filepath.Join(b.TempDir(), "ct.dcm")
	if err := os.WriteFile(name, w.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadHeader(name); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	d := exampleCT()
	for b.Loop() {
		if d.Get(Rows) == nil {
			b.Fatal("no rows")
		}
	}
}
