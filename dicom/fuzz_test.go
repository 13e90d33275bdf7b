package dicom

import (
	"bytes"
	"errors"
	"os"
	"testing"
)

var fuzzSyntaxes = []TransferSyntax{implicitLE, explicitLE, explicitBE, deflatedLE, jpegSyntax}

func FuzzParse(f *testing.F) {
	for _, v := range vectors {
		for i := range fuzzSyntaxes {
			f.Add(uint8(i), unhex(f, v.in))
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, data []byte) {
		ts := fuzzSyntaxes[int(n)%len(fuzzSyntaxes)]
		d, err := Parse(data, ts, ParseOptions{MaxInflated: 1 << 20})
		if d == nil {
			t.Fatal("no data set")
		}
		r, rerr := ParseReaderAt(bytes.NewReader(data), 0, int64(len(data)), ts, ParseOptions{MaxInflated: 1 << 20, BulkThreshold: 8})
		if (err == nil) != (rerr == nil) || !Equal(d, r) {
			t.Fatalf("from memory: %v, from reader: %v, equal: %v", err, rerr, Diff(d, r))
		}
		if err := Dump(new(bytes.Buffer), d); err != nil {
			t.Fatal(err)
		}
		checkStable(t, d, ts)
	})
}

// checkStable makes sure that what was written can be read, and that from the
// second time on the same is written. The first time bytes of unknown kind may
// turn out to be a sequence.
func checkStable(t *testing.T, d *Dataset, ts TransferSyntax) {
	var last []byte
	for round := range 3 {
		b, err := Append(nil, d, ts)
		if errors.Is(err, ErrEncapsulated) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := EncodedSize(d, ts); !ts.Deflated && n != int64(len(b)) {
			t.Fatalf("%d bytes, told %d", len(b), n)
		}
		if round == 2 && !bytes.Equal(b, last) {
			t.Fatalf("written %x\nthen %x", last, b)
		}
		last = b
		if d, err = Parse(b, ts, ParseOptions{}); err != nil {
			t.Fatalf("%v in what was written: %x", err, b)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	for _, pattern := range []string{"testdata/reference/input/0[1-4]*", "testdata/reference/v2/*1.3_*", "testdata/dump/*.dcm"} {
		for _, name := range globbed(f, pattern) {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ParsePart10(data, ParseOptions{MaxInflated: 1 << 20})
		r, rerr := ReadPart10(bytes.NewReader(data), int64(len(data)), ParseOptions{MaxInflated: 1 << 20})
		if (err == nil) != (rerr == nil) || !Equal(d, r) {
			t.Fatalf("from memory: %v, from reader: %v, equal: %v", err, rerr, Diff(d, r))
		}
		if err := WritePart10(new(bytes.Buffer), d, siteMeta); err != nil && !errors.Is(err, ErrEncapsulated) {
			t.Fatal(err)
		}
	})
}

func FuzzDictionary(f *testing.F) {
	f.Add([]byte(`(0010,0010) VERS="3" VR="PN" VM="1" Keyword="PatientName" Name="x"`))
	f.Add([]byte(`{ 0x0010 0x0010 PN "PatientName" }`))
	f.Add(binaryDictionaryExample())
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ParseDictionary(bytes.NewReader(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := WriteDictionary(&b, d); err != nil {
			t.Fatal(err)
		}
		again, err := ParseDictionary(&b)
		if err != nil || again.Len() != d.Len() {
			t.Fatalf("%d entries, then %v", d.Len(), err)
		}
	})
}
