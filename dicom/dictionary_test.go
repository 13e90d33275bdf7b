package dicom

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestStandardDictionary(t *testing.T) {
	d := StandardDictionary()
	if d.Len() < 5400 {
		t.Errorf("%d entries", d.Len())
	}
	last := Tag(0)
	for tag, e := range d.All() {
		if tag <= last && tag != 0 || !e.VR.plausible() || e.Keyword != strings.TrimSpace(e.Keyword) {
			t.Errorf("(%v) %v %q after (%v)", tag, e.VR, e.Keyword, last)
		}
		last = tag
	}
	for _, test := range []struct {
		tag     Tag
		vr      VR
		keyword string
	}{
		{PatientName, PN, "PatientName"},
		{PixelData, OW, "PixelData"},
		{0x00001000, UI, "AffectedSOPInstanceUID"},
		{0x99990400, LO, "ConquestConsoleCommand"},
		{0x20011003, FL, "DiffusionB-Factor"},
		{0x00080000, UL, "IdentifyingGroupLength"},
		{0x00090000, UL, ""},
		{0x00091234, UN, ""},
		{NKIPixelData, OW, "NKI_PixelData"},
		{0x60020010, US, "OverlayRows"},
		{0x60000000, UL, ""},
		{0x50feabcd, UN, ""},
		{0x60010010, UN, ""},
		{0x00203142, CS, "SourceImageIDs"},
	} {
		if d.VR(test.tag) != test.vr || d.Keyword(test.tag) != test.keyword {
			t.Errorf("(%v) %v %q", test.tag, d.VR(test.tag), d.Keyword(test.tag))
		}
	}
	if tag, ok := d.Tag("DataSetType"); !ok || tag != 0x00000800 {
		t.Errorf("lowest tag of several: %v", tag)
	}
	for keyword, want := range map[string]Tag{"OverlayRows": 0x60000010, "ASLCrusherFlow": 0x0018925a, "CommandDataSetType": 0x00000800, "PatientName": PatientName} {
		if tag, ok := d.Tag(keyword); !ok || tag != want {
			t.Errorf("%s is %v", keyword, tag)
		}
	}
	want := DictionaryEntry{VR: US, Or: SS, Keyword: "SmallestImagePixelValue", VM: "1", Name: "Smallest Image Pixel Value"}
	if e, ok := d.Lookup(0x00280106); !ok || e != want {
		t.Errorf("%+v", e)
	}
	if e, _ := d.Lookup(0x00080001); !e.Retired {
		t.Errorf("%+v", e)
	}
	if _, ok := d.Tag("patientname"); ok {
		t.Error("letter case does not count")
	}
}

func TestParseDictionary(t *testing.T) {
	const text = `# comment
(0010,0010) VERS="3"	VR="PN"   VM="1"	Keyword="PatientName"				Name="Patient's Name"
(0008,0060) VR="CS" Keyword="Modality "
(0028,0106) VR="US/SS" VM="1" Keyword="SmallestImagePixelValue"
(0010,0010) VR="LO" Keyword="Second"
(0010,0020) VERS="3" Keyword="NoVR"
(50xx,0010) VR="US" Keyword="Repeating"
(0018,9445) VR="" VM="" Keyword=""
(0020,0010) VR="SH"
{ 0x0008 0x0005 CS "SpecificCharacterSet" }
{ 16 48 DA "PatientBirthDate" }
other text (0010,0040) VR="CS"
`
	d, err := ParseDictionary(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for tag, e := range d.All() {
		got = append(got, tag.String()+" "+e.VR.String()+" "+e.Keyword)
	}
	want := "0008,0005 CS SpecificCharacterSet|0008,0060 CS Modality|0010,0010 PN PatientName|0010,0030 DA PatientBirthDate|0020,0010 SH |0028,0106 US SmallestImagePixelValue"
	if strings.Join(got, "|") != want {
		t.Errorf("got %s", strings.Join(got, "|"))
	}
	both := StandardDictionary().Overlay(d)
	if e, _ := both.Lookup(PatientName); e.Name != "Patient's Name" || e.VM != "1" {
		t.Errorf("%+v", e)
	}
	if e, _ := both.Lookup(0x00280106); e.Or != SS {
		t.Errorf("%+v", e)
	}
	if both.Keyword(0x00200010) != "" || both.Keyword(0x00200011) != "SeriesNumber" || both.Len() != StandardDictionary().Len() {
		t.Error("overlay")
	}
	if _, err := ParseDictionary(strings.NewReader("no dictionary\n")); !errors.Is(err, ErrDictionary) {
		t.Error(err)
	}
}

func binaryDictionaryExample() []byte {
	b := make([]byte, 1024)
	copy(b, "#!BinRTC\r\n")
	for i, n := range []uint32{2, 1024, 8, 1032, 24, 1056, 24} {
		binary.LittleEndian.PutUint32(b[12+4*i:], n)
	}
	for _, tag := range []uint32{0x00080060, 0x00100010} {
		b = binary.LittleEndian.AppendUint32(b, tag)
	}
	b = append(b, "\x08\x00\x60\x00SC\x00\x00\x00\x00\x00\x00\x10\x00\x10\x00NP\x00\x00\x00\x00\x00\x00"...)
	return append(b, "Modality\x00PatientName\x00\x00\x00\x00"...)
}

func TestBinaryDictionary(t *testing.T) {
	b := binaryDictionaryExample()
	d, err := ParseDictionary(bytes.NewReader(b))
	if err != nil || d.Len() != 2 || d.VR(PatientName) != PN || d.Keyword(PatientName) != "PatientName" || d.VR(Modality) != CS {
		t.Errorf("%v %v", d, err)
	}
	binary.LittleEndian.PutUint32(b[12:], 1<<31)
	if _, err := ParseDictionary(bytes.NewReader(b)); !errors.Is(err, ErrDictionary) {
		t.Error(err)
	}
}

func TestWriteDictionary(t *testing.T) {
	var b bytes.Buffer
	if err := WriteDictionary(&b, StandardDictionary()); err != nil {
		t.Fatal(err)
	}
	d, err := ParseDictionary(&b)
	if err != nil || d.Len() != StandardDictionary().Len() {
		t.Fatal(err)
	}
	for tag, e := range StandardDictionary().All() {
		if got, _ := d.Lookup(tag); got.VR != e.VR || got.Or != e.Or || got.Keyword != e.Keyword {
			t.Errorf("(%v) %v", tag, got)
		}
	}
}

func BenchmarkOverlay(b *testing.B) {
	site := &Dictionary{tags: []Tag{PatientName}, entries: []DictionaryEntry{{VR: PN, Keyword: "PatientName"}}}
	for b.Loop() {
		StandardDictionary().Overlay(site)
	}
}

// TestDictionaryLater holds that the file of a site is read when a dictionary is first
// asked for, once, and that a bad one is told then.
func TestDictionaryLater(t *testing.T) {
	defer UseDictionary(CurrentDictionary())
	path := filepath.Join(t.TempDir(), "dgate.dic")
	told := 0
	failed := func(error) { told++ }
	UseDictionaryFileLater(path, failed)
	if err := os.WriteFile(path, []byte("(0011,0011) VR=\"LO\" VM=\"1\" Keyword=\"SiteOwn\" Name=\"x\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got := CurrentDictionary().Keyword(0x00110011); got != "SiteOwn" {
				t.Errorf("keyword %q", got)
			}
		})
	}
	wg.Wait()
	for _, text := range []string{"nothing", ""} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		told = 0
		UseDictionaryFileLater(path, failed)
		if CurrentDictionary() != StandardDictionary() || told != 1 {
			t.Errorf("%q: told %d times", text, told)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	told = 0
	UseDictionaryFileLater(path, failed)
	if CurrentDictionary() != StandardDictionary() || told != 0 {
		t.Errorf("missing file: told %d times", told)
	}
}
