package jpegls

import (
	"errors"

	"conquest/pixel/frame"
)

// Decode decodes one frame, components interleaved by sample.
func Decode(data []byte, opt DecodeOptions) (*frame.Frame, error) {
	return nil, errors.New("decode JPEG-LS frame: not available")
}

// DecodeConfig reads the headers.
func DecodeConfig(data []byte) (Config, error) {
	return Config{}, errors.New("read JPEG-LS header: not available")
}
