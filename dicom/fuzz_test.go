package dicom

import (
	"bytes"
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

// checkStable makes sure that what was written reads and writes the same again.
func checkStable(t *testing.T, d *Dataset, ts TransferSyntax) {
	first, err := Append(nil, d, ts)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(first, ts, ParseOptions{})
	if err != nil {
		t.Fatalf("%v in what was written: %x", err, first)
	}
	second, err := Append(nil, again, ts)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Fatalf("written first %x\nthen %x", first, second)
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
		if err := WriteFile(new(bytes.Buffer), d, siteMeta); err != nil {
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
