package jpeg

import (
	"errors"

	"conquest/pixel/frame"
)

// Encode codes one frame; its precision is f.BitsStored.
func Encode(f *frame.Frame, opt EncodeOptions) ([]byte, error) {
	return nil, errors.New("encode JPEG frame: not available")
}
