package jpeg2000

import "conquest/pixel/frame"

// DecodeWith is Decode with options.
func DecodeWith(data []byte, opt DecodeOptions) (*frame.Frame, error) {
	return nil, ErrUnsupported
}

// DecodeConfig reads the main header of a code stream or JP2 file without
// decoding the image.
func DecodeConfig(data []byte) (Config, error) { return Config{}, ErrUnsupported }

// Encode writes f as a code stream (never as a JP2 file): one tile, one layer,
// LRCP, code blocks of 64 x 64. Samples are taken at BitsStored bits; a value
// outside that range is an error.
func Encode(f *frame.Frame, opt Options) ([]byte, error) {
	if err := checkFrame(f); err != nil {
		return nil, err
	}
	return nil, ErrUnsupported
}
