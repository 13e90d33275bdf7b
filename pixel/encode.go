package pixel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"conquest/dicom"
	"conquest/pixel/frame"
	"conquest/pixel/jpeg"
	"conquest/pixel/jpeg2000"
	"conquest/pixel/jpegls"
	"conquest/pixel/rle"
)

// plan is how an image is going to be coded.
type plan struct {
	syntax      string
	photometric string // of colour
	bits        int    // precision of the coded samples
	narrow      bool   // bits allocated become 8
	lossy       bool
	encode      func(f *frame.Frame) ([]byte, error)
}

// encapsulate codes the plain pixel data of ds by the mode of a j code: one
// fragment for each frame. Multi-frame images get a basic offset table.
func encapsulate(ds *dicom.Dataset, mode byte, opt Options) error {
	im, err := open(ds, opt)
	if err != nil {
		return err
	}
	if err := im.checkPlain(); err != nil {
		return err
	}
	p, err := im.plan(mode, opt)
	if err != nil {
		return err
	}
	out := newFragmentStore(opt.Limits, im.Module)
	workers, done, err := opt.Limits.reserve(out.kept, im.encodeMemory(mode), opt.Workers)
	if err != nil {
		return err
	}
	defer done()
	err = forEach(im.Frames, workers, func(i int) error {
		f, err := im.frame(i, nil)
		if err != nil {
			return err
		}
		given := prepare(f, p)
		data, err := p.encode(given)
		if err == nil {
			err = im.verify(data, given, p)
		}
		if err != nil {
			return fmt.Errorf("frame %d: %w", i, err)
		}
		return out.put(i, data)
	})
	if err != nil {
		out.drop()
		return err
	}
	putEncapsulated(ds, im.Module, p, out.fragments())
	return nil
}

// errVerify tells that coded pixel data do not decode to what they were made of.
// Nothing plain is let go then.
var errVerify = errors.New("coded pixel data do not decode to what they were")

// verify decodes a frame that was just coded.
func (im *Image) verify(data []byte, given *frame.Frame, p plan) error {
	m := im.Module
	m.Planar = false
	m.BitsAllocated, m.BitsStored = given.BitsAllocated, min(m.BitsStored, given.BitsAllocated)
	if m.Samples == 3 {
		m.Photometric = p.photometric
	}
	d := frameDecoder{module: m, syntax: p.syntax, workers: 1}
	f, err := d.decode(data, nil)
	switch {
	case err != nil:
		return errors.Join(errVerify, err)
	case p.lossy:
		return nil
	case !bytes.Equal(widen(f, given.BitsAllocated), given.Pix):
		return errVerify
	}
	return nil
}

// encodeMemory is what coding a frame uses at its height.
func (im *Image) encodeMemory(mode byte) int64 {
	bytes, samples := im.FrameSize(), int64(im.Rows)*int64(im.Columns)*int64(im.Samples)
	switch mode {
	case 'k', 'l', 'h', modeHTLossy, modeRPCL:
		return 4*bytes + 12*samples
	}
	return 5 * bytes
}

// checkPlain refuses what can not be coded frame by frame.
func (im *Image) checkPlain() error {
	m := &im.Module
	if m.BitsAllocated != 8 && m.BitsAllocated != 16 {
		return fmt.Errorf("%d bits allocated: %w", m.BitsAllocated, ErrUnsupported)
	}
	if m.Samples != 1 && m.Samples != 3 {
		return fmt.Errorf("%d samples per pixel: %w", m.Samples, ErrUnsupported)
	}
	return im.checkLength()
}

// checkLength refuses plain pixel data that seem to hold more frames than the
// attributes tell, which would be lost.
func (im *Image) checkLength() error {
	if need := im.NativeSize(); im.element.Length()-need >= max(im.FrameSize(), 2) {
		return fmt.Errorf("pixel data of %d bytes, attributes tell %d", im.element.Length(), need)
	}
	return nil
}

func putEncapsulated(ds *dicom.Dataset, m Module, p plan, frags *dicom.Fragments) {
	if m.Samples == 3 {
		m.Photometric = p.photometric
	}
	if p.narrow {
		m.BitsAllocated = 8
	}
	m.Planar = false
	m.put(ds)
	vr := dicom.OB
	if m.BitsAllocated > 8 {
		vr = dicom.OW
	}
	ds.Delete(tagExtendedOffsets)
	ds.Delete(tagExtendedLengths)
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: vr, Fragments: frags})
	ds.SetTransferSyntax(p.syntax)
	if p.lossy {
		ds.SetString(tagLossyImageCompression, "01")
	}
}

// plan chooses process and precision. Lossy modes that would destroy the data
// become lossless JPEG: more than 12 bits, and signed samples, which the DCT
// processes have no place for.
func (im *Image) plan(mode byte, opt Options) (plan, error) {
	bits, err := im.usedBits(opt.Workers)
	if err != nil {
		return plan{}, err
	}
	return im.planFor(mode, bits, opt), nil
}

// planFor is the plan for samples of so many bits.
func (im *Image) planFor(mode byte, bits int, opt Options) plan {
	m := &im.Module
	if mode >= '3' && mode <= '6' && (bits > 12 || m.Signed) {
		opt.warn("Warn[CompressJPEGImage]: JPEG changed to lossless (J1) for %d bits data", bits)
		mode = '1'
	}
	// Samples of 8 bits in 16 stay in 16 only if the stream says so.
	lossless := bits
	if m.BitsAllocated == 16 {
		lossless = max(bits, 9)
	}
	// JPEG-LS has no signed samples, and not every reader of JPEG 2000 extends
	// their sign: all bits are coded.
	whole := lossless
	if m.Signed {
		whole = m.BitsAllocated
	}
	switch mode {
	case '2':
		return losslessPlan(dicom.JPEGLossless, 6, lossless)
	case '3', '4', '5', '6':
		return dctPlan(mode, bits, m, opt)
	case 's', '7':
		return im.jpeglsPlan(mode, whole, opt)
	case 'r':
		return rlePlan(bits)
	case 'k', 'l', 'h', modeHTLossy, modeRPCL:
		return im.jpeg2000Plan(mode, whole, opt)
	}
	return losslessPlan(dicom.JPEGLosslessSV1, 1, lossless)
}

func losslessPlan(syntax string, predictor, bits int) plan {
	opt := jpeg.EncodeOptions{Process: jpeg.Lossless, Predictor: predictor}
	return plan{syntax: syntax, photometric: "RGB", bits: bits, encode: func(f *frame.Frame) ([]byte, error) {
		return jpeg.Encode(f, opt)
	}}
}

func rlePlan(bits int) plan {
	return plan{syntax: dicom.RLELossless, photometric: "RGB", bits: bits, encode: func(f *frame.Frame) ([]byte, error) {
		return rle.Encode(f, rle.EncodeOptions{})
	}}
}

// dctPlan codes colour as YCbCr with half the chroma columns.
func dctPlan(mode byte, bits int, m *Module, opt Options) plan {
	process, syntax := jpeg.Baseline, dicom.JPEGBaseline
	switch {
	case mode >= '5' && bits <= 8:
		process, syntax = jpeg.Progressive, dicom.JPEGSpectral
	case mode >= '5':
		process, syntax = jpeg.Progressive, dicom.JPEGProgressive
	case bits > 8:
		process, syntax = jpeg.Extended, dicom.JPEGExtended
	}
	e := jpeg.EncodeOptions{Process: process, Quality: opt.Quality, Subsampling: jpeg.Subsample422, ConvertToYCbCr: m.Samples == 3}
	return plan{syntax: syntax, photometric: "YBR_FULL_422", bits: bits, narrow: bits <= 8, lossy: true,
		encode: func(f *frame.Frame) ([]byte, error) { return jpeg.Encode(f, e) }}
}

// jpeglsPlan: a quality of 91 and more is lossless. Signed samples always
// are, because an error at the end of the range would change the sign.
func (im *Image) jpeglsPlan(mode byte, bits int, opt Options) plan {
	p := plan{syntax: dicom.JPEGLSLossless, photometric: "RGB", bits: bits}
	e := jpegls.EncodeOptions{Interleave: jpegls.InterleaveLine}
	if mode == '7' {
		p.syntax = dicom.JPEGLSNearLossless
		if !im.Signed {
			e.Near = min(max(10-(opt.Quality+9)/10, 0), (1<<uint(bits)-1)/2)
			p.lossy = e.Near > 0
		}
	}
	p.encode = func(f *frame.Frame) ([]byte, error) { return jpegls.Encode(f, e) }
	return p
}

func (im *Image) jpeg2000Plan(mode byte, bits int, opt Options) plan {
	p := plan{syntax: dicom.JPEG2000Lossless, photometric: "YBR_RCT", bits: bits}
	e := jpeg2000.Options{ColorTransform: im.Samples == 3, Workers: opt.Workers}
	if im.Frames > 1 {
		e.Workers = 1
	}
	switch mode {
	case 'l':
		p.syntax = dicom.JPEG2000
	case 'h':
		p.syntax = dicom.HTJ2KLossless
	case modeHTLossy:
		p.syntax = dicom.HTJ2K
	case modeRPCL:
		p.syntax = dicom.HTJ2KLosslessRPCL
	}
	e.HighThroughput = mode != 'k' && mode != 'l'
	if (mode == 'l' || mode == modeHTLossy) && opt.Quality < 100 {
		e.Lossy, e.Quality = true, opt.Quality
		p.lossy, p.photometric = true, "YBR_ICT"
	}
	p.encode = func(f *frame.Frame) ([]byte, error) { return jpeg2000.Encode(f, e) }
	return p
}

// usedBits is the number of bits that have to be coded: those stored, or all
// when a sample has others set that are not the extension of its sign.
func (im *Image) usedBits(workers int) (int, error) {
	stored := im.BitsStored
	if stored == im.BitsAllocated {
		return stored, nil
	}
	if im.HighBit != stored-1 {
		return im.BitsAllocated, nil
	}
	var mu sync.Mutex
	bits := stored
	err := forEach(im.Frames, workers, func(i int) error {
		f, err := im.frame(i, nil)
		if err != nil {
			return err
		}
		if !fits(f, stored, im.Signed) {
			mu.Lock()
			bits = im.BitsAllocated
			mu.Unlock()
		}
		return nil
	})
	return bits, err
}

// fits tells whether all samples of a frame are within the stored bits.
func fits(f *frame.Frame, stored int, signed bool) bool {
	limit := 1 << uint(stored)
	offset, mask := 0, 1<<uint(f.BitsAllocated)-1
	if signed {
		offset = limit / 2
	}
	if f.BitsAllocated == 8 {
		for _, v := range f.Pix {
			if (int(v)+offset)&mask >= limit {
				return false
			}
		}
		return true
	}
	for i := 0; i+1 < len(f.Pix); i += 2 {
		if (int(binary.LittleEndian.Uint16(f.Pix[i:]))+offset)&mask >= limit {
			return false
		}
	}
	return true
}

// prepare gives a frame the precision of the plan, in 8 bits when the result
// is to be narrow.
func prepare(f *frame.Frame, p plan) *frame.Frame {
	g := *f
	g.BitsStored = p.bits
	if !p.narrow || f.BitsAllocated == 8 {
		return &g
	}
	g.BitsAllocated = 8
	g.Pix = make([]byte, len(f.Pix)/2)
	for i := range g.Pix {
		g.Pix[i] = f.Pix[2*i]
	}
	return &g
}
