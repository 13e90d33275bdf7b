package jpeg2000

import "math/bits"

// htEncodeCodes are indexed by row (first or other), context, significance
// pattern and the pattern of the samples that have the exponent of the quad, which
// is zero where no offset is coded. An entry holds the codeword, its length from
// bit 8 on, and from bit 12 on the samples whose highest bit it tells.
var htEncodeCodes [2][8 * 256]uint16

func makeHTEncodeCodes() {
	t := &htEncodeCodes
	for row, entries := range [2][]uint32{htFirstRow[:], htOtherRows[:]} {
		var cost [8 * 256]int
		for _, e := range entries {
			context, rho, offset := int(e>>28), int(e>>24&15), int(e>>20&15)
			known, ones, length := int(e>>16&15), int(e>>12&15), int(e&15)
			for pattern := range 16 {
				if pattern&^rho != 0 || (pattern != 0) != (offset != 0) || pattern&known != ones {
					continue
				}
				i := context<<8 | rho<<4 | pattern
				// What a codeword tells of the samples is not coded with them.
				if c := 8 + length - bits.OnesCount(uint(known)); cost[i] == 0 || c < cost[i] {
					cost[i] = c
					t[row][i] = uint16(known<<12 | length<<8 | int(e>>4&0xFF))
				}
			}
		}
	}
}

// maxOffset is the largest exponent offset that htOffsets hold: all that 31 bits
// need.
const maxOffset = 32

// htOffsets are the codewords of the exponent offsets of two quads: the bits, and
// from bit 24 on their number.
var htOffsets [(maxOffset + 1) * (maxOffset + 1)]uint32

func makeHTOffsets() {
	for a := range maxOffset + 1 {
		for b := range maxOffset + 1 {
			var w bitJoiner
			w.prefix(a)
			w.prefix(b)
			w.suffix(a)
			w.suffix(b)
			htOffsets[a*(maxOffset+1)+b] = uint32(w.v | w.n<<24)
		}
	}
}

// bitJoiner collects bits, the first lowest.
type bitJoiner struct{ v, n int }

func (w *bitJoiner) add(v, n int) {
	w.v |= v << w.n
	w.n += n
}

// prefix and suffix code an offset, 0 as nothing.
func (w *bitJoiner) prefix(u int) {
	switch {
	case u == 0:
	case u <= 2:
		w.add(u, u)
	case u <= 4:
		w.add(4, 3)
	default:
		w.add(0, 3)
	}
}

func (w *bitJoiner) suffix(u int) {
	switch {
	case u < 3:
	case u <= 4:
		w.add(u-3, 1)
	default:
		w.add(u-5, 5)
	}
}

// htEncoder codes high throughput code blocks: the clean-up pass, which is all
// that a block needs where nothing is cut. A sample of samples is negative where it
// is zero, else twice its magnitude less one, plus one where its sign is negative.
type htEncoder struct {
	w, h      int
	stride    int // of samples: the width in whole pairs of quads
	samples   []int32
	below     []uint32 // of the row of quads above: exponent bits between the columns of quads
	magnitude forwardWriter
	vlc       reverseWriter
	mel       melWriter
	segment   []byte // work space of callers
}

const htZero = -2 // a sample that is zero

// reset prepares for a block of w x h samples, which the caller sets.
func (t *htEncoder) reset(w, h int) {
	t.w, t.h, t.stride = w, h, (w+3)&^3
	n := t.stride * ((h + 1) &^ 1)
	if cap(t.samples) < n {
		t.samples = make([]int32, n, max(n, 4096))
	}
	t.samples = t.samples[:n]
	for y := range h {
		for x := w; x < t.stride; x++ {
			t.samples[y*t.stride+x] = htZero
		}
	}
	for i := h * t.stride; i < n; i++ {
		t.samples[i] = htZero
	}
	if n = t.stride/2 + 2; cap(t.below) < n {
		t.below = make([]uint32, n, max(n, 64))
	}
	t.below = t.below[:n]
	clear(t.below)
}

// encode codes the samples after reset, and appends the segment to out.
func (t *htEncoder) encode(out []byte) []byte {
	// Of a quad: at most 4 x 31 bits, and 7 bits with two halves of an offset of
	// 16 bits; both grow by stuffing.
	quads := t.stride / 2 * (t.h + 1) / 2
	t.magnitude.reset(20*quads + 16)
	t.vlc.reset(4*quads + 32)
	t.mel.reset()
	for y := 0; y < t.h; y += 2 {
		top, bottom := t.samples[y*t.stride:(y+1)*t.stride], t.samples[(y+1)*t.stride:(y+2)*t.stride]
		t.row(top, bottom, y == 0)
	}
	out = append(out, t.magnitude.finish()...)
	return htSuffix(out, &t.mel, &t.vlc)
}

// row codes the quads of two rows.
func (t *htEncoder) row(top, bottom []int32, first bool) {
	codes, quads := &htEncodeCodes[1], (t.w+1)/2
	if first {
		codes = &htEncodeCodes[0]
	}
	bottom = bottom[:len(top)]
	below := t.below[:quads+1]
	left, west := below[0], uint32(0)
	edge := uint32(0) // exponent bits of the lower right sample of the last quad
	offset := 0
	for q := range quads {
		pair := top[2*q : 2*q+2 : 2*q+2]
		v0, v2 := pair[0], pair[1]
		pair = bottom[2*q : 2*q+2 : 2*q+2]
		v1, v3 := pair[0], pair[1]
		right := below[q+1]
		context := west
		if left != 0 {
			context |= 1
		}
		if right != 0 {
			context |= 4
		}
		u := 0
		if v0&v1&v2&v3 < 0 {
			t.empty(codes, context)
			below[q] = edge
			edge, west = 0, 0
		} else {
			a0, a1 := exponentBits(v0), exponentBits(v1)
			a2, a3 := exponentBits(v2), exponentBits(v3)
			rho := ^uint32(v0)>>31 | ^uint32(v1)>>31<<1 | ^uint32(v2)>>31<<2 | ^uint32(v3)>>31<<3
			bound, pattern := bits.Len32(a0|a1|a2|a3), uint32(0)
			kappa := 1
			if rho&(rho-1) != 0 {
				kappa = max(1, bits.Len32(left|right)-1)
			}
			if bound > kappa {
				at := uint(bound-1) & 31
				pattern = a0>>at | a1>>at<<1 | a2>>at<<2 | a3>>at<<3
				u, kappa = bound-kappa, bound
			}
			if context == 0 {
				t.mel.one()
			}
			c := codes[(context<<8|rho<<4|pattern)&2047]
			t.vlc.put(uint64(c&0xFF), uint(c>>8&15))
			t.magnitudes(v0, v1, v2, v3, uint32(kappa), rho, uint32(c>>12))
			below[q] = edge | a1
			edge, west = a3, (rho>>2|rho>>3)&1<<1
			if first {
				west = rho&1 | rho>>1
			}
		}
		left = right
		switch {
		case q&1 != 0:
			t.offsets(offset, u, first)
		case q == quads-1:
			t.offsets(u, 0, first)
		}
		offset = u
	}
	below[quads] = edge
}

// exponentBits has as many bits as the exponent of v says, none where v is zero.
func exponentBits(v int32) uint32 { return uint32((v | 1) &^ (v >> 31)) }

// empty codes a quad without samples.
func (t *htEncoder) empty(codes *[8 * 256]uint16, context uint32) {
	if context == 0 {
		t.mel.zero()
		return
	}
	c := codes[context<<8]
	t.vlc.put(uint64(c&0xFF), uint(c>>8&15))
}

// magnitudes writes the bits of a quad's samples below the bound, one behind the
// other, each without its highest where that is known.
func (t *htEncoder) magnitudes(v0, v1, v2, v3 int32, bound, rho, known uint32) {
	if bound > narrowBound {
		t.wideMagnitudes([4]int32{v0, v1, v2, v3}, int(bound), known)
		return
	}
	ends := (bound*0x01010101 - lanes8[known&15]) & (lanes8[rho&15] * 0xFF) * 0x01010101
	high := int32(1) << ((bound - 1) & 31)
	v0 &^= v0>>31 | high&-int32(known&1)
	v1 &^= v1>>31 | high&-int32(known>>1&1)
	v2 &^= v2>>31 | high&-int32(known>>2&1)
	v3 &^= v3>>31 | high&-int32(known>>3&1)
	t.magnitude.put(uint64(v0)|uint64(v1)<<(ends&31)|uint64(v2)<<(ends>>8&63)|uint64(v3)<<(ends>>16&63), uint(ends>>24))
}

// wideMagnitudes is magnitudes for bounds of any size.
func (t *htEncoder) wideMagnitudes(v [4]int32, bound int, known uint32) {
	var word uint64
	n := uint(0)
	for i, s := range v {
		width := uint(bound-int(known>>i&1)) &^ uint(s>>31)
		word |= uint64(uint32(s)) & (1<<(width&63) - 1) << (n & 63)
		n += width
		if i == 1 {
			t.magnitude.put(word, n)
			word, n = 0, 0
		}
	}
	t.magnitude.put(word, n)
}

// offsets codes the exponent offsets of two quads.
func (t *htEncoder) offsets(u0, u1 int, first bool) {
	if u0|u1 == 0 {
		return
	}
	if first && u0 > 0 && u1 > 0 {
		switch {
		case min(u0, u1) > 2:
			t.mel.one()
			u0, u1 = u0-2, u1-2
		case u0 > 2:
			t.mel.zero()
			var w bitJoiner
			w.prefix(u0)
			w.add(u1-1, 1)
			w.suffix(u0)
			t.vlc.put(uint64(w.v), uint(w.n))
			return
		default:
			t.mel.zero()
		}
	}
	c := htOffsets[u0*(maxOffset+1)+u1]
	t.vlc.put(uint64(c&0xFFFFFF), uint(c>>24))
}
