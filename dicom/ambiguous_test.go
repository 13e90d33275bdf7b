package dicom

import (
	"bytes"
	"testing"
)

// TestAmbiguityOfAll makes sure that each element with two VRs of the dictionary
// is thought of.
func TestAmbiguityOfAll(t *testing.T) {
	for tag, e := range StandardDictionary().All() {
		switch a := ambiguityOf(tag); {
		case e.Or == SS && a != bySign && a != bySize, e.VR == US && e.Or == OW && a != bySize:
			t.Errorf("(%v) %v or %v: %v", tag, e.VR, e.Or, a)
		case a != certain && e.Or == 0:
			t.Errorf("(%v) is %v", tag, e.VR)
		}
	}
}

// TestImplicitToExplicit reads data sets of several VRs and tells them as PS3.5
// says.
func TestImplicitToExplicit(t *testing.T) {
	item := func(signed string) string {
		return "feff 00e0 ffffffff " + signed + " 2800 2001 02000000 ffff feff 0de0 00000000 "
	}
	for _, test := range []struct{ name, in, want string }{
		{"unsigned", "2800 0301 02000000 0000 2800 2001 02000000 ffff", "0028,0103 US=0000 0028,0120 US=ffff"},
		{"signed", "2800 0301 02000000 0100 2800 0601 02000000 ffff 2800 2001 02000000 ffff", "0028,0103 US=0100 0028,0106 SS=ffff 0028,0120 SS=ffff"},
		{"not told", "2800 2001 02000000 ffff", "0028,0120 US=ffff"},
		{"an icon has its own sign, another item that of the image",
			"8800 0002 ffffffff " + item("2800 0301 02000000 0000") + item("") + "feff dde0 00000000" + " 2800 0301 02000000 0100",
			"0028,0103 US=0100 0088,0200 SQ{0028,0103 US=0000 0028,0120 US=ffff}{0028,0120 SS=ffff}"},
		{"tables", "2800 0301 02000000 0100 2800 0630 02000000 0100", "0028,0103 US=0100 0028,3006 SS=0100"},
		{"tables", "2800 0301 02000000 0000 2800 0230 06000000 020000000800 2800 0630 04000000 0100 0200", "0028,0103 US=0000 0028,3002 US=020000000800 0028,3006 OW=01000200"},
		{"waveform of 16 bits", "0054 0001 ffffffff feff 00e0 ffffffff 0054 0410 02000000 1000 0054 1010 02000000 0102 feff 0de0 00000000 feff dde0 00000000",
			"5400,0100 SQ{5400,1004 US=1000 5400,1010 OW=0102}"},
		{"waveform of 8 bits", "0054 0001 ffffffff feff 00e0 ffffffff 0054 0410 02000000 0800 0054 1010 02000000 0102 feff 0de0 00000000 feff dde0 00000000",
			"5400,0100 SQ{5400,1004 US=0800 5400,1010 OB=0102}"},
		{"overlay", "0060 0030 02000000 0102", "6000,3000 OW=0102"},
	} {
		in := unhex(t, test.in)
		d, err := Parse(in, implicitLE, ParseOptions{})
		if err != nil || sketch(d) != test.want {
			t.Errorf("%s: %v\n got %s\nwant %s", test.name, err, sketch(d), test.want)
		}
		b, err := Append(nil, d, explicitLE)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(b, explicitLE, ParseOptions{})
		if err != nil || !Equal(d, again) {
			t.Errorf("%s: %v %s", test.name, err, sketch(again))
		}
		if b, err = Append(nil, again, implicitLE); err != nil || test.name != "an icon has its own sign, another item that of the image" && !bytes.Equal(b, in) {
			t.Errorf("%s: %v %x", test.name, err, b)
		}
	}
}
