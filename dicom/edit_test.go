package dicom

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	const tag = Tag(0x00091001)
	for _, test := range []struct {
		vr    VR
		ns    []int64
		bytes string
	}{
		{US, []int64{1, 65535}, "\x01\x00\xff\xff"},
		{SS, []int64{-2, 3}, "\xfe\xff\x03\x00"},
		{UL, []int64{4294967295}, "\xff\xff\xff\xff"},
		{SL, []int64{-1}, "\xff\xff\xff\xff"},
		{SV, []int64{-1}, "\xff\xff\xff\xff\xff\xff\xff\xff"},
		{OB, []int64{1, 2, 255, 0}, "\x01\x02\xff\x00"},
		{AT, []int64{0x00181063}, "\x18\x00\x63\x10"},
		{IS, []int64{-12, 7}, `-12\7 `},
		{DS, []int64{100}, "100 "},
		{FL, []int64{1}, "\x00\x00\x80\x3f"},
	} {
		e, err := NewInts(tag, test.vr, test.ns...)
		if err != nil || string(e.Value) != test.bytes {
			t.Errorf("%v: %q, %v", test.vr, e.Value, err)
		}
		if ns, err := e.Ints(); err != nil || !slices.Equal(ns, test.ns) {
			t.Errorf("%v: %v, %v", test.vr, ns, err)
		}
	}
	for _, test := range []struct {
		vr    VR
		fs    []float64
		bytes string
	}{
		{FL, []float64{1.5, -2.25}, "\x00\x00\xc0\x3f\x00\x00\x10\xc0"},
		{FD, []float64{1000.125}, "\x00\x00\x00\x00\x00\x41\x8f\x40"},
		{DS, []float64{0.1, -1e-20}, `0.1\-1e-20`},
		{US, []float64{3.9}, "\x03\x00"},
	} {
		e, err := NewFloats(tag, test.vr, test.fs...)
		if err != nil || strings.TrimRight(string(e.Value), " ") != test.bytes {
			t.Errorf("%v: %q, %v", test.vr, e.Value, err)
		}
	}
	for _, test := range []struct {
		vr VR
		n  int64
	}{{US, -1}, {US, 65536}, {SS, 40000}, {UL, -1}, {SL, 1 << 40}, {OB, 256}, {SQ, 0}, {UV, -1}} {
		if _, err := NewInts(tag, test.vr, test.n); !errors.Is(err, ErrOutOfRange) {
			t.Errorf("%d as %v: %v", test.n, test.vr, err)
		}
	}
	if _, err := NewFloats(tag, US, math.NaN()); !errors.Is(err, ErrOutOfRange) {
		t.Error(err)
	}
	text := NewText(tag, DS, `1.5\ 2\\x`)
	if fs, err := text.Floats(); !slices.Equal(fs, []float64{1.5, 2}) || !errors.Is(err, ErrNotNumeric) {
		t.Errorf("%v %v", fs, err)
	}
	seq := Element{Tag: tag, VR: SQ, Items: []*Dataset{{}}}
	if _, err := seq.Ints(); !errors.Is(err, ErrNotInMemory) {
		t.Error(err)
	}
}

func TestFormatDS(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", -0.5: "-0.5", 1.0 / 3: "0.33333333333333", -1.0 / 3e-7: "-3333333.3333333", 1e-300: "1e-300", -1.23456789012345e-300: "-1.234567890e-300",
	} {
		got := FormatDS(f)
		if len(got) > 16 {
			t.Errorf("%g: %q is too long", f, got)
		}
		if len(want) <= 16 && got != want {
			t.Errorf("%g: %q, want %q", f, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	for in, want := range map[string]string{
		"0010,0010":                         "0010,0010",
		"PatientName":                       "0010,0010",
		"/0008,1140.1/0008,1155":            "0008,1140.1/0008,1155",
		"ReferencedImageSequence/0010,0020": "0008,1140/0010,0020",
		"0040,0275.*/00400007":              "0040,0275.*/0040,0007",
		"":                                  "", "Nonsense": "", "0010,0010.x": "", "0010,0010.-1": "", "a//b": "",
	} {
		p, err := ParsePath(in)
		if (err != nil) != (want == "") || p.String() != want {
			t.Errorf("%q: %v, %v", in, p, err)
		}
	}
	if _, err := ParsePath(strings.Repeat("0008,1140/", 100) + "0010,0010"); !errors.Is(err, ErrPath) {
		t.Error(err)
	}
}

func mustPath(t *testing.T, s string) Path {
	t.Helper()
	p, err := ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEditByPath(t *testing.T) {
	d := new(Dataset)
	put := func(path, text string) error {
		p := mustPath(t, path)
		return d.PutPath(p, NewText(0, CS, text))
	}
	for _, step := range []struct{ path, text string }{
		{"0010,0020", "id"},
		{"0040,0275/0040,0007", "a"},
		{"0040,0275.0/0040,0009", "b"},
		{"0040,0275.1/0040,0007", "c"},
		{"0040,0275.*/0040,0008.*/0008,0100", "d"},
	} {
		if err := put(step.path, step.text); err != nil {
			t.Fatal(step.path, err)
		}
	}
	const want = "0010,0020 CS=id 0040,0275 SQ{0040,0007 CS=a  0040,0009 CS=b }{0040,0007 CS=c }{0040,0008 SQ{0008,0100 CS=d }}"
	if got := sketch(d); got != want {
		t.Errorf("got %s", got)
	}
	if err := put("0040,0275.9/0040,0007", "x"); !errors.Is(err, ErrNoSuchItem) {
		t.Error(err)
	}
	if err := put("0010,0020/0040,0007", "x"); !errors.Is(err, ErrNotSequence) {
		t.Error(err)
	}
	if e := d.GetPath(mustPath(t, "0040,0275.2/0040,0008/0008,0100")); e == nil || e.String() != "d" {
		t.Errorf("%v", e)
	}
	if d.GetPath(mustPath(t, "0040,0275.3/0040,0008")) != nil || d.GetPath(nil) != nil {
		t.Error("found what is not there")
	}
	if it := d.GetItem(mustPath(t, "0040,0275.1")); it == nil || it.String(0x00400007) != "c" {
		t.Error("item")
	}
	c := d.Clone()
	for path, there := range map[string]bool{"0040,0275.1": true, "0040,0275.7": false, "0040,0275.0/0040,0009": true, "0010,0020": true, "0010,0030": false, "0010,0030/0010,0020": false} {
		if d.DeletePath(mustPath(t, path)) != there {
			t.Errorf("delete %s", path)
		}
	}
	if got := sketch(c); got != want {
		t.Errorf("the copy changed: %s", got)
	}
}

func TestWalk(t *testing.T) {
	d := new(Dataset)
	inner := new(Dataset)
	inner.SetString(PatientName, "x")
	outer := new(Dataset)
	outer.SetItems(0x00400008, inner, new(Dataset), inner)
	d.SetItems(0x00400275, outer)
	d.SetString(SOPInstanceUID, "1.2")
	var got []string
	for p, e := range d.Walk() {
		got = append(got, p.String()+" "+e.VR.String())
	}
	want := "0008,0018 UI|0040,0275 SQ|0040,0275.0/0040,0008 SQ|0040,0275.0/0040,0008.0/0010,0010 PN|0040,0275.0/0040,0008.2/0010,0010 PN"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got %s", s)
	}
	for range d.Walk() {
		break
	}
}

func TestMergeAndDiff(t *testing.T) {
	a := new(Dataset)
	a.SetString(PatientName, "A")
	a.SetString(PatientID, "1")
	a.SetString(StudyID, "s")
	b := new(Dataset)
	b.SetString(SOPInstanceUID, "1.2")
	b.SetString(PatientID, "2")
	b.SetUint16(Rows, 5)
	item := new(Dataset)
	item.SetString(PatientID, "x")
	b.SetItems(0x00081140, item)
	m := a.Clone()
	m.Merge(b)
	m.Merge(new(Dataset))
	if got := sketch(m); got != "0008,0018 UI=1.2~ 0008,1140 SQ{0010,0020 LO=x } 0010,0010 PN=A  0010,0020 LO=2  0020,0010 SH=s  0028,0010 US=0500" {
		t.Errorf("merged %s", got)
	}
	if !Equal(m, m.Clone()) || Equal(a, b) {
		t.Error("equal")
	}
	c := m.Clone()
	c.Items(0x00081140)[0].SetString(PatientID, "y")
	c.Delete(StudyID)
	c.SetString(Modality, "CT")
	var got []string
	for _, diff := range Diff(m, c) {
		s := diff.Path.String()
		if diff.A == nil {
			s += " added"
		}
		if diff.B == nil {
			s += " missing"
		}
		got = append(got, s)
	}
	if s := strings.Join(got, "|"); s != "0008,0060 added|0008,1140.0/0010,0020|0020,0010 missing" {
		t.Errorf("differences %s", s)
	}
}

func TestUIDs(t *testing.T) {
	for s, ok := range map[string]bool{
		"1.2.840.10008.1.2": true, "0": true, "1.0.2": true, "2.25.123": true,
		"": false, "1.": false, ".1": false, "1..2": false, "1.02": false, "1.a": false, "1.2 ": false,
		strings.Repeat("1.", 31) + "11": true, strings.Repeat("1.", 32) + "1": false,
	} {
		if ValidUID(s) != ok {
			t.Errorf("%q", s)
		}
	}
	seen := map[string]bool{}
	for range 100 {
		for _, prefix := range []string{"", "1.2.826.0.1.3680043.8.498", "1.2.3.", strings.Repeat("1.", 20) + "1"} {
			uid, err := NewUID(prefix)
			if err != nil || !ValidUID(uid) || !strings.HasPrefix(uid, strings.TrimSuffix(prefix, ".")) || seen[uid] {
				t.Fatalf("%q: %q, %v", prefix, uid, err)
			}
			seen[uid] = true
		}
	}
	for _, prefix := range []string{"1.02", "x", strings.Repeat("1.", 25) + "1"} {
		if _, err := NewUID(prefix); !errors.Is(err, ErrUID) {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

func TestPersonName(t *testing.T) {
	n := ParsePersonName("Yamada^Tarou^^Dr=山田^太郎=やまだ^たろう")
	if n.Alphabetic.Family != "Yamada" || n.Alphabetic.Prefix != "Dr" || n.Ideographic.Given != "太郎" || n.Phonetic.Family != "やまだ" {
		t.Errorf("%+v", n)
	}
	for in, want := range map[string]string{
		"Yamada^Tarou^^Dr=山田^太郎=やまだ^たろう": "Yamada^Tarou^^Dr=山田^太郎=やまだ^たろう",
		"A^^^^": "A", "": "", "=x": "=x", " A ^B": "A^B", "A==": "A",
	} {
		if got := ParsePersonName(in).String(); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestDatasetAccess(t *testing.T) {
	d := new(Dataset)
	d.SetString(0x00080008, `ORIGINAL\ PRIMARY\AXIAL `)
	d.SetUint16(Rows, 512)
	d.SetUint32(0x00289001, 70000)
	d.SetString(0x00200013, "12 ")
	d.SetString(0x00181020, "a\x00b")
	if got := d.Strings(0x00080008); !slices.Equal(got, []string{"ORIGINAL", "PRIMARY", "AXIAL"}) {
		t.Errorf("%q", got)
	}
	for tag, want := range map[Tag]int{Rows: 512, 0x00289001: 70000, 0x00200013: 12} {
		if n, ok := d.Int(tag); !ok || n != want {
			t.Errorf("(%v): %d", tag, n)
		}
	}
	if _, ok := d.Int(PatientName); ok {
		t.Error("number of an absent element")
	}
	if s := d.String(0x00181020); s != "a" {
		t.Errorf("%q", s)
	}
	if !d.Delete(Rows) || d.Delete(Rows) || d.Has(Rows) || d.Value(Rows) != nil {
		t.Error("delete")
	}
	d.SetString(SpecificCharacterSet, "ISO_IR 100")
	if err := d.SetText(PatientName, "Müller"); err != nil || !bytes.Equal(d.Value(PatientName), []byte("M\xfcller")) || d.Text(PatientName) != "Müller" {
		t.Errorf("%q %v", d.Value(PatientName), err)
	}
}

// Values and items of a clone change without the original.
func TestCloneIsIndependent(t *testing.T) {
	data, err := Append(nil, exampleCT(), explicitLE)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(data, explicitLE, ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := d.Clone()
	for _, it := range c.Items(0x00081140) {
		it.SetString(PatientName, "new")
		it.Delete(0x00080100)
	}
	d.Items(0x00400275)[0].SetString(PatientName, "other")
	again, err := Append(nil, c, explicitLE)
	if err != nil || bytes.Contains(again, []byte("other")) {
		t.Error("clone shares items")
	}
	if e := d.Items(0x00081140)[2]; e.Len() != 3 || e.String(0x00080100) != "C1" {
		t.Error("original changed")
	}
}
