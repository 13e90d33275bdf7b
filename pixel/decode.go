package pixel

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/pixel/frame"
	"conquest/pixel/jpeg"
	"conquest/pixel/jpeg2000"
	"conquest/pixel/jpegls"
	"conquest/pixel/rle"
)

// conquestClass begins the implementation class UIDs of the original.
const conquestClass = "1.2.826.0.1.3680043.2.135.1066.101"

// frameDecoder decodes the encapsulated frames of one object.
type frameDecoder struct {
	module   Module
	syntax   string
	conquest bool // the file was written by the original
	workers  int  // within one JPEG 2000 frame
}

func newFrameDecoder(ds *dicom.Dataset, m Module, workers int) *frameDecoder {
	return &frameDecoder{
		module: m, syntax: ds.TransferSyntax().UID, workers: workers,
		conquest: strings.HasPrefix(ds.String(tagImplementationClass), conquestClass),
	}
}

type coding int

const (
	codingUnknown coding = iota
	codingJPEG
	codingJPEGLS
	codingJPEG2000
	codingRLE
	codingNative
	codingDeflated
)

// codingOf tells the coding of a frame: those without marks by the transfer syntax, the
// others by what the data are, for labels are not always right.
func codingOf(syntax string, data []byte) coding {
	switch {
	case syntax == dicom.RLELossless:
		return codingRLE
	case syntax == dicom.EncapsulatedUncompressed:
		return codingNative
	case syntax == dicom.DeflatedImageFrame:
		return codingDeflated
	case bytes.HasPrefix(data, []byte{0xFF, 0x4F, 0xFF, 0x51}),
		bytes.HasPrefix(data, []byte{0, 0, 0, 12, 'j', 'P', ' ', ' '}):
		return codingJPEG2000
	case bytes.HasPrefix(data, []byte{0xFF, 0xD8, 0xFF}):
		if frameHeader(data) == 0xF7 {
			return codingJPEGLS
		}
		return codingJPEG
	}
	return codingUnknown
}

// frameHeader finds the frame header marker (SOF) of a JPEG or JPEG-LS image.
func frameHeader(data []byte) byte {
	for p := 2; p+4 <= len(data); {
		if data[p] != 0xFF {
			return 0
		}
		marker := data[p+1]
		switch {
		case marker == 0xFF:
			p++
			continue
		case marker == 0xF7, marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
			return marker
		}
		p += 2 + int(binary.BigEndian.Uint16(data[p+2:]))
	}
	return 0
}

// decode decodes one frame. Colour comes out interleaved, as RGB unless its
// photometric interpretation is none that is known. With an error the frame
// may hold what could be decoded.
func (d *frameDecoder) decode(data []byte, meter *frame.Meter) (*frame.Frame, error) {
	m := &d.module
	limits := frame.Limits{MaxPixels: min(m.Rows*m.Columns, frame.DefaultMaxPixels), Meter: meter}
	s := d.shape(data)
	if err := cmp.Or(s.check(len(data)), meter.Spend(s.time())); err != nil {
		return nil, err
	}
	var f *frame.Frame
	var err error
	ybr := strings.HasPrefix(m.Photometric, "YBR_FULL") || strings.HasPrefix(m.Photometric, "YBR_PARTIAL")
	switch s.coding {
	case codingJPEG:
		f, err = d.decodeJPEG(data, limits)
		ybr = false
	case codingJPEGLS:
		f, err = jpegls.Decode(data, jpegls.DecodeOptions{Limits: limits})
		if f != nil && err == nil && f.Components == 3 && d.conquest && separateScans(data) && looksInterleaved(f) {
			f = joinParts(f)
		}
	case codingJPEG2000:
		var cfg jpeg2000.Config
		cfg, _ = jpeg2000.DecodeConfig(data)
		f, err = jpeg2000.DecodeWith(data, jpeg2000.DecodeOptions{Limits: limits, Workers: d.workers})
		ybr = ybr && !cfg.ColorTransform
	case codingRLE:
		if f, err = d.decodeRLE(data, limits); f != nil {
			f.Signed = m.Signed // all bits are there
		}
	case codingNative, codingDeflated:
		f, err = d.decodeNative(data, s.coding == codingDeflated)
		ybr = false
	default:
		return nil, fmt.Errorf("transfer syntax %s: %w", d.syntax, ErrUnsupported)
	}
	if f == nil {
		return nil, err
	}
	if f.Width != m.Columns || f.Height != m.Rows {
		return nil, fmt.Errorf("frame of %d x %d pixels in an image of %d x %d", f.Width, f.Height, m.Columns, m.Rows)
	}
	if ybr && f.Components == 3 {
		frameToRGB(f)
	}
	if m.Signed && !f.Signed && f.Components == 1 {
		extendSign(f, m)
	}
	return f, err
}

// decodeJPEG converts to RGB by the markers for the lossy processes. Lossless
// frames are what the photometric interpretation says: the original codes them
// as YBR_FULL, others as RGB.
func (d *frameDecoder) decodeJPEG(data []byte, limits frame.Limits) (*frame.Frame, error) {
	cfg, err := jpeg.DecodeConfig(data)
	if err != nil {
		return nil, err
	}
	opt := jpeg.DecodeOptions{Limits: limits, Signed: d.module.Signed}
	ybr := strings.HasPrefix(d.module.Photometric, "YBR")
	switch {
	case cfg.Process == jpeg.Lossless:
		opt.ToRGB = ybr && cfg.ColorSpace != jpeg.ColorRGB
	case cfg.ColorSpace == jpeg.ColorUnknown:
		opt.ToRGB = d.module.Photometric != "RGB"
	default:
		opt.ToRGB = true
	}
	if cfg.ColorSpace == jpeg.ColorUnknown || cfg.Process == jpeg.Lossless {
		opt.Assume = jpeg.ColorYCbCr
	}
	res, err := jpeg.Decode(data, opt)
	return res.Frame, err
}

func (d *frameDecoder) decodeRLE(data []byte, limits frame.Limits) (*frame.Frame, error) {
	m := &d.module
	cfg, err := rle.DecodeConfig(data)
	if err != nil {
		return nil, err
	}
	bits := (m.BitsAllocated + 7) / 8 * 8
	if cfg.Segments%m.Samples == 0 {
		bits = cfg.Segments / m.Samples * 8
	}
	f, err := rle.Decode(data, rle.Options{
		Width: m.Columns, Height: m.Rows, Components: m.Samples,
		BitsAllocated: bits, BitsStored: min(m.BitsStored, bits), Limits: limits,
	})
	if err != nil && m.BitsAllocated == 1 && m.Samples == 1 {
		if packed, e := d.decodePackedRLE(data); e == nil {
			return packed, nil
		}
	}
	return f, err
}

// decodePackedRLE decodes a frame of single bits of which eight are coded in a
// byte; others code each as a byte.
func (d *frameDecoder) decodePackedRLE(data []byte) (*frame.Frame, error) {
	m := &d.module
	pixels := m.Rows * m.Columns
	f, err := frame.New(m.Columns, m.Rows, 1, 1, false, frame.Limits{})
	if err != nil {
		return nil, err
	}
	packed, err := rle.DecodeBytes(data, (pixels+7)/8)
	if err != nil {
		return nil, err
	}
	for i := range f.Pix {
		f.Pix[i] = packed[i/8] >> uint(i%8) & 1
	}
	return f, nil
}

// extendSign makes two's complement of the whole width from the stored bits,
// unless the frame was coded with more.
func extendSign(f *frame.Frame, m *Module) {
	f.Signed = true
	bits := m.BitsStored
	if bits >= f.BitsAllocated || f.BitsStored > m.BitsStored && f.BitsStored == f.BitsAllocated {
		return
	}
	if f.BitsAllocated == 8 {
		shift := uint(8 - bits)
		for i, v := range f.Pix {
			f.Pix[i] = byte(int8(v<<shift) >> shift)
		}
		return
	}
	shift := uint(16 - bits)
	for i := 0; i+1 < len(f.Pix) && f.BitsAllocated == 16; i += 2 {
		v := binary.LittleEndian.Uint16(f.Pix[i:])
		binary.LittleEndian.PutUint16(f.Pix[i:], uint16(int16(v<<shift)>>shift))
	}
}

// separateScans tells whether a JPEG-LS image codes each component in a scan
// of its own.
func separateScans(data []byte) bool {
	cfg, err := jpegls.DecodeConfig(data)
	return err == nil && cfg.Interleave == jpegls.InterleaveNone
}

// looksInterleaved tells whether the planes of a frame are consecutive parts
// of interleaved colour, as the original codes it: samples then resemble those
// three further on, and three lines down, more than their neighbours.
func looksInterleaved(f *frame.Frame) bool {
	w, h := f.Width, f.Height
	near, far := 0, 0
	for y := range h {
		for x := range w {
			for c := range 3 {
				at := (y*w+x)*3 + c
				v := sampleAt(f, at)
				if x >= 3 {
					near += distance(v, sampleAt(f, at-3))
					far += distance(v, sampleAt(f, at-9))
				}
				if y >= 3 {
					near += distance(v, sampleAt(f, at-3*w))
					far += distance(v, sampleAt(f, at-9*w))
				}
			}
		}
	}
	return far < near
}

// sampleAt is sample i of a frame of 8 or 16 bits, as it is stored.
func sampleAt(f *frame.Frame, i int) int {
	if f.BitsAllocated == 8 {
		return int(f.Pix[i])
	}
	return int(binary.LittleEndian.Uint16(f.Pix[2*i:]))
}

func distance(a, b int) int {
	if a < b {
		return b - a
	}
	return a - b
}

// joinParts puts the planes of a frame one behind the other.
func joinParts(f *frame.Frame) *frame.Frame {
	size := f.BitsAllocated / 8
	pixels := f.Width * f.Height
	joined := *f
	joined.Pix = make([]byte, len(f.Pix))
	for c := range 3 {
		for i := range pixels {
			from, to := (i*3+c)*size, (c*pixels+i)*size
			copy(joined.Pix[to:to+size], f.Pix[from:from+size])
		}
	}
	return &joined
}
