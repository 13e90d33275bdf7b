package jpeg2000

// Lifting coefficients of the irreversible 9/7 filter, table F.4.
const (
	lift97Alpha = -1.586134342059924
	lift97Beta  = -0.052980118572961
	lift97Gamma = 0.882911075530934
	lift97Delta = 0.443506852043971
	lift97K     = 1.230174104914001

	// highGain97 scales high-pass samples on synthesis. Table F.4 has 1/K =
	// 0.812893; the value here is the rounder one of the original server's
	// decoder, so that stored lossy images keep their pixel values (the
	// difference is below 2 in 16-bit samples).
	highGain97 = 1.625732422 / 2
)

// span97 is the number of columns lifted together, so that all rows of such a
// strip stay in the cache.
const span97 = 64

// mirror reflects i into 0..n-1 at both ends, F.3.7.
func mirror(i, n int) int {
	if n == 1 {
		return 0
	}
	for i < 0 || i >= n {
		if i < 0 {
			i = -i
		} else {
			i = 2*(n-1) - i
		}
	}
	return i
}

// inverse53 synthesises all levels of a component in place; tmp has the
// buffer's size.
func inverse53(c *tileComponent, tmp []int32, workers int) error {
	w := c.width()
	for r := 1; r < len(c.res); r++ {
		res, low := &c.res[r], &c.res[r-1]
		rw, rh := res.x1-res.x0, res.y1-res.y0
		lw, lh := low.x1-low.x0, low.y1-low.y0
		if rw == 0 || rh == 0 {
			continue
		}
		err := inParallel(rh, rw*rh, workers, func(y0, y1 int) {
			for y := y0; y < y1; y++ {
				inverseRow53(tmp[y*w:y*w+rw], c.ints[y*w:y*w+rw], lw, res.x0&1)
			}
		})
		if err != nil {
			return err
		}
		err = inParallel(rw, rw*rh, workers, func(x0, x1 int) {
			inverseColumns53(c.ints, tmp, w, x0, x1, rh, lh, res.y0&1)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inverseRow53 synthesises one line: src has sn low-pass samples and then the
// high-pass ones, parity is that of the first output coordinate.
func inverseRow53(dst, src []int32, sn, parity int) {
	n := len(src)
	if n == 1 {
		dst[0] = src[0] >> uint(parity)
		return
	}
	s, d := src[:sn], src[sn:]
	dst = dst[:n]
	if parity == 0 {
		last := d[0]
		e := s[0] - (2*last+2)>>2
		dst[0] = e
		m := min(sn, len(d))
		for i := 1; i < m; i++ {
			cur := d[i]
			next := s[i] - (last+cur+2)>>2
			dst[2*i-1] = last + (e+next)>>1
			dst[2*i] = next
			last, e = cur, next
		}
		if sn > len(d) {
			next := s[sn-1] - (2*last+2)>>2
			dst[n-2] = last + (e+next)>>1
			dst[n-1] = next
		} else {
			dst[n-1] = last + e
		}
		return
	}
	last := d[0]
	e := s[0] - (last+d[min(1, len(d)-1)]+2)>>2
	dst[0], dst[1] = last+e, e
	for i := 1; i < sn; i++ {
		last = d[i]
		next := s[i] - (last+d[min(i+1, len(d)-1)]+2)>>2
		dst[2*i] = last + (e+next)>>1
		dst[2*i+1] = next
		e = next
	}
	if len(d) > sn {
		dst[n-1] = d[sn] + e
	}
}

// inverseColumns53 synthesises columns x0 to x1 of n rows, of which the first
// sn are low-pass.
func inverseColumns53(dst, src []int32, stride, x0, x1, n, sn, parity int) {
	from := func(y int) []int32 { return src[y*stride+x0 : y*stride+x1] }
	to := func(y int) []int32 { return dst[y*stride+x0 : y*stride+x1] }
	if n == 1 {
		out := to(0)
		for x, v := range from(0) {
			out[x] = v >> uint(parity)
		}
		return
	}
	dn := n - sn
	for i := range sn {
		y := 2*i + parity
		lowRow53(to(y), from(i), from(sn+max(0, i-1+parity)), from(sn+min(i+parity, dn-1)))
		if j := y - 1; j >= 0 {
			highRow53(to(j), from(sn+j/2), to(max(j-1, 1-j)), to(y))
		}
	}
	if y := n - 1; (y+parity)&1 == 1 {
		highRow53(to(y), from(n-1), to(y-1), to(y-1))
	}
}

func lowRow53(out, s, d0, d1 []int32) {
	s, d0, d1 = s[:len(out)], d0[:len(out)], d1[:len(out)]
	for x := range out {
		out[x] = s[x] - (d0[x]+d1[x]+2)>>2
	}
}

func highRow53(out, d, s0, s1 []int32) {
	d, s0, s1 = d[:len(out)], s0[:len(out)], s1[:len(out)]
	for x := range out {
		out[x] = d[x] + (s0[x]+s1[x])>>1
	}
}

// inverse97 is inverse53 for the irreversible filter.
func inverse97(c *tileComponent, tmp []float32, workers int) error {
	w := c.width()
	for r := 1; r < len(c.res); r++ {
		res, low := &c.res[r], &c.res[r-1]
		rw, rh := res.x1-res.x0, res.y1-res.y0
		lw, lh := low.x1-low.x0, low.y1-low.y0
		if rw == 0 || rh == 0 {
			continue
		}
		err := inParallel(rh, rw*rh, workers, func(y0, y1 int) {
			line := make([]float32, rw+10)
			for y := y0; y < y1; y++ {
				scale := float32(lift97K)
				if y >= lh {
					scale = highGain97
				}
				if rh == 1 {
					scale = 1 / float32(1+res.y0&1)
				}
				inverseRow97(tmp[y*w:y*w+rw], c.floats[y*w:y*w+rw], line, lw, res.x0&1, scale)
			}
		})
		if err != nil {
			return err
		}
		err = inParallel(rw, rw*rh, workers, func(x0, x1 int) {
			for x := x0; x < x1; x += span97 {
				inverseColumns97(c.floats, tmp, w, x, min(x+span97, x1), rh, lh, res.y0&1)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inverseRow97 synthesises one line and multiplies it by scale. line is work
// space of ten samples more than the line.
func inverseRow97(dst, src, line []float32, sn, parity int, scale float32) {
	n := len(src)
	if n == 1 {
		dst[0] = src[0] * scale / float32(1+parity)
		return
	}
	// ext starts at an even coordinate, at least 4 samples before the line.
	before := 4 + parity
	ext := line[:n+before+4+(n+parity)&1]
	mid := ext[before : before+n]
	const k, ik = float32(lift97K), float32(highGain97)
	for i, v := range src[:sn] {
		mid[2*i+parity] = v * k
	}
	for i, v := range src[sn:] {
		mid[2*i+1-parity] = v * ik
	}
	for i := 1; i <= before; i++ {
		ext[before-i] = mid[mirror(-i, n)]
	}
	for i := before + n; i < len(ext); i++ {
		ext[i] = mid[mirror(i-before, n)]
	}
	liftLine(ext, 2, lift97Delta)
	liftLine(ext, 3, lift97Gamma)
	liftLine(ext, 4, lift97Beta)
	liftLine(ext, 5, lift97Alpha)
	for i, v := range mid {
		dst[i] = v * scale
	}
}

// liftLine subtracts factor times the sum of the neighbours from every other
// sample from first on.
func liftLine(x []float32, first int, factor float32) {
	if first < 1 || first >= len(x) {
		return
	}
	left := x[first-1]
	for i := first; i+1 < len(x); i += 2 {
		right := x[i+1]
		x[i] -= float32(factor * (left + right))
		left = right
	}
}

// inverseColumns97 synthesises columns x0 to x1 from rows that are already
// scaled by K and 1/K.
func inverseColumns97(dst, src []float32, stride, x0, x1, n, sn, parity int) {
	from := func(y int) []float32 { return src[y*stride+x0 : y*stride+x1] }
	to := func(y int) []float32 { return dst[y*stride+x0 : y*stride+x1] }
	if n == 1 {
		copy(to(0), from(0))
		return
	}
	dn := n - sn
	// The rows beside low-pass row i are high-pass rows lo-1 and lo.
	lowBeside := func(i int) ([]float32, []float32) {
		return from(sn + max(0, i-1+parity)), from(sn + min(i+parity, dn-1))
	}
	for i := range sn {
		a, b := lowBeside(i)
		liftRow(from(i), from(i), a, b, lift97Delta)
	}
	for i := range dn {
		liftRow(from(sn+i), from(sn+i), from(max(0, i-parity)), from(min(i+1-parity, sn-1)), lift97Gamma)
	}
	for i := range sn {
		a, b := lowBeside(i)
		liftRow(to(2*i+parity), from(i), a, b, lift97Beta)
	}
	for i := range dn {
		y := 2*i + 1 - parity
		liftRow(to(y), from(sn+i), to(mirror(y-1, n)), to(mirror(y+1, n)), lift97Alpha)
	}
}

func liftRow(out, in, a, b []float32, factor float32) {
	in, a, b = in[:len(out)], a[:len(out)], b[:len(out)]
	for x := range out {
		out[x] = in[x] - float32(factor*(a[x]+b[x]))
	}
}
