package jpeg2000

import (
	"math"

	"conquest/pixel/frame"
)

// output undoes the colour transform and writes the tile into the frame.
func (d *tileDecoder) output() error {
	if d.params.mct && len(d.tile.comps) >= 3 {
		if err := d.undoColour(); err != nil {
			return err
		}
	}
	for i := range d.tile.comps {
		d.outputComponent(i)
	}
	return nil
}

// outputBlank writes a tile without any data: all samples are in the middle of
// their range, where the colour transforms leave them.
func (d *tileDecoder) outputBlank() {
	for i := range d.tile.comps {
		c := &d.tile.comps[i]
		blank := make([]int32, c.width())
		d.eachRow(i, func(int) []int32 { return blank })
	}
}

// undoColour applies the inverse RCT or ICT to the first three components,
// annex G.
func (d *tileDecoder) undoColour() error {
	a, b, c := &d.tile.comps[0], &d.tile.comps[1], &d.tile.comps[2]
	n := a.width() * a.height()
	for _, o := range []*tileComponent{b, c} {
		if o.width() != a.width() || o.height() != a.height() || o.coding.reversible != a.coding.reversible {
			return formatError("colour transform of unlike components")
		}
	}
	return inParallel(n, n, d.workers, func(from, to int) {
		if a.coding.reversible {
			inverseRCT(a.ints[from:to], b.ints[from:to], c.ints[from:to])
		} else {
			inverseICT(a.floats[from:to], b.floats[from:to], c.floats[from:to])
		}
	})
}

func inverseRCT(y, u, v []int32) {
	u, v = u[:len(y)], v[:len(y)]
	for i, l := range y {
		g := l - (u[i]+v[i])>>2
		y[i], u[i], v[i] = v[i]+g, g, u[i]+g
	}
}

func inverseICT(y, cb, cr []float32) {
	cb, cr = cb[:len(y)], cr[:len(y)]
	for i, l := range y {
		b, r := cb[i], cr[i]
		y[i] = l + float32(1.402*r)
		cb[i] = l - float32(0.34413*b) - float32(0.71414*r)
		cr[i] = l + float32(1.772*b)
	}
}

// outputComponent writes the samples of component i.
func (d *tileDecoder) outputComponent(i int) {
	c := &d.tile.comps[i]
	w := c.width()
	if c.coding.reversible {
		d.eachRow(i, func(y int) []int32 { return c.ints[y*w : (y+1)*w] })
		return
	}
	row := make([]int32, w)
	d.eachRow(i, func(y int) []int32 {
		roundRow(row, c.floats[y*w:(y+1)*w])
		return row
	})
}

// eachRow writes the rows of component i, repeated where the component is
// sub-sampled.
func (d *tileDecoder) eachRow(i int, row func(y int) []int32) {
	z, c, f := &d.stream.size, &d.tile.comps[i], d.frame
	w, h := z.componentSize(i)
	cw, ch := c.width(), c.height()
	if cw == 0 || ch == 0 {
		return
	}
	ox, oy := c.x0-ceilDiv(z.x0, z.comps[i].dx), c.y0-ceilDiv(z.y0, z.comps[i].dy)
	out := sampleWriter{frame: f, comp: i, prec: z.comps[i].prec, signed: z.comps[i].signed}
	var wide []int32
	// Frame rows y with y*h/f.Height in oy..oy+ch-1 show this tile.
	for y := ceilDiv(oy*f.Height, h); y < f.Height && y*h/f.Height < oy+ch; y++ {
		src := row(y*h/f.Height - oy)
		if w == f.Width {
			out.write(src, ox, y)
			continue
		}
		x0 := ceilDiv(ox*f.Width, w)
		wide = wide[:0]
		for x := x0; x < f.Width && x*w/f.Width < ox+cw; x++ {
			wide = append(wide, src[x*w/f.Width-ox])
		}
		out.write(wide, x0, y)
	}
}

// roundRow rounds to the nearest integer, ties to even, within 24 bits.
func roundRow(dst []int32, src []float32) {
	const limit = 1 << 21
	const magic = 3 << 22 // adding it leaves the integer in the mantissa
	dst = dst[:len(src)]
	for i, v := range src {
		if !(v > -limit) {
			v = -limit
		}
		if v > limit {
			v = limit
		}
		dst[i] = int32(math.Float32bits(v+magic)) - 0x4B400000
	}
}

// sampleWriter puts rows of a component into the frame.
type sampleWriter struct {
	frame  *frame.Frame
	comp   int
	prec   int
	signed bool
}

// write stores src from pixel x of row y on: shifted to the component's range
// and clamped to it.
func (w *sampleWriter) write(src []int32, x, y int) {
	f := w.frame
	lo, hi, offset := int32(0), int32(1)<<w.prec-1, int32(1)<<(w.prec-1)
	if w.signed {
		lo, hi, offset = -offset, offset-1, 0
	}
	n := f.Components
	if f.BitsAllocated == 8 && n == 1 {
		dst := f.Pix[y*f.Stride()+x:][:len(src)]
		for i, v := range src {
			if v += offset; uint32(v-lo) > uint32(hi-lo) {
				v = max(lo, min(hi, v))
			}
			dst[i] = byte(v)
		}
		return
	}
	if f.BitsAllocated == 8 {
		dst := f.Pix[y*f.Stride()+x*n+w.comp:]
		for i, v := range src {
			dst[i*n] = byte(max(lo, min(hi, v+offset)))
		}
		return
	}
	dst := f.Pix[y*f.Stride()+(x*n+w.comp)*2:]
	for i, v := range src {
		v = max(lo, min(hi, v+offset))
		dst[i*n*2] = byte(v)
		dst[i*n*2+1] = byte(v >> 8)
	}
}
