package jpeg2000

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"conquest/pixel/frame"
	"conquest/regress/rig"
)

// openJPH runs testdata/openjph.js with lines of input and returns its output's
// lines. Without node or the package of npm the test is skipped, except where CI
// is set.
func openJPH(t *testing.T, lines []string) []string {
	t.Helper()
	foreignTool(t, "node")
	foreignTool(t, "npm")
	folder, err := rig.NPM("@cornerstonejs/codec-openjph@2.4.11")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED: %v", err)
	}
	cmd := exec.Command("node", filepath.Join("testdata", "openjph.js"))
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(folder, "node_modules"))
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openjph.js: %v\n%s%s", err, out, complaint.Bytes())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// htCases are frames of all depths, signs, odd sizes and colours.
func htCases() (frames []*frame.Frame) {
	for _, size := range [][2]int{{1, 1}, {1, 7}, {9, 1}, {3, 5}, {150, 131}, {70, 300}} {
		for bits := 1; bits <= 16; bits++ {
			if size[0] > 100 && bits%4 != 0 && bits != 1 && bits != 10 {
				continue
			}
			frames = append(frames, testFrame(size[0], size[1], 1, bits, false), testFrame(size[0], size[1], 1, bits, true))
		}
		frames = append(frames, testFrame(size[0], size[1], 3, 8, false), testFrame(size[0], size[1], 3, 16, false))
	}
	return frames
}

// TestOpenJPHReadsOurs has OpenJPH decode what Encode writes.
func TestOpenJPHReadsOurs(t *testing.T) {
	dir := t.TempDir()
	var lines []string
	var want [][]byte
	for _, f := range htCases() {
		for _, opt := range []Options{{HighThroughput: true}, {HighThroughput: true, ColorTransform: true}} {
			// The build for JavaScript clamps signed samples of a byte at zero and
			// has no order of its own for colour that is not transformed.
			if opt.ColorTransform != (f.Components == 3) || f.Signed && f.BitsAllocated == 8 {
				continue
			}
			data, err := Encode(f, opt)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(dir, fmt.Sprint(len(lines)))
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("decode %s %s.raw", name, name))
			want = append(want, f.Pix)
		}
	}
	for i, told := range openJPH(t, lines) {
		got, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.raw", i)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want[i]) {
			t.Errorf("%s: other pixels", told)
		}
	}
}

// TestOpenJPHSize: our lossless streams decode to the same samples as those of
// OpenJPH, and are not larger by more than 3 percent.
func TestOpenJPHSize(t *testing.T) {
	dir := t.TempDir()
	var lines []string
	var frames []*frame.Frame
	for _, f := range []*frame.Frame{
		testFrame(512, 512, 1, 12, false), testFrame(512, 512, 1, 16, true), testFrame(1024, 1024, 1, 8, false), testFrame(300, 500, 1, 10, false),
		testFrame(512, 512, 3, 8, false), smoothFrame(512, 512, 1, 12), smoothFrame(512, 512, 1, 8), smoothFrame(512, 512, 3, 8),
	} {
		name := filepath.Join(dir, fmt.Sprint(len(lines)))
		if err := os.WriteFile(name, f.Pix, 0o644); err != nil {
			t.Fatal(err)
		}
		signed := 0
		if f.Signed {
			signed = 1
		}
		lines = append(lines, fmt.Sprintf("encode %s %s.j2c %d %d %d %d %d 0", name, name, f.Width, f.Height, f.Components, f.BitsStored, signed))
		frames = append(frames, f)
	}
	openJPH(t, lines)
	for i, f := range frames {
		theirs, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.j2c", i)))
		if err != nil {
			t.Fatal(err)
		}
		wantPixels(t, theirs, f)
		ours := mustEncode(t, f, Options{HighThroughput: true, ColorTransform: true})
		ratio := float64(len(ours)) / float64(len(theirs))
		t.Logf("%dx%dx%d %d bits: %d bytes, OpenJPH %d (%.4f)", f.Width, f.Height, f.Components, f.BitsStored, len(ours), len(theirs), ratio)
		if ratio > 1.03 {
			t.Errorf("%dx%dx%d %d bits: %d bytes, OpenJPH %d", f.Width, f.Height, f.Components, f.BitsStored, len(ours), len(theirs))
		}
	}
}

// smoothFrame is testFrame without noise, as a phantom or a picture from a screen.
func smoothFrame(w, h, nc, bits int) *frame.Frame {
	f := testFrame(w, h, nc, bits, false)
	for i := range f.Samples() {
		setSample(f, i, sampleOf(f, i)&^(1<<(bits-4)-1))
	}
	return f
}
