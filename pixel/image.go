package pixel

import (
	"encoding/binary"
	"fmt"

	"conquest/dicom"
	"conquest/pixel/frame"
	"conquest/pixel/nki"
)

// Image gives access to the frames of a data set, whatever their compression.
// It reads the data set and does not change it; frames may be decoded from
// several goroutines at once.
type Image struct {
	Module
	element  *dicom.Element
	groups   [][2]int // fragments of each frame; nil: plain pixel data
	decoder  *frameDecoder
	packed   bool // less than 8, or 9 to 15 bits allocated
	convert  bool // plain YBR_FULL
	expand   bool // plain YBR_*_422
	frameLen int64
}

// Open prepares the pixel data of ds: encapsulated, plain, or in the private
// NKI compression. ErrNoPixelData is wrapped when there are none.
func Open(ds *dicom.Dataset) (*Image, error) {
	return open(ds, 0)
}

func open(ds *dicom.Dataset, workers int) (*Image, error) {
	element := ds.Get(dicom.PixelData)
	if element == nil && ds.NKI() != nil {
		plain, err := nkiElement(ds)
		if err != nil {
			return nil, err
		}
		element = &plain
	}
	if element == nil || element.Fragments == nil && element.Length() == 0 {
		return nil, fmt.Errorf("open image: %w", ErrNoPixelData)
	}
	m, err := ReadModule(ds)
	if err != nil {
		return nil, fmt.Errorf("open image: %w", err)
	}
	im := &Image{Module: m, element: element}
	if element.Fragments != nil {
		im.groups, err = fragmentGroups(ds, element.Fragments, m.Frames)
		if err != nil {
			return nil, fmt.Errorf("open image: %w", err)
		}
		if m.Frames > 1 {
			workers = 1
		}
		im.decoder = newFrameDecoder(ds, m, workers)
		return im, nil
	}
	return im, im.describePlain()
}

// describePlain checks plain pixel data against the attributes.
func (im *Image) describePlain() error {
	m := &im.Module
	switch {
	case m.BitsAllocated < 8, m.BitsAllocated > 8 && m.BitsAllocated < 16:
		im.packed = true
		if m.Samples != 1 {
			return fmt.Errorf("open image: %d samples of %d bits: %w", m.Samples, m.BitsAllocated, ErrUnsupported)
		}
	case m.BitsAllocated != 8 && m.BitsAllocated != 16 && m.BitsAllocated != 32:
		return fmt.Errorf("open image: %d bits allocated: %w", m.BitsAllocated, ErrUnsupported)
	}
	im.convert = m.Samples == 3 && m.Photometric == "YBR_FULL" && m.BitsAllocated <= 16
	im.expand = m.Samples == 3 && m.BitsAllocated == 8 && !m.Planar &&
		(m.Photometric == "YBR_FULL_422" || m.Photometric == "YBR_PARTIAL_422")
	im.frameLen = m.FrameSize()
	if need := m.NativeSize(); im.element.Length() < need {
		return fmt.Errorf("open image: pixel data of %d bytes, want %d", im.element.Length(), need)
	}
	return nil
}

// Encapsulated tells whether the frames are compressed.
func (im *Image) Encapsulated() bool { return im.groups != nil }

// Frame decodes frame i, counted from 0. Colour is interleaved, and RGB where
// the photometric interpretation is RGB or one of the YBR kinds; palettes are
// not applied. Plain 32-bit data give 32 bits allocated, packed data are
// unpacked to 8 or 16. The result may share memory with the data set and must
// not be changed. On damaged data the frame that could be decoded, if any, is
// returned with the error.
func (im *Image) Frame(i int) (*frame.Frame, error) {
	if i < 0 || i >= im.Frames {
		return nil, fmt.Errorf("frame %d of %d", i, im.Frames)
	}
	if im.groups == nil {
		f, err := im.plainFrame(i)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
		return f, nil
	}
	data, err := joinFragments(im.element.Fragments, im.groups[i])
	if err != nil {
		return nil, fmt.Errorf("frame %d: %w", i, err)
	}
	f, err := im.decoder.decode(data)
	if err != nil {
		return f, fmt.Errorf("frame %d: %w", i, err)
	}
	return f, nil
}

func (im *Image) plainFrame(i int) (*frame.Frame, error) {
	m := &im.Module
	f := &frame.Frame{
		Width: m.Columns, Height: m.Rows, Components: m.Samples,
		BitsAllocated: m.BitsAllocated, BitsStored: m.BitsStored, Signed: m.Signed,
	}
	if im.packed {
		return f, im.unpack(f, i)
	}
	pix, err := elementRange(im.element, int64(i)*im.frameLen, im.frameLen)
	if err != nil {
		return nil, err
	}
	f.Pix = pix
	switch {
	case im.expand:
		f.Pix = rgbFrom422(pix, m.Columns, m.Rows, m.Photometric == "YBR_PARTIAL_422")
	case m.Planar:
		f.Pix = make([]byte, len(pix))
		interleavePlanes(f.Pix, pix, m.Samples, m.BitsAllocated/8)
	}
	if im.convert {
		if !m.Planar {
			f.Pix = append([]byte(nil), pix...)
		}
		ybrPixels(f.Pix, m.BitsAllocated, 1<<uint(m.BitsStored-1))
	}
	return f, nil
}

// unpack spreads samples that do not begin at bytes to 8 or 16 bits.
func (im *Image) unpack(f *frame.Frame, frameNumber int) error {
	bits := im.BitsAllocated
	pixels := int64(im.Rows) * int64(im.Columns)
	first := pixels * int64(frameNumber) * int64(bits)
	last := first + pixels*int64(bits)
	src, err := elementRange(im.element, first/8, (last+7)/8-first/8)
	if err != nil {
		return err
	}
	f.BitsAllocated = 8
	if bits > 8 {
		f.BitsAllocated = 16
	}
	f.Pix = make([]byte, pixels*int64(f.BitsAllocated)/8)
	mask := uint32(1)<<uint(bits) - 1
	at := int(first % 8)
	for i := range int(pixels) {
		v := uint32(src[at/8])
		for b := 1; b*8 < at%8+bits; b++ {
			v |= uint32(src[at/8+b]) << uint(8*b)
		}
		v = v >> uint(at%8) & mask
		at += bits
		if f.BitsAllocated == 8 {
			f.Pix[i] = byte(v)
		} else {
			binary.LittleEndian.PutUint16(f.Pix[2*i:], uint16(v))
		}
	}
	return nil
}

// Frames decodes all frames of ds, in parallel.
func Frames(ds *dicom.Dataset) ([]*frame.Frame, error) {
	im, err := Open(ds)
	if err != nil {
		return nil, err
	}
	frames := make([]*frame.Frame, im.Frames)
	err = forEach(im.Frames, 0, func(i int) error {
		f, err := im.Frame(i)
		frames[i] = f
		return err
	})
	return frames, err
}

// nkiElement decodes the private element (7FDF,0010) to plain pixel data.
func nkiElement(ds *dicom.Dataset) (dicom.Element, error) {
	e := ds.NKI()
	data, err := e.Bytes()
	if err != nil {
		return dicom.Element{}, fmt.Errorf("read NKI element: %w", err)
	}
	opt := nki.Options{}
	m, err := ReadModule(ds)
	if err == nil {
		opt.MaxUnits = int((m.NativeSize() + 1) / 2)
	}
	plain, err := nki.Decode(data, opt)
	if err != nil {
		return dicom.Element{}, err
	}
	return dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: plain}, nil
}

// hasNKI tells whether the pixel data are in the private compression.
func hasNKI(ds *dicom.Dataset) bool {
	if ds.Has(dicom.PixelData) {
		return false
	}
	_, ok := nkiMode(ds)
	return ok
}

// nkiMode is the mode of the private element, if it is one.
func nkiMode(ds *dicom.Dataset) (int, bool) {
	e := ds.NKI()
	if e == nil {
		return 0, false
	}
	head, err := elementRange(e, 0, min(e.Length(), 20))
	if err != nil {
		return 0, false
	}
	cfg, err := nki.DecodeConfig(head)
	return cfg.Mode, err == nil
}
