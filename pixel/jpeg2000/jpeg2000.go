// Package jpeg2000 encodes and decodes JPEG 2000 images (ISO/IEC 15444-1) and
// High-Throughput JPEG 2000 (ISO/IEC 15444-15) as DICOM encapsulates them: one
// code stream per frame, transfer syntaxes 1.2.840.10008.1.2.4.90, .91 and .201
// to .203.
//
// The entry points are Decode, DecodeConfig and Encode. A JP2 file around the
// code stream is accepted, its boxes are skipped. The package knows nothing of
// DICOM attributes, palettes or colour spaces: a decoder gives the components
// as they were before the encoder's colour transform.
package jpeg2000

import (
	"errors"
	"fmt"
	"math"
	"runtime"

	"conquest/pixel/frame"
)

// ErrTruncated reports a code stream that ends, or turns into nonsense, before
// its last packet. Decode returns it (wrapped) together with a frame that
// holds what could be decoded.
var ErrTruncated = errors.New("jpeg2000: code stream is truncated")

// ErrFormat reports data that are not a code stream this package can decode.
var ErrFormat = errors.New("jpeg2000: invalid code stream")

// ErrUnsupported reports a code stream that is valid but uses a feature or a
// size outside what Decode handles.
var ErrUnsupported = errors.New("jpeg2000: unsupported code stream")

// Config describes a code stream by its main header.
type Config struct {
	Width, Height  int  // samples of the finest component, the size of the decoded frame
	Components     int  // number of components
	BitsStored     int  // largest precision of a component
	Signed         bool // a component is signed
	Reversible     bool // 5/3 wavelet: lossless unless truncated by the encoder
	ColorTransform bool // RCT or ICT is used and undone by Decode (photometric interpretation YBR_RCT or YBR_ICT)
	Subsampled     bool // a component has a lower resolution, Decode repeats its samples
	Levels         int  // wavelet decompositions of component 0
	Layers         int  // quality layers
	Tiles          int  // tiles of the image
	HighThroughput bool // code blocks are coded after ISO/IEC 15444-15
}

// Options direct Encode. The zero value writes a lossless stream of one tile
// and one layer.
type Options struct {
	// Lossy selects the irreversible 9/7 wavelet with rate control. Otherwise
	// the reversible 5/3 wavelet is used and nothing is discarded.
	Lossy bool

	// Rate is the wanted compression ratio of a lossy stream: the size of the
	// samples at BitsStored bits divided by the size of the code stream. The
	// stream is never larger than asked for, except where its headers alone
	// are. Zero means by Quality; a value of 1 or less discards nothing
	// beyond the quantisation.
	Rate float64

	// Quality is used when Rate is zero: 1..99 is the ratio 100/Quality, zero
	// or 100 and above discard nothing beyond the quantisation.
	Quality int

	// ColorTransform decorrelates three components: RCT when lossless, ICT
	// when lossy. It is ignored for other numbers of components.
	ColorTransform bool

	// HighThroughput codes the blocks after ISO/IEC 15444-15, some ten times as
	// fast for a stream that is a few percent larger.
	HighThroughput bool

	// Levels is the largest number of wavelet decompositions: zero means 5 (or as
	// many as a high throughput stream needs), negative none. Fewer are used when the image is small.
	Levels int

	// Workers is the largest number of goroutines, zero means GOMAXPROCS.
	Workers int
}

// DecodeOptions direct DecodeWith.
type DecodeOptions struct {
	Limits  frame.Limits
	Workers int // largest number of goroutines, zero means GOMAXPROCS
}

// Decode decodes a code stream, or a JP2 file that holds one, using up to
// GOMAXPROCS goroutines. Components with fewer samples are repeated to the
// size of the image; components of different precision keep their values and
// BitsStored is the largest precision. A truncated stream gives a frame and an
// error that wraps ErrTruncated; with every other error the frame is nil.
func Decode(data []byte, lim frame.Limits) (*frame.Frame, error) {
	return DecodeWith(data, DecodeOptions{Limits: lim})
}

// workerCount resolves the Workers option.
func workerCount(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// ratio is the compression ratio that opt asks for, 0 for no limit.
func (opt *Options) ratio() float64 {
	if !opt.Lossy {
		return 0
	}
	rate := opt.Rate
	if rate == 0 && opt.Quality > 0 && opt.Quality < 100 {
		rate = 100 / float64(opt.Quality)
	}
	if rate <= 1 || math.IsNaN(rate) || math.IsInf(rate, 0) {
		return 0
	}
	return rate
}

// checkFrame reports a frame that Encode cannot take.
func checkFrame(f *frame.Frame) error {
	switch {
	case f.Width < 1 || f.Height < 1 || f.Width > 65535 || f.Height > 65535:
		return fmt.Errorf("jpeg2000: encode frame of %d x %d pixels: %w", f.Width, f.Height, ErrUnsupported)
	case f.Components < 1 || f.Components > 4:
		return fmt.Errorf("jpeg2000: encode frame of %d components: %w", f.Components, ErrUnsupported)
	case f.BitsAllocated != 8 && f.BitsAllocated != 16:
		return fmt.Errorf("jpeg2000: encode frame of %d bits allocated: %w", f.BitsAllocated, ErrUnsupported)
	case f.BitsStored < 1 || f.BitsStored > f.BitsAllocated:
		return fmt.Errorf("jpeg2000: encode frame of %d bits stored in %d: %w", f.BitsStored, f.BitsAllocated, ErrUnsupported)
	case len(f.Pix) < f.Stride()*f.Height:
		return fmt.Errorf("jpeg2000: encode frame of %d bytes where %d are needed: %w", len(f.Pix), f.Stride()*f.Height, ErrUnsupported)
	}
	return nil
}
