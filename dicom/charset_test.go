package dicom

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// Values of PS3.5 annexes H to K.
func TestCharset(t *testing.T) {
	tests := []struct {
		name, terms, bytes, text string
	}{
		{"Latin 1", "ISO_IR 100", "4275632f4ae972f46d65", "Buc/Jérôme"},
		{"Latin 2", "ISO_IR 101", "57b36f64", "Włod"},
		{"Cyrillic", "ISO_IR 144", "bbeece", "ЛюЮ"},
		{"Greek", "ISO_IR 126", "c4e9efedf5f3e9eff2", "Διονυσιος"},
		{"Arabic", "ISO_IR 127", "e2c8c7e6ea5ee4e6d2c7d1", "قباني^لنزار"},
		{"Hebrew", "ISO_IR 138", "f9f8e5ef5ee3e1e5f8e4", "שרון^דבורה"},
		{"Thai", "ISO_IR 166", "cac1aad2c2", "สมชาย"},
		{"Turkish", "ISO_IR 148", "c7fd", "Çı"},
		{"Latin 9", "ISO_IR 203", "a4", "€"},
		{"UTF-8", "ISO_IR 192", "57616e675e5869616f446f6e673de78e8b5ee5b08fe69db1", "Wang^XiaoDong=王^小東"},
		{"GB18030", "GB18030", "57616e675e5869616f446f6e673dcdf55ed0a1b6ab", "Wang^XiaoDong=王^小东"},
		{"GBK", "GBK", "cdf5", "王"},
		{
			"Japanese, H.3.1", `\ISO 2022 IR 87`,
			"59616d6164615e5461726f753d1b24423b3345441b28425e1b244242404f3a1b28423d1b2442246424 5e24401b28425e1b2442243f246d24261b2842",
			"Yamada^Tarou=山田^太郎=やまだ^たろう",
		},
		{
			"Japanese, H.3.2", `ISO 2022 IR 13\ISO 2022 IR 87`,
			"d4cfc0de5ec0dbb33d1b24423b3345441b284a5e1b244242404f3a1b284a3d1b2442246424 5e24401b284a5e1b2442243f246d24261b284a",
			"ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
		},
		{
			"Korean, I.2", `\ISO 2022 IR 149`,
			"486f6e675e47696c646f6e673d1b242943fbf35e1b242943d1ced4d73d1b242943c8ab5e1b242943b1e6b5bf",
			"Hong^Gildong=洪^吉洞=홍^길동",
		},
		{
			"Chinese, K.2", `\ISO 2022 IR 58`,
			"5a68616e675e5869616f446f6e673d1b242941d5c55e1b242941d0a1b6ab3d",
			"Zhang^XiaoDong=张^小东=",
		},
		{"two single-byte sets", `ISO 2022 IR 100\ISO 2022 IR 144`, "e91b2d4cd0", "éа"},
		{"Shift-JIS called ISO_IR 13", "ISO_IR 13", "d4cfc0de5ec0dbb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"},
		{"GBK as an extension", `\ISO 2022 GBK`, "cdf5", "王"},
		{"Chinese by its number", `ISO 2022 IR 6\ISO 2022 58`, "1b242941d5c5", "张"},
		{"JIS X 0212", `\ISO 2022 IR 159`, "1b2428442b211b2842", "á"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, err := hex.DecodeString(strings.ReplaceAll(test.bytes, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			d := new(Dataset)
			d.SetString(SpecificCharacterSet, test.terms)
			if got := DecodeText(d, b); got != test.text {
				t.Errorf("decode: %q, want %q", got, test.text)
			}
			again, err := EncodeText(d, test.text)
			if err != nil {
				t.Errorf("encode: %v", err)
			}
			if got := DecodeText(d, again); got != test.text {
				t.Errorf("decode what was encoded (%x): %q, want %q", again, got, test.text)
			}
		})
	}
}

func TestCharsetTolerance(t *testing.T) {
	for _, test := range []struct{ terms, in, want string }{
		{"", "M\xfcller", "Müller"},
		{"", "Müller", "Müller"},
		{"ISO_IR 13", "\x8e\x52\x93\x63^\x91\xbe\x98Y", "山田^太郎"},
		{"ISO_IR 13", "\x95\x5c\\\xb1", `表\ｱ`},
		{`ISO 2022 IR 13\ISO 2022 IR 87`, "\x8e\x52\xd4^\x1b$B;3\x1b(J", "山ﾔ^山"},
		{"ISO 8859-1", "M\xfcller", "Müller"},
		{"GBK", "\x81\x5c\\A", `乗\A`},
		{"nonsense", "M\xfcller", "Müller"},
		{"iso-ir 100", "M\xfcller", "Müller"},
		{"ISO_IR 192", "M\xfcller", "M\ufffdller"},
		{`ISO 2022 IR 6\ISO 2022 IR 87`, "a\x1bzb", "a\x1bzb"},
		{`\ISO 2022 IR 149`, "\x1b$)C\xfb", "\ufffd"},
	} {
		if got := ParseCharset(strings.Split(test.terms, `\`)...).Decode([]byte(test.in)); got != test.want {
			t.Errorf("%q in %q: %q, want %q", test.in, test.terms, got, test.want)
		}
	}
	b, err := ParseCharset("ISO_IR 100").Encode("Łé")
	if string(b) != "?\xe9" || !errors.Is(err, ErrCharset) {
		t.Errorf("encode: %q, %v", b, err)
	}
}

func TestTexts(t *testing.T) {
	d := new(Dataset)
	d.SetString(SpecificCharacterSet, "GBK")
	d.Put(Element{Tag: 0x00081060, VR: PN, Value: []byte("\x81\x5c\\B ")})
	if got := d.Texts(0x00081060); len(got) != 2 || got[0] != "乗" || got[1] != "B" {
		t.Errorf("%q", got)
	}
	if d.Texts(PatientName) != nil {
		t.Error("absent")
	}
}

func TestRecode(t *testing.T) {
	d, item := new(Dataset), new(Dataset)
	d.SetString(SpecificCharacterSet, `ISO 2022 IR 6\ISO 2022 IR 87`)
	d.Put(Element{Tag: PatientName, VR: PN, Value: []byte("\x1b$B;3\x1b(B")})
	item.SetString(SpecificCharacterSet, "ISO_IR 100")
	item.Put(Element{Tag: PatientName, VR: PN, Value: []byte("\xe9")})
	d.SetItems(0x00081140, item)
	d.Put(Element{Tag: PixelData, VR: OB, Value: []byte{0xe9, 1}})
	if err := d.Recode("ISO_IR 192"); err != nil {
		t.Fatal(err)
	}
	const want = "0008,0005 CS=ISO_IR 192 0008,1140 SQ{0010,0010 PN=é} 0010,0010 PN=山  7fe0,0010 OB=e901"
	if sketch(d) != want {
		t.Errorf("%s", sketch(d))
	}
	if err := d.Recode("ISO_IR 100"); !errors.Is(err, ErrCharset) || d.String(PatientName) != "?" || item.String(PatientName) != "\xe9" {
		t.Errorf("%v %s", err, sketch(d))
	}
	if err := d.Recode(); !errors.Is(err, ErrCharset) || d.Has(SpecificCharacterSet) {
		t.Errorf("%v %s", err, sketch(d))
	}
}
