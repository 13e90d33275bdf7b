package pixel_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/pixel"
)

var speed = flag.Bool("speed", false, "print a table of the codecs' speed beside that of dcmtk and gdcm")

// speedImage is 16 frames of 512 x 512: a body with organs and noise.
type speedImage struct {
	name              string
	samples           int
	allocated, stored int
}

const speedFrames = 16

func (c speedImage) dataset() *dicom.Dataset {
	const side = 512
	rng := rand.New(rand.NewPCG(7, 7))
	top := float64(int(1)<<c.stored - 1)
	var pix []byte
	for f := range speedFrames {
		for y := range side {
			for x := range side {
				u, v := float64(x-side/2)/side, float64(y-side/2)/side
				g := 0.02
				if r := math.Hypot(u/0.42, v/0.34); r < 1 {
					g = 0.3 + 0.05*math.Sin(20*u+float64(f)) + 0.04*math.Cos(33*v)
					if math.Hypot(u-0.1, v+0.05) < 0.08 {
						g += 0.15
					}
					if r > 0.93 {
						g = 0.6
					}
				}
				for k := range c.samples {
					n := rng.NormFloat64() * 0.004
					s := int(math.Min(math.Max((g*(1-0.2*float64(k))+n)*top, 0), top))
					if c.allocated == 8 {
						pix = append(pix, byte(s))
					} else {
						pix = binary.LittleEndian.AppendUint16(pix, uint16(s))
					}
				}
			}
		}
	}
	d := dicom.NewDataset(20)
	d.SetString(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.7.3")
	d.SetString(dicom.SOPInstanceUID, "1.2.826.0.1.99.1")
	d.SetString(dicom.NumberOfFrames, fmt.Sprint(speedFrames))
	d.SetString(dicom.PhotometricInterpretation, "MONOCHROME2")
	if c.samples == 3 {
		d.SetString(dicom.PhotometricInterpretation, "RGB")
		d.SetUint16(dicom.PlanarConfiguration, 0)
	}
	for t, v := range map[dicom.Tag]int{
		dicom.Rows: side, dicom.Columns: side, dicom.SamplesPerPixel: c.samples, dicom.PixelRepresentation: 0,
		dicom.BitsAllocated: c.allocated, dicom.BitsStored: c.stored, dicom.HighBit: c.stored - 1,
	} {
		d.SetUint16(t, uint16(v))
	}
	vr := dicom.OW
	if c.allocated == 8 {
		vr = dicom.OB
	}
	d.Put(dicom.Element{Tag: dicom.PixelData, VR: vr, Value: pix})
	d.SetTransferSyntax(dicom.ExplicitLittleEndian)
	return d
}

func writeObject(path string, d *dicom.Dataset) error {
	var b bytes.Buffer
	if err := dicom.WritePart10(&b, d, dicom.Meta{}); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// TestSpeedProcess is the work of one process of TestSpeed.
func TestSpeedProcess(t *testing.T) {
	args := strings.Fields(os.Getenv("PIXEL_SPEED"))
	if len(args) != 3 {
		t.Skip("a part of TestSpeed")
	}
	f, err := dicom.ReadFile(args[1], dicom.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if args[0] == "rle" {
		err = pixel.TranscodeTo(f.Dataset, dicom.RLELossless, pixel.Options{})
	} else {
		err = pixel.Transcode(f.Dataset, args[0], pixel.Options{})
	}
	if err == nil {
		err = writeObject(args[2], f.Dataset)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// run gives the processor time of a command and the time it took, the best of
// three; zeros when it fails.
func timed(make func() *exec.Cmd) (cpu, wall time.Duration) {
	for range 3 {
		cmd := make()
		start := time.Now()
		if cmd.Run() != nil {
			return 0, 0
		}
		took := time.Since(start)
		used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if cpu == 0 || used < cpu {
			cpu = used
		}
		if wall == 0 || took < wall {
			wall = took
		}
	}
	return cpu, wall
}

// TestSpeed prints how fast files are compressed and decompressed, reading and
// writing included, in MB of plain pixels per second of processor time of one
// core, and of time on all cores.
func TestSpeed(t *testing.T) {
	if !*speed {
		t.Skip("-speed is not set")
	}
	dir := t.TempDir()
	ours := func(code, in, out string, cores string) func() *exec.Cmd {
		return func() *exec.Cmd {
			cmd := exec.Command(os.Args[0], "-test.run=TestSpeedProcess")
			cmd.Env = append(os.Environ(), "PIXEL_SPEED="+code+" "+in+" "+out)
			if cores != "" {
				cmd.Env = append(cmd.Env, "GOMAXPROCS="+cores)
			}
			return cmd
		}
	}
	fmt.Println("| image | code | encode, one core | all cores | dcmtk | gdcm | decode, one core | all cores | dcmtk | gdcm |")
	fmt.Println("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, c := range []speedImage{{"grey 8", 1, 8, 8}, {"grey 12", 1, 16, 12}, {"grey 16", 1, 16, 16}, {"RGB 8", 3, 8, 8}} {
		d := c.dataset()
		size := float64(d.Get(dicom.PixelData).Length()) / 1e6
		plain := filepath.Join(dir, "plain")
		if err := writeObject(plain, d); err != nil {
			t.Fatal(err)
		}
		rate := func(took time.Duration) string {
			if took == 0 {
				return "-"
			}
			return fmt.Sprintf("%.0f", size/took.Seconds())
		}
		for _, code := range []string{"j1", "j2", "j4", "j6", "js", "jk", "jh", "jl20", "rle", "n4"} {
			if c.stored == 16 && (code == "j4" || code == "j6") {
				continue
			}
			coded, out := filepath.Join(dir, "coded"), filepath.Join(dir, "out")
			cpu, _ := timed(ours(code, plain, coded, "1"))
			_, wall := timed(ours(code, plain, coded, ""))
			line := fmt.Sprintf("| %s | %s | %s | %s", c.name, code, rate(cpu), rate(wall))
			foreign := func(args []string, in, out string) string {
				if args == nil {
					return "-"
				}
				cpu, _ := timed(func() *exec.Cmd { return exec.Command(args[0], append(args[1:len(args):len(args)], in, out)...) })
				return rate(cpu)
			}
			tools := speedTools[code]
			if code == "j4" && c.stored > 8 {
				tools.dcmtkEncode = []string{"dcmcjpeg", "+ee"}
			}
			line += " | " + foreign(tools.dcmtkEncode, plain, out) + " | " + foreign(tools.gdcmEncode, plain, out)
			cpu, _ = timed(ours("un", coded, out, "1"))
			_, wall = timed(ours("un", coded, out, ""))
			line += " | " + rate(cpu) + " | " + rate(wall) + " | " + foreign(tools.dcmtkDecode, coded, out)
			if tools.gdcmEncode != nil {
				line += " | " + foreign([]string{"gdcmconv", "--raw"}, coded, out) + " |"
			} else {
				line += " | - |"
			}
			fmt.Println(line)
		}
	}
}

// speedTools are the programs that do the same work.
var speedTools = map[string]struct{ dcmtkEncode, gdcmEncode, dcmtkDecode []string }{
	"j1":   {[]string{"dcmcjpeg", "+e1"}, []string{"gdcmconv", "--jpeg"}, []string{"dcmdjpeg"}},
	"j2":   {[]string{"dcmcjpeg", "+el", "+sv", "6"}, nil, []string{"dcmdjpeg"}},
	"j4":   {[]string{"dcmcjpeg", "+eb", "+q", "95"}, nil, []string{"dcmdjpeg"}},
	"j6":   {[]string{"dcmcjpeg", "+ep", "+q", "95"}, nil, []string{"dcmdjpeg"}},
	"js":   {[]string{"dcmcjpls"}, []string{"gdcmconv", "--jpegls"}, []string{"dcmdjpls"}},
	"jk":   {nil, []string{"gdcmconv", "--j2k"}, nil},
	"jl20": {nil, []string{"gdcmconv", "--j2k", "--lossy", "-r", "5"}, nil},
	"rle":  {[]string{"dcmcrle"}, []string{"gdcmconv", "--rle"}, []string{"dcmdrle"}},
}
