package pixel

import (
	"fmt"

	"conquest/pixel/frame"
	"conquest/pixel/jpeg"
	"conquest/pixel/jpeg2000"
	"conquest/pixel/jpegls"
)

// shape is what the beginning of a coded frame tells about the cost of decoding
// it.
type shape struct {
	coding         coding
	width, height  int
	components     int
	bytesPerSample int
	progressive    bool // JPEG
	lossless       bool // JPEG
}

// shape reads the headers of a coded frame. What they do not tell, or what is
// wrong with them, decoding will find.
func (d *frameDecoder) shape(data []byte) shape {
	m := &d.module
	s := shape{
		coding: codingOf(d.syntax, data), width: m.Columns, height: m.Rows, components: m.Samples,
		bytesPerSample: (m.BitsAllocated + 7) / 8,
	}
	bits := 0
	switch s.coding {
	case codingJPEG:
		if c, err := jpeg.DecodeConfig(data); err == nil {
			s.width, s.height, s.components, bits = c.Width, c.Height, c.Components, c.BitsStored
			s.progressive, s.lossless = c.Process == jpeg.Progressive, c.Process == jpeg.Lossless
		}
	case codingJPEGLS:
		if c, err := jpegls.DecodeConfig(data); err == nil {
			s.width, s.height, s.components, bits = c.Width, c.Height, c.Components, c.BitsStored
		}
	case codingJPEG2000:
		if c, err := jpeg2000.DecodeConfig(data); err == nil {
			s.width, s.height, s.components, bits = c.Width, c.Height, c.Components, c.BitsStored
		}
	}
	if bits > 0 {
		s.bytesPerSample = (bits + 7) / 8
	}
	return s
}

func (s *shape) pixels() int64  { return int64(s.width) * int64(s.height) }
func (s *shape) samples() int64 { return s.pixels() * int64(s.components) }
func (s *shape) bytes() int64   { return s.samples() * int64(s.bytesPerSample) }

// memory is what decoding uses at its height, the frame included.
func (s *shape) memory() int64 {
	switch s.coding {
	case codingJPEG2000:
		return s.bytes() + 4*s.samples() + 4*s.pixels()
	case codingJPEG:
		switch {
		case s.lossless:
			return s.bytes()
		case s.progressive:
			return 2*s.bytes() + 2*s.samples()
		}
		return 2 * s.bytes()
	case codingJPEGLS:
		return 2 * s.bytes()
	case codingDeflated:
		return 3 * s.bytes()
	}
	return s.bytes()
}

// time is what decoding takes, in nanoseconds, where it follows from the number of
// samples. The decoder of JPEG 2000 counts its own.
func (s *shape) time() int64 {
	switch s.coding {
	case codingJPEG:
		if s.progressive {
			return 40 * s.samples()
		}
		return 12 * s.samples()
	case codingJPEGLS:
		return 30 * s.samples()
	case codingRLE, codingNative, codingDeflated:
		return 3 * s.samples()
	}
	return 0
}

// mostRunLength is how many bytes each byte of a run length coded frame can stand
// for.
const mostRunLength = 64

// check refuses a frame that is too large for what it comes in. The JPEG decoder
// does so itself; small frames are decoded as far as they go.
func (s *shape) check(length int) error {
	const small = 16 << 20
	if s.coding == codingRLE && s.bytes() > small && s.bytes()/mostRunLength > int64(length) {
		return fmt.Errorf("%d x %d pixels in %d bytes: %w", s.width, s.height, length, frame.ErrLimit)
	}
	if s.coding == codingDeflated && s.bytes() > small && s.bytes()/mostDeflated > int64(length) {
		return fmt.Errorf("%d x %d pixels in %d bytes: %w", s.width, s.height, length, frame.ErrLimit)
	}
	return nil
}
