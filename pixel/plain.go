package pixel

import "conquest/dicom"

// Plain tells whether uncompressing would change nothing: the usual case,
// answered without looking at the pixels.
func Plain(ds *dicom.Dataset) bool {
	if ds.NKI() != nil {
		return false
	}
	if ds.TransferSyntax().Deflated {
		return false
	}
	switch ds.String(dicom.PhotometricInterpretation) {
	case "MONOCHROME1", "MONOCHROME2", "":
		return true
	case "RGB":
		n, _ := ds.Int(dicom.PlanarConfiguration)
		return n == 0
	}
	return !ds.Has(dicom.PixelData)
}
