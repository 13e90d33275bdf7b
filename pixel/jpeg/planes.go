package jpeg

import (
	"encoding/binary"

	"conquest/pixel/frame"
)

// finishPlanes brings the decoded planes of a DCT frame to full resolution
// and interleaves them into the frame.
func (d *decoder) finishPlanes() {
	if d.cfg.Process == Progressive {
		d.finishCoefficients()
	}
	if d.cfg.BitsStored == 8 {
		interleave(d, func(c *component) []uint8 { return c.plane8 }, func(row []byte, x, n int, line []uint8) {
			if n == 1 {
				copy(row, line)
				return
			}
			for _, v := range line {
				row[x] = v
				x += n
			}
		})
		return
	}
	interleave(d, func(c *component) []uint16 { return c.plane16 }, func(row []byte, x, n int, line []uint16) {
		for i, v := range line {
			binary.LittleEndian.PutUint16(row[2*(i*n+x):], v)
		}
	})
}

func interleave[T sample](d *decoder, plane func(*component) []T, put func(row []byte, x, n int, line []T)) {
	scratch := make([]T, d.cfg.Width+8)
	stride := d.out.Stride()
	for y := range d.cfg.Height {
		row := d.out.Pix[y*stride : (y+1)*stride]
		for i := range d.comps {
			c := &d.comps[i]
			line := upsampleRow(d, c, plane(c), y, scratch)
			put(row, i, len(d.comps), line[:d.cfg.Width])
		}
	}
}

// upsampleRow gives row y of a component at full width. Halved components are
// interpolated with a triangle filter, other ratios repeat samples.
func upsampleRow[T sample](d *decoder, c *component, plane []T, y int, scratch []T) []T {
	stride := 8 * c.blocksX
	line := func(y int) []T {
		y = min(max(y, 0), c.height-1)
		return plane[y*stride : y*stride+c.width]
	}
	switch {
	case c.h == d.hMax && c.v == d.vMax:
		return plane[y*stride : y*stride+stride]
	case 2*c.h == d.hMax && c.v == d.vMax && c.width > 2:
		return doubleWidth(scratch, line(y))
	case 2*c.h == d.hMax && 2*c.v == d.vMax && c.width > 2:
		near, far := line(y/2), line(y/2-1+y%2*2)
		return doubleBoth(scratch, near, far)
	}
	src := line(y * c.v / d.vMax)
	for x := range d.cfg.Width {
		scratch[x] = src[x*c.h/d.hMax]
	}
	return scratch
}

func doubleWidth[T sample](dst, src []T) []T {
	last := len(src) - 1
	dst = dst[:min(len(dst), 2*len(src))]
	dst[0] = src[0]
	for i := 0; i < last; i++ {
		a, b := int(src[i]), int(src[i+1])
		dst[2*i+1] = T((3*a + b + 2) >> 2)
		dst[2*i+2] = T((3*b + a + 1) >> 2)
	}
	dst[2*last+1] = src[last]
	return dst
}

func doubleBoth[T sample](dst, near, far []T) []T {
	last := len(near) - 1
	far = far[:len(near)]
	dst = dst[:min(len(dst), 2*len(near))]
	a := 3*int(near[0]) + int(far[0])
	dst[0] = T((4*a + 8) >> 4)
	for i := 0; i < last; i++ {
		b := 3*int(near[i+1]) + int(far[i+1])
		dst[2*i+1] = T((3*a + b + 7) >> 4)
		dst[2*i+2] = T((3*b + a + 8) >> 4)
		a = b
	}
	dst[2*last+1] = T((4*a + 7) >> 4)
	return dst
}

// Colour conversion constants of JFIF times 1<<16.
const (
	colorBits = 16
	colorHalf = 1 << (colorBits - 1)
	crToR     = 91881
	cbToG     = 22554
	crToG     = 46802
	cbToB     = 116130
)

// toRGB converts a YCbCr frame in place.
func toRGB(f *frame.Frame) {
	center := 1 << uint(f.BitsStored-1)
	limit := 2*center - 1
	convert := func(y, cb, cr int) (r, g, b int) {
		cb -= center
		cr -= center
		r = clampInt(y+(crToR*cr+colorHalf)>>colorBits, limit)
		g = clampInt(y+(-cbToG*cb-crToG*cr+colorHalf)>>colorBits, limit)
		b = clampInt(y+(cbToB*cb+colorHalf)>>colorBits, limit)
		return r, g, b
	}
	p := f.Pix
	if f.BitsAllocated == 8 {
		for i := 0; i+2 < len(p); i += 3 {
			r, g, b := convert(int(p[i]), int(p[i+1]), int(p[i+2]))
			p[i], p[i+1], p[i+2] = byte(r), byte(g), byte(b)
		}
		return
	}
	le := binary.LittleEndian
	for i := 0; i+5 < len(p); i += 6 {
		r, g, b := convert(int(le.Uint16(p[i:])), int(le.Uint16(p[i+2:])), int(le.Uint16(p[i+4:])))
		le.PutUint16(p[i:], uint16(r))
		le.PutUint16(p[i+2:], uint16(g))
		le.PutUint16(p[i+4:], uint16(b))
	}
}

func clampInt(v, limit int) int {
	if uint(v) > uint(limit) {
		if v < 0 {
			return 0
		}
		return limit
	}
	return v
}
