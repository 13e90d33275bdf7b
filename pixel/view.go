package pixel

import (
	"fmt"
	"image"

	"conquest/dicom"
	"conquest/pixel/frame"
)

// View tells how frames are shown (PS3.4 annex N, PS3.18 section 8.3.5.1).
type View struct {
	// Window maps values to shades of grey; nil takes that of the object, else its
	// VOI LUT, else the range of its values.
	Window *Window
	// Region is the part to be shown, in pixels of the image; empty is all.
	Region image.Rectangle
	// Width and Height are the room for the picture, which fills it as far as its
	// shape allows; 0 is the size of the region.
	Width, Height int
	// FlipX mirrors left and right, FlipY top and bottom.
	FlipX, FlipY bool
}

// Window is a VOI window (PS3.3 section C.11.2.1.2).
type Window struct {
	Center, Width float64
	Function      WindowFunction
}

// WindowFunction is how a window maps values.
type WindowFunction int

// The functions of (0028,1056).
const (
	Linear WindowFunction = iota
	LinearExact
	Sigmoid
)

// Drawer draws the frames of an object as pictures of 8 bits. It does not change
// the object, and may be used from several goroutines at once.
type Drawer struct {
	im     *Image
	ds     *dicom.Dataset
	tables []palette
	meter  *frame.Meter // of all frames together; nil: each has its own
}

// NewDrawer prepares an object.
func NewDrawer(ds *dicom.Dataset, l Limits) (*Drawer, error) {
	im, err := OpenWith(ds, l)
	if err != nil {
		return nil, err
	}
	return im.Drawer(ds), nil
}

// Drawer draws the frames of im, which was opened of ds.
func (im *Image) Drawer(ds *dicom.Dataset) *Drawer {
	d := &Drawer{im: im, ds: ds}
	if im.Photometric == "PALETTE COLOR" && im.Samples == 1 && im.BitsAllocated <= 16 {
		// Without a usable palette the indices are shown.
		d.tables, _ = readPalettes(ds, im.Signed)
	}
	return d
}

// Together is d for many frames of one request, which share the processor time that
// all of them may take.
func (d *Drawer) Together() *Drawer {
	all := *d
	all.meter = d.im.meterOfAll()
	return &all
}

// meterOfAll is the time for all coded frames; nil for plain ones, whose time is
// that of their bytes.
func (im *Image) meterOfAll() *frame.Meter {
	if !im.Encapsulated() {
		return nil
	}
	return im.limits.meter(im.codedSize())
}

// showing is the time that it takes to show a frame, in nanoseconds.
func (im *Image) showing() int64 { return timeForByte * int64(im.Rows) * int64(im.Columns) }

// Frames is the number of frames.
func (d *Drawer) Frames() int { return d.im.Frames }

// Bounds is the size of a frame.
func (d *Drawer) Bounds() image.Rectangle { return image.Rect(0, 0, d.im.Columns, d.im.Rows) }

// Draw draws frame n, counted from 0: an *image.Gray or an *image.NRGBA. Of
// damaged frames what could be decoded is shown.
func (d *Drawer) Draw(n int, v View) (image.Image, error) {
	if n < 0 || n >= d.im.Frames {
		return nil, fmt.Errorf("frame %d of %d", n, d.im.Frames)
	}
	_, done, err := d.im.limits.reserve(0, d.memory(n, v), 1)
	if err != nil {
		return nil, fmt.Errorf("draw frame %d: %w", n, err)
	}
	defer done()
	if err := d.meter.Spend(d.im.showing()); err != nil {
		return nil, fmt.Errorf("draw frame %d: %w", n, err)
	}
	f, err := d.im.frame(n, d.meter)
	if f == nil || len(f.Pix) == 0 {
		return nil, err
	}
	if d.tables != nil && f.Components == 1 {
		g := *f
		g.Pix = applyPalettes(f.Pix, f.BitsAllocated, d.im.Signed, d.tables)
		g.Components, g.BitsAllocated, g.BitsStored = len(d.tables), 8, 8
		f = &g
	}
	region := v.Region.Intersect(image.Rect(0, 0, f.Width, f.Height))
	if v.Region.Empty() {
		region = image.Rect(0, 0, f.Width, f.Height)
	}
	if region.Empty() {
		return nil, fmt.Errorf("draw frame %d: the region is outside of the image", n)
	}
	p := plane{width: region.Dx(), height: region.Dy(), channels: f.Components}
	switch {
	case f.Components == 3:
		p.pix = colourBytes(f, region)
	case f.Components != 1:
		return nil, fmt.Errorf("draw frame %d: %d components: %w", n, f.Components, ErrUnsupported)
	case d.tables != nil:
		p.pix = cut(f, region)
	default:
		p.pix = d.grey(f, region, n, v.Window)
	}
	if v.Width > 0 && v.Height > 0 {
		w, h := fitInside(p.width, p.height, v.Width, v.Height)
		p = p.resized(w, h)
	}
	p.flip(v.FlipX, v.FlipY)
	return p.image(), nil
}

// memory is what drawing frame n uses at its height: the frame, its values or
// colours, those of the picture on the way to its size, and the picture.
func (d *Drawer) memory(n int, v View) int64 {
	region := d.Bounds()
	if !v.Region.Empty() {
		region = region.Intersect(v.Region)
	}
	w, h := int64(region.Dx()), int64(region.Dy())
	memory := d.im.scratch(n) + 5*w*h
	if v.Width > 0 && v.Height > 0 && w > 0 && h > 0 {
		outW, outH := fitInside(int(w), int(h), v.Width, v.Height)
		memory += 2*int64(outW)*h*int64(d.im.Samples) + int64(outW)*int64(outH)*int64(d.im.Samples)
		w, h = int64(outW), int64(outH)
	}
	if d.im.Samples > 1 || d.tables != nil {
		memory += 4 * w * h
	}
	return memory
}

// fitInside is the largest size of the shape w x h within a room.
func fitInside(w, h, roomW, roomH int) (int, int) {
	if w*roomH >= h*roomW {
		return roomW, max((h*roomW+w/2)/w, 1)
	}
	return max((w*roomH+h/2)/h, 1), roomH
}

// cut are the samples of a region of 8-bit samples.
func cut(f *frame.Frame, r image.Rectangle) []byte {
	stride := f.Width * f.Components
	if r.Dx() == f.Width {
		return append([]byte(nil), f.Pix[r.Min.Y*stride:r.Max.Y*stride]...)
	}
	out := make([]byte, 0, r.Dx()*r.Dy()*f.Components)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out = append(out, f.Pix[y*stride+r.Min.X*f.Components:y*stride+r.Max.X*f.Components]...)
	}
	return out
}

// colourBytes are the samples of a region of a colour frame, in 8 bits.
func colourBytes(f *frame.Frame, r image.Rectangle) []byte {
	if f.BitsAllocated == 8 && f.BitsStored == 8 {
		return cut(f, r)
	}
	shift := uint(max(f.BitsStored-8, 0))
	size := f.BitsAllocated / 8
	out := make([]byte, 0, r.Dx()*r.Dy()*f.Components)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := (y*f.Width + r.Min.X) * f.Components * size
		for range r.Dx() * f.Components {
			v := int(f.Pix[at])
			for b := 1; b < size; b++ {
				v |= int(f.Pix[at+b]) << (8 * b)
			}
			if v >>= shift; f.BitsStored < 8 {
				v = v * 255 / (1<<uint(f.BitsStored) - 1)
			}
			out = append(out, byte(min(v, 255)))
			at += size
		}
	}
	return out
}

// plane is a picture of 8-bit samples, 1 or 3 for each pixel.
type plane struct {
	width, height, channels int
	pix                     []byte
}

func (p plane) image() image.Image {
	r := image.Rect(0, 0, p.width, p.height)
	if p.channels == 1 {
		return &image.Gray{Pix: p.pix, Stride: p.width, Rect: r}
	}
	img := image.NewNRGBA(r)
	for i, o := 0, 0; i+2 < len(p.pix); i, o = i+3, o+4 {
		img.Pix[o], img.Pix[o+1], img.Pix[o+2], img.Pix[o+3] = p.pix[i], p.pix[i+1], p.pix[i+2], 255
	}
	return img
}

func (p plane) flip(x, y bool) {
	n := p.channels
	if x {
		for row := range p.height {
			line := p.pix[row*p.width*n : (row+1)*p.width*n]
			for a, b := 0, p.width-1; a < b; a, b = a+1, b-1 {
				for c := range n {
					line[a*n+c], line[b*n+c] = line[b*n+c], line[a*n+c]
				}
			}
		}
	}
	if y {
		stride := p.width * n
		tmp := make([]byte, stride)
		for a, b := 0, p.height-1; a < b; a, b = a+1, b-1 {
			top, bottom := p.pix[a*stride:(a+1)*stride], p.pix[b*stride:(b+1)*stride]
			copy(tmp, top)
			copy(top, bottom)
			copy(bottom, tmp)
		}
	}
}
