package jpeg2000

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestSpeedAgainstForeign logs the time of the foreign tools (as they report
// it themselves, without starting and reading) beside ours, on one core.
func TestSpeedAgainstForeign(t *testing.T) {
	if os.Getenv("JPEG2000_SPEED") == "" {
		t.Skip("JPEG2000_SPEED is not set")
	}
	tools := map[string]string{"decode": foreignTool(t, "opj_decompress"), "encode": foreignTool(t, "opj_compress")}
	reported := regexp.MustCompile(`(?:de|en)code time: (\d+) ms`)
	foreign := func(act string, args ...string) time.Duration {
		var best []time.Duration
		for range 5 {
			out, err := exec.Command(tools[act], args...).CombinedOutput()
			m := reported.FindSubmatch(out)
			if err != nil || m == nil {
				t.Fatalf("%v: %v %s", args, err, out)
			}
			ms, _ := strconv.Atoi(string(m[1]))
			best = append(best, time.Duration(ms)*time.Millisecond)
		}
		return slices.Min(best)
	}
	ours := func(do func() error) time.Duration {
		var best []time.Duration
		for range 5 {
			start := time.Now()
			if err := do(); err != nil {
				t.Fatal(err)
			}
			best = append(best, time.Since(start))
		}
		return slices.Min(best)
	}
	dir := t.TempDir()
	raw, j2k := filepath.Join(dir, "in.rawl"), filepath.Join(dir, "x.j2k")
	for _, k := range benchmarkFrames {
		f := testFrame(2*k.size, 2*k.size, k.nc, k.bits, false)
		if err := os.WriteFile(raw, planarBytes(f), 0o644); err != nil {
			t.Fatal(err)
		}
		format := bytes.Join([][]byte{strconv.AppendInt(nil, int64(f.Width), 10), strconv.AppendInt(nil, int64(f.Height), 10),
			strconv.AppendInt(nil, int64(k.nc), 10), strconv.AppendInt(nil, int64(k.bits), 10), []byte("u")}, []byte(","))
		for _, o := range benchmarkOptions {
			opt := o.opt
			opt.Workers = 1
			data, err := Encode(f, opt)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(j2k, data, 0o644); err != nil {
				t.Fatal(err)
			}
			theirs := foreign("decode", "-threads", "1", "-i", j2k, "-o", filepath.Join(dir, "out.rawl"))
			our := ours(func() error { _, err := DecodeWith(data, DecodeOptions{Workers: 1}); return err })
			args := []string{"-threads", "1", "-i", raw, "-o", filepath.Join(dir, "y.j2k"), "-F", string(format)}
			if opt.Lossy {
				args = append(args, "-I", "-r", "10")
			}
			theirsEnc := foreign("encode", args...)
			ourEnc := ours(func() error { _, err := Encode(f, opt); return err })
			t.Logf("%s x4 %s (%d bytes): decode %v, foreign %v (%.2f); encode %v, foreign %v (%.2f)", k.name, o.name, len(data),
				our.Round(time.Millisecond), theirs, our.Seconds()/theirs.Seconds(),
				ourEnc.Round(time.Millisecond), theirsEnc, ourEnc.Seconds()/theirsEnc.Seconds())
		}
	}
}
