package server

import (
	"fmt"

	"conquest/dicom"
	"conquest/scripting"
)

// SaveFrame writes one frame of an object.
func (e *environment) SaveFrame(path string, d *dicom.Dataset, frame int) error {
	return fmt.Errorf("save frame %d: %w", frame, errNoCodec)
}

// SaveImage writes a picture of an object.
func (e *environment) SaveImage(path string, d *dicom.Dataset, o scripting.ImageOptions) error {
	return fmt.Errorf("save %s: %w", o.Format, errNoCodec)
}

// ToMono turns RGB into monochrome.
func (e *environment) ToMono(d *dicom.Dataset) error { return errNoCodec }

// Crop cuts the pixels to a rectangle.
func (e *environment) Crop(d *dicom.Dataset, x1, y1, x2, y2 int) error { return errNoCodec }
