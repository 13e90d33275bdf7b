package dicomweb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"conquest/budget"
	"conquest/dicom"
	"conquest/pixel"
)

// kindOfSyntax is the media type of frames in a transfer syntax (PS3.18 table
// 8.7.3-5).
var kindOfSyntax = map[string]string{
	dicom.JPEGBaseline: "image/jpeg", dicom.JPEGExtended: "image/jpeg", dicom.JPEGLossless: "image/jpeg", dicom.JPEGLosslessSV1: "image/jpeg",
	dicom.JPEGSpectral: "image/jpeg", dicom.JPEGProgressive: "image/jpeg",
	dicom.JPEGLSLossless: "image/jls", dicom.JPEGLSNearLossless: "image/jls",
	dicom.JPEG2000Lossless: "image/jp2", dicom.JPEG2000: "image/jp2",
	dicom.HTJ2KLossless: "image/jphc", dicom.HTJ2KLosslessRPCL: "image/jphc", dicom.HTJ2K: "image/jphc",
	dicom.RLELossless: "image/dicom-rle",
}

// kindOfFrames is the media type of a frame in a transfer syntax.
func kindOfFrames(syntax string) string {
	if kind := kindOfSyntax[syntax]; kind != "" {
		return kind
	}
	return kindBytes
}

// lossless are the syntaxes that objects can be brought into without loss, in the
// order in which they are offered.
var lossless = []string{dicom.JPEGLSLossless, dicom.JPEG2000Lossless, dicom.JPEGLosslessSV1, dicom.JPEGLossless, dicom.RLELossless,
	dicom.HTJ2KLossless, dicom.HTJ2KLosslessRPCL}

// lossy are made when they are asked for by name only.
var lossy = []string{dicom.HTJ2K, dicom.JPEG2000, dicom.JPEGLSNearLossless, dicom.JPEGExtended, dicom.JPEGBaseline}

// webSyntax is the transfer syntax in which an object goes out as it is stored:
// implicit and big endian ones become explicit little endian (PS3.18 section
// 8.7.3).
func webSyntax(d *dicom.Dataset) string {
	ts := d.TransferSyntax()
	if ts.Implicit || ts.BigEndian || ts.Deflated || d.NKI() != nil {
		return dicom.ExplicitLittleEndian
	}
	return ts.UID
}

// canMake tells whether pixel data can be brought into a syntax at all.
func canMake(d *dicom.Dataset, syntax string) bool {
	m, err := pixel.ReadModule(d)
	if err != nil {
		return false
	}
	switch syntax {
	case dicom.JPEGBaseline:
		return m.BitsStored <= 8
	case dicom.JPEGExtended:
		return m.BitsStored <= 12
	case dicom.JPEGLossless, dicom.JPEGLosslessSV1, dicom.JPEGLSLossless, dicom.JPEGLSNearLossless, dicom.JPEG2000, dicom.JPEG2000Lossless,
		dicom.HTJ2K, dicom.HTJ2KLossless, dicom.HTJ2KLosslessRPCL:
		return m.BitsAllocated == 8 || m.BitsAllocated == 16
	case dicom.RLELossless:
		return m.BitsAllocated == 8 || m.BitsAllocated == 16
	}
	return false
}

// canDecode tells whether plain pixels can be had of an object.
func canDecode(syntax string) bool {
	ts, _ := dicom.LookupTransferSyntax(syntax)
	return !ts.Encapsulated || kindOfSyntax[syntax] != ""
}

// syntaxes are the transfer syntaxes that an object can go out in: plain, as
// stored, and what can be made.
func syntaxes(d *dicom.Dataset) []string {
	stored := webSyntax(d)
	var list []string
	add := func(s string) {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if canDecode(stored) {
		add(dicom.ExplicitLittleEndian)
	}
	add(stored)
	if !d.Has(dicom.PixelData) && d.NKI() == nil || !canDecode(stored) {
		return list
	}
	for _, s := range slices.Concat(lossless, lossy) {
		if canMake(d, s) {
			add(s)
		}
	}
	return list
}

// transcode is a copy of an object in another transfer syntax.
func (s *Service) transcode(ctx context.Context, d *dicom.Dataset, syntax string, memory *budget.Budget) (*dicom.Dataset, error) {
	done, err := s.work(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	out := d.Clone()
	opt := pixel.Options{Workers: 1, Limits: pixel.Limits{Budget: memory}}
	if err := pixel.TranscodeTo(out, syntax, opt); err != nil {
		return nil, fmt.Errorf("bring object into %s: %w", syntax, err)
	}
	return out, nil
}

// cannot tells that an error is about what can be made, and not about reading.
func cannot(err error) bool {
	return errors.Is(err, pixel.ErrSyntax) || errors.Is(err, pixel.ErrUnsupported) || errors.Is(err, pixel.ErrNoPixelData)
}
