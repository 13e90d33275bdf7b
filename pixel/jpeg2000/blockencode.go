package jpeg2000

import "math/bits"

// fractionBits is the number of bits of a coefficient below the last coded bit
// plane. They serve to measure distortion.
const fractionBits = 6

// codedPass is a place where the codeword of a block may be cut.
type codedPass struct {
	rate       int     // bytes needed
	distortion float64 // removed by this pass, in squares of the last bit plane
}

// codedBlock is the result of coding one block.
type codedBlock struct {
	data      []byte
	planes    int // bit planes coded, high throughput: the lowest only
	magnitude int // high throughput: bit planes of the largest magnitude
	passes    []codedPass
	use       int // passes that go into the stream
}

// blockEncoder codes code blocks (annex D). Samples are magnitudes with
// fractionBits bits of fraction and the sign in bit 31, in the order of
// blockDecoder.
type blockEncoder struct {
	mq         mqEncoder
	cx         mqContexts
	flags      []uint32
	samples    []uint32
	w, h       int
	stride     int
	stripes    int
	distortion int64
}

func (t *blockEncoder) reset(w, h int) {
	t.w, t.h = w, h
	t.stripes = (h + 3) / 4
	t.stride = w + 2
	n := t.stride * (t.stripes + 2)
	if cap(t.flags) < n {
		t.flags = make([]uint32, n, max(n, 66*18))
	}
	t.flags = t.flags[:n]
	clear(t.flags)
	n = w * t.stripes * 4
	if cap(t.samples) < n {
		t.samples = make([]uint32, n, max(n, 4096))
	}
	t.samples = t.samples[:n]
	clear(t.samples)
}

// encode codes the samples. With measure it records where the codeword may be
// cut.
func (t *blockEncoder) encode(orient int, measure bool) codedBlock {
	all := uint32(0)
	for _, v := range t.samples {
		all |= v
	}
	planes := bits.Len32(all&^(1<<31)) - fractionBits
	if planes <= 0 {
		return codedBlock{}
	}
	out := codedBlock{planes: planes, use: 3*planes - 2}
	t.cx.reset()
	t.mq.init()
	zc := &zeroContexts[orient]
	for pass := range out.use {
		plane := uint(planes - 1 - (pass+2)/3 + fractionBits)
		t.distortion = 0
		switch pass % 3 {
		case 0:
			t.cleanup(plane, zc)
		case 1:
			t.significance(plane, zc)
		default:
			t.refinement(plane)
		}
		if measure {
			unit := float64(uint64(1)<<(2*(plane-fractionBits))) / (1 << (2 * fractionBits))
			out.passes = append(out.passes, codedPass{rate: t.mq.size(), distortion: float64(t.distortion) * unit})
		}
	}
	out.data = append([]byte(nil), t.mq.flush()...)
	// A decoder looks ahead by what the registers hold: at most 27 bits and a
	// byte that waits for a carry.
	for i := range out.passes {
		r := min(out.passes[i].rate+5, len(out.data))
		for r > 0 && out.data[r-1] == 0xFF {
			r--
		}
		out.passes[i].rate = r
	}
	if n := len(out.passes); n > 0 {
		out.passes[n-1].rate = len(out.data)
	}
	return out
}

// sign codes the sign of sample k of column i.
func (t *blockEncoder) sign(i int, f uint32, k uint, sign uint32) {
	e := signContexts[uint8(signIndex(f, t.flags[i-1], t.flags[i+1], k))]
	t.mq.encode(&t.cx[e&31], sign^uint32(e>>7))
}

// found codes the sign of a sample that becomes significant in plane, tells its
// neighbours and counts the distortion removed: from the whole magnitude to
// its distance from one and a half of the plane's weight.
func (t *blockEncoder) found(i int, f uint32, k uint, v uint32, plane uint) uint32 {
	sign := v >> 31
	t.sign(i, f, k, sign)
	spread(t.flags, i, t.stride, k, sign, false)
	x := int64(v &^ (1 << 31) >> (plane - fractionBits))
	t.distortion += 192*x - 9216
	return f | ownFlags(k, sign)
}

func (t *blockEncoder) significance(plane uint, zc *[512]uint8) {
	flags := t.flags
	for s := range t.stripes {
		inside := rowsIn(min(4, t.h-4*s))
		base := (s+1)*t.stride + 1
		line := t.samples[s*t.w*4:]
		for x := range t.w {
			i := base + x
			f := flags[i]
			if f&flagSignificance == 0 {
				continue
			}
			visited := uint32(0)
			for rows := candidateRows(f) & inside; rows != 0; {
				at := uint(bits.TrailingZeros32(rows))
				rows &= rows - 1
				visited |= 1 << (at & 31)
				k := rowNumber(at)
				v := line[x*4+int(k)]
				bit := v >> (plane & 31) & 1
				t.mq.encode(&t.cx[zc[f>>(at&31)&flagWindow]&31], bit)
				if bit != 0 {
					f = t.found(i, f, k, v, plane)
					rows |= 8 << (at & 31) & inside &^ (f >> 4)
				}
			}
			flags[i] = f | packRows(visited)<<flagVisited
		}
	}
}

func (t *blockEncoder) refinement(plane uint) {
	flags := t.flags
	for s := range t.stripes {
		base := (s+1)*t.stride + 1
		line := t.samples[s*t.w*4:]
		for x, f := range flags[base : base+t.w] {
			rows := significantRows(f) &^ visitedRows(f)
			if rows == 0 {
				continue
			}
			col := line[x*4 : x*4+4 : x*4+4]
			done := packRows(rows) << flagRefined
			for ; rows != 0; rows &= rows - 1 {
				at := uint(bits.TrailingZeros32(rows))
				k := rowNumber(at)
				c := ctxRefine
				if f>>((flagRefined+k)&31)&1 != 0 {
					c += 2
				} else if f>>(at&31)&flagNeighbours != 0 {
					c++
				}
				bit := col[k] >> (plane & 31) & 1
				t.mq.encode(&t.cx[c], bit)
				// The estimate moves from the middle of the interval of two
				// plane weights to the middle of one half.
				m := int64(col[k] >> ((plane - fractionBits) & 31) & 127)
				if bit != 0 {
					t.distortion += 64*m - 5120
				} else {
					t.distortion += 3072 - 64*m
				}
			}
			flags[base+x] = f | done
		}
	}
}

func (t *blockEncoder) cleanup(plane uint, zc *[512]uint8) {
	flags := t.flags
	for s := range t.stripes {
		inside := rowsIn(min(4, t.h-4*s))
		base := (s+1)*t.stride + 1
		line := t.samples[s*t.w*4:]
		for x := range t.w {
			i := base + x
			f := flags[i]
			col := line[x*4 : x*4+4 : x*4+4]
			rows, known := inside&^(significantRows(f)|visitedRows(f)), false
			if f == 0 && inside == rowSet {
				any := (col[0] | col[1] | col[2] | col[3]) >> (plane & 31) & 1
				t.mq.encode(&t.cx[ctxRun], any)
				if any == 0 {
					continue
				}
				k := uint32(0)
				for col[k&3]>>(plane&31)&1 == 0 {
					k++
				}
				t.mq.encode(&t.cx[ctxUniform], k>>1)
				t.mq.encode(&t.cx[ctxUniform], k&1)
				rows &^= 1<<(3*k) - 1
				known = true
			}
			for ; rows != 0; rows &= rows - 1 {
				at := uint(bits.TrailingZeros32(rows))
				k := rowNumber(at)
				v := col[k]
				bit := v >> (plane & 31) & 1
				if !known {
					t.mq.encode(&t.cx[zc[f>>(at&31)&flagWindow]&31], bit)
				}
				known = false
				if bit != 0 {
					f = t.found(i, f, k, v, plane)
				}
			}
			flags[i] = f &^ flagVisitedMask
		}
	}
}
