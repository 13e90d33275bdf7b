package pixel

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/regress/rig"
)

// foreign finds another maker's tool. Without it the test is skipped, but
// fails where CI is set.
func foreign(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		rig.Missing(t, err)
	}
	return path
}

func run(t *testing.T, tool string, args ...string) error {
	t.Helper()
	out, err := exec.Command(tool, args...).CombinedOutput()
	if err != nil {
		t.Logf("%s %s: %v\n%s", tool, strings.Join(args, " "), err, out)
	}
	return err
}

func writeDataset(t *testing.T, name string, ds *dicom.Dataset) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = dicom.WritePart10(f, ds, dicom.Meta{ImplementationClassUID: "1.2.3.4", ImplementationVersionName: "TEST"})
	if err != nil {
		t.Fatal(err)
	}
}

func readDataset(t *testing.T, name string) *dicom.Dataset {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := dicom.ParsePart10(b, dicom.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// plainPixels are the plain pixel bytes of a copy of ds.
func plainPixels(t *testing.T, ds *dicom.Dataset) []byte {
	t.Helper()
	ds = ds.Clone()
	if _, err := Decompress(ds, Limits{}); err != nil {
		t.Fatal(err)
	}
	b, err := ds.Get(dicom.PixelData).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// difference is the largest difference of two plain images in samples; -1
// when they differ in length.
func difference(a, b []byte, bitsAllocated int, signed bool) int {
	if len(a) != len(b) {
		return -1
	}
	worst := 0
	if bitsAllocated == 8 {
		for i := range a {
			worst = max(worst, distance(int(a[i]), int(b[i])))
		}
		return worst
	}
	for i := 0; i+1 < len(a); i += 2 {
		x, y := int(a[i])|int(a[i+1])<<8, int(b[i])|int(b[i+1])<<8
		if signed {
			x, y = int(int16(x)), int(int16(y))
		}
		worst = max(worst, distance(x, y))
	}
	return worst
}

// TestForeignDecoders lets dcmtk and GDCM decode what we code.
func TestForeignDecoders(t *testing.T) {
	if testing.Short() {
		t.Skip("foreign tools take their time")
	}
	type decoder struct {
		tool string
		args []string // before input and output
	}
	dcmtkJPEG := decoder{"dcmdjpeg", nil}
	dcmtkJPEGLS := decoder{"dcmdjpls", nil}
	gdcm := decoder{"gdcmconv", []string{"--raw"}}
	for _, c := range []struct {
		code     string
		decoders []decoder
	}{
		{"j1", []decoder{dcmtkJPEG, gdcm}},
		{"j2", []decoder{dcmtkJPEG, gdcm}},
		{"j3", []decoder{dcmtkJPEG, gdcm}},
		{"j350", []decoder{dcmtkJPEG, gdcm}},
		{"j5", []decoder{dcmtkJPEG, gdcm}},
		{"js", []decoder{dcmtkJPEGLS, gdcm}},
		{"j750", []decoder{dcmtkJPEGLS, gdcm}},
		{"jk", []decoder{gdcm}},
		{"jl", []decoder{gdcm}},
		{"rle", []decoder{{"dcmdrle", nil}, gdcm}},
	} {
		for _, d := range c.decoders {
			t.Run(c.code+"/"+d.tool, func(t *testing.T) {
				tool := foreign(t, d.tool)
				r := openReference(t)
				dir := t.TempDir()
				for _, s := range r.Sources {
					ds := r.dataset(t, s.File)
					err := error(nil)
					if c.code == "rle" {
						err = TranscodeTo(ds, dicom.RLELossless, Options{})
					} else {
						err = Transcode(ds, c.code, Options{})
					}
					if err != nil {
						t.Errorf("%s: %v", s.Name, err)
						continue
					}
					in, out := filepath.Join(dir, s.Name+".dcm"), filepath.Join(dir, s.Name+".raw.dcm")
					writeDataset(t, in, ds)
					if run(t, tool, append(d.args, in, out)...) != nil {
						t.Errorf("%s %s: not decoded", s.Name, c.code)
						continue
					}
					theirs := readDataset(t, out)
					m, err := ReadModule(theirs)
					if err != nil {
						t.Fatal(err)
					}
					limit := 0
					if ds.Has(tagLossyImageCompression) {
						limit = 2
					}
					diff := difference(plainPixels(t, theirs), plainPixels(t, ds), m.BitsAllocated, m.Signed)
					if diff < 0 || diff > limit {
						t.Errorf("%s %s: %s differs by %d (%+v)", s.Name, c.code, d.tool, diff, m)
					}
				}
			})
		}
	}
}

// TestForeignEncoders decodes what dcmtk and GDCM code, and compares with what
// their own decoders make of it.
func TestForeignEncoders(t *testing.T) {
	if testing.Short() {
		t.Skip("foreign tools take their time")
	}
	for _, c := range []struct {
		name   string
		tool   string
		args   []string
		decode []string
		limit  int
	}{
		{"rle dcmtk", "dcmcrle", nil, []string{"dcmdrle"}, 0},
		{"lossless dcmtk", "dcmcjpeg", []string{"+e1"}, []string{"dcmdjpeg"}, 0},
		{"lossless predictor 2 dcmtk", "dcmcjpeg", []string{"+el", "+sv", "2"}, []string{"dcmdjpeg"}, 0},
		{"lossless predictor 3 dcmtk", "dcmcjpeg", []string{"+el", "+sv", "3"}, []string{"dcmdjpeg"}, 0},
		{"lossless predictor 4 dcmtk", "dcmcjpeg", []string{"+el", "+sv", "4"}, []string{"dcmdjpeg"}, 0},
		{"lossless predictor 5 dcmtk", "dcmcjpeg", []string{"+el", "+sv", "5"}, []string{"dcmdjpeg"}, 0},
		{"lossless predictor 6 dcmtk", "dcmcjpeg", []string{"+el", "+sv", "6"}, []string{"dcmdjpeg"}, 0},
		{"lossless predictor 7 dcmtk", "dcmcjpeg", []string{"+el", "+sv", "7"}, []string{"dcmdjpeg"}, 0},
		{"lossless fragmented dcmtk", "dcmcjpeg", []string{"+e1", "+fs", "1"}, []string{"dcmdjpeg"}, 0},
		{"baseline dcmtk", "dcmcjpeg", []string{"+eb"}, []string{"dcmdjpeg"}, 0},
		{"baseline 444 dcmtk", "dcmcjpeg", []string{"+eb", "+s4"}, []string{"dcmdjpeg"}, 0},
		{"baseline 420 dcmtk", "dcmcjpeg", []string{"+eb", "+n1"}, []string{"dcmdjpeg"}, 0},
		{"extended dcmtk", "dcmcjpeg", []string{"+ee"}, []string{"dcmdjpeg"}, 0},
		{"spectral dcmtk", "dcmcjpeg", []string{"+es"}, []string{"dcmdjpeg"}, 0},
		{"progressive dcmtk", "dcmcjpeg", []string{"+ep"}, []string{"dcmdjpeg"}, 0},
		{"baseline rgb dcmtk", "dcmcjpeg", []string{"+eb", "+cr"}, []string{"dcmdjpeg"}, 0},
		{"jpegls dcmtk", "dcmcjpls", nil, []string{"dcmdjpls"}, 0},
		{"jpegls near dcmtk", "dcmcjpls", []string{"+en", "+md", "2"}, []string{"dcmdjpls"}, 0},
		{"jpegls sample dcmtk", "dcmcjpls", []string{"+is"}, []string{"dcmdjpls"}, 0},
		{"jpegls none dcmtk", "dcmcjpls", []string{"+iv"}, []string{"dcmdjpls"}, 0},
		{"rle gdcm", "gdcmconv", []string{"--rle"}, []string{"gdcmconv", "--raw"}, 0},
		{"lossless gdcm", "gdcmconv", []string{"--jpeg"}, []string{"gdcmconv", "--raw"}, 0},
		{"jpegls gdcm", "gdcmconv", []string{"--jpegls"}, []string{"gdcmconv", "--raw"}, 0},
		{"j2k gdcm", "gdcmconv", []string{"--j2k"}, []string{"gdcmconv", "--raw"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			tool, back := foreign(t, c.tool), foreign(t, c.decode[0])
			r := openReference(t)
			dir := t.TempDir()
			coded := 0
			for _, s := range r.Sources {
				in, out, raw := filepath.Join(dir, s.Name+".dcm"), filepath.Join(dir, s.Name+".out.dcm"), filepath.Join(dir, s.Name+".raw.dcm")
				if err := os.WriteFile(in, r.bytes(t, s.File), 0o600); err != nil {
					t.Fatal(err)
				}
				if exec.Command(tool, append(c.args, in, out)...).Run() != nil {
					continue // not every tool codes every image
				}
				ours := readDataset(t, out)
				if ours.Get(dicom.PixelData).Fragments == nil {
					continue
				}
				coded++
				if run(t, back, append(c.decode[1:], out, raw)...) != nil {
					t.Errorf("%s: not decoded by %s", s.Name, c.decode[0])
					continue
				}
				limit := c.limit
				if s.Name == "ybr_full" {
					limit = 1 // rounding of the conversion to RGB
				}
				got := plainPixels(t, ours)
				theirs := readDataset(t, raw)
				want := plainPixels(t, theirs)
				m, err := ReadModule(theirs)
				if err != nil {
					t.Fatal(err)
				}
				if diff := difference(got, want, m.BitsAllocated, m.Signed); diff < 0 || diff > limit {
					t.Errorf("%s: differs by %d (%d and %d bytes) %+v", s.Name, diff, len(got), len(want), m)
				}
			}
			if coded == 0 {
				t.Error("nothing was coded")
			}
		})
	}
}
