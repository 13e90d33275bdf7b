package jpeg2000

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"conquest/pixel/frame"
)

// element writes an explicit little endian element of PS3.5 with a value of
// less than 64 kB.
func element(group, number uint16, vr, value string) []byte {
	if len(value)%2 == 1 {
		value += "\x00"
	}
	b := binary.LittleEndian.AppendUint16(nil, group)
	b = binary.LittleEndian.AppendUint16(b, number)
	b = append(b, vr...)
	if vr == "OB" || vr == "OW" {
		b = append(b, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
	} else {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	}
	return append(b, value...)
}

// dicomFile writes a file with f's attributes and the pixel data given: plain,
// or as one fragment.
func dicomFile(f *frame.Frame, syntax string, pixels []byte, fragment bool) []byte {
	us := func(v int) string { return string([]byte{byte(v), byte(v >> 8)}) }
	meta := bytes.Join([][]byte{
		element(2, 1, "OB", "\x00\x01"),
		element(2, 2, "UI", "1.2.840.10008.5.1.4.1.1.7"),
		element(2, 3, "UI", "1.2.3.4"),
		element(2, 0x10, "UI", syntax),
		element(2, 0x12, "UI", "1.2.3.5"),
	}, nil)
	photometric, signed := "MONOCHROME2", 0
	if f.Components == 3 {
		photometric = "RGB"
	}
	if f.Signed {
		signed = 1
	}
	out := append(make([]byte, 128), "DICM"...)
	out = append(out, element(2, 0, "UL", string(binary.LittleEndian.AppendUint32(nil, uint32(len(meta)))))...)
	out = append(out, meta...)
	out = append(out, element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.7")...)
	out = append(out, element(8, 0x18, "UI", "1.2.3.4")...)
	out = append(out, element(0x28, 2, "US", us(f.Components))...)
	out = append(out, element(0x28, 4, "CS", photometric)...)
	if f.Components == 3 {
		out = append(out, element(0x28, 6, "US", us(0))...)
	}
	out = append(out, element(0x28, 0x10, "US", us(f.Height))...)
	out = append(out, element(0x28, 0x11, "US", us(f.Width))...)
	out = append(out, element(0x28, 0x100, "US", us(f.BitsAllocated))...)
	out = append(out, element(0x28, 0x101, "US", us(f.BitsStored))...)
	out = append(out, element(0x28, 0x102, "US", us(f.BitsStored-1))...)
	out = append(out, element(0x28, 0x103, "US", us(signed))...)
	if !fragment {
		return append(out, element(0x7FE0, 0x10, "OW", string(pixels))...)
	}
	if len(pixels)%2 == 1 {
		pixels = append(pixels, 0)
	}
	out = append(out, 0xE0, 0x7F, 0x10, 0, 'O', 'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0, 0xE0)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(pixels)))
	return append(append(out, pixels...), 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0)
}

// TestDicomToolkit has gdcmconv decode our streams and encode streams for us.
func TestDicomToolkit(t *testing.T) {
	tool := foreignTool(t, "gdcmconv")
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.dcm"), filepath.Join(dir, "out.dcm")
	convert := func(name string, file []byte, arg string) []byte {
		if err := os.WriteFile(in, file, 0o644); err != nil {
			t.Fatal(err)
		}
		if msg, err := exec.Command(tool, arg, in, out).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", name, err, msg)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, k := range []struct {
		nc, bits int
		signed   bool
	}{{1, 8, false}, {1, 12, false}, {1, 16, false}, {1, 16, true}, {1, 12, true}, {3, 8, false}} {
		f := testFrame(96, 70, k.nc, k.bits, k.signed)
		name := fmt.Sprintf("%d x %d bits signed %v", k.nc, k.bits, k.signed)

		data := mustEncode(t, f, Options{})
		plain := convert(name, dicomFile(f, "1.2.840.10008.1.2.4.90", data, true), "--raw")
		if !bytes.HasSuffix(plain, f.Pix) {
			t.Errorf("%s: the toolkit decodes other pixels", name)
		}

		packed := convert(name, dicomFile(f, "1.2.840.10008.1.2.1", f.Pix, false), "--j2k")
		at := bytes.Index(packed, []byte{0xFF, 0x4F, 0xFF, 0x51})
		if at < 0 {
			t.Fatalf("%s: the toolkit writes no code stream", name)
		}
		t.Run(name, func(t *testing.T) { wantPixels(t, packed[at:], f) })
	}
}
