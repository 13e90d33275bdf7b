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
	Referenced   bool // pixel data are elsewhere, told by an address (JPIP)
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

	EncapsulatedUncompressed = "1.2.840.10008.1.2.1.98"
	DeflatedImageFrame       = "1.2.840.10008.1.2.8.1"
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
	case "1.2.840.10008.1.2.4.94":
		return TransferSyntax{UID: uid, Name: "JPIP Referenced", Referenced: true}, true
	case "1.2.840.10008.1.2.4.95":
		return TransferSyntax{UID: uid, Name: "JPIP Referenced Deflate", Deflated: true, Referenced: true}, true
	case "1.2.840.10008.1.2.4.204":
		return TransferSyntax{UID: uid, Name: "JPIP HTJ2K Referenced", Referenced: true}, true
	case "1.2.840.10008.1.2.4.205":
		return TransferSyntax{UID: uid, Name: "JPIP HTJ2K Referenced Deflate", Deflated: true, Referenced: true}, true
	case "1.2.840.10008.1.20":
		return TransferSyntax{UID: uid, Name: "Papyrus 3 Implicit VR Little Endian", Implicit: true}, true
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

	"1.2.840.10008.1.2.4.58":    "JPEG Lossless 15",
	"1.2.840.10008.1.2.4.92":    "JPEG 2000 Multi-component Lossless",
	"1.2.840.10008.1.2.4.93":    "JPEG 2000 Multi-component",
	"1.2.840.10008.1.2.4.100":   "MPEG2 Main Profile",
	"1.2.840.10008.1.2.4.100.1": "Fragmentable MPEG2 Main Profile",
	"1.2.840.10008.1.2.4.101":   "MPEG2 High Level",
	"1.2.840.10008.1.2.4.101.1": "Fragmentable MPEG2 High Level",
	"1.2.840.10008.1.2.4.102":   "MPEG-4 High Profile",
	"1.2.840.10008.1.2.4.102.1": "Fragmentable MPEG-4 High Profile",
	"1.2.840.10008.1.2.4.103":   "MPEG-4 BD-compatible",
	"1.2.840.10008.1.2.4.103.1": "Fragmentable MPEG-4 BD-compatible",
	"1.2.840.10008.1.2.4.104":   "MPEG-4 2D Video",
	"1.2.840.10008.1.2.4.104.1": "Fragmentable MPEG-4 2D Video",
	"1.2.840.10008.1.2.4.105":   "MPEG-4 3D Video",
	"1.2.840.10008.1.2.4.105.1": "Fragmentable MPEG-4 3D Video",
	"1.2.840.10008.1.2.4.106":   "MPEG-4 Stereo",
	"1.2.840.10008.1.2.4.106.1": "Fragmentable MPEG-4 Stereo",
	"1.2.840.10008.1.2.4.107":   "HEVC Main Profile",
	"1.2.840.10008.1.2.4.108":   "HEVC Main 10 Profile",
	"1.2.840.10008.1.2.4.110":   "JPEG XL Lossless",
	"1.2.840.10008.1.2.4.111":   "JPEG XL JPEG Recompression",
	"1.2.840.10008.1.2.4.112":   "JPEG XL",
	DeflatedImageFrame:          "Deflated Image Frame Compression",
	EncapsulatedUncompressed:    "Encapsulated Uncompressed Explicit VR Little Endian",
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
