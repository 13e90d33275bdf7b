package dicom

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// Numbers and signs that JSON and XML write in their own way.
func TestSpecialNumbers(t *testing.T) {
	d := new(Dataset)
	fd, err := NewFloats(0x00189087, FD, math.NaN(), math.Inf(1), math.Inf(-1), 1e21)
	if err != nil {
		t.Fatal(err)
	}
	d.Put(fd)
	d.Put(NewText(0x00200032, DS, `.5\nan\007\1e999`))
	d.Put(NewText(0x00104000, LT, "tab\t cr\r nul-free \x01"))
	b, err := json.Marshal(d)
	const want = `{"00104000":{"vr":"LT","Value":["tab\t cr\r nul-free \u0001"]},` +
		`"00189087":{"vr":"FD","Value":["NaN","Infinity","-Infinity",1e+21]},` +
		`"00200032":{"vr":"DS","Value":[0.5,"nan",7,"1e999"]}}`
	if err != nil || string(b) != want {
		t.Errorf("%v\n got %s\nwant %s", err, b, want)
	}
	var back Dataset
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if fs := back.Floats(0x00189087); len(fs) != 4 || !math.IsNaN(fs[0]) || !math.IsInf(fs[1], 1) || !math.IsInf(fs[2], -1) || fs[3] != 1e21 {
		t.Errorf("%v", fs)
	}
	for _, e := range []struct {
		tag Tag
		vr  VR
		n   int64
	}{{0x00221463, SV, -5}, {0x00080303, UV, 5}, {0x00280009, AT, 0x00181063}, {0x00186020, SL, -7}} {
		el, err := NewInts(e.tag, e.vr, e.n)
		if err != nil {
			t.Fatal(err)
		}
		d.Put(el)
	}
	var w bytes.Buffer
	if err := EncodeXML(&w, d, JSONOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{">NaN<", ">INF<", ">-INF<", ">1e+21<", ">-5<", ">5<", ">00181063<", ">-7<"} {
		if !strings.Contains(w.String(), part) {
			t.Errorf("%s is missing in %s", part, w.String())
		}
	}
	w.Reset()
	if err := EncodeJSON(&w, d, JSONOptions{}); err != nil || !json.Valid(w.Bytes()) {
		t.Errorf("%v %s", err, w.Bytes())
	}
}

func TestReadHeader(t *testing.T) {
	for _, name := range globbed(t, "testdata/reference/*/*1.1_0001_000001_*") {
		d, err := ReadHeader(name)
		if err != nil || d.String(PatientID) != "PAT001" || d.Has(PixelData) {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
	}
	if _, err := ReadHeader("testdata"); err == nil {
		t.Error("a folder was read")
	}
}

func TestDumpElement(t *testing.T) {
	e := NewText(PatientName, PN, "A^B")
	if got := string(DumpElement([]byte("x"), &e)); got != "x0010,0010      4 PN PatientName            \"A^B \" \n" {
		t.Errorf("%q", got)
	}
}

func TestTransferSyntaxes(t *testing.T) {
	for uid, want := range map[string]TransferSyntax{
		"":                       {UID: ImplicitLittleEndian, Name: "Implicit VR Little Endian", Implicit: true},
		ExplicitBigEndian:        {UID: ExplicitBigEndian, Name: "Explicit VR Big Endian", BigEndian: true},
		DeflatedExplicit:         {UID: DeflatedExplicit, Name: "Deflated Explicit VR Little Endian", Deflated: true},
		JPEGBaseline:             {UID: JPEGBaseline, Name: "JPEG Baseline", Encapsulated: true},
		"1.2.840.10008.1.2.4.94": {UID: "1.2.840.10008.1.2.4.94", Name: "JPIP Referenced", Referenced: true},
	} {
		if got, ok := LookupTransferSyntax(uid); !ok || got != want {
			t.Errorf("%q: %+v", uid, got)
		}
	}
	if got, ok := LookupTransferSyntax("1.2.3"); ok || !got.Encapsulated || got.Implicit || got.BigEndian {
		t.Errorf("unknown: %+v", got)
	}
}
