package pixel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"conquest/dicom"
)

// Downsize makes a single-frame image with a pixel spacing at most limit rows
// and columns large, by leaving out rows and columns; the result is plain. It
// tells whether it did anything: small enough images, those of several frames
// and those without spacing are left alone (docs/original/compression.md 7).
func Downsize(ds *dicom.Dataset, limit int, l Limits) (changed bool, err error) {
	changed, err = downsize(ds, limit, Options{Limits: l})
	if err != nil {
		return changed, fmt.Errorf("down-size to %d: %w", limit, err)
	}
	return changed, nil
}

func downsize(ds *dicom.Dataset, limit int, opt Options) (bool, error) {
	m, err := ReadModule(ds)
	if err != nil || limit < 1 || m.Frames > 1 || m.Rows <= limit && m.Columns <= limit ||
		!ds.Has(dicom.PixelSpacing) || !ds.Has(dicom.PixelData) && !hasNKI(ds) {
		return false, nil
	}
	if _, err := decompress(ds, opt, true); err != nil {
		return false, err
	}
	im, err := open(ds, opt)
	if err != nil {
		return false, err
	}
	f, err := im.Frame(0)
	if err != nil {
		return false, err
	}
	factor := downsizeFactor(m.Rows, m.Columns, limit)
	old := im.Module
	m = im.Module
	m.Rows, m.Columns = max(old.Rows/factor, 1), max(old.Columns/factor, 1)
	if im.packed {
		m.BitsAllocated = f.BitsAllocated
	}
	out := newStore(opt.Limits, m)
	if _, _, err := opt.Limits.reserve(out.kept, 0, 1); err != nil {
		return false, err
	}
	if err := out.open(); err != nil {
		return false, err
	}
	size := f.Components * f.BitsAllocated / 8
	pix := make([]byte, 0, m.Rows*m.Columns*size)
	for y := range m.Rows {
		row := f.Pix[y*factor*old.Columns*size:]
		for x := range m.Columns {
			at := x * factor * size
			pix = append(pix, row[at:at+size]...)
		}
	}
	if err := out.put(0, pix); err != nil {
		return false, err
	}
	spacing := scaledSpacing(ds, old, m)
	putPlain(ds, m, out)
	if spacing != "" {
		ds.SetString(dicom.PixelSpacing, spacing)
	}
	return true, nil
}

// downsizeFactor is the step that brings the larger side to at most limit.
func downsizeFactor(rows, columns, limit int) int {
	return max((max(rows, columns)+limit-1)/limit, 1)
}

// scaledSpacing is the pixel spacing, row spacing first, for fewer rows and
// columns, computed in single precision as the original does. A single number
// stands for both.
func scaledSpacing(ds *dicom.Dataset, old, now Module) string {
	scale := func(spacing float64, old, now int) string {
		return strconv.FormatFloat(float64(float32(old)*float32(spacing)/float32(now)), 'g', 6, 64)
	}
	values := ds.Floats(dicom.PixelSpacing)
	switch len(values) {
	case 0:
		return ""
	case 1:
		return scale(values[0], old.Rows, now.Rows)
	}
	return scale(values[0], old.Rows, now.Rows) + `\` + scale(values[1], old.Columns, now.Columns)
}

// scaleClip sets samples below clip to zero and divides by scale, rounded, in
// 16-bit images of one frame; others stay as they are.
func scaleClip(ds *dicom.Dataset, scale, clip int) error {
	m, err := ReadModule(ds)
	if err != nil || m.Frames > 1 || m.Samples != 1 || m.BitsAllocated != 16 {
		return nil
	}
	if scale < 1 {
		return errors.New("scale below 1")
	}
	e := ds.Get(dicom.PixelData)
	if e == nil || e.Fragments != nil || e.Length() < m.FrameSize() {
		return nil
	}
	old, err := e.Bytes()
	if err != nil {
		return fmt.Errorf("read pixel data: %w", err)
	}
	pix := append([]byte(nil), old...)
	for i := 0; i+1 < len(pix); i += 2 {
		word := binary.LittleEndian.Uint16(pix[i:])
		v := int(word)
		if m.Signed {
			v = int(int16(word))
		}
		if v < clip {
			v = 0
		}
		binary.LittleEndian.PutUint16(pix[i:], uint16((v+scale/2)/scale))
	}
	ds.Put(dicom.Element{Tag: dicom.PixelData, VR: e.VR, Value: pix})
	if ds.Has(tagRescaleSlope) {
		slope, _ := strconv.ParseFloat(strings.TrimSpace(strings.Split(ds.String(tagRescaleSlope), `\`)[0]), 64)
		ds.SetString(tagRescaleSlope, strconv.FormatFloat(slope*float64(scale), 'f', 2, 64))
	}
	ds.SetString(tagLossyImageCompression, "01")
	return nil
}
