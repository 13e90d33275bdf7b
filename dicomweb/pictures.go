package dicomweb

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/png"

	"conquest/dicom"
	"conquest/pixel"
)

// Media types of pictures and documents.
const (
	kindJPEG = "image/jpeg"
	kindPNG  = "image/png"
	kindGIF  = "image/gif"
	kindHTML = "text/html"
	kindText = "text/plain"
	kindPDF  = "application/pdf"
)

// pictureKinds are those that images are rendered as, the first by default.
var pictureKinds = []string{kindJPEG, kindPNG, kindGIF}

const (
	// maxAnimated bounds the frames and the pixels of an animation.
	maxAnimated       = 2000
	maxAnimatedPixels = 64 << 20
	// gifDelay is that of animations whose objects tell none, in 1/100 s.
	gifDelay = 10
)

const (
	tagFrameTime          dicom.Tag = 0x00181063
	tagRecommendedRate    dicom.Tag = 0x00082144
	hundredthsOfSecond              = 100
	hundredthsPerMilliSec           = 10 // milliseconds in a hundredth of a second
)

// picture draws frames of an object, counted from 0, as one picture; several
// become an animation.
func (s *Service) picture(ctx context.Context, o *object, frames []int, kind string, v rendering) ([]byte, error) {
	done, err := s.work(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	im, err := o.frames()
	if err != nil {
		return nil, err
	}
	d := im.Drawer(o.Dataset)
	if err := v.inside(d.Bounds()); err != nil {
		return nil, err
	}
	if len(frames) > 1 {
		return animation(ctx, d, frames, v, delayOf(o.Dataset))
	}
	img, err := d.Draw(frames[0], v.view())
	if err != nil {
		return nil, err
	}
	return encodePicture(img, kind, v.quality)
}

// delayOf is the time between frames in hundredths of a second.
func delayOf(d *dicom.Dataset) int {
	if t := d.Floats(tagFrameTime); len(t) > 0 && t[0] > 0 {
		return max(int(t[0]/hundredthsPerMilliSec+0.5), 1)
	}
	if r := d.Floats(tagRecommendedRate); len(r) > 0 && r[0] > 0 {
		return max(int(hundredthsOfSecond/r[0]+0.5), 1)
	}
	return gifDelay
}

var pngEncoder = png.Encoder{CompressionLevel: png.BestSpeed}

// encodePicture codes a picture.
func encodePicture(img image.Image, kind string, quality int) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch kind {
	case kindPNG:
		err = pngEncoder.Encode(&b, img)
	case kindGIF:
		err = gif.Encode(&b, paletted(img), nil)
	default:
		data, err := pixel.EncodeJPEG(img, quality)
		if err != nil {
			return nil, fmt.Errorf("code picture as %s: %w", kind, err)
		}
		return data, nil
	}
	if err != nil {
		return nil, fmt.Errorf("code picture as %s: %w", kind, err)
	}
	return b.Bytes(), nil
}

var greyPalette = func() color.Palette {
	p := make(color.Palette, 256)
	for i := range p {
		p[i] = color.Gray{Y: uint8(i)}
	}
	return p
}()

// paletted is a picture in at most 256 colours: all shades of grey, or a fixed
// palette.
func paletted(img image.Image) *image.Paletted {
	if g, ok := img.(*image.Gray); ok {
		return &image.Paletted{Pix: g.Pix, Stride: g.Stride, Rect: g.Rect, Palette: greyPalette}
	}
	p := image.NewPaletted(img.Bounds(), palette.Plan9)
	draw.FloydSteinberg.Draw(p, p.Rect, img, image.Point{})
	return p
}

func animation(ctx context.Context, d *pixel.Drawer, frames []int, v rendering, delay int) ([]byte, error) {
	size := d.Bounds().Size()
	if v.room.X > 0 {
		size = v.room
	}
	if len(frames) > maxAnimated || len(frames)*size.X*size.Y > maxAnimatedPixels {
		return nil, refuse(413, "%d frames of %d x %d pixels are too many for one animation; a viewport makes them smaller", len(frames), size.X, size.Y)
	}
	d = d.Together()
	var g gif.GIF
	for _, n := range frames {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		img, err := d.Draw(n, v.view())
		if err != nil {
			return nil, err
		}
		g.Image = append(g.Image, paletted(img))
		g.Delay = append(g.Delay, delay)
		g.Disposal = append(g.Disposal, gif.DisposalNone)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		return nil, fmt.Errorf("code animation: %w", err)
	}
	return b.Bytes(), nil
}
