package dicom

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// siteMeta is what the existing files in testdata were written with.
var siteMeta = Meta{ImplementationClassUID: "1.2.826.0.1.3680043.2.135.1066.101", ImplementationVersionName: "1.5.0/OTHER"}

func globbed(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}

// rewrite reads a file and writes it again, in the way its name tells.
func rewrite(t *testing.T, name string, opt ParseOptions) []byte {
	t.Helper()
	f, err := ReadFile(name, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var w bytes.Buffer
	if strings.HasSuffix(name, ".v2") {
		err = WriteV2(&w, f.Dataset)
	} else {
		err = WritePart10(&w, f.Dataset, siteMeta)
	}
	if err != nil {
		t.Error(err)
	}
	return w.Bytes()
}

func TestRewriteExistingFiles(t *testing.T) {
	files := append(globbed(t, "testdata/reference/dcm/*"), globbed(t, "testdata/reference/v2/*")...)
	for _, name := range files {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, opt := range []ParseOptions{{}, {BulkThreshold: 100}} {
			if got := rewrite(t, name, opt); !bytes.Equal(got, want) {
				t.Errorf("%s, threshold %d: written differently, %d bytes instead of %d", name, opt.BulkThreshold, len(got), len(want))
			}
		}
	}
}

// What was sent and what was then found in the store: the same object with a
// new meta header, in the syntax of the transfer, some with a patient filled in.
func TestStoredAsBefore(t *testing.T) {
	sent := map[string]*Dataset{}
	for _, name := range globbed(t, "testdata/reference/input/*") {
		f, err := ReadFile(name, ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sent[f.String(SOPInstanceUID)] = f.Dataset
	}
	for _, name := range globbed(t, "testdata/reference/dcm/*") {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := ParsePart10(want, ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		d := sent[stored.String(SOPInstanceUID)]
		if d == nil {
			t.Errorf("%s: not sent", name)
			continue
		}
		d = d.Clone()
		d.SetTransferSyntax(stored.TransferSyntax().UID)
		for _, tag := range []Tag{PatientName, PatientID} {
			if d.String(tag) == "" {
				d.Put(*stored.Get(tag))
			}
		}
		var w bytes.Buffer
		if err := WritePart10(&w, d, siteMeta); err != nil || !bytes.Equal(w.Bytes(), want) {
			t.Errorf("%s: %v, differs: %v", name, err, Diff(d, stored))
		}
	}
}

func TestReadFileForms(t *testing.T) {
	d := NewDataset(4)
	d.SetString(SOPClassUID, "1.2.840.10008.5.1.4.1.1.2")
	d.SetString(SOPInstanceUID, "1.2.3")
	d.SetString(PatientName, "A^B")
	d.SetUint16(Rows, 512)
	encoded := func(ts TransferSyntax) []byte {
		b, err := Append(nil, d, ts)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	part10 := func(ts TransferSyntax) []byte {
		c := d.Clone()
		c.SetTransferSyntax(ts.UID)
		var w bytes.Buffer
		if err := WritePart10(&w, c, siteMeta); err != nil {
			t.Fatal(err)
		}
		return w.Bytes()
	}
	v2 := func() []byte {
		c := d.Clone()
		c.SetTransferSyntax(ExplicitLittleEndian)
		var w bytes.Buffer
		if err := WriteV2(&w, c); err != nil {
			t.Fatal(err)
		}
		return w.Bytes()
	}
	noSyntax := slices.Concat(make([]byte, 128), []byte("DICM"), unhex(t, "0200 0100 'OB' 0000 02000000 0001"))
	lying := part10(explicitLE)
	lying = slices.Concat(lying[:len(lying)-len(encoded(explicitLE))], encoded(implicitLE))
	for _, test := range []struct {
		name string
		data []byte
		uid  string
	}{
		{"implicit", part10(implicitLE), ImplicitLittleEndian},
		{"explicit", part10(explicitLE), ExplicitLittleEndian},
		{"big endian", part10(explicitBE), ExplicitBigEndian},
		{"deflated", part10(deflatedLE), DeflatedExplicit},
		{"without preamble", part10(explicitLE)[128:], ExplicitLittleEndian},
		{"without preamble and DICM", part10(explicitLE)[132:], ExplicitLittleEndian},
		{"preamble without DICM", slices.Concat(make([]byte, 128), part10(explicitLE)[132:]), ExplicitLittleEndian},
		{"v2", v2(), ImplicitLittleEndian},
		{"bare implicit", encoded(implicitLE), ImplicitLittleEndian},
		{"bare explicit", encoded(explicitLE), ExplicitLittleEndian},
		{"bare big endian", encoded(explicitBE), ExplicitBigEndian},
		{"no meta header", slices.Concat(make([]byte, 128), []byte("DICM"), encoded(explicitLE)), ExplicitLittleEndian},
		{"no syntax, explicit", append(noSyntax[:len(noSyntax):len(noSyntax)], encoded(explicitLE)...), ExplicitLittleEndian},
		{"no syntax, implicit", append(noSyntax[:len(noSyntax):len(noSyntax)], encoded(implicitLE)...), ImplicitLittleEndian},
		{"other than the header says", lying, ExplicitLittleEndian},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(name, test.data, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, opt := range []ParseOptions{{}, {BulkThreshold: 1 << 10}, {StopBefore: 0x00280011}} {
				f, err := ReadFile(name, opt)
				if err != nil {
					t.Fatal(err)
				}
				if got := f.TransferSyntax().UID; got != test.uid {
					t.Errorf("syntax %s, want %s", got, test.uid)
				}
				f.DeleteFunc(func(e *Element) bool { return e.Tag>>16 == 2 || e.Tag.IsGroupLength() })
				if diff := Diff(f.Dataset, d); len(diff) > 0 {
					t.Errorf("%+v: differs at %v", opt, diff[0].Path)
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestReadFileErrors(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{
		"empty": "", "short": "DICM", "text": "This is a text that is long enough to be taken for a header.",
		"page": "<html>....................................",
	} {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFile(p, ParseOptions{}); !errors.Is(err, ErrNotDICOM) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadFile(filepath.Join(dir, "none"), ParseOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := ReadFile(dir, ParseOptions{}); err == nil {
		t.Error("a folder was read")
	}
}

func TestReadHeaderStopsBeforePixels(t *testing.T) {
	d := NewDataset(3)
	d.SetString(PatientName, "A^B")
	d.Put(Element{Tag: PixelData, VR: OW, Value: make([]byte, 1<<20)})
	d.SetTransferSyntax(ExplicitLittleEndian)
	var w bytes.Buffer
	if err := WritePart10(&w, d, siteMeta); err != nil {
		t.Fatal(err)
	}
	r := &countingReader{r: bytes.NewReader(w.Bytes())}
	h, err := ReadPart10(r, int64(w.Len()), ParseOptions{StopBefore: PixelData})
	if err != nil || h.String(PatientName) != "A^B" || h.Has(PixelData) {
		t.Error(err)
	}
	if r.n > firstChunk {
		t.Errorf("%d bytes read", r.n)
	}
}

type countingReader struct {
	r *bytes.Reader
	n int
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.n += n
	return n, err
}

func TestWriteV2RefusesFragments(t *testing.T) {
	d := new(Dataset)
	d.Put(Element{Tag: PixelData, VR: OB, Fragments: &Fragments{Data: [][]byte{{1, 2}}}})
	if err := WriteV2(new(bytes.Buffer), d); !errors.Is(err, ErrEncapsulated) {
		t.Error(err)
	}
}

// TestMetaWithoutUIDs: an object without SOP class or instance, as the picture of
// a film, has no such elements in its meta header.
func TestMetaWithoutUIDs(t *testing.T) {
	d := NewDataset(1)
	d.SetString(PatientID, "P1")
	if b := AppendMeta(nil, d, Meta{}); bytes.Contains(b, []byte("\x02\x00\x02\x00UI")) || bytes.Contains(b, []byte("\x02\x00\x03\x00UI")) {
		t.Errorf("meta header %q", b[128:])
	}
	d.SetString(SOPInstanceUID, "1.2.3")
	if b := AppendMeta(nil, d, Meta{}); !bytes.Contains(b, []byte("\x02\x00\x03\x00UI\x06\x001.2.3\x00")) {
		t.Errorf("meta header %q", b[128:])
	}
}
