package dicom

// TransferSyntax tells how a data set is encoded (PS3.5 section 10, PS3.6
// annex A).
type TransferSyntax struct {
	UID          string
	Name         string
	Implicit     bool // implicit VR
	BigEndian    bool
	Deflated     bool
	Encapsulated bool // pixel data are fragments
}

// UIDs of the transfer syntaxes that code has to name.
const (
	ImplicitLittleEndian = "1.2.840.10008.1.2"
	ExplicitLittleEndian = "1.2.840.10008.1.2.1"
	DeflatedExplicit     = "1.2.840.10008.1.2.1.99"
	ExplicitBigEndian    = "1.2.840.10008.1.2.2"
	JPEGBaseline         = "1.2.840.10008.1.2.4.50"
	JPEGExtended         = "1.2.840.10008.1.2.4.51"
	JPEGSpectral         = "1.2.840.10008.1.2.4.53"
	JPEGProgressive      = "1.2.840.10008.1.2.4.55"
	JPEGLossless         = "1.2.840.10008.1.2.4.57"
	JPEGLosslessSV1      = "1.2.840.10008.1.2.4.70"
	JPEGLSLossless       = "1.2.840.10008.1.2.4.80"
	JPEGLSNearLossless   = "1.2.840.10008.1.2.4.81"
	JPEG2000Lossless     = "1.2.840.10008.1.2.4.90"
	JPEG2000             = "1.2.840.10008.1.2.4.91"
	HTJ2KLossless        = "1.2.840.10008.1.2.4.201"
	HTJ2KLosslessRPCL    = "1.2.840.10008.1.2.4.202"
	HTJ2K                = "1.2.840.10008.1.2.4.203"
	RLELossless          = "1.2.840.10008.1.2.5"
)

// LookupTransferSyntax finds the syntax of a UID. An unknown UID is taken as
// encapsulated explicit little endian, which all private compressions are; ok
// is then false. An empty UID is implicit little endian.
func LookupTransferSyntax(uid string) (ts TransferSyntax, ok bool) {
	switch uid {
	case "", ImplicitLittleEndian:
		return TransferSyntax{UID: ImplicitLittleEndian, Name: "Implicit VR Little Endian", Implicit: true}, true
	case ExplicitLittleEndian:
		return TransferSyntax{UID: uid, Name: "Explicit VR Little Endian"}, true
	case ExplicitBigEndian:
		return TransferSyntax{UID: uid, Name: "Explicit VR Big Endian", BigEndian: true}, true
	case DeflatedExplicit:
		return TransferSyntax{UID: uid, Name: "Deflated Explicit VR Little Endian", Deflated: true}, true
	}
	name, ok := encapsulatedSyntaxes[uid]
	if !ok {
		name = uid
	}
	return TransferSyntax{UID: uid, Name: name, Encapsulated: true}, ok
}

var encapsulatedSyntaxes = map[string]string{
	JPEGBaseline:             "JPEG Baseline",
	JPEGExtended:             "JPEG Extended",
	"1.2.840.10008.1.2.4.52": "JPEG Extended 3,5",
	JPEGSpectral:             "JPEG Spectral Selection 6,8",
	"1.2.840.10008.1.2.4.54": "JPEG Spectral Selection 7,9",
	JPEGProgressive:          "JPEG Full Progression 10,12",
	"1.2.840.10008.1.2.4.56": "JPEG Full Progression 11,13",
	JPEGLossless:             "JPEG Lossless",
	JPEGLosslessSV1:          "JPEG Lossless SV1",
	JPEGLSLossless:           "JPEG-LS Lossless",
	JPEGLSNearLossless:       "JPEG-LS Near-Lossless",
	JPEG2000Lossless:         "JPEG 2000 Lossless",
	JPEG2000:                 "JPEG 2000",
	HTJ2KLossless:            "HTJ2K Lossless",
	HTJ2KLosslessRPCL:        "HTJ2K Lossless RPCL",
	HTJ2K:                    "HTJ2K",
	RLELossless:              "RLE Lossless",
}

// TransferSyntax is the syntax told by element (0002,0010); implicit little
// endian when it is absent.
func (d *Dataset) TransferSyntax() TransferSyntax {
	ts, _ := LookupTransferSyntax(d.String(TransferSyntaxUID))
	return ts
}

// SetTransferSyntax puts uid in element (0002,0010).
func (d *Dataset) SetTransferSyntax(uid string) {
	d.Put(NewText(TransferSyntaxUID, UI, uid))
}
