package dicom

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
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
	`"00080303":{"vr":"UV","Value":[18446744073709551615]},` +
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
	`"00221463":{"vr":"SV","Value":[-4611686018427387904]},` +
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
	var asked []string
	b, err := AppendJSON(nil, d, JSONOptions{BulkURI: func(p Path, e *Element) string {
		asked = append(asked, p.String())
		if e.VR == UN {
			return ""
		}
		return "/bulk/" + p.String()
	}})
	if err != nil || strings.Join(asked, " ") != "0008,1140.1/7fe0,0010 0009,1001 7fe0,0010" {
		t.Errorf("asked for %v, %v", asked, err)
	}
	got, err := ParseJSONArray([]byte("["+string(b)+"]"), ParseJSONOptions{Bulk: func(uri string) ([]byte, error) { return []byte(uri), nil }})
	if err != nil || len(got) != 1 {
		t.Fatal(err)
	}
	if v := got[0].String(PixelData); v != "/bulk/7fe0,0010" {
		t.Errorf("%q", v)
	}
	if v := got[0].Items(0x00081140)[1].String(PixelData); v != "/bulk/0008,1140.1/7fe0,0010" {
		t.Errorf("%q", v)
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
		{`[]`, "", ErrJSON},
		{`{"nonsense":{"vr":"PN"}}`, "", ErrJSON},
		{`{"00280010":{"vr":"US","Value":[70000]}}`, "", ErrOutOfRange},
		{`{"00280010":{"vr":"US","Value":["x"]}}`, "", ErrNotNumeric},
		{`{"00081140":{"vr":"SQ","Value":["x"]}}`, "", ErrJSON},
		{`{"7FE00010":{"vr":"OW","InlineBinary":"!"}}`, "", ErrJSON},
		{strings.Repeat(`{"00081140":{"vr":"SQ","Value":[`, 65) + strings.Repeat(`]}}`, 65), "", ErrTooDeep},
	} {
		d, err := ParseJSON([]byte(test.in), ParseJSONOptions{})
		if !errors.Is(err, test.err) {
			t.Errorf("%.60s: %v", test.in, err)
		} else if err == nil && sketch(d) != test.want {
			t.Errorf("%.60s: %s", test.in, sketch(d))
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(jsonWanted))
	f.Add([]byte(`{"PatientName":{"vr":"PN","Value":["A^B",null,{"Phonetic":"x"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ParseJSON(data, ParseJSONOptions{})
		if err != nil {
			return
		}
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseJSON(b, ParseJSONOptions{}); err != nil {
			t.Fatalf("%v in what was written: %s", err, b)
		}
	})
}
