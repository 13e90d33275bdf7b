package pixel

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"conquest/dicom"
)

// reference is the original's output for a set of small images and what it
// decoded them to: testdata/reference.zip.
type reference struct {
	archive *zip.ReadCloser
	Sources []source
}

type source struct {
	Name, File  string
	PixelSHA256 string
	Attributes  attributes
	Variants    []variant
}

type variant struct {
	Code, File, Result string
	Attributes         attributes
	ElementSHA256      string
	Decoded            attributes
	DecodedSHA256      string
	MaxError           *float64
	Identical          *bool
}

type attributes struct {
	TS                        string
	SamplesPerPixel           int
	PhotometricInterpretation string
	Rows, Columns             int
	BitsAllocated, BitsStored int
	HighBit                   int
	PixelRepresentation       int
	LossyImageCompression     string
}

func openReference(t *testing.T) *reference {
	t.Helper()
	archive, err := zip.OpenReader("testdata/reference.zip")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { archive.Close() })
	r := &reference{archive: archive}
	if err := json.Unmarshal(r.bytes(t, "manifest.json"), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *reference) bytes(t *testing.T, name string) []byte {
	t.Helper()
	f, err := r.archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *reference) dataset(t *testing.T, name string) *dicom.Dataset {
	t.Helper()
	ds, err := dicom.ParsePart10(r.bytes(t, name), dicom.ParseOptions{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return ds
}

// describe reads the attributes that the manifest tells.
func describe(ds *dicom.Dataset) attributes {
	number := func(t dicom.Tag) int { n, _ := ds.Int(t); return n }
	return attributes{
		TS:                        ds.String(dicom.TransferSyntaxUID),
		SamplesPerPixel:           number(dicom.SamplesPerPixel),
		PhotometricInterpretation: strings.TrimSpace(ds.String(dicom.PhotometricInterpretation)),
		Rows:                      number(dicom.Rows),
		Columns:                   number(dicom.Columns),
		BitsAllocated:             number(dicom.BitsAllocated),
		BitsStored:                number(dicom.BitsStored),
		HighBit:                   number(dicom.HighBit),
		PixelRepresentation:       number(dicom.PixelRepresentation),
		LossyImageCompression:     strings.TrimSpace(ds.String(tagLossyImageCompression)),
	}
}

func pixelSum(t *testing.T, ds *dicom.Dataset) string {
	t.Helper()
	e := ds.Get(dicom.PixelData)
	if e == nil {
		t.Fatal("no pixel data")
	}
	b, err := e.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// better names the files whose pixels we decode differently from the
// original, with the reason.
var better = map[string]string{
	"signed12 j420": "negative values are kept, which the original clamps to zero",
	"signed12 j5":   "negative values are kept, which the original clamps to zero",
	"signed12 j6":   "negative values are kept, which the original clamps to zero",
}

// TestReferenceDecode decodes every file of the original to the pixels that
// the original decodes it to; its files labelled big endian, which it can not
// read, to those of their source.
func TestReferenceDecode(t *testing.T) {
	r := openReference(t)
	count := 0
	for _, s := range r.Sources {
		plain := r.dataset(t, s.File)
		if _, err := Decompress(plain, Limits{}); err != nil {
			t.Fatal(err)
		}
		for _, v := range s.Variants {
			if v.Code == "ub" {
				v.Decoded, v.DecodedSHA256 = describe(plain), pixelSum(t, plain)
			}
			if v.File == "" || v.DecodedSHA256 == "" {
				continue
			}
			count++
			name := s.Name + " " + v.Code
			ds := r.dataset(t, v.File)
			if _, err := Decompress(ds, Limits{}); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got, want := describe(ds), v.Decoded
			got.TS, want.TS = "", ""
			if got != want {
				t.Errorf("%s: attributes\n%+v, want\n%+v", name, got, want)
			}
			same := pixelSum(t, ds) == v.DecodedSHA256
			if reason, ok := better[name]; ok {
				if same {
					t.Errorf("%s: same pixels as the original, though %s", name, reason)
				}
				continue
			}
			if !same {
				t.Errorf("%s: pixels differ", name)
			}
		}
	}
	if count < 350 {
		t.Errorf("%d files only", count)
	}
}

// forgive evens out what we write differently from the original on purpose.
func forgive(code, name string, got, want *attributes) {
	lossless := got.LossyImageCompression == "" && want.LossyImageCompression == "01"
	if lossless && code[0] == 'j' {
		want.LossyImageCompression = "" // lossless results are not labelled lossy
	}
	if code == "j750" && got.LossyImageCompression == "01" {
		want.LossyImageCompression = "01" // near-lossless is lossy
	}
	if got.SamplesPerPixel == 3 && code[0] == 'j' {
		want.PhotometricInterpretation = got.PhotometricInterpretation // checked by TestColorLabels
	}
	if strings.HasPrefix(name, "mono8_in16") && got.BitsAllocated == 16 && want.BitsAllocated == 8 {
		want.BitsAllocated = 16 // 8 bits in 16 stay so when lossless
	}
	if name == "signed12" && code[0] == 'j' && strings.Contains("j3456", code[1:2]) {
		want.TS = dicom.JPEGLosslessSV1 // the DCT processes would destroy negative values
	}
	switch {
	case code == "ub": // the original's file can not be read
		*want = *got
	case code == "ui": // the original does nothing
		want.TS = dicom.ImplicitLittleEndian
		want.PhotometricInterpretation = got.PhotometricInterpretation
	case code[0] == 'n': // no meta header
		got.TS = ""
	}
}

// TestReferenceEncode makes every form of every source and compares with the
// original: attributes, the bytes of NKI elements, and for lossless codes the
// pixels that come back.
func TestReferenceEncode(t *testing.T) {
	r := openReference(t)
	for _, s := range r.Sources {
		plain := r.dataset(t, s.File)
		if _, err := Decompress(plain, Limits{}); err != nil {
			t.Fatal(err)
		}
		for _, v := range s.Variants {
			if v.File == "" {
				continue
			}
			name := s.Name + " " + v.Code
			ds := r.dataset(t, s.File)
			if err := Transcode(ds, v.Code, Options{}); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got, want := describe(ds), v.Attributes
			forgive(v.Code, s.Name, &got, &want)
			if got != want {
				t.Errorf("%s: attributes\n%+v, want\n%+v", name, got, want)
			}
			if e := ds.Get(dicom.NKIPixelData); e != nil {
				sum := sha256.Sum256(e.Value)
				if mode, _ := nkiMode(ds); mode == int(v.Code[1]-'0') && hex.EncodeToString(sum[:]) != v.ElementSHA256 {
					t.Errorf("%s: element differs", name)
				}
			}
			if _, err := Decompress(ds, Limits{}); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if v.Code[0] == 'k' {
				if v.DecodedSHA256 != "" && pixelSum(t, ds) != v.DecodedSHA256 {
					t.Errorf("%s: pixels differ", name)
				}
				continue
			}
			if got.LossyImageCompression == "" && pixelSum(t, ds) != pixelSum(t, plain) {
				if got.PhotometricInterpretation == "PALETTE COLOR" {
					continue
				}
				t.Errorf("%s: pixels differ", name)
			}
		}
	}
}
