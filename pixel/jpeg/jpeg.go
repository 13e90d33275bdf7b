// Package jpeg codes single frames in JPEG (ISO/IEC 10918-1): baseline,
// extended sequential and progressive DCT with 8 or 12 bits, and the lossless
// process 14 with 2 to 16 bits. Arithmetic coding and hierarchical frames are
// refused. Entry points are Decode, Encode and DecodeConfig.
package jpeg

import (
	"conquest/pixel/frame"
	"conquest/pixel/marker"
)

// Process is the coding process of a frame.
type Process int

// Coding processes, with the DICOM transfer syntaxes that use them.
const (
	Baseline    Process = iota // SOF0, 8 bits: 1.2.840.10008.1.2.4.50
	Extended                   // SOF1, 8 or 12 bits: 4.51
	Progressive                // SOF2, 8 or 12 bits: 4.53 and 4.55
	Lossless                   // SOF3, 2 to 16 bits: 4.57 and 4.70
)

// ColorSpace is what the components of a frame mean.
type ColorSpace int

// Colour spaces.
const (
	ColorUnknown ColorSpace = iota // no marker tells; 3 components, plain ids
	ColorGray
	ColorRGB
	ColorYCbCr
	ColorCMYK
	ColorYCCK
)

// Subsampling of the chroma components.
type Subsampling int

// Subsampling modes of the encoder; the decoder takes any.
const (
	Subsample444 Subsampling = iota
	Subsample422
	Subsample420
)

// ErrTruncated is wrapped by the error of Decode when the data end or break
// off before the frame is complete; what was decoded is returned with it.
var ErrTruncated = marker.ErrTruncated

// Config is what the headers tell.
type Config struct {
	Width, Height int
	Components    int
	BitsStored    int // sample precision
	Process       Process
	Predictor     int        // of the first scan; lossless only
	Transform     int        // point transform of the first scan; lossless only
	ColorSpace    ColorSpace // by Adobe, JFIF and component ids
	JFIF, Adobe   bool       // marker seen
	Subsampled    bool       // components differ in sampling factors
}

// DecodeOptions bounds and steers a decode.
type DecodeOptions struct {
	// ToRGB converts YCbCr components to RGB; what Config.ColorSpace says can
	// be overridden with Assume.
	ToRGB  bool
	Assume ColorSpace // ColorUnknown: by the markers
	// Signed keeps samples of 12-bit DCT frames that come out below zero, as
	// 16-bit two's complement, instead of clamping them: the original coded
	// signed data that way.
	Signed bool
	Limits frame.Limits
}

// Result is a decoded frame with its headers.
type Result struct {
	*frame.Frame
	Config
	Converted bool // YCbCr was converted to RGB
}

// EncodeOptions chooses what Encode writes.
type EncodeOptions struct {
	Process         Process
	Quality         int         // 1 to 100, DCT only; 0 means 95
	Predictor       int         // 1 to 7, lossless only; 0 means 1
	PointTransform  int         // low bits dropped, lossless only
	Subsampling     Subsampling // of 3 component DCT frames in YCbCr
	ConvertToYCbCr  bool        // the frame is RGB; code it as YCbCr (DCT only)
	YCbCr           bool        // the frame is YCbCr already; code it as it is
	RestartInterval int         // MCUs between restart markers; 0 none
}
