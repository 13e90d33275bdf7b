package jpeg2000

import "math"

// forward53 analyses all levels of a component in place; tmp has the buffer's
// size.
func forward53(c *tileComponent, tmp []int32, workers int) error {
	w := c.width()
	for r := len(c.res) - 1; r > 0; r-- {
		res, low := &c.res[r], &c.res[r-1]
		rw, rh := res.x1-res.x0, res.y1-res.y0
		lw, lh := low.x1-low.x0, low.y1-low.y0
		err := inParallel(rw, rw*rh, workers, func(x0, x1 int) {
			forwardColumns53(tmp, c.ints, w, x0, x1, rh, lh)
		})
		if err != nil {
			return err
		}
		err = inParallel(rh, rw*rh, workers, func(y0, y1 int) {
			for y := y0; y < y1; y++ {
				forwardRow53(c.ints[y*w:y*w+rw], tmp[y*w:y*w+rw], lw)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forwardColumns53 analyses columns x0 to x1 of n rows into sn low-pass rows
// and the high-pass rows. The first row has an even coordinate.
func forwardColumns53(dst, src []int32, stride, x0, x1, n, sn int) {
	from := func(y int) []int32 { return src[y*stride+x0 : y*stride+x1] }
	to := func(y int) []int32 { return dst[y*stride+x0 : y*stride+x1] }
	if n == 1 {
		copy(to(0), from(0))
		return
	}
	dn := n - sn
	for i := range sn {
		if i < dn {
			d, a, b := from(2*i+1), from(2*i), from(mirror(2*i+2, n))
			out := to(sn + i)
			d, a, b = d[:len(out)], a[:len(out)], b[:len(out)]
			for x := range out {
				out[x] = d[x] - (a[x]+b[x])>>1
			}
		}
		s, a, b := from(2*i), to(sn+max(i-1, 0)), to(sn+min(i, dn-1))
		out := to(i)
		s, a, b = s[:len(out)], a[:len(out)], b[:len(out)]
		for x := range out {
			out[x] = s[x] + (a[x]+b[x]+2)>>2
		}
	}
}

// forwardRow53 analyses one line into sn low-pass samples and the high-pass
// samples.
func forwardRow53(dst, src []int32, sn int) {
	n := len(src)
	if n == 1 {
		dst[0] = src[0]
		return
	}
	s, d := dst[:sn], dst[sn:n]
	before := int32(0)
	for i := range d {
		right := src[2*i]
		if 2*i+2 < n {
			right = src[2*i+2]
		}
		v := src[2*i+1] - (src[2*i]+right)>>1
		if i == 0 {
			before = v
		}
		d[i] = v
		s[i] = src[2*i] + (before+v+2)>>2
		before = v
	}
	if sn > len(d) {
		s[sn-1] = src[n-1] + (2*before+2)>>2
	}
}

// forward97 is forward53 for the irreversible filter.
func forward97(c *tileComponent, tmp []float32, workers int) error {
	w := c.width()
	for r := len(c.res) - 1; r > 0; r-- {
		res, low := &c.res[r], &c.res[r-1]
		rw, rh := res.x1-res.x0, res.y1-res.y0
		lw, lh := low.x1-low.x0, low.y1-low.y0
		err := inParallel(rw, rw*rh, workers, func(x0, x1 int) {
			for x := x0; x < x1; x += span97 {
				forwardColumns97(tmp, c.floats, w, x, min(x+span97, x1), rh, lh)
			}
		})
		if err != nil {
			return err
		}
		err = inParallel(rh, rw*rh, workers, func(y0, y1 int) {
			line := make([]float32, rw+10)
			for y := y0; y < y1; y++ {
				scale := float32(1 / lift97K)
				if y >= lh {
					scale = lift97K
				}
				if rh == 1 {
					scale = 1
				}
				forwardRow97(c.floats[y*w:y*w+rw], tmp[y*w:y*w+rw], line, lw, scale)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forwardColumns97 analyses columns x0 to x1 without the final scaling.
func forwardColumns97(dst, src []float32, stride, x0, x1, n, sn int) {
	from := func(y int) []float32 { return src[y*stride+x0 : y*stride+x1] }
	to := func(y int) []float32 { return dst[y*stride+x0 : y*stride+x1] }
	if n == 1 {
		copy(to(0), from(0))
		return
	}
	dn := n - sn
	for i := range dn {
		liftRow(to(sn+i), from(2*i+1), from(2*i), from(mirror(2*i+2, n)), -lift97Alpha)
	}
	for i := range sn {
		liftRow(to(i), from(2*i), to(sn+max(i-1, 0)), to(sn+min(i, dn-1)), -lift97Beta)
	}
	for i := range dn {
		liftRow(to(sn+i), to(sn+i), to(i), to(min(i+1, sn-1)), -lift97Gamma)
	}
	for i := range sn {
		liftRow(to(i), to(i), to(sn+max(i-1, 0)), to(sn+min(i, dn-1)), -lift97Delta)
	}
}

// forwardRow97 analyses one line and multiplies it by scale.
func forwardRow97(dst, src, line []float32, sn int, scale float32) {
	n := len(src)
	if n == 1 {
		dst[0] = src[0] * scale
		return
	}
	const before = 4
	ext := line[:n+8+n&1]
	mid := ext[before : before+n]
	copy(mid, src)
	for i := 1; i <= before; i++ {
		ext[before-i] = mid[mirror(-i, n)]
	}
	for i := before + n; i < len(ext); i++ {
		ext[i] = mid[mirror(i-before, n)]
	}
	liftLine(ext, 1, -lift97Alpha)
	liftLine(ext, 2, -lift97Beta)
	liftLine(ext, 3, -lift97Gamma)
	liftLine(ext, 4, -lift97Delta)
	low, high := scale/lift97K, scale*lift97K
	for i := range sn {
		dst[i] = mid[2*i] * low
	}
	for i := range n - sn {
		dst[sn+i] = mid[2*i+1] * high
	}
}

// synthesisNorms97 gives the L2 norms of the one-dimensional synthesis
// functions of the 9/7 filter for 0..levels decompositions: of the low-pass
// band and of the high-pass band (levels from 1).
func synthesisNorms97(levels int) (low, high []float64) {
	low, high = make([]float64, levels+1), make([]float64, levels+1)
	low[0] = 1
	norm := func(d, at int) float64 {
		n := 16
		in := make([]float32, n)
		in[at] = 1
		for range d {
			n = len(in)
			out, line := make([]float32, n), make([]float32, n+10)
			inverseRow97(out, in, line, n/2, 0, 1)
			in = append(out, make([]float32, n)...)
		}
		sum := 0.0
		for _, v := range in {
			sum += float64(v) * float64(v)
		}
		return math.Sqrt(sum)
	}
	// Functions deeper than 6 levels double in length and keep their shape.
	for d := 1; d <= levels; d++ {
		if d > 6 {
			low[d], high[d] = low[d-1]*math.Sqrt2, high[d-1]*math.Sqrt2
			continue
		}
		low[d], high[d] = norm(d, 4), norm(d, 12)
	}
	return low, high
}
