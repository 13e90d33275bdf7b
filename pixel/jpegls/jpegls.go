// Package jpegls codes single frames in JPEG-LS (ISO/IEC 14495-1), lossless
// and near-lossless, 2 to 16 bits, 1 to 4 components in all three interleave
// modes. Entry points are Decode, Encode and DecodeConfig. Samples are coded
// as they are: no colour transform is applied, and the sign of signed samples
// is the caller's affair (they are coded as the unsigned value of their
// stored bits).
package jpegls

import (
	"conquest/pixel/frame"
	"conquest/pixel/marker"
)

// Interleave is the order of the components in the scans.
type Interleave int

// Interleave modes (ILV of the scan header).
const (
	InterleaveNone   Interleave = iota // one scan per component
	InterleaveLine                     // lines of the components in turn
	InterleaveSample                   // samples of the components in turn
)

// ErrTruncated is wrapped by the error of Decode when the data end before the
// frame is complete; the frame decoded so far is returned with it.
var ErrTruncated = marker.ErrTruncated

// DecodeOptions bounds a decode.
type DecodeOptions struct {
	Limits frame.Limits
}

// EncodeOptions chooses what Encode writes.
type EncodeOptions struct {
	Near            int        // largest error of a sample; 0 is lossless
	Interleave      Interleave // of frames with several components
	RestartInterval int        // lines between restart markers; 0 none
}

// Config is what the headers tell.
type Config struct {
	Width, Height  int
	Components     int
	BitsStored     int
	Near           int
	Interleave     Interleave
	ColorTransform int // HP colour transform 0 to 3 found in an APP8 marker
}
