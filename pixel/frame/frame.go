// Package frame holds the one type that all pixel codecs share: a decoded
// frame. It knows nothing of DICOM attributes and imports nothing of ours, so
// that each codec package stands alone.
package frame

import (
	"errors"
	"fmt"
)

// ErrLimit is wrapped when a frame would take more memory or time than its
// [Limits] allow.
var ErrLimit = errors.New("frame exceeds its limits")

// Frame is one decoded image plane or set of interleaved planes.
//
// Pix holds Width*Height*Components samples in row order, the components of a
// pixel next to each other. A sample takes one byte when BitsAllocated is 8
// and two bytes, little endian, when it is 16. Signed samples are two's
// complement over the whole allocated width.
type Frame struct {
	Width, Height int
	Components    int // samples per pixel: 1, 3 or 4
	BitsAllocated int // 8 or 16
	BitsStored    int // significant bits of a sample, 1..BitsAllocated
	Signed        bool
	Pix           []byte
}

// Limits bounds what a decoder may use for one frame.
type Limits struct {
	MaxPixels int // width*height; 0 means DefaultMaxPixels
	// Meter bounds the time where that does not follow from the number of
	// samples: the decoder spends what it is going to need. nil is no bound.
	Meter *Meter
}

// DefaultMaxPixels is the largest frame decoded without an explicit limit:
// 65535 x 4096 pixels.
const DefaultMaxPixels = 65535 * 4096

// New allocates a zeroed frame. It fails when a dimension or depth is outside
// what DICOM can describe, or when the frame exceeds lim.
func New(width, height, components, bitsStored int, signed bool, lim Limits) (*Frame, error) {
	maxPixels := lim.MaxPixels
	if maxPixels == 0 {
		maxPixels = DefaultMaxPixels
	}
	if width < 1 || height < 1 || width > 65535 || height > 65535 || width*height > maxPixels {
		return nil, fmt.Errorf("frame of %d x %d pixels: %w", width, height, ErrLimit)
	}
	if components < 1 || components > 4 {
		return nil, fmt.Errorf("frame with %d components", components)
	}
	if bitsStored < 1 || bitsStored > 16 {
		return nil, fmt.Errorf("frame with %d bits per sample", bitsStored)
	}
	allocated := 8
	if bitsStored > 8 {
		allocated = 16
	}
	return &Frame{
		Width: width, Height: height, Components: components,
		BitsAllocated: allocated, BitsStored: bitsStored, Signed: signed,
		Pix: make([]byte, width*height*components*allocated/8),
	}, nil
}

// Samples is the number of samples in the frame.
func (f *Frame) Samples() int { return f.Width * f.Height * f.Components }

// Stride is the number of bytes in one row.
func (f *Frame) Stride() int { return f.Width * f.Components * f.BitsAllocated / 8 }
