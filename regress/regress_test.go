package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNormalise(t *testing.T) {
	day := time.Date(2024, 3, 5, 12, 0, 0, 0, time.UTC)
	n := normaliser{
		work: "/tmp/w", dirs: []string{"/tmp/w/srv", "/tmp/w/srv2"},
		ports: []int{24001}, prefixes: []string{"99999.1"}, started: day,
	}
	for _, c := range []struct{ in, want string }{
		{"new 1.2.999.7.1.2.3 here", "new <UID> here"},
		{"prefix only 1.2.999.7. stays", "prefix only 1.2.999.7. stays"},
		{"11.2.999.7.5 is another", "11.2.999.7.5 is another"},
		{"99999.1.2.33", "<UID>"},
		{"/tmp/w/srv/data/x", "<DIR>/data/x"},
		{"/tmp/w/srv2/data", "<DIR>/data"},
		{"/tmp/w/a.dcm /tmp/wider", "<WORK>/a.dcm /tmp/wider"},
		{"port 24001, not 124001 or 24001.5.24001", "port <PORT>, not 124001 or <PORT>.5.24001"},
		{"MAG0/P1/1.2_0001_000001_17954754740a0f.dcm", "MAG0/P1/1.2_0001_000001_<TIME>.dcm"},
		{"AT: Mon Nov 23 23:11:16 2026", "AT: <DATE>"},
		{"on 20240305 and 2024-03-05", "on <DATE> and <DATE>"},
		{"at 12:34:56.789 or 101500", "at <TIME> or 101500"},
		{"StudyDate=20200102", "StudyDate=20200102"},
	} {
		if got := n.text(c.in); got != c.want {
			t.Errorf("text(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestIniDefaults(t *testing.T) {
	ini := parseIni("ImportConverter0 = nop\n[lua]\nstartup = x = 1\n[sscscp]\nfilenamesyntax = 3\nSQLHost =\n")
	if got := ini.get("FileNameSyntax"); got != "3" {
		t.Errorf("FileNameSyntax = %q, want 3", got)
	}
	ini.addDefaults(&server{ae: "SRV1", port: 24005, dir: "/tmp/w/srv"})
	text := ini.String()
	for _, want := range []string{
		"[sscscp]\nMicroPACS", "= SRV1\n", "= 24005\n", "= /tmp/w/srv/data/dbase/conquest.db3\n",
		"ImportConverter0 = nop\n", "\n[lua]\nstartup = x = 1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, key := range []string{"filenamesyntax", "sqlhost"} {
		if n := strings.Count(strings.ToLower(text), "\n"+key); n != 1 {
			t.Errorf("%s stands there %d times", key, n)
		}
	}
	if strings.Index(text, "[lua]") < strings.Index(text, "filenamesyntax") {
		t.Errorf("lines of [sscscp] after [lua]:\n%s", text)
	}
}

func TestPortPool(t *testing.T) {
	p, err := newPortPool("24100-24102")
	if err != nil {
		t.Fatal(err)
	}
	p.free = func(port int) bool { return port != 24101 }
	a, errA := p.get(0)
	b, errB := p.get(0)
	if errA != nil || errB != nil || a == b || a == 24101 || b == 24101 {
		t.Fatalf("got %d (%v) and %d (%v)", a, errA, b, errB)
	}
	if c, err := p.get(0); err == nil {
		t.Fatalf("got %d of a used up range", c)
	}
	p.put(a)
	if c, err := p.get(0); err != nil || c != a {
		t.Fatalf("got %d (%v), want %d again", c, err, a)
	}
	for _, bad := range []string{"", "5", "9-8", "a-b", "1-70000"} {
		if _, err := newPortPool(bad); err == nil {
			t.Errorf("range %q was accepted", bad)
		}
	}
}

const sampleDump = `
# Dicom-Meta-Information-Header
(0002,0010) UI [1.2.840.10008.1.2.1]                    #  20, 1 TransferSyntaxUID
(0008,0060) CS [CT]                                     #   2, 1 Modality
(0009,1001) UN 01\02                                    #   2, 1 Unknown Tag & Data
(0010,4000) LT [one # [x]
two]                              #  14, 1 PatientComments
(0028,0030) DS (no value available)                     #   0, 0 PixelSpacing
(0008,1140) SQ (Sequence with explicit length #=0)      #   0, 1 ReferencedImageSequence
(fffe,e0dd) na (SequenceDelimitationItem for re-encod.) #   0, 0 SequenceDelimitationItem
(0040,0275) SQ (Sequence with explicit length #=2)      #  62, 1 RequestAttributesSequence
  (fffe,e000) na (Item with explicit length #=1)          #  54, 1 Item
    (0040,0007) LO [Head]                                   #   4, 1 ScheduledProcedureStepDescription
  (fffe,e00d) na (ItemDelimitationItem for re-encoding)   #   0, 0 ItemDelimitationItem
  (fffe,e000) na (Item with explicit length #=1)          #  54, 1 Item
    (0040,0008) SQ (Sequence with explicit length #=1)      #  18, 1 ScheduledProtocolCodeSequence
      (fffe,e000) na (Item with explicit length #=1)          #  10, 1 Item
        (0008,0100) SH [X]                                      #   2, 1 CodeValue
      (fffe,e00d) na (ItemDelimitationItem for re-encoding)   #   0, 0 ItemDelimitationItem
    (fffe,e0dd) na (SequenceDelimitationItem for re-encod.) #   0, 0 SequenceDelimitationItem
  (fffe,e00d) na (ItemDelimitationItem for re-encoding)   #   0, 0 ItemDelimitationItem
(fffe,e0dd) na (SequenceDelimitationItem for re-encod.) #   0, 0 SequenceDelimitationItem
(7fe0,0010) OW 0001\0002                                #   4, 1 PixelData
`

func TestParseDump(t *testing.T) {
	elements := parseDump(sampleDump)
	want := []string{
		"TransferSyntaxUID=1.2.840.10008.1.2.1", "Modality=CT", `0009,1001=01\02`,
		"PatientComments=one # [x]\ntwo", "PixelSpacing=",
		"ReferencedImageSequence=(no items)",
		"RequestAttributesSequence[0].ScheduledProcedureStepDescription=Head",
		"RequestAttributesSequence[1].ScheduledProtocolCodeSequence[0].CodeValue=X",
		"PixelData=" + pixelValue("OW", `0001\0002`),
	}
	if got := selectElements(elements, nil); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	got := selectElements(elements, []string{"0040,0275", "Modality", "0010,0010"})
	if w := []string{want[6], want[7], want[1], "0010,0010 (absent)"}; !slices.Equal(got, w) {
		t.Errorf("wanted tags: got %q", got)
	}
}

func TestPixelValue(t *testing.T) {
	if got := pixelValue("OB", "(PixelSequence #=2)"); got != "(encapsulated, 2 items)" {
		t.Errorf("encapsulated: %q", got)
	}
	a, b := pixelValue("OW", `0201\0403`), pixelValue("OB", `01\02\03\04`)
	if _, crcA, _ := strings.Cut(a, "crc32"); !strings.HasSuffix(b, crcA) {
		t.Errorf("words and bytes of the same data differ: %q, %q", a, b)
	}
}

func TestStoreReport(t *testing.T) {
	for _, c := range []struct {
		name, log, want string
		ok              bool
	}{
		{"success", "I: Sending file: a.dcm\nI: Received Store Response (Success)\n", "a.dcm Success\n", true},
		{"one refused",
			"I: Sending file: a.dcm\nI: Received Store Response (Unknown Status: 0x110)\nI: Sending file: b.dcm\nI: Received Store Response (Success)\n",
			"a.dcm Unknown Status: 0x110\nb.dcm Success\n", false},
		{"rejected", "F: Association Rejected:\nF: Result: R, Source: S\nF: Reason: Calling AE\n",
			"error: Association Rejected: Result: R, Source: S Reason: Calling AE\n", false},
		{"tool failed", "", "", false},
	} {
		o := output{stderr: c.log}
		if !c.ok {
			o.err = errors.New("exit status 1")
		}
		got, err := storeReport(o)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: got %q (%v)", c.name, got, err)
		}
	}
}

func TestRetrieveReport(t *testing.T) {
	o := output{stderr: `D: Message Type                  : C-MOVE RSP
D: Completed Suboperations       : 1
D: DIMSE Status                  : 0xff00: Pending
D: Message Type                  : C-MOVE RSP
D: Completed Suboperations       : 3
D: Failed Suboperations          : none
D: DIMSE Status                  : 0x0000: Success
`}
	got, err := retrieveReport(o, "C-MOVE RSP")
	if want := "status 0x0000\ncompleted 3\nfailed 0\nwarning 0\n"; got != want || err != nil {
		t.Errorf("got %q (%v)", got, err)
	}
}

func TestReadPDUs(t *testing.T) {
	in := "\x03\x00\x00\x00\x00\x04abcd\x07\x00\x00\x00\x00\x04abcd"
	if got, want := readPDUs(strings.NewReader(in)), "PDU type 03, 4 bytes\nPDU type 07, 4 bytes\nclosed\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTestImage(t *testing.T) {
	for spec, size := range map[string]int{"16x10x8": 160, "5x3x8": 16, "20x16x12": 640, "4x4rgb": 48, "8x8": 128} {
		img, err := parseImage(spec)
		if err != nil || len(img.bytes()) != size {
			t.Errorf("%s: %d bytes (%v), want %d", spec, len(img.bytes()), err, size)
		}
	}
	for _, bad := range []string{"", "0x5", "5x5x17", "x", "5x5rgb8"} {
		if _, err := parseImage(bad); err == nil {
			t.Errorf("size %q was accepted", bad)
		}
	}
}

func TestListCases(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"b.txtar", "a.txtar", "x.txt"} {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := listCases([]string{dir}, regexp.MustCompile("a|b"))
	if want := []string{filepath.Join(dir, "a.txtar"), filepath.Join(dir, "b.txtar")}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q (%v)", got, err)
	}
}
