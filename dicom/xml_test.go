package dicom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEncodeXML(t *testing.T) {
	d := new(Dataset)
	d.SetString(SpecificCharacterSet, "ISO_IR 100")
	d.Put(Element{Tag: PatientName, VR: PN, Value: []byte("M\xfcller^J<&>=x")})
	d.SetUint16(Rows, 512)
	item := new(Dataset)
	item.SetString(StudyDescription, "a")
	d.SetItems(0x00081140, item)
	d.Put(NewText(0x00090010, LO, "ACME"))
	d.Put(Element{Tag: 0x00091001, VR: UN, Value: []byte{1, 2}})
	d.Put(Element{Tag: PixelData, VR: OW, Value: []byte{1, 2}})
	var w bytes.Buffer
	err := EncodeXML(&w, d, JSONOptions{BulkURI: func(p Path, e *Element) string {
		if e.Tag == PixelData {
			return "x?a&b"
		}
		return ""
	}})
	const want = `<DicomAttribute tag="00080005" vr="CS" keyword="SpecificCharacterSet"><Value number="1">ISO_IR 192</Value></DicomAttribute>` +
		`<DicomAttribute tag="00081140" vr="SQ" keyword="ReferencedImageSequence"><Item number="1">` +
		`<DicomAttribute tag="00081030" vr="LO" keyword="StudyDescription"><Value number="1">a</Value></DicomAttribute></Item></DicomAttribute>` +
		`<DicomAttribute tag="00090010" vr="LO"><Value number="1">ACME</Value></DicomAttribute>` +
		`<DicomAttribute tag="00091001" vr="UN" privateCreator="ACME"><InlineBinary>AQI=</InlineBinary></DicomAttribute>` +
		`<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1"><Alphabetic><FamilyName>Müller</FamilyName>` +
		`<GivenName>J&lt;&amp;&gt;</GivenName></Alphabetic><Ideographic><FamilyName>x</FamilyName></Ideographic></PersonName></DicomAttribute>` +
		`<DicomAttribute tag="00280010" vr="US" keyword="Rows"><Value number="1">512</Value></DicomAttribute>` +
		`<DicomAttribute tag="7FE00010" vr="OW" keyword="PixelData"><BulkData uri="x?a&amp;b"/></DicomAttribute>`
	_, body, _ := strings.Cut(w.String(), `"preserve">`)
	if body = strings.TrimSuffix(body, "</NativeDicomModel>\n"); err != nil || body != want {
		t.Errorf("%v\n got %s\nwant %s", err, body, want)
	}
}

func TestParseXML(t *testing.T) {
	const head, tail = `<?xml version="1.0" encoding="UTF-8"?><NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">`, `</NativeDicomModel>`
	for _, test := range []struct {
		in, want string
		err      error
	}{
		{"", "", nil},
		{`<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1"><Alphabetic><FamilyName>A</FamilyName><GivenName>B</GivenName></Alphabetic>` +
			"\n<Phonetic><FamilyName>C</FamilyName></Phonetic></PersonName></DicomAttribute>", "0010,0010 PN=A^B==C", nil},
		{`<DicomAttribute keyword="Rows"><Value number="1">512</Value></DicomAttribute>`, "0028,0010 US=0002", nil},
		{`<DicomAttribute tag="00080008" vr="CS"><Value number="3">C</Value> <Value number="1">A</Value></DicomAttribute>`, `0008,0008 CS=A\\C`, nil},
		{`<DicomAttribute tag="00420011" vr="OB"><InlineBinary> AQ` + "\n" + `ID </InlineBinary></DicomAttribute>`, "0042,0011 OB=01020300", nil},
		{`<DicomAttribute tag="00081140" vr="SQ"><Item number="1"><DicomAttribute tag="00100020" vr="LO"><Value number="1">&lt;x&#233;</Value></DicomAttribute></Item><Item number="2"/></DicomAttribute>`,
			"0008,0005 CS=ISO_IR 192 0008,1140 SQ{0010,0020 LO=<x\u00e9}{}", nil},
		{`<DicomAttribute tag="7FE00010" vr="OW"><BulkData uri="x"/></DicomAttribute><DicomAttribute tag="00091001" vr="UN" privateCreator="ACME"/>`, "0009,1001 UN= 7fe0,0010 OW=", nil},
		{`<Other/>`, "", ErrModel},
		{`<DicomAttribute tag="nonsense"/>`, "", ErrModel},
		{`<DicomAttribute tag="00080008"><Value number="0">A</Value></DicomAttribute>`, "", ErrModel},
		{`<DicomAttribute tag="00080008"><Value number="2000000000">A</Value></DicomAttribute>`, "", ErrModel},
		{`<DicomAttribute tag="00080008"><Value number="1">A</Value><Value number="1">B</Value></DicomAttribute>`, "", ErrModel},
		{`<DicomAttribute tag="00280010"><Value>70000</Value></DicomAttribute>`, "", ErrOutOfRange},
		{`<DicomAttribute tag="00280010"><Value>&unknown;</Value></DicomAttribute>`, "", ErrModel},
		{`<DicomAttribute tag="00280010"><Value>1</DicomAttribute>`, "", ErrModel},
		{strings.Repeat(`<DicomAttribute tag="00081140"><Item>`, 66) + strings.Repeat(`</Item></DicomAttribute>`, 66), "", ErrTooDeep},
	} {
		d, err := ParseXML(strings.NewReader(head+test.in+tail), ParseJSONOptions{})
		if !errors.Is(err, test.err) {
			t.Errorf("%.60s: %v", test.in, err)
		} else if err == nil && sketch(d) != test.want {
			t.Errorf("%.60s: %q", test.in, sketch(d))
		}
	}
	for _, in := range []string{"", "<x/>", head, head + tail + head + tail, "\xff"} {
		if _, err := ParseXML(strings.NewReader(in), ParseJSONOptions{}); !errors.Is(err, ErrModel) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzXML(f *testing.F) {
	var w bytes.Buffer
	if err := EncodeXML(&w, jsonExample(), JSONOptions{}); err != nil {
		f.Fatal(err)
	}
	f.Add(w.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if d, err := ParseXML(bytes.NewReader(data), ParseJSONOptions{}); err == nil {
			checkModel(t, d)
		}
	})
}

type nativeModel struct {
	Attributes []nativeAttribute `xml:"DicomAttribute"`
}

type nativeAttribute struct {
	Tag    string        `xml:"tag,attr"`
	VR     string        `xml:"vr,attr"`
	Values []string      `xml:"Value"`
	Names  []nativeName  `xml:"PersonName"`
	Items  []nativeModel `xml:"Item"`
	Inline string        `xml:"InlineBinary"`
}

type nativeName struct {
	Family string `xml:"Alphabetic>FamilyName"`
	Given  string `xml:"Alphabetic>GivenName"`
}

func (m nativeModel) flat(prefix string) []string {
	var out []string
	for _, a := range m.Attributes {
		if strings.HasPrefix(a.Tag, "0002") || a.Tag == "00080005" {
			continue
		}
		s := prefix + strings.ToUpper(a.Tag) + " " + a.VR + " " + strings.Join(a.Values, `\`) + a.Inline
		for _, n := range a.Names {
			s += n.Family + "^" + n.Given
		}
		out = append(out, s)
		for _, it := range a.Items {
			out = append(out, it.flat(prefix+">")...)
		}
	}
	return out
}

func TestXMLLikeDcm2xml(t *testing.T) {
	dcm2xml := tool(t, "dcm2xml")
	for _, name := range globbed(t, "testdata/reference/input/0[1357]*") {
		d := withoutMeta(t, name)
		d.Delete(PixelData)
		d.SetTransferSyntax(ExplicitLittleEndian)
		var file, w bytes.Buffer
		if err := WritePart10(&file, d, siteMeta); err != nil {
			t.Fatal(err)
		}
		in := filepath.Join(t.TempDir(), "in.dcm")
		if err := os.WriteFile(in, file.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := EncodeXML(&w, d, JSONOptions{}); err != nil {
			t.Fatal(err)
		}
		var got, want nativeModel
		if err := xml.Unmarshal(w.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal([]byte(run(t, dcm2xml, "-nat", in)), &want); err != nil {
			t.Fatal(err)
		}
		compareLines(t, name, strings.Join(got.flat(""), "\n"), strings.Join(want.flat(""), "\n"))
	}
}
