package pixel

import (
	"fmt"

	"conquest/dicom"
)

// ToMono turns 8-bit colour into monochrome: the rounded mean of red, green and
// blue. Other objects stay as they are.
func ToMono(d *dicom.Dataset) error {
	bits, _ := d.Int(dicom.BitsAllocated)
	samples, _ := d.Int(dicom.SamplesPerPixel)
	if bits != 8 || samples != 3 {
		return nil
	}
	if _, err := Decompress(d); err != nil {
		return err
	}
	return mapPixels(d, func(rows, columns int, p []byte) ([]byte, int, int) {
		grey := make([]byte, len(p)/3)
		for i := range grey {
			grey[i] = byte((int(p[3*i]) + int(p[3*i+1]) + int(p[3*i+2]) + 1) / 3)
		}
		return grey, rows, columns
	}, func() {
		d.SetUint16(dicom.SamplesPerPixel, 1)
		d.SetString(dicom.PhotometricInterpretation, "MONOCHROME2")
	})
}

// Crop cuts the pixels to a rectangle, both ends inclusive. Rectangles that are
// not inside the image, have a single column, or reach the last column change
// nothing, as in the original.
func Crop(d *dicom.Dataset, x1, y1, x2, y2 int) error {
	rows, _ := d.Int(dicom.Rows)
	columns, _ := d.Int(dicom.Columns)
	if x1 < 0 || x1 >= x2 || x2 >= columns-1 || y1 < 0 || y1 > y2 || y2 >= rows || y1 >= rows-1 {
		return nil
	}
	planes, _ := d.Int(dicom.PlanarConfiguration)
	if d.TransferSyntax().Encapsulated || !d.Has(dicom.PixelData) || planes == 1 {
		if _, err := Decompress(d); err != nil {
			return err
		}
	}
	return mapPixels(d, func(rows, columns int, p []byte) ([]byte, int, int) {
		size := len(p) / (rows * columns)
		out := make([]byte, 0, (y2-y1+1)*(x2-x1+1)*size)
		for y := y1; y <= y2; y++ {
			row := p[y*columns*size:]
			out = append(out, row[x1*size:(x2+1)*size]...)
		}
		return out, y2 - y1 + 1, x2 - x1 + 1
	}, nil)
}

// mapPixels replaces each frame of plain pixel data by what change makes of it.
func mapPixels(d *dicom.Dataset, change func(rows, columns int, p []byte) ([]byte, int, int), attributes func()) error {
	m, err := ReadModule(d)
	if err != nil {
		return err
	}
	e := d.Get(dicom.PixelData)
	if e == nil {
		return ErrNoPixelData
	}
	data, err := e.Bytes()
	if err != nil {
		return err
	}
	size := int(m.FrameSize())
	if size == 0 || len(data) < size*m.Frames {
		return fmt.Errorf("pixel data of %d bytes for %d frames of %d", len(data), m.Frames, size)
	}
	var out []byte
	rows, columns := m.Rows, m.Columns
	for i := range m.Frames {
		var p []byte
		p, rows, columns = change(m.Rows, m.Columns, data[i*size:(i+1)*size])
		out = append(out, p...)
	}
	if len(out)%2 == 1 {
		out = append(out, 0)
	}
	d.Put(dicom.Element{Tag: dicom.PixelData, VR: e.VR, Value: out})
	d.SetUint16(dicom.Rows, uint16(rows))
	d.SetUint16(dicom.Columns, uint16(columns))
	if attributes != nil {
		attributes()
	}
	return nil
}
