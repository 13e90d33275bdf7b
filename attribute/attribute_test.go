package attribute_test

import (
	"math"
	"strings"
	"testing"

	"conquest/attribute"
	"conquest/dicom"
)

func element(t dicom.Tag, vr dicom.VR, v string) *dicom.Element {
	return &dicom.Element{Tag: t, VR: vr, Value: []byte(v)}
}

// Values read as the original shows them: by path and directly.
func TestText(t *testing.T) {
	const name, fd, fl, us, ul, ow dicom.Tag = 0x00104000, 0x00189087, 0x0018605a, dicom.Rows, 0x00209157, 0x00281201
	for _, c := range []struct {
		e           *dicom.Element
		text, first string
		none        bool
	}{
		{element(name, dicom.LT, "AB  "), "AB", "AB", false},
		{element(name, dicom.LT, "  "), " ", " ", false},
		{element(name, dicom.LT, "A\x00B "), "A", "A", false},
		{element(name, dicom.LT, "A \x00"), "A ", "A ", false},
		{element(name, dicom.LT, `A\B`), `A\B`, `A\B`, false},
		{element(name, dicom.LT, `AB\`), `AB`, `AB\`, false},
		{element(name, dicom.LT, `A\ `), `A\`, `A\`, false},
		{element(name, dicom.LT, ""), "", "", false},
		{element(name, dicom.LT, "\x00\x00"), "", "", true},
		{element(name, dicom.LT, strings.Repeat("K", 256)), "(too long)", "(too long)", false},
		{element(us, dicom.US, "\x01\x00\xff\xff"), `1\65535`, "1", false},
		{element(us, dicom.US, "\x01"), "", "", true},
		{element(ul, dicom.UL, "\x01\x00\x00\x00\x02\x00\x00\x00"), `1\2`, "1", false},
		{element(ow, dicom.OW, "\xff\xff"), "-1", "\xff\xff", false},
		{element(fd, dicom.FD, "\x00\x00\x00\x00\x00\x00\xf8\x3f"), "1.500000", "", true},
		{element(fl, dicom.FL, "\x00\x00\x80\x7f"), "inf", "", true},
		{element(fl, dicom.FL, "\x00\x00\x80\xff"), "-inf", "", true},
		{element(fl, dicom.FL, "\x00\x00\xc0\x7f"), "nan", "", true},
	} {
		text, ok := attribute.Text(c.e)
		if text != c.text || c.text != "" && !ok {
			t.Errorf("%v %q reads %q, %v, want %q", c.e.Tag, c.e.Value, text, ok, c.text)
		}
		first, ok := attribute.First(c.e)
		if first != c.first || ok == c.none {
			t.Errorf("%v %q by a path reads %q, %v, want %q", c.e.Tag, c.e.Value, first, ok, c.first)
		}
	}
	if _, ok := attribute.Text(nil); ok {
		t.Error("no element has text")
	}
}

func TestNumbers(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "x": 0, " 12abc": 12, "\t-7": -7, "+5": 5, "--5": 0, "1.9": 1,
		"2147483647": 2147483647, "2147483648": -2147483648, "4294967295": -1, "5000000000": 705032704,
		"99999999999999999999": -1,
	} {
		if got := attribute.Int(s); got != want {
			t.Errorf("%q: got %d, want %d", s, got, want)
		}
	}
	for s, want := range map[string]float64{
		"": 0, " 1.5x": 1.5, "-2e3": -2000, "1e": 1, ".5": 0.5, "INFINITY": math.Inf(1), "-inf": math.Inf(-1),
	} {
		if got := attribute.Float(s); got != want {
			t.Errorf("%q: got %g, want %g", s, got, want)
		}
	}
	if !math.IsNaN(attribute.Float("nan")) {
		t.Error("nan is a number")
	}
}

// What is written by its name reads again.
func TestSet(t *testing.T) {
	d := &dicom.Dataset{}
	for _, c := range []struct{ target, text, path, want string }{
		{"PatientName", "Doe^John", "0010,0010", "Doe^John"},
		{"0028,0010", "512", "Rows", "512"},
		{"0020,9157", `4\5`, "0020,9157", `4\5`},
		{"0018,9087", "1.5", "0018,9087", "1.500000"},
		{"0028,0106", "-3", "0028,0106", "65533"},
		{"0008,1110/0008,1155", "1.2", "/0008,1110/0008,1155", "1.2"},
		{"0008,1110.*/0008,1155", "1.3", "/0008,1110.1/0008,1155", "1.3"},
		{"0008,1110.7/0008,1155", "1.4", "/0008,1110.2/0008,1155", "1.4"},
		{"0010,0010/0010,0020", "other", "0010,0010", "other"},
		{"0008,1110.1/0008,1155", "1.9", "*0008,1155", "1.2"},
		{"PatientName", "", "0010,0010", ""},
	} {
		target, n, ok := attribute.ParseTarget(c.target)
		if !ok || n != len(c.target) {
			t.Fatalf("%s: %d, %v", c.target, n, ok)
		}
		target.Set(d, c.text)
		p, _ := attribute.ParsePath(c.path)
		if got, _ := p.Search(d); got != c.want {
			t.Errorf("%s set to %q reads %q, want %q", c.target, c.text, got, c.want)
		}
	}
	target, _, _ := attribute.ParseTarget("0008,1110.1/0008,1155")
	if !target.Remove(d) || target.Remove(d) {
		t.Error("an element of an item is not removed once")
	}
	for s, at := range map[string]int{"": 0, "Nonsense": 0, "0008,1110/": 10, "0008,1110.1/x": 12} {
		if _, n, ok := attribute.ParseTarget(s); ok || n != at {
			t.Errorf("%q: %d, %v", s, n, ok)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"PatientID/x", "/0008,1110.1/0008,1155", "(/0008,1110/0008,1155)PatientName", "*0008,103e", "(((((", "/00"} {
		f.Add(s)
	}
	d := &dicom.Dataset{}
	d.SetString(dicom.PatientID, "P1")
	d.SetItems(0x00081110, &dicom.Dataset{})
	f.Fuzz(func(t *testing.T, s string) {
		p, n := attribute.ParsePath(s)
		if n < 0 || n > len(s) {
			t.Fatalf("%q: length %d", s, n)
		}
		p.Search(d)
		if target, n, ok := attribute.ParseTarget(s); ok && n <= len(s) {
			target.Set(d.Clone(), "1")
		}
	})
}
