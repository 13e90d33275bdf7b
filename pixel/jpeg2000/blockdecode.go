package jpeg2000

import "math/bits"

// maxPlanes is the largest number of magnitude bit planes decoded: one bit of
// a word is the sign, one the half of the last plane.
const maxPlanes = 30

// blockDecoder decodes code blocks (annex D). Samples lie in stripes of four
// rows, the four samples of a column together, as magnitude with one bit of
// fraction and the sign in bit 31.
type blockDecoder struct {
	mq      mqDecoder
	raw     rawReader
	cx      mqContexts
	flags   []uint32
	samples []uint32
	w, h    int
	stride  int // of flags
	stripes int
	causal  bool
	scratch []byte // a codeword segment gathered from several packets
	ht      htScratch
	rowLen  int // of samples of a high throughput block, which lie row by row
}

// reset prepares for a block of w x h samples.
func (t *blockDecoder) reset(w, h int) {
	t.w, t.h = w, h
	t.resetFlags()
	n := w * t.stripes * 4
	if cap(t.samples) < n {
		t.samples = make([]uint32, n, max(n, 4096))
	}
	t.samples = t.samples[:n]
	clear(t.samples)
}

func (t *blockDecoder) resetFlags() {
	t.stripes = (t.h + 3) / 4
	t.stride = t.w + 2
	n := t.stride * (t.stripes + 2)
	if cap(t.flags) < n {
		t.flags = make([]uint32, n, max(n, 66*18))
	}
	t.flags = t.flags[:n]
	clear(t.flags)
}

// decode runs the coding passes of cb, whose chunks hang together in chunks.
// planes is the number of bit planes below the block's zero planes.
func (t *blockDecoder) decode(chunks []chunk, cb *codeBlock, style uint8, orient, planes int) {
	t.reset(int(cb.x1-cb.x0), int(cb.y1-cb.y0))
	t.causal = style&styleCausal != 0
	t.cx.reset()
	zc := &zeroContexts[orient]
	pass := 0
	for i := cb.first; i >= 0; {
		data, passes, cut, next := t.segment(chunks, i)
		i = next
		raw := style&styleBypass != 0 && pass >= 10 && pass%3 != 0
		if raw {
			t.raw = rawReader{data: data}
		} else {
			t.mq.init(data)
		}
		for ; passes > 0; passes-- {
			plane := planes - 1 - (pass+2)/3
			if plane < 0 {
				return
			}
			t.pass(pass%3, uint(plane), raw, zc)
			if style&styleSegSymbols != 0 && pass%3 == 0 {
				t.segmentSymbol()
			}
			if style&styleReset != 0 {
				t.cx.reset()
			}
			if cut && (raw && t.raw.pos > len(data) || !raw && t.mq.exhausted()) {
				return
			}
			pass++
		}
	}
}

// segment gathers the codeword segment that begins with chunk i.
func (t *blockDecoder) segment(chunks []chunk, i int32) (data []byte, passes int, cut bool, next int32) {
	c := &chunks[i]
	data, passes, cut, next = c.data, int(c.passes), c.cut, c.next
	if next < 0 || chunks[next].start {
		return data, passes, cut, next
	}
	t.scratch = append(t.scratch[:0], data...)
	for next >= 0 && !chunks[next].start {
		c = &chunks[next]
		t.scratch = append(t.scratch, c.data...)
		passes += int(c.passes)
		cut = cut || c.cut
		next = c.next
	}
	return t.scratch, passes, cut, next
}

// pass runs one coding pass: 0 clean-up, 1 significance, 2 refinement.
func (t *blockDecoder) pass(kind int, plane uint, raw bool, zc *[512]uint8) {
	switch {
	case kind == 0:
		t.cleanup(plane, zc)
	case kind == 1 && raw:
		t.rawSignificance(plane)
	case kind == 1:
		t.significance(plane, zc)
	case raw:
		t.rawRefinement(plane)
	default:
		t.refinement(plane)
	}
}

// segmentSymbol skips the four bits that end a clean-up pass, D.5.
func (t *blockDecoder) segmentSymbol() {
	for range 4 {
		t.decideUniform()
	}
}

// decideUniform decodes one symbol with the uniform context.
func (t *blockDecoder) decideUniform() uint32 {
	w := t.cx[ctxUniform]
	bit := w & 1
	d := t.mq.d - int32(w>>16)
	if d < 0 {
		bit, d = t.mq.slow(&t.cx[ctxUniform], d)
	}
	t.mq.d = d
	return bit
}

// sign decodes the sign of sample k of column i with flags f, from the margin d
// to the margin returned.
func (t *blockDecoder) sign(i int, f uint32, k uint, d int32) (uint32, int32) {
	e := signContexts[uint8(signIndex(f, t.flags[i-1], t.flags[i+1], k))]
	cx := &t.cx[e&31]
	w := *cx
	bit := w & 1
	d -= int32(w >> 16)
	if d < 0 {
		bit, d = t.mq.slow(cx, d)
	}
	return bit ^ uint32(e>>7), d
}

// significance is the significance propagation pass, D.3.1.
func (t *blockDecoder) significance(plane uint, zc *[512]uint8) {
	mq, cx, flags := &t.mq, &t.cx, t.flags
	value := uint32(3) << plane
	d := mq.d
	for s := range t.stripes {
		inside := rowsIn(min(4, t.h-4*s))
		base := (s+1)*t.stride + 1
		line := t.samples[s*t.w*4:]
		for x := 0; x < t.w; x++ {
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
				c := zc[f>>(at&31)&flagWindow] & 31
				w := cx[c]
				bit := w & 1
				d -= int32(w >> 16)
				if d < 0 {
					bit, d = mq.slow(&cx[c], d)
				}
				if bit != 0 {
					k := rowNumber(at)
					var sign uint32
					sign, d = t.sign(i, f, k, d)
					line[x*4+int(k)] = sign<<31 | value
					spread(flags, i, t.stride, k, sign, t.causal)
					f |= ownFlags(k, sign)
					rows |= 8 << (at & 31) & inside &^ (f >> 4)
				}
			}
			flags[i] = f | packRows(visited)<<flagVisited
		}
	}
	mq.d = d
}

// refinement is the magnitude refinement pass, D.3.3.
func (t *blockDecoder) refinement(plane uint) {
	mq, cx, flags := &t.mq, &t.cx, t.flags
	half := uint32(1) << plane
	d := mq.d
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
				c := uint32(ctxRefine)
				if f>>((flagRefined+k)&31)&1 != 0 {
					c += 2
				} else if f>>(at&31)&flagNeighbours != 0 {
					c++
				}
				w := cx[c]
				bit := w & 1
				d -= int32(w >> 16)
				if d < 0 {
					bit, d = mq.slow(&cx[c], d)
				}
				col[k] += half*2*bit - half
			}
			flags[base+x] = f | done
		}
	}
	mq.d = d
}

// cleanup is the clean-up pass, D.3.4. It ends the bit plane.
func (t *blockDecoder) cleanup(plane uint, zc *[512]uint8) {
	mq, cx, flags := &t.mq, &t.cx, t.flags
	value := uint32(3) << plane
	d := mq.d
	for s := range t.stripes {
		inside := rowsIn(min(4, t.h-4*s))
		base := (s+1)*t.stride + 1
		line := t.samples[s*t.w*4:]
		for x := 0; x < t.w; x++ {
			i := base + x
			f := flags[i]
			rows, found := inside&^(significantRows(f)|visitedRows(f)), false
			if f == 0 && inside == rowSet {
				w := cx[ctxRun]
				bit := w & 1
				d -= int32(w >> 16)
				if d < 0 {
					bit, d = mq.slow(&cx[ctxRun], d)
				}
				if bit == 0 {
					continue
				}
				mq.d = d
				k := t.decideUniform() << 1
				k |= t.decideUniform()
				d = mq.d
				rows &^= 1<<(3*k) - 1
				found = true
			}
			for ; rows != 0; rows &= rows - 1 {
				at := uint(bits.TrailingZeros32(rows))
				if !found {
					c := zc[f>>(at&31)&flagWindow] & 31
					w := cx[c]
					bit := w & 1
					d -= int32(w >> 16)
					if d < 0 {
						bit, d = mq.slow(&cx[c], d)
					}
					if bit == 0 {
						continue
					}
				}
				found = false
				k := rowNumber(at)
				var sign uint32
				sign, d = t.sign(i, f, k, d)
				line[x*4+int(k)] = sign<<31 | value
				spread(flags, i, t.stride, k, sign, t.causal)
				f |= ownFlags(k, sign)
			}
			flags[i] = f &^ flagVisitedMask
		}
	}
	mq.d = d
}

// rawSignificance is the significance pass in bypass mode, D.6.
func (t *blockDecoder) rawSignificance(plane uint) {
	flags := t.flags
	value := uint32(3) << plane
	for s := range t.stripes {
		rows := uint(min(4, t.h-4*s))
		base := (s+1)*t.stride + 1
		for x := range t.w {
			i := base + x
			f := flags[i]
			if f&flagSignificance == 0 {
				continue
			}
			for k := uint(0); k < rows; k++ {
				n := f >> (3 * k)
				if n&flagSelf != 0 || n&flagNeighbours == 0 {
					continue
				}
				if t.raw.bit() != 0 {
					sign := t.raw.bit()
					t.samples[(s*t.w+x)*4+int(k)] = sign<<31 | value
					spread(flags, i, t.stride, k, sign, t.causal)
					f |= ownFlags(k, sign)
				}
				f |= 1 << (flagVisited + k)
			}
			flags[i] = f
		}
	}
}

// rawRefinement is the refinement pass in bypass mode.
func (t *blockDecoder) rawRefinement(plane uint) {
	half := uint32(1) << plane
	for s := range t.stripes {
		rows := uint(min(4, t.h-4*s))
		base := (s+1)*t.stride + 1
		for x := range t.w {
			f := t.flags[base+x]
			if f&flagAnySelf == 0 {
				continue
			}
			for k := uint(0); k < rows; k++ {
				if f>>(3*k)&flagSelf == 0 || f>>(flagVisited+k)&1 != 0 {
					continue
				}
				t.samples[(s*t.w+x)*4+int(k)] += half*2*t.raw.bit() - half
				f |= 1 << (flagRefined + k)
			}
			t.flags[base+x] = f
		}
	}
}
