package pixel

import (
	"errors"
	"fmt"

	"conquest/dicom"
)

// ErrSyntax is wrapped when pixel data can not be brought into a transfer
// syntax, such as samples of 16 bits into baseline JPEG.
var ErrSyntax = errors.New("pixel data do not fit the transfer syntax")

// TransferSyntaxes are the UIDs that an association offers for objects to be
// sent with this code, the best one first.
func (c Code) TransferSyntaxes() []string {
	var uids []string
	switch c.Family {
	case 'u':
		switch c.Mode {
		case 'l':
			uids = []string{dicom.ExplicitLittleEndian}
		case 'b':
			uids = []string{dicom.ExplicitBigEndian}
		case 'e':
			uids = []string{dicom.ExplicitLittleEndian, dicom.ExplicitBigEndian}
		}
	case 'j':
		uids = jpegSyntaxes(c.Mode)
		if c.Mode == 'h' && c.Quality > 0 {
			uids = append([]string{dicom.HTJ2K}, uids...)
		}
	}
	if !c.NoImplicit {
		uids = append(uids, dicom.ImplicitLittleEndian)
	}
	return uids
}

func jpegSyntaxes(mode byte) []string {
	switch mode {
	case '3', '4':
		return []string{dicom.JPEGExtended, dicom.JPEGBaseline}
	case '5':
		return []string{dicom.JPEGSpectral, dicom.JPEGExtended, dicom.JPEGBaseline}
	case '6':
		return []string{dicom.JPEGProgressive, dicom.JPEGExtended, dicom.JPEGBaseline}
	case 'k':
		return []string{dicom.JPEG2000Lossless}
	case 'l':
		return []string{dicom.JPEG2000, dicom.JPEG2000Lossless}
	case 'h':
		return []string{dicom.HTJ2KLossless, dicom.HTJ2KLosslessRPCL}
	case 's':
		return []string{dicom.JPEGLSLossless}
	case '7':
		return []string{dicom.JPEGLSNearLossless, dicom.JPEGLSLossless}
	}
	return []string{dicom.JPEGLossless, dicom.JPEGLosslessSV1}
}

// CodeOf is the code that makes the transfer syntax uid, or without loss a stream
// that would be valid in it; "un" for those that have none.
func CodeOf(uid string) string {
	switch uid {
	case dicom.HTJ2K:
		return "jh100"
	case dicom.HTJ2KLosslessRPCL:
		return "jh"
	}
	if mode := jpegFamily[uid]; mode != 0 {
		return "j" + string(mode)
	}
	for mode, plain := range plainSyntaxes {
		if plain == uid {
			return "u" + string(mode)
		}
	}
	return "un"
}

// PassedThrough tells that ds can only be kept and sent in its own transfer syntax:
// video, JPEG XL, unknown compressions, and pixel data that are elsewhere.
func PassedThrough(ds *dicom.Dataset) bool {
	ts := ds.TransferSyntax()
	if ts.Referenced {
		return true
	}
	e := ds.Get(dicom.PixelData)
	if e == nil || e.Fragments == nil || onlyPassed[ts.UID] {
		return e != nil && e.Fragments != nil
	}
	if _, known := dicom.LookupTransferSyntax(ts.UID); known || e.Fragments.Len() == 0 {
		return false
	}
	data, err := fragmentStart(e.Fragments, 0)
	return err == nil && codingOf(ts.UID, data) == codingUnknown
}

// onlyPassed are the encapsulated syntaxes without a decoder here.
var onlyPassed = map[string]bool{
	"1.2.840.10008.1.2.4.100": true, "1.2.840.10008.1.2.4.100.1": true, // MPEG-2
	"1.2.840.10008.1.2.4.101": true, "1.2.840.10008.1.2.4.101.1": true,
	"1.2.840.10008.1.2.4.102": true, "1.2.840.10008.1.2.4.102.1": true, // MPEG-4
	"1.2.840.10008.1.2.4.103": true, "1.2.840.10008.1.2.4.103.1": true,
	"1.2.840.10008.1.2.4.104": true, "1.2.840.10008.1.2.4.104.1": true,
	"1.2.840.10008.1.2.4.105": true, "1.2.840.10008.1.2.4.105.1": true,
	"1.2.840.10008.1.2.4.106": true, "1.2.840.10008.1.2.4.106.1": true,
	"1.2.840.10008.1.2.4.107": true, "1.2.840.10008.1.2.4.108": true, // HEVC
	"1.2.840.10008.1.2.4.110": true, "1.2.840.10008.1.2.4.111": true, "1.2.840.10008.1.2.4.112": true, // JPEG XL
}

// errPassedThrough is the answer to any wish for another form of such an object.
func errPassedThrough(ds *dicom.Dataset) error {
	return fmt.Errorf("%s is kept as it is: %w", ds.TransferSyntax().Name, ErrUnsupported)
}

// TranscodeTo brings ds exactly into the transfer syntax uid: one of the plain
// ones, of the JPEG family, or RLE. When that can not be done, ds is left as it
// was and the error wraps ErrSyntax or tells why frames can not be decoded.
// Data sets without pixel data get the label only.
func TranscodeTo(ds *dicom.Dataset, uid string, opt Options) error {
	if ds.TransferSyntax().UID == uid && !hasNKI(ds) {
		return nil
	}
	if PassedThrough(ds) {
		return fmt.Errorf("transcode to %s: %w: %w", uid, errPassedThrough(ds), ErrSyntax)
	}
	if opt.Quality == 0 {
		opt.Quality = defaultQuality
	}
	work := ds.Clone()
	var err error
	switch {
	case uid == dicom.RLELossless:
		if _, err = decompress(work, opt, true); err == nil {
			err = encapsulatePresent(work, 'r', opt)
		}
	case jpegFamily[uid] != 0:
		if _, err = decompress(work, opt, true); err == nil {
			err = encapsulatePresent(work, jpegFamily[uid], opt)
		}
	case !encapsulatedSyntax(uid):
		if _, err = decompress(work, opt, false); err == nil {
			fixVR(work, uid)
		}
	default:
		err = ErrSyntax
	}
	if err != nil {
		return fmt.Errorf("transcode to %s: %w", uid, err)
	}
	if e := work.Get(dicom.PixelData); e != nil && e.Fragments != nil && work.TransferSyntax().UID != uid {
		return fmt.Errorf("transcode to %s: %w", uid, ErrSyntax)
	}
	work.SetTransferSyntax(uid)
	*ds = *work
	return nil
}

func encapsulatedSyntax(uid string) bool {
	ts, _ := dicom.LookupTransferSyntax(uid)
	return ts.Encapsulated
}

// encapsulatePresent codes pixel data, if there are any.
func encapsulatePresent(ds *dicom.Dataset, mode byte, opt Options) error {
	if e := ds.Get(dicom.PixelData); e == nil || e.Length() == 0 {
		return nil
	}
	return encapsulate(ds, mode, opt)
}
