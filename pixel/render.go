package pixel

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strconv"
	"strings"

	"conquest/dicom"
	"conquest/pixel/frame"
	"conquest/pixel/jpeg"
)

// Format is a picture format.
type Format int

// Picture formats.
const (
	GIF Format = iota
	BMP
	JPEG
	PNG
)

// ParseFormat finds the format of a name such as "gif", "jpg" or "image/png".
func ParseFormat(name string) (Format, bool) {
	name = strings.TrimPrefix(strings.ToLower(name), "image/")
	switch name {
	case "gif":
		return GIF, true
	case "bmp":
		return BMP, true
	case "jpg", "jpeg":
		return JPEG, true
	case "png":
		return PNG, true
	}
	return 0, false
}

// ContentType is the media type of a format.
func (f Format) ContentType() string {
	return [...]string{"image/gif", "image/bmp", "image/jpeg", "image/png"}[f]
}

// AnimatedFrame added to a frame rate asks for all frames as an animated gif.
const AnimatedFrame = 10000

// RenderOptions are those of the original's conversions.
type RenderOptions struct {
	// Size is the largest number of rows and columns, 0 for the image's own.
	// The picture is only ever reduced, by whole factors.
	Size int
	// Level and Window; a window of 0 takes those of the object.
	Level, Window int
	// Frame counts from 0 and is ignored for single frames. Above
	// AnimatedFrame a gif shows all frames, Frame modulo 100 a second.
	Frame int
	// Gamma other than 0 and 1 replaces the grey scale of the picture, also
	// the inverse one of MONOCHROME1.
	Gamma float64
	// Quality of a jpeg, 1 to 100; 0 is 95.
	Quality int
	// Limits bound memory and time.
	Limits Limits
}

// maxRenderSize is what size 0 stands for.
const maxRenderSize = 16384

// Render writes a frame of ds as a picture (docs/original/compression.md 8). Grey
// pictures are windowed, colour is taken as it is; gif pictures are grey. Of
// damaged frames what could be decoded is shown. ds is not changed.
func Render(w io.Writer, ds *dicom.Dataset, format Format, opt RenderOptions) error {
	r, err := newRenderer(ds, format, opt)
	if err != nil {
		return fmt.Errorf("render: %w", err)
	}
	if format == GIF && opt.Frame > AnimatedFrame && r.im.Frames > 1 {
		if err := r.animate(w); err != nil {
			return fmt.Errorf("render: %w", err)
		}
		return nil
	}
	n := opt.Frame
	if r.im.Frames == 1 {
		n = 0
	}
	p, err := r.picture(n)
	if err != nil {
		return fmt.Errorf("render: %w", err)
	}
	switch format {
	case GIF:
		err = writeGIF(w, p.gray())
	case BMP:
		err = writeBMP(w, p)
	case JPEG:
		err = writeJPEG(w, p, opt.Quality)
	case PNG:
		err = writePNG(w, p)
	}
	if err != nil {
		return fmt.Errorf("render: %w", err)
	}
	return nil
}

// picture is an 8-bit grey or RGB image.
type picture struct {
	width, height int
	channels      int // 1 or 3
	pix           []byte
}

// gray averages colour.
func (p picture) gray() picture {
	if p.channels == 1 {
		return p
	}
	g := picture{p.width, p.height, 1, make([]byte, p.width*p.height)}
	for i := range g.pix {
		g.pix[i] = byte((int(p.pix[3*i]) + int(p.pix[3*i+1]) + int(p.pix[3*i+2])) / 3)
	}
	return g
}

// rgb triples grey.
func (p picture) rgb() picture {
	if p.channels == 3 {
		return p
	}
	c := picture{p.width, p.height, 3, make([]byte, 3*p.width*p.height)}
	for i, v := range p.pix {
		c.pix[3*i], c.pix[3*i+1], c.pix[3*i+2] = v, v, v
	}
	return c
}

// renderer holds what all frames of an image have in common.
type renderer struct {
	im       *Image
	opt      RenderOptions
	meter    *frame.Meter // of all frames together; nil: each has its own
	tables   []palette
	lut      [256]byte
	level    int
	window   int
	offset   int // added to samples without window
	top, div int // of the first scaling without window
}

func newRenderer(ds *dicom.Dataset, format Format, opt RenderOptions) (*renderer, error) {
	im, err := OpenWith(ds, opt.Limits)
	if err != nil {
		return nil, err
	}
	r := &renderer{im: im, opt: opt, level: opt.Level, window: opt.Window}
	for i := range r.lut {
		switch {
		case opt.Gamma != 0 && opt.Gamma != 1:
			r.lut[i] = byte(255*math.Pow(float64(i)/255, opt.Gamma) + 0.5)
		case im.Photometric == "MONOCHROME1":
			r.lut[i] = byte(255 - i)
		default:
			r.lut[i] = byte(i)
		}
	}
	if im.Photometric == "PALETTE COLOR" && im.Samples == 1 && im.BitsAllocated <= 16 {
		// Without a usable palette the indices are shown.
		r.tables, _ = readPalettes(ds, im.Signed)
	}
	if r.window == 0 {
		r.level, r.window = objectWindow(ds)
	}
	r.rescale(ds)
	r.top, r.div = 2047, 8
	if format == GIF || format == PNG {
		r.top, r.div = 1<<uint(im.BitsStored)-1, 1<<uint(max(im.BitsStored-8, 0))
	}
	return r, nil
}

// objectWindow reads level and window of the object, rounded.
func objectWindow(ds *dicom.Dataset) (level, window int) {
	first := func(t dicom.Tag) int {
		s, _, _ := strings.Cut(ds.String(t), `\`)
		v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || math.Abs(v) > 1<<30 {
			return 0
		}
		return int(v + 0.5)
	}
	return first(tagWindowCenter), first(tagWindowWidth)
}

// rescale applies the rescale intercept, where the slope is 1: to the level,
// or without a window to the samples of CT.
func (r *renderer) rescale(ds *dicom.Dataset) {
	if !ds.Has(tagRescaleIntercept) {
		return
	}
	slope := 1.0
	if values := ds.Floats(tagRescaleSlope); len(values) > 0 {
		slope = values[0]
	}
	if slope <= 0.999 || slope >= 1.001 {
		return
	}
	intercept := 0
	if values := ds.Floats(tagRescaleIntercept); len(values) > 0 && math.Abs(values[0]) < 1<<30 {
		intercept = int(values[0])
	}
	if r.window != 0 {
		r.level -= intercept
	} else if ds.String(dicom.Modality) == "CT" {
		r.offset = intercept + 1024
	}
}

// memory is what making a picture of frame n uses at its height.
func (r *renderer) memory(n int) int64 {
	pixels := int64(r.im.Rows) * int64(r.im.Columns)
	memory := r.im.scratch(n) + 3*pixels
	if r.tables != nil {
		memory += int64(len(r.tables)) * pixels
	}
	return memory
}

// picture decodes frame n, reduces it and brings it to 8 bits.
func (r *renderer) picture(n int) (picture, error) {
	if n < 0 || n >= r.im.Frames {
		return picture{}, fmt.Errorf("frame %d of %d", n, r.im.Frames)
	}
	_, done, err := r.opt.Limits.reserve(0, r.memory(n), 1)
	if err != nil {
		return picture{}, err
	}
	defer done()
	if err := r.meter.Spend(r.im.showing()); err != nil {
		return picture{}, err
	}
	f, err := r.im.frame(n, r.meter)
	if f == nil || len(f.Pix) == 0 {
		return picture{}, err
	}
	if r.tables != nil && f.Components == 1 && f.BitsAllocated <= 16 {
		g := *f
		g.Pix = applyPalettes(f.Pix, f.BitsAllocated, r.im.Signed, r.tables)
		g.Components, g.BitsAllocated, g.BitsStored = len(r.tables), 8, 8
		f = &g
	}
	if f.Components != 1 && f.Components != 3 {
		return picture{}, fmt.Errorf("%d components: %w", f.Components, ErrUnsupported)
	}
	size := r.opt.Size
	if size <= 0 {
		size = maxRenderSize
	}
	step := downsizeFactor(f.Height, f.Width, size)
	p := picture{width: max(f.Width/step, 1), height: max(f.Height/step, 1), channels: f.Components}
	p.pix = make([]byte, p.width*p.height*p.channels)
	source := reduced{f, p, step}
	shade := r.shade(f, source)
	source.rows(func(at int, values []int) {
		dst := p.pix[at : at+len(values)]
		for i, v := range values {
			dst[i] = r.lut[max(0, min(shade(v), 255))]
		}
	})
	return p, nil
}

// shade is how samples become 8 bits.
func (r *renderer) shade(f *frame.Frame, source reduced) func(v int) int {
	switch {
	case f.Components == 3 || f.BitsAllocated == 8:
		shift := uint(max(f.BitsStored-8, 0))
		full := 1<<uint(min(f.BitsStored, 8)) - 1
		if f.BitsStored < 8 && r.im.BitsAllocated >= 8 {
			full = 255
		}
		return func(v int) int { return max(v>>shift, 0) * 255 / full }
	case r.window != 0:
		return func(v int) int { return 255 * (r.shifted(v) - r.level + r.window/2) / r.window }
	case f.BitsAllocated == 32:
		return r.scaleTo(source)
	}
	return r.autoScale(source)
}

// shifted adds the offset; unsigned samples wrap at 16 bits.
func (r *renderer) shifted(v int) int {
	v += r.offset
	if !r.im.Signed && r.im.BitsAllocated <= 16 {
		v &= 0xFFFF
	}
	return v
}

// autoScale shows samples without window: by the bits stored, and when the
// picture would be too dark or too bright by its largest sample.
func (r *renderer) autoScale(source reduced) func(v int) int {
	largest := 0
	source.rows(func(_ int, values []int) {
		for _, v := range values {
			largest = max(largest, r.shifted(v))
		}
	})
	top, div := r.top, r.div
	if largest < 1024 || largest > 4095 {
		div = max(int(float64(largest)/256+0.5), 1)
		top = math.MaxInt
	}
	return func(v int) int { return max(0, min(r.shifted(v), top)) / div }
}

// scaleTo shows 32-bit samples by the largest of them.
func (r *renderer) scaleTo(source reduced) func(v int) int {
	largest := 1
	source.rows(func(_ int, values []int) {
		for _, v := range values {
			largest = max(largest, v)
		}
	})
	return func(v int) int { return int(255 * (int64(v) + int64(r.offset)) / int64(largest)) }
}

// reduced is a frame of which the first sample of each step x step block counts.
type reduced struct {
	frame *frame.Frame
	to    picture
	step  int
}

// rows calls do for each row with its samples, and where they belong in the
// picture.
func (s reduced) rows(do func(at int, values []int)) {
	f, p := s.frame, s.to
	size := f.BitsAllocated / 8
	values := make([]int, p.width*p.channels)
	for y := range p.height {
		o := 0
		for x := range p.width {
			at := (y*s.step*f.Width + x*s.step) * f.Components * size
			for range p.channels {
				values[o] = sample(f, at)
				o, at = o+1, at+size
			}
		}
		do(y*len(values), values)
	}
}

// sample reads a sample of 8, 16 or 32 bits; those of 8 bits and of colour
// are unsigned.
func sample(f *frame.Frame, at int) int {
	p := f.Pix[at:]
	switch f.BitsAllocated {
	case 8:
		return int(p[0])
	case 32:
		return int(int32(uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24))
	}
	v := int(p[0]) | int(p[1])<<8
	if f.Signed && f.Components == 1 {
		return int(int16(v))
	}
	return v
}

func writeJPEG(w io.Writer, p picture, quality int) error {
	c := p.rgb()
	f := &frame.Frame{Width: c.width, Height: c.height, Components: 3, BitsAllocated: 8, BitsStored: 8, Pix: c.pix}
	data, err := jpeg.Encode(f, jpeg.EncodeOptions{Quality: quality, Subsampling: jpeg.Subsample420, ConvertToYCbCr: true})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func writePNG(w io.Writer, p picture) error {
	var img image.Image
	if p.channels == 1 {
		img = &image.Gray{Pix: p.pix, Stride: p.width, Rect: image.Rect(0, 0, p.width, p.height)}
	} else {
		rgba := image.NewNRGBA(image.Rect(0, 0, p.width, p.height))
		for i := range p.width * p.height {
			rgba.SetNRGBA(i%p.width, i/p.width, color.NRGBA{p.pix[3*i], p.pix[3*i+1], p.pix[3*i+2], 255})
		}
		img = rgba
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

var errNoFrames = errors.New("no frames")
