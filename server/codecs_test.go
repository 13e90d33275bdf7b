package server_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
)

// shape is an image to be compressed.
type shape struct {
	name                   string
	rows, columns, samples int
	frames                 int
	allocated, stored      int
	signed                 bool
}

var shapes = []shape{
	{"grey12", 90, 100, 1, 1, 16, 12, false},
	{"grey16", 64, 96, 1, 1, 16, 16, false},
	{"signed16", 70, 66, 1, 1, 16, 16, true},
	{"signed12", 70, 66, 1, 1, 16, 12, true},
	{"grey8", 61, 63, 1, 1, 8, 8, false},
	{"rgb", 48, 50, 3, 1, 8, 8, false},
	{"frames16", 40, 34, 1, 5, 16, 12, false},
	{"framesRGB", 40, 34, 3, 3, 8, 8, false},
	{"one", 1, 1, 1, 1, 16, 12, false},
	{"line", 1, 70, 1, 1, 8, 8, false},
}

const seriesOfShapes = "1.2.826.0.1.77.2"

// shaped makes an object with smooth, slightly noisy pixels.
func shaped(c shape, n int) *dicom.Dataset {
	d := image("CODEC", "1.2.826.0.1.77.1", seriesOfShapes, fmt.Sprintf("1.2.826.0.1.77.3.%d", n), n)
	d.SetString(dicom.StudyDescription, c.name)
	if c.samples == 3 {
		d.SetString(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.7.4")
		d.SetString(dicom.PhotometricInterpretation, "RGB")
		d.SetUint16(dicom.PlanarConfiguration, 0)
	}
	if c.frames > 1 {
		d.SetString(dicom.NumberOfFrames, fmt.Sprint(c.frames))
	}
	for t, v := range map[dicom.Tag]int{
		dicom.Rows: c.rows, dicom.Columns: c.columns, dicom.SamplesPerPixel: c.samples,
		dicom.BitsAllocated: c.allocated, dicom.BitsStored: c.stored, dicom.HighBit: c.stored - 1,
	} {
		d.SetUint16(t, uint16(v))
	}
	low := 0
	if c.signed {
		d.SetUint16(dicom.PixelRepresentation, 1)
		low = -1 << (c.stored - 1)
	}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	span := 1<<c.stored - 1
	var pix []byte
	for f := range c.frames {
		for y := range c.rows {
			for x := range c.columns {
				for k := range c.samples {
					v := low + (x*span/c.columns+y*span/c.rows)/2*(k+2)/4 + f*span/20 + rng.IntN(max(span/256, 2))
					v = min(v, low+span)
					if c.allocated == 8 {
						pix = append(pix, byte(v))
					} else {
						pix = binary.LittleEndian.AppendUint16(pix, uint16(v))
					}
				}
			}
		}
	}
	if len(pix)%2 == 1 {
		pix = append(pix, 0)
	}
	vr := dicom.OW
	if c.allocated == 8 {
		vr = dicom.OB
	}
	d.Put(dicom.Element{Tag: dicom.PixelData, VR: vr, Value: pix})
	return d
}

func allShaped() []*dicom.Dataset {
	var list []*dicom.Dataset
	for i, c := range shapes {
		list = append(list, shaped(c, i+1))
	}
	return list
}

// stored are the objects of the files below dir, by SOP instance UID.
func stored(t *testing.T, dir string) (objects map[string]*dicom.Dataset, paths map[string]string) {
	t.Helper()
	objects, paths = map[string]*dicom.Dataset{}, map[string]string{}
	filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".dcm") && strings.Contains(path, "/data/") {
			return nil
		}
		f, err := dicom.ReadFile(path, dicom.ParseOptions{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		defer f.Close()
		uid := f.String(dicom.SOPInstanceUID)
		objects[uid], paths[uid] = f.Dataset, path
		return nil
	})
	return objects, paths
}

// judges decode a file with programs of others.
var judges = []struct {
	name     string
	syntaxes []string // nil: all
	args     []string
}{
	{"gdcmconv", nil, []string{"--raw"}},
	{"dcmdjpeg", []string{dicom.JPEGBaseline, dicom.JPEGExtended, dicom.JPEGSpectral, dicom.JPEGProgressive, dicom.JPEGLossless, dicom.JPEGLosslessSV1}, nil},
	{"dcmdjpls", []string{dicom.JPEGLSLossless, dicom.JPEGLSNearLossless}, nil},
	{"dcmdrle", []string{dicom.RLELossless}, nil},
}

// knownLabel is the file with the transfer syntax JPEG 2000 where it has one of high
// throughput: GDCM does not know these, but its decoder reads the code streams.
func knownLabel(t *testing.T, path, syntax string) string {
	t.Helper()
	if syntax != dicom.HTJ2K && syntax != dicom.HTJ2KLossless {
		return path
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "relabelled.dcm")
	known := []byte((dicom.JPEG2000 + strings.Repeat("\x00", len(syntax)))[:len(syntax)])
	if err := os.WriteFile(other, bytes.Replace(data, []byte(syntax), known, 1), 0o666); err != nil {
		t.Fatal(err)
	}
	return other
}

// worst is the largest difference of two images' samples.
func worst(a, b []byte, allocated int, signed bool) int {
	if len(a) != len(b) {
		return 1 << 30
	}
	largest := 0
	for i := 0; i < len(a); i += allocated / 8 {
		x, y := int(a[i]), int(b[i])
		if allocated == 16 {
			x, y = int(binary.LittleEndian.Uint16(a[i:])), int(binary.LittleEndian.Uint16(b[i:]))
			if signed {
				x, y = int(int16(x)), int(int16(y))
			}
		}
		largest = max(largest, max(x-y, y-x))
	}
	return largest
}

// judge lets others decode the file and compares what they see with sent.
func judge(t *testing.T, path string, sent *dicom.Dataset, c shape, limit int) {
	t.Helper()
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	syntax := f.TransferSyntax().UID
	f.Close()
	path = knownLabel(t, path, syntax)
	want, _ := sent.Get(dicom.PixelData).Bytes()
	for _, j := range judges {
		if j.syntaxes != nil && !slices.Contains(j.syntaxes, syntax) {
			continue
		}
		if _, err := exec.LookPath(j.name); err != nil {
			continue
		}
		out := filepath.Join(t.TempDir(), "plain.dcm")
		if text, err := exec.Command(j.name, append(slices.Clone(j.args), path, out)...).CombinedOutput(); err != nil {
			t.Errorf("%s, %s: %s: %v\n%s", c.name, syntax, j.name, err, text)
			continue
		}
		g, err := dicom.ReadFile(out, dicom.ParseOptions{})
		if err != nil {
			t.Errorf("%s, %s: %v", c.name, j.name, err)
			continue
		}
		if strings.HasPrefix(g.String(dicom.PhotometricInterpretation), "YBR") {
			g.Close()
			continue // left to other judges: not converted
		}
		got, err := g.Get(dicom.PixelData).Bytes()
		if err != nil {
			t.Errorf("%s, %s: %v", c.name, j.name, err)
		}
		allocated, _ := g.Int(dicom.BitsAllocated)
		if allocated != c.allocated {
			t.Errorf("%s in %s, by %s: %d bits allocated, want %d", c.name, syntax, j.name, allocated, c.allocated)
		}
		n := c.rows * c.columns * c.samples * c.frames * c.allocated / 8
		if len(got) >= n && len(got) <= n+1 {
			got = got[:n]
		}
		if diff := worst(want[:n], got, c.allocated, c.signed); diff > limit {
			t.Errorf("%s in %s, decoded by %s: off by %d, allowed %d", c.name, syntax, j.name, diff, limit)
		}
		g.Close()
	}
}

// TestIncomingCompression stores images of all shapes with each compression and
// lets other programs decode the files.
func TestIncomingCompression(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the program and those of others")
	}
	lossless1 := func(c shape) string {
		if c.signed || c.stored > 12 {
			return dicom.JPEGLosslessSV1
		}
		return ""
	}
	one := func(uid string) func(shape) string { return func(shape) string { return uid } }
	dct := func(low, high string) func(shape) string {
		return func(c shape) string {
			switch {
			case lossless1(c) != "":
				return lossless1(c)
			case c.stored > 8:
				return high
			}
			return low
		}
	}
	for _, tc := range []struct {
		code   string
		syntax func(shape) string
		error  func(shape) int
	}{
		{"un", one(dicom.ExplicitLittleEndian), nil},
		{"j1", one(dicom.JPEGLosslessSV1), nil},
		{"j2", one(dicom.JPEGLossless), nil},
		{"j3", dct(dicom.JPEGBaseline, dicom.JPEGExtended), lossy},
		{"j4", dct(dicom.JPEGBaseline, dicom.JPEGExtended), lossy},
		{"j5", dct(dicom.JPEGSpectral, dicom.JPEGProgressive), lossy},
		{"j6", dct(dicom.JPEGSpectral, dicom.JPEGProgressive), lossy},
		{"js", one(dicom.JPEGLSLossless), nil},
		{"j7", one(dicom.JPEGLSNearLossless), nil},
		{"j775", one(dicom.JPEGLSNearLossless), func(c shape) int {
			if c.signed {
				return 0
			}
			return 2
		}},
		{"jk", one(dicom.JPEG2000Lossless), nil},
		{"jl", one(dicom.JPEG2000), lossy},
		{"jh", one(dicom.HTJ2KLossless), nil},
		{"jh90", one(dicom.HTJ2K), lossy},
	} {
		t.Run(tc.code, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.ini = strings.Replace(s.ini, "IncomingCompression = un", "IncomingCompression = "+tc.code, 1)
			s.start()
			sent := allShaped()
			s.store(sent...)
			objects, paths := stored(t, filepath.Join(s.dir, "data"))
			for i, c := range shapes {
				uid := sent[i].String(dicom.SOPInstanceUID)
				if objects[uid] == nil {
					t.Errorf("%s is not stored", c.name)
					continue
				}
				if got := objects[uid].TransferSyntax().UID; got != tc.syntax(c) {
					t.Errorf("%s: transfer syntax %s, want %s", c.name, got, tc.syntax(c))
				}
				limit := 0
				if tc.error != nil {
					limit = tc.error(c)
				}
				judge(t, paths[uid], sent[i], c, limit)
			}
		})
	}
}

// lossy is the error that quality 95 may cause: a fiftieth of the range, more
// where chroma is halved, none where the process becomes lossless.
func lossy(c shape) int {
	if c.samples == 3 {
		return 16
	}
	return max(1<<c.stored/50, 4)
}

// TestArrivalsAreUncompressed drops files that others have compressed; stored
// they have the pixels of before.
func TestArrivalsAreUncompressed(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the program and those of others")
	}
	for _, tc := range []struct {
		program string
		args    []string
	}{
		{"dcmcrle", nil},
		{"dcmcjpeg", []string{"+e1"}},
		{"dcmcjpls", nil},
		{"gdcmconv", []string{"--j2k"}},
		{"gdcmconv", []string{"--rle"}},
	} {
		t.Run(strings.Join(append([]string{tc.program}, tc.args...), " "), func(t *testing.T) {
			t.Parallel()
			tool(t, tc.program, "the package it belongs to")
			s := newSite(t).start()
			dir := t.TempDir()
			sent := allShaped()
			made := map[string]bool{}
			for i, d := range sent {
				plain, out := filepath.Join(dir, fmt.Sprint(i)), filepath.Join(dir, fmt.Sprint(i)+".dcm")
				var file bytes.Buffer
				if err := dicom.WritePart10(&file, d, dicom.Meta{}); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(plain, file.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				if text, err := exec.Command(tc.program, append(slices.Clone(tc.args), plain, out)...).CombinedOutput(); err != nil {
					t.Logf("%s of %s: %v\n%s", tc.program, shapes[i].name, err, text)
					continue
				}
				made[d.String(dicom.SOPInstanceUID)] = true
				if err := os.Rename(out, filepath.Join(s.dir, "data", "incoming", filepath.Base(out))); err != nil {
					t.Fatal(err)
				}
			}
			if len(made) < len(sent)-2 {
				t.Fatalf("only %d files made", len(made))
			}
			await(t, "arrival of all files", func() bool {
				return strings.Count(s.log(), "Added file: ") == len(made)
			})
			objects, _ := stored(t, filepath.Join(s.dir, "data"))
			for i, c := range shapes {
				uid := sent[i].String(dicom.SOPInstanceUID)
				if !made[uid] {
					continue
				}
				d := objects[uid]
				if d == nil {
					t.Errorf("%s is not stored", c.name)
					continue
				}
				got, _ := d.Get(dicom.PixelData).Bytes()
				want, _ := sent[i].Get(dicom.PixelData).Bytes()
				if d.TransferSyntax().Encapsulated || !bytes.Equal(got, want) {
					t.Errorf("%s from %s: pixels changed, or transfer syntax %s", c.name, tc.program, d.TransferSyntax().UID)
				}
			}
		})
	}
}

// receiver runs storescp with an option for what it accepts.
func (s *site) receiver(port int, accept string) (dir string) {
	s.t.Helper()
	dir = s.t.TempDir()
	cmd := exec.Command("storescp", accept, "-od", dir, "-aet", "MYDEST", fmt.Sprint(port))
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	await(s.t, "storescp", func() bool {
		return exec.Command("echoscu", "127.0.0.1", fmt.Sprint(port)).Run() == nil
	})
	return dir
}

// TestMoveFits moves objects to receivers that accept this or that: all of them
// arrive, in a syntax that was accepted, with the right pixels.
func TestMoveFits(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the program and those of others")
	}
	tool(t, "storescp", "the package dcmtk")
	plain := []string{dicom.ImplicitLittleEndian, dicom.ExplicitLittleEndian}
	for _, tc := range []struct {
		kept, code, accept string
		limit              func(shape) int
		syntaxes           []string
	}{
		{"un", "j2", "+xs", nil, append(plain, dicom.JPEGLosslessSV1)},
		{"un", "j2", "+xi", nil, plain},
		{"un", "j4", "+xa", lossy, []string{dicom.JPEGBaseline, dicom.JPEGExtended, dicom.JPEGLosslessSV1}},
		{"un", "js", "+xt", nil, []string{dicom.JPEGLSLossless}},
		{"un", "jk", "+xv", nil, []string{dicom.JPEG2000Lossless}},
		{"un", "jl", "+xv", nil, []string{dicom.JPEG2000Lossless}},
		{"jk", "jk", "+xv", nil, []string{dicom.JPEG2000Lossless}},
		{"jk", "un", "+xi", nil, plain},
		{"js", "j1", "+xs", nil, []string{dicom.JPEGLosslessSV1}},
		{"j2", "n4", "+xi", nil, plain},
	} {
		t.Run(tc.kept+"_"+tc.code+tc.accept, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.ini = strings.Replace(s.ini, "IncomingCompression = un", "IncomingCompression = "+tc.kept, 1)
			s.aemap = "<AE> 127.0.0.1 <PORT> un\nMYDEST 127.0.0.1 <PORT4> " + tc.code + "\n"
			s.start()
			sent := allShaped()
			s.store(sent...)
			dir := s.receiver(s.port+4, tc.accept)
			out, err := exec.Command("movescu", "-aec", s.ae, "-aem", "MYDEST", "-S", "-k", "0008,0052=SERIES",
				"-k", "0020,000D=1.2.826.0.1.77.1", "-k", "0020,000E="+seriesOfShapes, "127.0.0.1", fmt.Sprint(s.port)).CombinedOutput()
			if err != nil {
				t.Fatalf("movescu: %v\n%s", err, out)
			}
			var objects map[string]*dicom.Dataset
			var paths map[string]string
			await(t, "arrival of all objects", func() bool {
				files, _ := os.ReadDir(dir)
				return len(files) == len(sent)
			})
			time.Sleep(200 * time.Millisecond)
			objects, paths = stored(t, dir)
			for i, c := range shapes {
				uid := sent[i].String(dicom.SOPInstanceUID)
				if objects[uid] == nil {
					t.Errorf("%s did not arrive", c.name)
					continue
				}
				if got := objects[uid].TransferSyntax().UID; !slices.Contains(tc.syntaxes, got) {
					t.Errorf("%s arrived in %s", c.name, got)
				}
				if tc.code == "n4" {
					continue // nobody else reads it
				}
				limit := 0
				if tc.limit != nil {
					limit = tc.limit(c)
				}
				judge(t, paths[uid], sent[i], c, limit)
			}
		})
	}
}

// TestGetFits fetches compressed and plain objects into contexts of all kinds.
func TestGetFits(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the program and those of others")
	}
	tool(t, "getscu", "the package dcmtk")
	for _, tc := range []struct {
		kept, accept string
		syntax       string // "": any that getscu writes plain
	}{
		{"un", "+xi", ""},
		{"jk", "+xv", dicom.JPEG2000Lossless},
		{"jk", "+xi", ""},
		{"js", "+xe", ""},
		{"j2", "+xb", ""},
		{"un", "+xr", ""},
	} {
		t.Run(tc.kept+tc.accept, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.ini = strings.Replace(s.ini, "IncomingCompression = un", "IncomingCompression = "+tc.kept, 1)
			s.start()
			sent := allShaped()
			s.store(sent...)
			dir := t.TempDir()
			out, err := exec.Command("getscu", tc.accept, "-od", dir, "-aec", s.ae, "-S", "-k", "0008,0052=SERIES",
				"-k", "0020,000D=1.2.826.0.1.77.1", "-k", "0020,000E="+seriesOfShapes, "127.0.0.1", fmt.Sprint(s.port)).CombinedOutput()
			if err != nil {
				t.Fatalf("getscu: %v\n%s", err, out)
			}
			objects, paths := stored(t, dir)
			for i, c := range shapes {
				uid := sent[i].String(dicom.SOPInstanceUID)
				if objects[uid] == nil {
					t.Errorf("%s did not arrive", c.name)
					continue
				}
				got := objects[uid].TransferSyntax()
				if tc.syntax != "" && got.UID != tc.syntax || tc.syntax == "" && got.Encapsulated && got.UID != dicom.RLELossless {
					t.Errorf("%s arrived in %s", c.name, got.UID)
				}
				judge(t, paths[uid], sent[i], c, 0)
			}
		})
	}
}

// TestPrivateCompression stores with n4: files named .v2 keep the private
// element, others are plain; what is fetched is plain in both cases.
func TestPrivateCompression(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the program and those of others")
	}
	tool(t, "getscu", "the package dcmtk")
	for _, tc := range []struct {
		naming  string
		private bool
	}{{"FileNameSyntax = 3", true}, {"FileNameSyntax = 4", false}} {
		t.Run(tc.naming, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.ini = strings.Replace(s.ini, "FileNameSyntax = 4", tc.naming, 1)
			s.ini = strings.Replace(s.ini, "IncomingCompression = un", "IncomingCompression = n4", 1)
			s.start()
			sent := allShaped()
			s.store(sent...)
			found := 0
			filepath.WalkDir(filepath.Join(s.dir, "data"), func(path string, e os.DirEntry, err error) error {
				if err != nil || e.IsDir() || !strings.HasSuffix(path, ".v2") && !strings.HasSuffix(path, ".dcm") {
					return nil
				}
				f, err := dicom.ReadFile(path, dicom.ParseOptions{})
				if err != nil {
					t.Error(err)
					return nil
				}
				defer f.Close()
				found++
				if private := f.Has(dicom.NKIPixelData); private != tc.private || private == f.Has(dicom.PixelData) {
					t.Errorf("%s: private element %v", filepath.Base(path), private)
				}
				return nil
			})
			if found != len(sent) {
				t.Errorf("%d files of %d", found, len(sent))
			}
			dir := t.TempDir()
			out, err := exec.Command("getscu", "+xi", "-od", dir, "-aec", s.ae, "-S", "-k", "0008,0052=SERIES",
				"-k", "0020,000D=1.2.826.0.1.77.1", "-k", "0020,000E="+seriesOfShapes, "127.0.0.1", fmt.Sprint(s.port)).CombinedOutput()
			if err != nil {
				t.Fatalf("getscu: %v\n%s", err, out)
			}
			objects, _ := stored(t, dir)
			for i, c := range shapes {
				d := objects[sent[i].String(dicom.SOPInstanceUID)]
				if d == nil {
					t.Errorf("%s did not arrive", c.name)
					continue
				}
				got, _ := d.Get(dicom.PixelData).Bytes()
				want, _ := sent[i].Get(dicom.PixelData).Bytes()
				if !bytes.Equal(got, want) {
					t.Errorf("%s: pixels changed", c.name)
				}
			}
		})
	}
}
