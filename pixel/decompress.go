package pixel

import (
	"errors"
	"fmt"

	"conquest/dicom"
	"conquest/pixel/frame"
)

// Decompress makes plain pixel data of whatever ds holds, as the original's
// code "un" does: compressions are undone, colour becomes interleaved RGB,
// palettes are applied. It tells whether ds was changed. On an error ds is as
// it was.
//
// The transfer syntax becomes explicit little endian when frames were
// encapsulated or the data set deflated. An object without pixel data is left
// alone. What it makes counts against l.
func Decompress(ds *dicom.Dataset, l Limits) (changed bool, err error) {
	return decompress(ds, Options{Limits: l}, false)
}

// decompress also expands plain 4:2:2 colour to RGB when all is set.
func decompress(ds *dicom.Dataset, opt Options, all bool) (bool, error) {
	if PassedThrough(ds) {
		return false, errPassedThrough(ds)
	}
	if !ds.Has(dicom.PixelData) && !hasNKI(ds) {
		return inflate(ds), nil
	}
	im, err := open(ds, opt)
	if errors.Is(err, ErrNoPixelData) {
		return inflate(ds), nil
	}
	if err != nil {
		if e := ds.Get(dicom.PixelData); e != nil && e.Fragments == nil {
			// Odd plain data stay as they are.
			return inflate(ds), nil
		}
		return false, err
	}
	var tables []palette
	if im.Photometric == "PALETTE COLOR" && im.Samples == 1 && im.BitsAllocated <= 16 {
		tables, err = readPalettes(ds, im.Signed)
		if err != nil && im.Encapsulated() {
			tables, err = nil, nil
		}
		if err != nil {
			return false, fmt.Errorf("decompress: %w", err)
		}
	}
	nkiData := !ds.Has(dicom.PixelData)
	if !im.Encapsulated() && tables == nil && !im.Planar && !im.convert && !(all && im.expand) {
		if nkiData {
			if _, _, err := opt.Limits.reserve(im.element.Length(), 0, 1); err != nil {
				return false, fmt.Errorf("decompress: %w", err)
			}
			ds.DeleteNKI()
			ds.Put(*im.element)
		}
		return inflate(ds) || nkiData, nil
	}
	encapsulated := im.Encapsulated()
	if !encapsulated {
		if err := im.checkLength(); err != nil {
			return false, fmt.Errorf("decompress: %w", err)
		}
	}
	m, pixels, err := im.plain(opt, tables)
	if err != nil {
		return false, fmt.Errorf("decompress: %w", err)
	}
	putPlain(ds, m, pixels)
	if tables != nil {
		deletePalettes(ds)
		if im.Signed {
			ds.SetUint16(dicom.PixelRepresentation, 0)
		}
	}
	if encapsulated {
		ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	}
	inflate(ds)
	return true, nil
}

// inflate takes the label of a deflated data set, which is inflated once it
// is read, and tells whether it did.
func inflate(ds *dicom.Dataset) bool {
	if !ds.TransferSyntax().Deflated {
		return false
	}
	ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
	return true
}

// putPlain puts plain pixel data with their attributes into ds.
func putPlain(ds *dicom.Dataset, m Module, pixels *store) {
	m.put(ds)
	ds.DeleteNKI()
	ds.Delete(tagExtendedOffsets)
	ds.Delete(tagExtendedLengths)
	ds.Put(pixels.element(m.pixelVR()))
}

// plain decodes all frames into plain pixel data and gives the attributes that
// belong to them.
func (im *Image) plain(opt Options, tables []palette) (Module, *store, error) {
	meter := opt.Limits.meter(im.codedSize())
	first, err := im.first(opt, meter)
	if err != nil {
		return Module{}, nil, err
	}
	decoded := im.decodedModule(first, tables)
	m := decoded
	if tables != nil {
		m.Samples, m.BitsAllocated, m.BitsStored, m.HighBit = len(tables), 8, 8, 7
		m.Photometric = "RGB"
		if len(tables) == 1 {
			m.Photometric = "MONOCHROME2"
		}
	}
	size, total := m.FrameSize(), m.NativeSize()
	if total > maxNative {
		return m, nil, fmt.Errorf("%d frames of %d bytes do not fit plain pixel data", m.Frames, size)
	}
	if err := meter.Spend(timeForByte * total); err != nil {
		return m, nil, err
	}
	out := newStore(opt.Limits, m)
	workers, done, err := opt.Limits.reserve(out.kept, im.scratch(0)+size, opt.Workers)
	if err != nil {
		return m, nil, err
	}
	defer done()
	if err := out.open(); err != nil {
		return m, nil, err
	}
	err = forEach(m.Frames, workers, func(i int) error {
		f := first
		if i > 0 {
			var err error
			if f, err = im.usable(i, opt, meter); err != nil {
				return err
			}
		}
		if f.Components != decoded.Samples || f.BitsAllocated > max(decoded.BitsAllocated, 8) {
			return fmt.Errorf("frame %d: %d components of %d bits, frame 0 has %d of %d",
				i, f.Components, f.BitsAllocated, decoded.Samples, decoded.BitsAllocated)
		}
		pix := widen(f, decoded.BitsAllocated)
		if tables != nil {
			pix = applyPalettes(pix, decoded.BitsAllocated, decoded.Signed, tables)
		}
		return out.put(i, pix)
	})
	if err != nil {
		out.drop()
	}
	return m, out, err
}

// timeForByte is what it takes to keep and to write a byte of plain pixel data, in
// nanoseconds.
const timeForByte = 3

// first is frame 0, which tells what all are like.
func (im *Image) first(opt Options, meter *frame.Meter) (*frame.Frame, error) {
	_, done, err := opt.Limits.reserve(0, im.scratch(0), 1)
	if err != nil {
		return nil, err
	}
	defer done()
	return im.usable(0, opt, meter)
}

// decodedModule is the module of the frames as they are decoded, before palettes.
// Samples of a single bit go back into bits.
func (im *Image) decodedModule(first *frame.Frame, tables []palette) Module {
	m := im.Module
	m.Samples = first.Components
	m.Planar = false
	single := m.BitsAllocated == 1 && m.Samples == 1 && first.BitsAllocated == 8 && tables == nil
	if !single && (first.BitsAllocated > m.BitsAllocated || im.Encapsulated() && m.BitsAllocated != 8 && m.BitsAllocated != 16) {
		m.BitsAllocated, m.BitsStored = first.BitsAllocated, first.BitsStored
		m.HighBit = m.BitsStored - 1
	}
	if m.Samples == 3 && (tables == nil) {
		m.Photometric = "RGB"
	}
	return m
}

// usable is frame i, with Options.Damaged also what could be decoded of it.
func (im *Image) usable(i int, opt Options, meter *frame.Meter) (*frame.Frame, error) {
	f, err := im.frame(i, meter)
	if err == nil || !opt.Damaged || f == nil {
		return f, err
	}
	opt.warn("***Pixel data are damaged, frame %d is incomplete: %v", i, err)
	return f, nil
}

// widen gives the samples of a frame with more bits allocated, if needed.
func widen(f *frame.Frame, bitsAllocated int) []byte {
	if f.BitsAllocated >= bitsAllocated {
		return f.Pix
	}
	from, to := f.BitsAllocated/8, bitsAllocated/8
	out := make([]byte, len(f.Pix)/from*to)
	for i, o := 0, 0; i < len(f.Pix); i, o = i+from, o+to {
		copy(out[o:o+from], f.Pix[i:i+from])
		if f.Signed && f.Pix[i+from-1] >= 0x80 {
			for k := from; k < to; k++ {
				out[o+k] = 0xFF
			}
		}
	}
	return out
}
