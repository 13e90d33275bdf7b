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
// alone.
func Decompress(ds *dicom.Dataset) (changed bool, err error) {
	return decompress(ds, Options{}, false)
}

// decompress also expands plain 4:2:2 colour to RGB when all is set.
func decompress(ds *dicom.Dataset, opt Options, all bool) (bool, error) {
	if !ds.Has(dicom.PixelData) && !hasNKI(ds) {
		return inflate(ds), nil
	}
	im, err := open(ds, opt.Workers)
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
	m, pix, err := im.plain(opt, tables)
	if err != nil {
		return false, fmt.Errorf("decompress: %w", err)
	}
	putPlain(ds, m, pix)
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
func putPlain(ds *dicom.Dataset, m Module, pix []byte) {
	if len(pix)%2 == 1 {
		pix = append(pix, 0)
	}
	m.put(ds)
	ds.DeleteNKI()
	ds.Delete(tagExtendedOffsets)
	ds.Delete(tagExtendedLengths)
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: m.pixelVR(), Value: pix})
}

// plain decodes all frames into one block of plain pixel data and gives the
// attributes that belong to it.
func (im *Image) plain(opt Options, tables []palette) (Module, []byte, error) {
	first, err := im.usable(0, opt)
	if err != nil {
		return Module{}, nil, err
	}
	m := im.Module
	m.Samples = first.Components
	m.Planar = false
	if first.BitsAllocated > m.BitsAllocated || im.Encapsulated() && m.BitsAllocated != 8 && m.BitsAllocated != 16 {
		m.BitsAllocated, m.BitsStored = first.BitsAllocated, first.BitsStored
		m.HighBit = m.BitsStored - 1
	}
	if m.Samples == 3 && (tables == nil) {
		m.Photometric = "RGB"
	}
	decoded := m
	if tables != nil {
		m.Samples, m.BitsAllocated, m.BitsStored, m.HighBit = len(tables), 8, 8, 7
		m.Photometric = "RGB"
		if len(tables) == 1 {
			m.Photometric = "MONOCHROME2"
		}
	}
	size := m.FrameSize()
	if size*int64(m.Frames) > maxNative {
		return m, nil, fmt.Errorf("%d frames of %d bytes do not fit plain pixel data", m.Frames, size)
	}
	out := make([]byte, size*int64(m.Frames), size*int64(m.Frames)+1)
	err = forEach(m.Frames, opt.Workers, func(i int) error {
		f := first
		if i > 0 {
			var err error
			if f, err = im.usable(i, opt); err != nil {
				return err
			}
		}
		if f.Components != decoded.Samples || f.BitsAllocated > decoded.BitsAllocated {
			return fmt.Errorf("frame %d: %d components of %d bits, frame 0 has %d of %d",
				i, f.Components, f.BitsAllocated, decoded.Samples, decoded.BitsAllocated)
		}
		pix := widen(f, decoded.BitsAllocated)
		if tables != nil {
			pix = applyPalettes(pix, decoded.BitsAllocated, decoded.Signed, tables)
		}
		copy(out[int64(i)*size:int64(i+1)*size], pix)
		return nil
	})
	return m, out, err
}

// usable is frame i, with Options.Damaged also what could be decoded of it.
func (im *Image) usable(i int, opt Options) (*frame.Frame, error) {
	f, err := im.Frame(i)
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
