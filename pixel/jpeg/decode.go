package jpeg

import "errors"

// Decode decodes one frame, components interleaved by sample.
func Decode(data []byte, opt DecodeOptions) (Result, error) {
	return Result{}, errors.New("decode JPEG frame: not available")
}

// DecodeConfig reads the headers up to the first scan.
func DecodeConfig(data []byte) (Config, error) {
	return Config{}, errors.New("read JPEG header: not available")
}
