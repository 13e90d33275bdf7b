package pixel

import (
	"encoding/binary"
	"fmt"

	"conquest/dicom"
	"conquest/pixel/jpeg"
	"conquest/pixel/jpeg2000"
	"conquest/pixel/jpegls"
	"conquest/pixel/rle"
)

// Relabel gives ds the transfer syntax that its pixel data have, where that of its
// label has no place for them: fragments under an uncompressed one, plain pixel data
// under a compressed one. Such an object can be written to a file, but not be sent.
// It tells whether the label was changed; the error tells that no label fits.
func Relabel(ds *dicom.Dataset) (changed bool, err error) {
	ts := ds.TransferSyntax()
	e := ds.Get(dicom.PixelData)
	if e == nil || e.IsEmpty() || ts.Referenced || ts.Encapsulated == (e.Fragments != nil) {
		return false, nil
	}
	if e.Fragments == nil {
		m, err := ReadModule(ds)
		if err != nil || e.Length() < m.NativeSize() {
			return false, fmt.Errorf("pixel data of %d bytes without fragments, labelled %s: %w", e.Length(), ts.Name, ErrUnsupported)
		}
		ds.SetTransferSyntax(dicom.ExplicitLittleEndian)
		return true, nil
	}
	var first []byte
	if e.Fragments.Len() > 0 {
		if first, err = joinFragments(e.Fragments, [2]int{0, 1}); err != nil {
			return false, err
		}
	}
	uid := syntaxOf(ds, first)
	if uid == "" {
		return false, fmt.Errorf("pixel data in fragments of no known kind, labelled %s: %w", ts.Name, ErrUnsupported)
	}
	ds.SetTransferSyntax(uid)
	return true, nil
}

// syntaxOf is the transfer syntax that coded data are of by their headers, "" when
// they tell none.
func syntaxOf(ds *dicom.Dataset, data []byte) string {
	switch codingOf("", data) {
	case codingJPEG:
		return jpegSyntaxOf(data)
	case codingJPEGLS:
		if c, err := jpegls.DecodeConfig(data); err == nil && c.Near == 0 {
			return dicom.JPEGLSLossless
		}
		return dicom.JPEGLSNearLossless
	case codingJPEG2000:
		c, err := jpeg2000.DecodeConfig(data)
		switch {
		case err != nil:
			return ""
		case c.HighThroughput && c.Reversible:
			return dicom.HTJ2KLossless
		case c.HighThroughput:
			return dicom.HTJ2K
		case c.Reversible:
			return dicom.JPEG2000Lossless
		}
		return dicom.JPEG2000
	}
	m, err := ReadModule(ds)
	if err != nil || len(data) < 8 || binary.LittleEndian.Uint32(data[4:]) != 64 {
		return ""
	}
	if c, err := rle.DecodeConfig(data); err == nil && c.Segments == m.Samples*((m.BitsAllocated+7)/8) {
		return dicom.RLELossless
	}
	return ""
}

// jpegSyntaxOf tells JPEG processes apart by the frame header.
func jpegSyntaxOf(data []byte) string {
	c, err := jpeg.DecodeConfig(data)
	if err != nil {
		return ""
	}
	switch frameHeader(data) {
	case 0xC0:
		return dicom.JPEGBaseline
	case 0xC1:
		return dicom.JPEGExtended
	case 0xC2:
		return dicom.JPEGProgressive
	case 0xC3:
		if c.Predictor == 1 && c.Transform == 0 {
			return dicom.JPEGLosslessSV1
		}
		return dicom.JPEGLossless
	}
	return ""
}
