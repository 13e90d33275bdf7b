package dicom

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func jsonExample() *Dataset {
	d := NewDataset(20)
	d.SetTransferSyntax(ExplicitLittleEndian)
	d.SetString(SpecificCharacterSet, "ISO_IR 100")
	d.Put(NewText(0x00080008, CS, `ORIGINAL\\AXIAL`))
	d.SetString(SOPInstanceUID, "1.2.3")
	d.Put(Element{Tag: 0x00081030, VR: LO})
	d.Put(Element{Tag: PatientName, VR: PN, Value: []byte("M\xfcller^J=x^y ")})
	d.Put(NewText(0x00104000, LT, "a\\b\n\"c\""))
	d.Put(NewText(0x00200032, DS, `-10.5\+20\1e2\.5`))
	d.Put(NewText(0x00200013, IS, `12\x`))
	d.SetUint16(Rows, 65535)
	for _, e := range []struct {
		t  Tag
		vr VR
		n  []int64
	}{
		{0x00186020, SL, []int64{-5}},
		{0x00280009, AT, []int64{0x00181063, 0x0054000a}},
		{0x00289001, UL, []int64{4000000000, 1}},
		{0x00221463, SV, []int64{-1 << 62}},
		{0x00080303, UV, []int64{-1}},
	} {
		el, err := NewInts(e.t, e.vr, e.n...)
		if err != nil && e.vr == UV {
			el = Element{Tag: e.t, VR: UV, Value: []byte("\xff\xff\xff\xff\xff\xff\xff\xff")}
		}
		d.Put(el)
	}
	fd, _ := NewFloats(0x00189087, FD, 1000.125, -0.1)
	fl, _ := NewFloats(0x0018605a, FL, 0.1)
	d.Put(fd)
	d.Put(fl)
	item := new(Dataset)
	item.Put(Element{Tag: PatientName, VR: PN, Value: []byte("\xe9 ")})
	d.SetItems(0x00081140, item, new(Dataset))
	d.SetItems(0x0040a170)
	d.Put(Element{Tag: 0x00091001, VR: UN, Value: []byte{1, 2, 3, 4}})
	d.Put(Element{Tag: PixelData, VR: OW, Value: []byte{1, 2, 3, 4}})
	return d
}

const jsonWanted = `{"00080005":{"vr":"CS","Value":["ISO_IR 192"]},` +
	`"00080008":{"vr":"CS","Value":["ORIGINAL",null,"AXIAL"]},` +
	`"00080018":{"vr":"UI","Value":["1.2.3"]},` +
	`"00080303":{"vr":"UV","Value":["18446744073709551615"]},` +
	`"00081030":{"vr":"LO"},` +
	`"00081140":{"vr":"SQ","Value":[{"00100010":{"vr":"PN","Value":[{"Alphabetic":"é"}]}},{}]},` +
	`"00091001":{"vr":"UN","InlineBinary":"AQIDBA=="},` +
	`"00100010":{"vr":"PN","Value":[{"Alphabetic":"Müller^J","Ideographic":"x^y"}]},` +
	`"00104000":{"vr":"LT","Value":["a\\b\n\"c\""]},` +
	`"00186020":{"vr":"SL","Value":[-5]},` +
	`"0018605A":{"vr":"FL","Value":[0.1]},` +
	`"00189087":{"vr":"FD","Value":[1000.125,-0.1]},` +
	`"00200013":{"vr":"IS","Value":[12,"x"]},` +
	`"00200032":{"vr":"DS","Value":[-10.5,20,1e2,0.5]},` +
	`"00221463":{"vr":"SV","Value":["-4611686018427387904"]},` +
	`"00280009":{"vr":"AT","Value":["00181063","0054000A"]},` +
	`"00280010":{"vr":"US","Value":[65535]},` +
	`"00289001":{"vr":"UL","Value":[4000000000,1]},` +
	`"0040A170":{"vr":"SQ"},` +
	`"7FE00010":{"vr":"OW","InlineBinary":"AQIDBA=="}}`

func TestJSON(t *testing.T) {
	got, err := AppendJSON(nil, jsonExample(), JSONOptions{})
	if err != nil || string(got) != jsonWanted {
		t.Fatalf("%v\n got %s\nwant %s", err, got, jsonWanted)
	}
	d, err := ParseJSON(got, ParseJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(d)
	if err != nil || string(again) != jsonWanted {
		t.Errorf("%v\n got %s\nwant %s", err, again, jsonWanted)
	}
	if d.String(PatientName) != "Müller^J=x^y" || len(d.Items(0x00081140)) != 2 {
		t.Errorf("%q", d.String(PatientName))
	}
	if e := d.Get(0x00200032); string(e.Value) != `-10.5\20\1e2\0.5` {
		t.Errorf("%q", e.Value)
	}
}

func TestJSONBulk(t *testing.T) {
	d := jsonExample()
	d.Items(0x00081140)[1].Put(Element{Tag: PixelData, VR: OB, Fragments: &Fragments{Data: [][]byte{{1, 2}}}})
	d.Put(NewText(0x00081030, LO, strings.Repeat("x", 70000)))
	var asked []string
	uri := func(p Path, e *Element) string {
		asked = append(asked, p.String())
		if e.VR == UN {
			return ""
		}
		return "/bulk/" + p.BulkName()
	}
	b, err := AppendJSON(nil, d, JSONOptions{BulkURI: uri})
	if err != nil || strings.Join(asked, " ") != "0008,1030 0008,1140.1/7fe0,0010 0009,1001 7fe0,0010" {
		t.Errorf("asked for %v, %v", asked, err)
	}
	var x bytes.Buffer
	if err := EncodeXML(&x, d, JSONOptions{BulkURI: uri}); err != nil {
		t.Error(err)
	}
	fill := func(p Path, e *Element, uri string) error {
		if uri != "/bulk/"+p.BulkName() {
			t.Errorf("%v told as %s", p, uri)
		}
		e.Value = []byte(uri)
		return nil
	}
	fromJSON, err := ParseJSONArray([]byte("["+string(b)+"]"), ParseJSONOptions{Bulk: fill})
	if err != nil || len(fromJSON) != 1 {
		t.Fatal(err)
	}
	fromXML, err := ParseXML(&x, ParseJSONOptions{Bulk: fill})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []*Dataset{fromJSON[0], fromXML} {
		if v := got.String(PixelData); v != "/bulk/7FE00010" {
			t.Errorf("%q", v)
		}
		if v := got.Items(0x00081140)[1].String(PixelData); v != "/bulk/00081140/2/7FE00010" {
			t.Errorf("%q", v)
		}
	}
}

func TestBulkName(t *testing.T) {
	for _, s := range []string{"7FE00010", "00880200/1/7FE00010", "00880200/12/00880200/3/7FE00010"} {
		p, err := ParseBulkName(s)
		if err != nil || p.BulkName() != s {
			t.Errorf("%s: %v %v", s, p, err)
		}
	}
	for _, s := range []string{"", "/", "PatientName", "0010,0010", "00880200/1", "00880200/0/7FE00010", "00880200/x/7FE00010", "7FE00010/", "../7FE00010"} {
		if _, err := ParseBulkName(s); !errors.Is(err, ErrPath) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// TestJSONFromFile writes values that stay in a file, in pieces.
func TestJSONFromFile(t *testing.T) {
	value := bytes.Repeat([]byte("0123456789"), 1<<14)
	d := new(Dataset)
	d.Put(Element{Tag: 0x00420011, VR: OB, Bulk: &Bulk{Source: bytes.NewReader(value), Length: int64(len(value)), WordSize: 1}})
	d.SetString(PatientID, "A")
	var w bytes.Buffer
	if err := EncodeJSON(&w, d, JSONOptions{}); err != nil {
		t.Fatal(err)
	}
	whole, err := AppendJSON(nil, d, JSONOptions{})
	if err != nil || !bytes.Equal(w.Bytes(), whole) {
		t.Error("in pieces other than as a whole", err)
	}
	got, err := ParseJSON(w.Bytes(), ParseJSONOptions{})
	if err != nil || !bytes.Equal(got.Value(0x00420011), value) || got.String(PatientID) != "A" {
		t.Error(err)
	}
	d.Get(0x00420011).Bulk.Length++
	if err := EncodeJSON(&w, d, JSONOptions{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// TestJSONValues has what PS3.18 section F.2 says of odd values.
func TestJSONValues(t *testing.T) {
	for _, test := range []struct {
		tag   Tag
		vr    VR
		value string
		want  string // behind the VR
	}{
		{0x00181050, DS, " 2.5  ", `,"Value":[2.5]`},
		{0x00181050, DS, "+7", `,"Value":[7]`},
		{0x00181050, DS, ".5", `,"Value":[0.5]`},
		{0x00181050, DS, "10E0", `,"Value":[10E0]`},
		{0x00181050, DS, "1e999", `,"Value":["1e999"]`},
		{0x00181050, DS, "0x10", `,"Value":["0x10"]`},
		{0x00181050, DS, "nan", `,"Value":["nan"]`},
		{0x00181050, DS, "123456789012345", `,"Value":[123456789012345]`},
		{0x00181050, DS, "1234567890123456", `,"Value":["1234567890123456"]`},
		{0x00181050, DS, `1\\2`, `,"Value":[1,null,2]`},
		{0x00200013, IS, "007 ", `,"Value":[7]`},
		{0x00200013, IS, "  ", ``},
		{0x00080008, CS, `\`, `,"Value":[null,null]`},
		{0x00081030, LO, " a b \x00", `,"Value":["a b"]`},
		{0x00081030, LO, "\x01\x7f", ",\"Value\":[\"\\u0001\x7f\"]"},
		{PatientName, PN, "  ", ``},
		{PatientName, PN, "^^^^", `,"Value":[{"Alphabetic":"^^^^"}]`},
		{PatientName, PN, "= =", ``},
		{PatientName, PN, `A=\=B`, `,"Value":[{"Alphabetic":"A"},{"Ideographic":"B"}]`},
		{0x00104000, LT, " a\\b  ", `,"Value":[" a\\b"]`},
		{0x00280010, US, "\x01", ``},
		{0x00221463, SV, "\x01\x00\x00\x00\x00\x00\x20\xff", `,"Value":["-63050394783186943"]`},
		{0x00080303, UV, "\x00\x00\x00\x00\x00\x00\x20\x00", `,"Value":[9007199254740992]`},
		{0x00080303, UV, "\x01\x00\x00\x00\x00\x00\x20\x00", `,"Value":["9007199254740993"]`},
		{0x00189087, FD, "\x00\x00\x00\x00\x00\x00\xf0\x7f", `,"Value":["Infinity"]`},
		{0x00091001, 'Z'<<8 | 'Z', "ab", `,"InlineBinary":"YWI="`},
	} {
		d := new(Dataset)
		d.Put(Element{Tag: test.tag, VR: test.vr, Value: []byte(test.value)})
		b, err := AppendJSON(nil, d, JSONOptions{})
		_, got, _ := strings.Cut(string(b), `"vr":"`)
		if got = strings.TrimSuffix(got[2:], "}}"); err != nil || strings.TrimPrefix(got, `"`) != test.want {
			t.Errorf("%v %q: %s, %v", test.vr, test.value, got, err)
		}
	}
}

// TestJSONKnown reads UN of known tags as what it is.
func TestJSONKnown(t *testing.T) {
	item, err := Append(nil, func() *Dataset { d := new(Dataset); d.SetString(PatientID, "X"); d.SetUint16(Rows, 7); return d }(), implicitLE)
	if err != nil {
		t.Fatal(err)
	}
	d := new(Dataset)
	d.Put(Element{Tag: Rows, VR: UN, Value: []byte{2, 1}})
	d.Put(Element{Tag: PatientName, VR: UN, Value: []byte("A^B ")})
	d.Put(Element{Tag: 0x00091001, VR: UN, Value: []byte("A^B ")})
	d.Put(Element{Tag: Columns, VR: UN, Value: []byte{1, 2, 3}})
	d.Put(Element{Tag: 0x00081140, VR: UN, Value: append([]byte{0xfe, 0xff, 0, 0xe0, byte(len(item)), 0, 0, 0}, item...)})
	d.Put(Element{Tag: 0x0040a730, VR: UN, Value: []byte("nothing ")})
	const want = `{"00081140":{"vr":"SQ","Value":[{"00100020":{"vr":"LO","Value":["X"]},"00280010":{"vr":"US","Value":[7]}}]},` +
		`"00091001":{"vr":"UN","InlineBinary":"QV5CIA=="},"00100010":{"vr":"PN","Value":[{"Alphabetic":"A^B"}]},` +
		`"00280010":{"vr":"US","Value":[258]},"00280011":{"vr":"UN","InlineBinary":"AQID"},"0040A730":{"vr":"UN","InlineBinary":"bm90aGluZyA="}}`
	if got, err := AppendJSON(nil, d, JSONOptions{}); err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	if d.Get(Rows).VR != UN {
		t.Error("the element itself changed")
	}
}

func TestJSONDecoder(t *testing.T) {
	for _, in := range []string{
		`[{"00100020":{"vr":"LO","Value":["A"]}},{"00100020":{"vr":"LO","Value":["B"]}}]`,
		"{\"00100020\":{\"Value\":[\"A\"],\"vr\":\"LO\"}}\n{\"PatientID\":{\"extra\":[{\"a\":[1]}],\"Value\":[\"B\"]}}",
	} {
		j := NewJSONDecoder(strings.NewReader(in), ParseJSONOptions{})
		for _, want := range []string{"A", "B"} {
			if d, err := j.Next(); err != nil || d.String(PatientID) != want {
				t.Errorf("%s: %v", in, err)
			}
		}
		if _, err := j.Next(); err != io.EOF {
			t.Errorf("%s: %v", in, err)
		}
	}
	if got, err := ParseJSONArray([]byte("[]"), ParseJSONOptions{}); err != nil || len(got) != 0 {
		t.Error(err)
	}
}

func TestParseJSONForms(t *testing.T) {
	for _, test := range []struct {
		in, want string
		err      error
	}{
		{`{}`, "", nil},
		{`{"PatientName":{"vr":"PN","Value":["A^B"]}}`, "0010,0010 PN=A^B ", nil},
		{`{"00280010":{"Value":[512]}}`, "0028,0010 US=0002", nil},
		{`{"00280010":{"vr":"US","Value":["512"]}}`, "0028,0010 US=0002", nil},
		{`{"00200013":{"vr":"IS","Value":["7",8]}}`, `0020,0013 IS=7\8 `, nil},
		{`{"00189087":{"vr":"FD","Value":["NaN"]}}`, "0018,9087 FD=010000000000f87f", nil},
		{`{"00420011":{"vr":"OB","InlineBinary":"AQID"}}`, "0042,0011 OB=01020300", nil},
		{`{"7FE00010":{"vr":"OW","BulkDataURI":"x"}}`, "7fe0,0010 OW=", nil},
		{`{"00100010":{"vr":"PN","Value":[{"Phonetic":"x"}]}}`, "0010,0010 PN===x ", nil},
		{`{"00200013":{"vr":"IS","Value":[1e2]}}`, "0020,0013 IS=100 ", nil},
		{`{"00181050":{"vr":"DS","Value":[0.12345678901234567]}}`, "0018,1050 DS=0.12345678901235", nil},
		{`{"00100010":{"vr":"PN","Value":[null,{}]}}`, `0010,0010 PN=\ `, ErrModel},
		{`{"00080008":{"vr":"CS","Value":["A",null,"B"]}}`, `0008,0008 CS=A\\B`, nil},
		{`{"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00080008":{"Value":null}}`, "0008,0005 CS=ISO_IR 100 0008,0008 CS=", nil},
		{`{"00081140":{"vr":"SQ","Value":[null,{}]}}`, "0008,1140 SQ{}{}", nil},
		{`{"00081140":{"vr":"SQ","Value":[]}}`, "0008,1140 SQ=", nil},
		{`{"00080303":{"vr":"UV","Value":["18446744073709551615"]}}`, "0008,0303 UV=ffffffffffffffff", nil},
		{`{"00280009":{"vr":"AT","Value":["00181063"]}}`, "0028,0009 AT=18006310", nil},
		{`{"00100020":{"vr":"LO","Value":["A"]},"00100020":{"vr":"LO","Value":["B"]}}`, "0010,0020 LO=B ", nil},
		{`{"00100000":{"vr":"UL","Value":[4]}}`, "", nil},
		{`[]`, "", ErrModel},
		{``, "", ErrModel},
		{`{}{}`, "", ErrModel},
		{`{"":{"vr":"PN"}}`, "", ErrModel},
		{`{"":"00100010"}`, "", ErrModel},
		{`{"00100010":{"vr":"PN","Value":[[]]}}`, "", ErrModel},
		{`{"00100010":{"vr":"PN","Value":[true]}}`, "", ErrModel},
		{`{"00100010":{"vr":"PN","Value":"A"}}`, "", ErrModel},
		{`{"00100010":{"vr":"PN","Value":["A"`, "", ErrModel},
		{`{"00100010":{"vr":"PN","Value":[{"Phonetic":"x","Other":"y"}]}}`, "", ErrModel},
		{`{"nonsense":{"vr":"PN"}}`, "", ErrModel},
		{`{"00280010":{"vr":"US","Value":[70000]}}`, "", ErrOutOfRange},
		{`{"00280010":{"vr":"US","Value":["x"]}}`, "", ErrNotNumeric},
		{`{"00081140":{"vr":"SQ","Value":["x"]}}`, "", ErrModel},
		{`{"7FE00010":{"vr":"OW","InlineBinary":"!"}}`, "", ErrModel},
		{strings.Repeat(`{"00081140":{"vr":"SQ","Value":[`, 66) + strings.Repeat(`]}}`, 66), "", ErrTooDeep},
	} {
		d, err := ParseJSON([]byte(test.in), ParseJSONOptions{})
		if !errors.Is(err, test.err) {
			t.Errorf("%.60s: %v", test.in, err)
		} else if err == nil && sketch(d) != test.want {
			t.Errorf("%.60s: %s", test.in, sketch(d))
		}
	}
}

// checkModel makes sure that what was written of d is read back, and then written
// alike.
func checkModel(t *testing.T, d *Dataset) {
	t.Helper()
	b, err := AppendJSON(nil, d, JSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b) || !utf8.Valid(b) {
		t.Fatalf("no JSON: %s", b)
	}
	got, err := ParseJSON(b, ParseJSONOptions{})
	if err != nil {
		t.Fatalf("%v in what was written: %s", err, b)
	}
	again, err := AppendJSON(nil, got, JSONOptions{})
	if err != nil || !bytes.Equal(b, again) {
		t.Fatalf("%v\nfirst %s\n then %s", err, b, again)
	}
	for round, last := 0, []byte(nil); round < 3; round++ {
		var x bytes.Buffer
		if err := EncodeXML(&x, got, JSONOptions{}); err != nil {
			t.Fatal(err)
		}
		// Characters that XML lacks are replaced in the first round.
		if round == 2 && !bytes.Equal(x.Bytes(), last) {
			t.Fatalf("before %s\n after %s", last, x.Bytes())
		}
		last = bytes.Clone(x.Bytes())
		if got, err = ParseXML(&x, ParseJSONOptions{}); err != nil {
			t.Fatalf("%v in what was written: %s", err, last)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(jsonWanted))
	f.Add([]byte(`{"PatientName":{"vr":"PN","Value":["A^B",null,{"Phonetic":"x"}]}}`))
	f.Add([]byte(`[{"00081140":{"vr":"SQ","Value":[{},null,{"00280009":{"vr":"AT","Value":["00181063"]}}]}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ds, err := ParseJSONArray(data, ParseJSONOptions{})
		if err != nil {
			return
		}
		for _, d := range ds {
			checkModel(t, d)
		}
	})
}

// FuzzModel writes data sets of any bytes as JSON and as XML.
func FuzzModel(f *testing.F) {
	b, err := Append(nil, jsonExample(), explicitLE)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(false, b)
	f.Fuzz(func(t *testing.T, implicit bool, data []byte) {
		ts := explicitLE
		if implicit {
			ts = implicitLE
		}
		d, _ := Parse(data, ts, ParseOptions{})
		b, err := AppendJSON(nil, d, JSONOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if d, err = ParseJSON(b, ParseJSONOptions{}); err != nil { // odd lengths are padded now
			t.Fatalf("%v in what was written: %s", err, b)
		}
		checkModel(t, d)
	})
}
