package script

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"conquest/dicom"
	"conquest/pixel"
	"conquest/scripting"
)

// SaveFrame writes one frame of an object.
func (e *env) SaveFrame(ctx context.Context, path string, d *dicom.Dataset, frame int) error {
	limits, done := e.s.Limits(ctx)
	defer done()
	one := d.Clone()
	if _, err := pixel.ExtractFrame(one, frame, limits); err != nil {
		return err
	}
	return e.SaveObject(path, one)
}

// SaveImage writes a picture of an object.
func (e *env) SaveImage(ctx context.Context, path string, d *dicom.Dataset, o scripting.ImageOptions) error {
	format, ok := pixel.ParseFormat(o.Format)
	if !ok {
		return fmt.Errorf("no picture format %s", o.Format)
	}
	limits, done := e.s.Limits(ctx)
	defer done()
	var picture bytes.Buffer
	err := pixel.Render(&picture, d, format, pixel.RenderOptions{
		Size: o.Size, Level: o.Level, Window: o.Window, Frame: o.Frame, Gamma: o.Gamma, Quality: o.Quality, Limits: limits,
	})
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, &picture)
	return errors.Join(err, f.Close())
}

// ToMono turns 8-bit colour into monochrome.
func (e *env) ToMono(ctx context.Context, d *dicom.Dataset) error {
	limits, done := e.s.Limits(ctx)
	defer done()
	return pixel.ToMono(d, limits)
}

// Crop cuts the pixels to a rectangle.
func (e *env) Crop(ctx context.Context, d *dicom.Dataset, x1, y1, x2, y2 int) error {
	limits, done := e.s.Limits(ctx)
	defer done()
	return pixel.Crop(d, x1, y1, x2, y2, limits)
}
