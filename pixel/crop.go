package pixel

import (
	"fmt"

	"conquest/dicom"
)

// ToMono turns 8-bit colour into monochrome: the rounded mean of red, green and
// blue. Other objects stay as they are.
func ToMono(d *dicom.Dataset, l Limits) error { return toMono(d, Options{Limits: l}) }

func toMono(d *dicom.Dataset, opt Options) error {
	bits, _ := d.Int(dicom.BitsAllocated)
	samples, _ := d.Int(dicom.SamplesPerPixel)
	if bits != 8 || samples != 3 {
		return nil
	}
	if _, err := decompress(d, opt, true); err != nil {
		return err
	}
	return mapPixels(d, opt, func(m *Module) {
		m.Samples, m.Photometric = 1, "MONOCHROME2"
	}, func(dst, p []byte) {
		for i := range dst {
			dst[i] = byte((int(p[3*i]) + int(p[3*i+1]) + int(p[3*i+2]) + 1) / 3)
		}
	})
}

// Crop cuts the pixels to a rectangle, both ends inclusive. Rectangles that are
// not inside the image, have a single column, or reach the last column change
// nothing, as in the original.
func Crop(d *dicom.Dataset, x1, y1, x2, y2 int, l Limits) error {
	return crop(d, Options{Limits: l}, x1, y1, x2, y2)
}

func crop(d *dicom.Dataset, opt Options, x1, y1, x2, y2 int) error {
	rows, _ := d.Int(dicom.Rows)
	columns, _ := d.Int(dicom.Columns)
	if x1 < 0 || x1 >= x2 || x2 >= columns-1 || y1 < 0 || y1 > y2 || y2 >= rows || y1 >= rows-1 {
		return nil
	}
	m, err := ReadModule(d)
	if err != nil {
		return err
	}
	if d.TransferSyntax().Encapsulated || !d.Has(dicom.PixelData) || m.Planar || m.halvedChroma() {
		if _, err := decompress(d, opt, true); err != nil {
			return err
		}
	}
	return mapPixels(d, opt, func(m *Module) {
		m.Rows, m.Columns = y2-y1+1, x2-x1+1
	}, func(dst, p []byte) {
		size := len(p) / (rows * columns)
		width := (x2 - x1 + 1) * size
		for y := y1; y <= y2; y++ {
			copy(dst[(y-y1)*width:], p[(y*columns+x1)*size:][:width])
		}
	})
}

// mapPixels replaces each frame of plain pixel data by what fill makes of it, of
// the module that change makes.
func mapPixels(d *dicom.Dataset, opt Options, change func(m *Module), fill func(dst, p []byte)) error {
	im, err := open(d, opt)
	if err != nil {
		return err
	}
	m := im.Module
	if m.BitsAllocated%8 != 0 || m.halvedChroma() || im.Encapsulated() {
		return fmt.Errorf("%s of %d bits allocated: %w", m.Photometric, m.BitsAllocated, ErrUnsupported)
	}
	change(&m)
	out := newStore(opt.Limits, m)
	workers, done, err := opt.Limits.reserve(out.kept, 2*im.FrameSize(), opt.Workers)
	if err != nil {
		return err
	}
	defer done()
	if err := out.open(); err != nil {
		return err
	}
	err = forEach(m.Frames, workers, func(i int) error {
		p, err := im.encoded(i)
		if err != nil {
			return err
		}
		dst := make([]byte, m.FrameSize())
		fill(dst, p)
		return out.put(i, dst)
	})
	if err != nil {
		out.drop()
		return err
	}
	d.Put(out.element(im.element.VR))
	d.SetUint16(dicom.Rows, uint16(m.Rows))
	d.SetUint16(dicom.Columns, uint16(m.Columns))
	if m.Samples != im.Samples {
		d.SetUint16(dicom.SamplesPerPixel, uint16(m.Samples))
		d.SetString(dicom.PhotometricInterpretation, m.Photometric)
	}
	return nil
}
