package jpeg

// The transforms are the scaled integer form of the fast DCT of Loeffler,
// Ligtenberg and Moschytz (ICASSP 1989) with 13 bit constants. Results equal
// those of every decoder that uses the same constants and rounding.

const constBits = 13

// Rotation constants times 1<<constBits.
const (
	c0298 = 2446
	c0390 = 3196
	c0541 = 4433
	c0765 = 6270
	c0899 = 7373
	c1175 = 9633
	c1501 = 12299
	c1847 = 15137
	c1961 = 16069
	c2053 = 16819
	c2562 = 20995
	c3072 = 25172
)

type sample interface{ uint8 | uint16 }

// evenInverse is the part of the inverse transform over inputs 0, 2, 4, 6.
func evenInverse(x0, x2, x4, x6 int) (a, b, c, d int) {
	r := (x2 + x6) * c0541
	lo, hi := r-x6*c1847, r+x2*c0765
	sum, diff := (x0+x4)<<constBits, (x0-x4)<<constBits
	return sum + hi, diff + lo, diff - lo, sum - hi
}

// oddInverse is the part over inputs 1, 3, 5, 7.
func oddInverse(x1, x3, x5, x7 int) (a, b, c, d int) {
	r := (x7 + x3 + x5 + x1) * c1175
	p := r - (x7+x3)*c1961
	q := r - (x5+x1)*c0390
	s := -(x7 + x1) * c0899
	t := -(x5 + x3) * c2562
	return x1*c1501 + s + q, x3*c3072 + t + p, x5*c2053 + t + q, x7*c0298 + s + p
}

// inverse dequantizes block, transforms it and stores the 8 x 8 samples,
// shifted by center and clamped to low..2*center-1. extra is the number of
// fraction bits kept between the passes. block is cleared.
func inverse[T sample](dst []T, stride int, block *[64]int32, quant *[64]uint16, extra uint, center, low int) {
	var ws [64]int
	for x := range 8 {
		x0 := int(block[x]) * int(quant[x])
		if block[8+x]|block[16+x]|block[24+x]|block[32+x]|block[40+x]|block[48+x]|block[56+x] == 0 {
			v := x0 << extra
			ws[x], ws[8+x], ws[16+x], ws[24+x] = v, v, v, v
			ws[32+x], ws[40+x], ws[48+x], ws[56+x] = v, v, v, v
			continue
		}
		e0, e1, e2, e3 := evenInverse(x0, int(block[16+x])*int(quant[16+x]),
			int(block[32+x])*int(quant[32+x]), int(block[48+x])*int(quant[48+x]))
		o0, o1, o2, o3 := oddInverse(int(block[8+x])*int(quant[8+x]), int(block[24+x])*int(quant[24+x]),
			int(block[40+x])*int(quant[40+x]), int(block[56+x])*int(quant[56+x]))
		shift := constBits - extra
		half := 1 << (shift - 1)
		ws[x], ws[56+x] = (e0+o0+half)>>shift, (e0-o0+half)>>shift
		ws[8+x], ws[48+x] = (e1+o1+half)>>shift, (e1-o1+half)>>shift
		ws[16+x], ws[40+x] = (e2+o2+half)>>shift, (e2-o2+half)>>shift
		ws[24+x], ws[32+x] = (e3+o3+half)>>shift, (e3-o3+half)>>shift
	}
	clear(block[:])
	shift := constBits + extra + 3
	bias := center<<shift + 1<<(shift-1)
	limit := 2*center - 1
	for y := range 8 {
		w := ws[8*y : 8*y+8 : 8*y+8]
		row := dst[y*stride : y*stride+8 : y*stride+8]
		e0, e1, e2, e3 := evenInverse(w[0], w[2], w[4], w[6])
		o0, o1, o2, o3 := oddInverse(w[1], w[3], w[5], w[7])
		row[0], row[7] = clamp[T]((e0+o0+bias)>>shift, low, limit), clamp[T]((e0-o0+bias)>>shift, low, limit)
		row[1], row[6] = clamp[T]((e1+o1+bias)>>shift, low, limit), clamp[T]((e1-o1+bias)>>shift, low, limit)
		row[2], row[5] = clamp[T]((e2+o2+bias)>>shift, low, limit), clamp[T]((e2-o2+bias)>>shift, low, limit)
		row[3], row[4] = clamp[T]((e3+o3+bias)>>shift, low, limit), clamp[T]((e3-o3+bias)>>shift, low, limit)
	}
}

// inverseDC is inverse for a block that has a DC coefficient only.
func inverseDC[T sample](dst []T, stride, dc, center, low int) {
	v := clamp[T]((dc+4)>>3+center, low, 2*center-1)
	for y := range 8 {
		row := dst[y*stride : y*stride+8 : y*stride+8]
		for x := range row {
			row[x] = v
		}
	}
}

func clamp[T sample](v, low, limit int) T {
	if uint(v) > uint(limit) {
		if v < 0 {
			return T(max(v, low))
		}
		return T(limit)
	}
	return T(v)
}

// forward transforms the level shifted samples in block in place; the result
// is eight times the DCT coefficients, in 1<<forwardBits units.
const forwardBits = 4

func forward(block *[64]int) {
	for y := range 8 {
		b := block[8*y : 8*y+8 : 8*y+8]
		forward8(b, 0, 1, constBits-forwardBits)
	}
	for x := range 8 {
		forward8(block[:], x, 8, constBits)
	}
}

func forward8(b []int, first, step int, shift uint) {
	i0, i1, i2, i3 := first, first+step, first+2*step, first+3*step
	i4, i5, i6, i7 := first+4*step, first+5*step, first+6*step, first+7*step
	s0, d0 := b[i0]+b[i7], b[i0]-b[i7]
	s1, d1 := b[i1]+b[i6], b[i1]-b[i6]
	s2, d2 := b[i2]+b[i5], b[i2]-b[i5]
	s3, d3 := b[i3]+b[i4], b[i3]-b[i4]
	half := 1 << (shift - 1)

	e0, e3 := s0+s3, s0-s3
	e1, e2 := s1+s2, s1-s2
	b[i0] = ((e0+e1)<<constBits + half) >> shift
	b[i4] = ((e0-e1)<<constBits + half) >> shift
	r := (e2 + e3) * c0541
	b[i2] = (r + e3*c0765 + half) >> shift
	b[i6] = (r - e2*c1847 + half) >> shift

	r = (d0 + d1 + d2 + d3) * c1175
	p := r - (d3+d1)*c1961
	q := r - (d2+d0)*c0390
	s := -(d3 + d0) * c0899
	t := -(d2 + d1) * c2562
	b[i7] = (d3*c0298 + s + p + half) >> shift
	b[i5] = (d2*c2053 + t + q + half) >> shift
	b[i3] = (d1*c3072 + t + p + half) >> shift
	b[i1] = (d0*c1501 + s + q + half) >> shift
}
