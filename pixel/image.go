package pixel

import (
	"encoding/binary"
	"fmt"

	"conquest/dicom"
	"conquest/pixel/frame"
	"conquest/pixel/nki"
)

// Image gives access to the frames of a data set, whatever their compression.
// It reads the data set and does not change it; the frames of pixel data that stayed
// in a file are read when they are asked for, each without the others. Frames may be
// read and decoded from several goroutines at once.
type Image struct {
	Module
	element  *dicom.Element
	groups   [][2]int // fragments of each frame; nil: plain pixel data
	decoder  *frameDecoder
	packed   bool // less than 8, or 9 to 15 bits allocated
	convert  bool // plain YBR_FULL
	expand   bool // plain YBR_*_422
	frameLen int64
	limits   Limits
}

// Open prepares the pixel data of ds: encapsulated, plain, or in the private
// NKI compression. ErrNoPixelData is wrapped when there are none.
func Open(ds *dicom.Dataset) (*Image, error) { return OpenWith(ds, Limits{}) }

// OpenWith is Open with bounds for the work on each frame.
func OpenWith(ds *dicom.Dataset, l Limits) (*Image, error) {
	return open(ds, Options{Limits: l})
}

func open(ds *dicom.Dataset, opt Options) (*Image, error) {
	element := ds.Get(dicom.PixelData)
	if element == nil && ds.NKI() != nil {
		plain, err := nkiElement(ds, opt.Limits)
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
	im := &Image{Module: m, element: element, limits: opt.Limits}
	if element.Fragments != nil {
		im.groups, err = fragmentGroups(ds, element.Fragments, m.Frames)
		if err != nil {
			return nil, fmt.Errorf("open image: %w", err)
		}
		workers := opt.Workers
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
	im.expand = m.halvedChroma() && m.BitsAllocated == 8
	im.frameLen = m.FrameSize()
	if need := m.NativeSize(); im.element.Length() < need {
		return fmt.Errorf("open image: pixel data of %d bytes, want %d", im.element.Length(), need)
	}
	return nil
}

// Encapsulated tells whether the frames are compressed.
func (im *Image) Encapsulated() bool { return im.groups != nil }

// encoded is frame i with the byte that pads it.
func (im *Image) encoded(i int) ([]byte, error) {
	switch {
	case im.groups != nil:
		return joinFragments(im.element.Fragments, im.groups[i])
	case im.packed:
		return im.packedFrame(i)
	}
	return elementRange(im.element, int64(i)*im.frameLen, im.frameLen)
}

// codedSize is the number of bytes that all frames are coded in.
func (im *Image) codedSize() (n int64) {
	if im.groups == nil {
		return im.element.Length()
	}
	for i := range im.element.Fragments.Len() {
		n += fragmentLength(im.element.Fragments, i)
	}
	return n
}

// Frame decodes frame i, counted from 0. Colour is interleaved, and RGB where
// the photometric interpretation is RGB or one of the YBR kinds; palettes are
// not applied. Plain 32-bit data give 32 bits allocated, packed data are
// unpacked to 8 or 16. The result may share memory with the data set and must
// not be changed. On damaged data the frame that could be decoded, if any, is
// returned with the error. Decoding waits for memory when others use it all; what
// needs more memory or time than there ever is, is refused.
func (im *Image) Frame(i int) (*frame.Frame, error) {
	if i < 0 || i >= im.Frames {
		return nil, fmt.Errorf("frame %d of %d", i, im.Frames)
	}
	_, done, err := im.limits.reserve(0, im.scratch(i), 1)
	if err != nil {
		return nil, fmt.Errorf("frame %d: %w", i, err)
	}
	defer done()
	return im.frame(i, nil)
}

// scratch is the memory that decoding frame i takes.
func (im *Image) scratch(i int) int64 {
	if im.groups == nil {
		return im.FrameSize() * 2
	}
	data, err := im.frameStart(i)
	if err != nil {
		return 0 // decoding will find it
	}
	s := im.decoder.shape(data)
	return s.memory()
}

// frame is Frame within memory that was reserved; the time is that of meter, nil is
// the time for a single frame.
func (im *Image) frame(i int, meter *frame.Meter) (*frame.Frame, error) {
	if im.groups == nil {
		f, err := im.plainFrame(i)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
		return f, nil
	}
	data, err := im.encoded(i)
	if err != nil {
		return nil, fmt.Errorf("frame %d: %w", i, err)
	}
	if meter == nil {
		meter = im.limits.meter(int64(len(data)))
	}
	f, err := im.decoder.decode(data, meter)
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
	if m.halvedChroma() && !im.expand {
		return nil, fmt.Errorf("%s of %d bits: %w", m.Photometric, m.BitsAllocated, ErrUnsupported)
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

// bitRange is where the samples of a packed frame lie: bytes, and the first bit
// in them.
func (im *Image) bitRange(i int) (bytes []byte, first int, err error) {
	bits := int64(im.Rows) * int64(im.Columns) * int64(im.BitsAllocated)
	from := bits * int64(i)
	to := from + bits
	bytes, err = elementRange(im.element, from/8, (to+7)/8-from/8)
	return bytes, int(from % 8), err
}

// unpack spreads samples that do not begin at bytes to 8 or 16 bits.
func (im *Image) unpack(f *frame.Frame, frameNumber int) error {
	bits := im.BitsAllocated
	pixels := int64(im.Rows) * int64(im.Columns)
	src, at, err := im.bitRange(frameNumber)
	if err != nil {
		return err
	}
	f.BitsAllocated = 8
	if bits > 8 {
		f.BitsAllocated = 16
	}
	f.Pix = make([]byte, pixels*int64(f.BitsAllocated)/8)
	mask := uint32(1)<<uint(bits) - 1
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
	scratch := im.scratch(0)
	all := im.NativeSize()
	workers, done, err := im.limits.reserve(all, scratch, 0)
	if err != nil {
		return nil, err
	}
	defer im.limits.release(all)
	defer done()
	meter := im.limits.meter(im.codedSize())
	err = forEach(im.Frames, workers, func(i int) error {
		f, err := im.frame(i, meter)
		frames[i] = f
		return err
	})
	return frames, err
}

// nkiElement decodes the private element into plain pixel data.
func nkiElement(ds *dicom.Dataset, l Limits) (dicom.Element, error) {
	e := ds.NKI()
	data, err := e.Bytes()
	if err != nil {
		return dicom.Element{}, fmt.Errorf("read NKI element: %w", err)
	}
	cfg, err := nki.DecodeConfig(data)
	if err != nil {
		return dicom.Element{}, err
	}
	_, done, err := l.reserve(0, min(2*int64(cfg.Units), nki.MostBytes(len(data))), 1)
	if err != nil {
		return dicom.Element{}, fmt.Errorf("decode NKI element: %w", err)
	}
	defer done()
	plain, err := nki.Decode(data)
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
