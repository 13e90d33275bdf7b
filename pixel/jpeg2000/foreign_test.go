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

// foreignTool finds a program of another implementation. Without it the test
// is skipped, except where CI is set.
func foreignTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	rig.Missing(t, err)
	return ""
}

// planarBytes is f as the raw files of the foreign tools have it.
func planarBytes(f *frame.Frame) []byte {
	size := f.BitsAllocated / 8
	out := make([]byte, 0, len(f.Pix))
	for c := range f.Components {
		for i := c; i < f.Samples(); i += f.Components {
			out = append(out, f.Pix[i*size:(i+1)*size]...)
		}
	}
	return out
}

// TestForeignDecoderReadsOurs has opj_decompress read what Encode writes.
func TestForeignDecoderReadsOurs(t *testing.T) {
	tool := foreignTool(t, "opj_decompress")
	dir := t.TempDir()
	for _, size := range [][2]int{{1, 1}, {3, 5}, {40, 1}, {150, 131}} {
		for _, bits := range []int{2, 8, 12, 16} {
			for _, nc := range []int{1, 3} {
				f := testFrame(size[0], size[1], nc, bits, bits == 8 && nc == 1)
				for _, opt := range []Options{{}, {ColorTransform: true}, {Lossy: true, Rate: 4, ColorTransform: true},
					{HighThroughput: true}, {HighThroughput: true, ColorTransform: true}} {
					name := fmt.Sprintf("%dx%dx%d %d bits %+v", size[0], size[1], nc, bits, opt)
					data, err := Encode(f, opt)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					in, out := filepath.Join(dir, "in.j2k"), filepath.Join(dir, "out.rawl")
					if err := os.WriteFile(in, data, 0o644); err != nil {
						t.Fatal(err)
					}
					if msg, err := exec.Command(tool, "-i", in, "-o", out).CombinedOutput(); err != nil {
						t.Fatalf("%s: %v %s", name, err, msg)
					}
					got, err := os.ReadFile(out)
					if err != nil {
						t.Fatal(err)
					}
					g, err := Decode(data, frame.Limits{})
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					if !bytes.Equal(got, planarBytes(g)) {
						t.Errorf("%s: the foreign decoder gives other pixels", name)
					}
				}
			}
		}
	}
}

// TestForeignEncoder decodes what opj_compress writes with every style and
// progression to what opj_decompress makes of it.
func TestForeignEncoder(t *testing.T) {
	tool, back := foreignTool(t, "opj_compress"), foreignTool(t, "opj_decompress")
	dir := t.TempDir()
	in, mid, out := filepath.Join(dir, "in.rawl"), filepath.Join(dir, "mid.j2k"), filepath.Join(dir, "out.rawl")
	var styles, orders []string
	for style := range 64 {
		styles = append(styles, fmt.Sprintf("-M %d", style))
		if style%5 == 0 {
			styles = append(styles, fmt.Sprintf("-M %d -I -r 8", style))
		}
	}
	for _, order := range []string{"LRCP", "RLCP", "RPCL", "PCRL", "CPRL"} {
		orders = append(orders,
			"-p "+order+" -r 20,10,1 -c [64,32],[32,32] -b 16,16",
			"-p "+order+" -t 40,30 -d 11,5 -T 7,2 -n 3 -SOP -EPH",
			"-p "+order+" -t 40,30 -n 3 -TP R -I -r 30,7",
			"-p "+order+" -d 3,9 -n 4 -c [128,128],[32,64],[16,16] -b 32,8 -I -r 12,6")
	}
	for _, k := range []struct {
		nc, bits int
		cases    []string
	}{{1, 12, styles}, {3, 8, orders}} {
		f := testFrame(83, 71, k.nc, k.bits, false)
		if err := os.WriteFile(in, planarBytes(f), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, c := range k.cases {
			name := fmt.Sprintf("%d x %d bits %s", k.nc, k.bits, c)
			args := []string{"-i", in, "-o", mid, "-F", fmt.Sprintf("83,71,%d,%d,u", k.nc, k.bits)}
			if msg, err := exec.Command(tool, append(args, strings.Fields(c)...)...).CombinedOutput(); err != nil {
				t.Logf("%s: the foreign encoder fails: %v %s", name, err, msg)
				continue
			}
			if msg, err := exec.Command(back, "-i", mid, "-o", out).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v %s", name, err, msg)
			}
			data, err := os.ReadFile(mid)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			g, err := Decode(data, frame.Limits{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if !bytes.Equal(want, planarBytes(g)) {
				t.Errorf("%s: other pixels", name)
			}
		}
	}
}
