package jpeg2000

import "math/bits"

// htCode is an entry of a decoding table: the significance pattern of a quad
// and what belongs to it.
type htCode struct {
	rho    uint8
	ek, e1 uint8
	offset uint8 // u_off
	length uint8 // bits of the codeword, 0 for none
}

// htCodes are indexed by row (first or other), context and the next 7 bits.
var htCodes = makeHTCodes()

func makeHTCodes() (t [2][8 * 128]htCode) {
	for row, entries := range [2][]uint32{htFirstRow[:], htOtherRows[:]} {
		for _, e := range entries {
			c := htCode{
				rho: uint8(e >> 24 & 15), offset: uint8(e >> 20 & 15),
				ek: uint8(e >> 16 & 15), e1: uint8(e >> 12 & 15), length: uint8(e & 15),
			}
			word := int(e >> 4 & 0xFF)
			for i := word; i < 128; i += 1 << c.length {
				t[row][int(e>>28)<<7|i] = c
			}
		}
	}
	return t
}

// htScratch keeps what a row of quads needs to know of the row above, with a
// border on both sides.
type htScratch struct {
	above, current []htQuad
}

type htQuad struct {
	rho            uint8
	lower0, lower1 uint8 // exponents of the lower samples, left and right
}

// decodeHT decodes a high throughput code block (ISO/IEC 15444-15 clause 7).
// planes is the number of bit planes of the clean-up pass and above. It reports
// damage.
func (t *blockDecoder) decodeHT(chunks []chunk, cb *codeBlock, style uint8, planes int) error {
	t.reset(int(cb.x1-cb.x0), int(cb.y1-cb.y0))
	t.causal = style&styleCausal != 0
	first := &chunks[cb.first]
	if first.cut || planes < 1 {
		return nil
	}
	plane := uint(planes - 1)
	if !t.htCleanup(first.data, plane) {
		return formatError("high throughput code block")
	}
	if first.next < 0 || plane == 0 {
		return nil
	}
	refinement := &chunks[first.next]
	if refinement.cut || len(refinement.data) == 0 {
		return nil
	}
	t.htMark()
	t.htSignificance(refinement.data, plane-1)
	if refinement.passes > 1 {
		t.htRefinement(refinement.data, plane-1)
	}
	return nil
}

// htCleanup decodes the clean-up segment, whose last bytes tell where its three
// streams lie.
func (t *blockDecoder) htCleanup(data []byte, plane uint) bool {
	n := len(data)
	if n < 2 {
		return false
	}
	suffix := int(data[n-1])<<4 | int(data[n-2]&15)
	if suffix < 2 || suffix > n || suffix > 4079 {
		return false
	}
	d := htCleanupDecoder{
		t: t, plane: plane,
		mel:       melReader{data: data[n-suffix : n-1]},
		magnitude: forwardReader{data: data[:n-suffix], fill: 0xFF},
		vlc:       newVLCReader(data[n-suffix : n-1]),
	}
	quads := (t.w+1)/2 + 3
	for _, s := range []*[]htQuad{&t.ht.above, &t.ht.current} {
		if cap(*s) < quads {
			*s = make([]htQuad, quads)
		}
		*s = (*s)[:quads]
		clear(*s)
	}
	for y := 0; y < t.h; y += 2 {
		if !d.row(y) {
			return false
		}
		t.ht.above, t.ht.current = t.ht.current, t.ht.above
	}
	return true
}

// htCleanupDecoder decodes quads of 2 x 2 samples, two at a time.
type htCleanupDecoder struct {
	t         *blockDecoder
	plane     uint
	mel       melReader
	magnitude forwardReader
	vlc       reverseReader
}

// row decodes the quads of rows y and y+1.
func (d *htCleanupDecoder) row(y int) bool {
	t := d.t
	above, current := t.ht.above, t.ht.current
	context := 0
	for x := 0; x < t.w; x += 4 {
		q := x/2 + 1 // quad in above and current, after the border
		var codes [2]htCode
		var u [2]int
		for i := range codes {
			if x+2*i >= t.w {
				current[q+i] = htQuad{}
				break
			}
			if y > 0 {
				context = context&^5 | int(above[q+i-1].rho>>3|above[q+i].rho>>1&1) |
					int(above[q+i].rho>>3|above[q+i+1].rho>>1&1)<<2
			}
			codes[i] = d.code(context, y > 0)
			rho := int(codes[i].rho)
			current[q+i].rho = codes[i].rho
			if y == 0 {
				context = rho&1 | rho>>1
			} else {
				context = (rho>>2 | rho>>3) & 1 << 1
			}
		}
		if y == 0 {
			d.firstOffsets(&codes, &u)
		} else {
			d.offsets(&codes, &u, 0)
		}
		for i, c := range codes {
			if x+2*i >= t.w {
				break
			}
			kappa := 1
			if y > 0 && c.rho&(c.rho-1) != 0 {
				e := max(above[q+i-1].lower1, above[q+i].lower0, above[q+i].lower1, above[q+i+1].lower0)
				kappa = max(1, int(e)-1)
			}
			if !d.samples(x+2*i, y, c, kappa+u[i], &current[q+i]) {
				return false
			}
		}
	}
	current[(t.w+1)/2+1] = htQuad{}
	return true
}

// code reads the pattern of one quad.
func (d *htCleanupDecoder) code(context int, other bool) htCode {
	if context == 0 && d.mel.event() == 0 {
		return htCode{}
	}
	table := &htCodes[0]
	if other {
		table = &htCodes[1]
	}
	c := table[context&7<<7|int(d.vlc.peek()&127)]
	d.vlc.skip(uint(c.length))
	return c
}

// firstOffsets reads the exponent offsets of a pair in the first row of quads.
func (d *htCleanupDecoder) firstOffsets(codes *[2]htCode, u *[2]int) {
	if codes[0].offset == 0 || codes[1].offset == 0 {
		d.offsets(codes, u, 0)
		return
	}
	if d.mel.event() == 1 {
		d.offsets(codes, u, 2)
		return
	}
	prefix := d.prefix()
	if prefix > 2 {
		u[1] = int(d.vlc.bits(1)) + 1
		s := d.suffix(prefix)
		u[0] = prefix + s + d.extension(s)
		return
	}
	u[0] = prefix
	prefix = d.prefix()
	s := d.suffix(prefix)
	u[1] = prefix + s + d.extension(s)
}

// offsets reads the exponent offsets of a pair and adds base to each.
func (d *htCleanupDecoder) offsets(codes *[2]htCode, u *[2]int, base int) {
	var prefix, suffix [2]int
	for i := range codes {
		if codes[i].offset != 0 {
			prefix[i] = d.prefix()
		}
	}
	for i := range codes {
		suffix[i] = d.suffix(prefix[i])
	}
	for i := range codes {
		if codes[i].offset != 0 {
			u[i] = base + prefix[i] + suffix[i] + d.extension(suffix[i])
		}
	}
}

// prefix reads 1, 01, 001 or 000 for 1, 2, 3 or 5.
func (d *htCleanupDecoder) prefix() int {
	v := d.vlc.peek()
	switch {
	case v&1 != 0:
		d.vlc.skip(1)
		return 1
	case v&2 != 0:
		d.vlc.skip(2)
		return 2
	}
	d.vlc.skip(3)
	if v&4 != 0 {
		return 3
	}
	return 5
}

func (d *htCleanupDecoder) suffix(prefix int) int {
	switch prefix {
	case 3:
		return int(d.vlc.bits(1))
	case 5:
		return int(d.vlc.bits(5))
	}
	return 0
}

func (d *htCleanupDecoder) extension(suffix int) int {
	if suffix < 28 {
		return 0
	}
	return int(d.vlc.bits(4)) * 4
}

// samples reads the magnitudes and signs of a quad whose exponent bound is u.
func (d *htCleanupDecoder) samples(x, y int, c htCode, u int, q *htQuad) bool {
	q.lower0, q.lower1 = 0, 0
	if c.rho == 0 {
		return true
	}
	if u+int(d.plane) > maxPlanes {
		return false
	}
	t := d.t
	base := (y/4*t.w+x)*4 + y&2
	for i := range uint(4) {
		if c.rho>>i&1 == 0 {
			continue
		}
		m := uint(u) - uint(c.ek>>i&1)
		v := d.magnitude.bits(m) | uint32(c.e1>>i&1)<<m
		if x+int(i>>1) >= t.w {
			continue
		}
		t.samples[base+int(i>>1*4+i&1)] = v<<31 | (v|1+2)<<d.plane
		e := uint8(bits.Len32(v | 1))
		switch i {
		case 1:
			q.lower0 = e
		case 3:
			q.lower1 = e
		}
	}
	return true
}

// htMark enters the significance after the clean-up pass into the flags.
func (t *blockDecoder) htMark() {
	for y := range t.h {
		for x := range t.w {
			if t.samples[(y/4*t.w+x)*4+y&3] != 0 {
				i, k := (y/4+1)*t.stride+1+x, uint(y&3)
				spread(t.flags, i, t.stride, k, 0, t.causal)
				t.flags[i] |= ownFlags(k, 0) | 1<<(flagRefined+k)
			}
		}
	}
}

// htSignificance is the significance propagation pass. The signs of four
// columns of a stripe follow the decisions for these columns.
func (t *blockDecoder) htSignificance(data []byte, plane uint) {
	r := forwardReader{data: data}
	for s := range t.stripes {
		rows := uint(min(4, t.h-4*s))
		base := (s+1)*t.stride + 1
		for x0 := 0; x0 < t.w; x0 += 4 {
			var found [16]int
			n := 0
			for x := x0; x < min(x0+4, t.w); x++ {
				for k := uint(0); k < rows; k++ {
					f := t.flags[base+x] >> (3 * k)
					if f&flagSelf != 0 || f&flagNeighbours == 0 || r.bits(1) == 0 {
						continue
					}
					spread(t.flags, base+x, t.stride, k, 0, t.causal)
					t.flags[base+x] |= ownFlags(k, 0)
					found[n] = (s*t.w+x)*4 + int(k)
					n++
				}
			}
			for _, i := range found[:n] {
				t.samples[i] = r.bits(1)<<31 | 3<<plane
			}
		}
	}
}

// htRefinement is the magnitude refinement pass over what the clean-up pass
// found.
func (t *blockDecoder) htRefinement(data []byte, plane uint) {
	r := reverseReader{data: data, large: true}
	half := uint32(1) << plane
	for s := range t.stripes {
		base := (s+1)*t.stride + 1
		for x := range t.w {
			f := t.flags[base+x]
			for k := range uint(4) {
				if f>>(flagRefined+k)&1 != 0 {
					t.samples[(s*t.w+x)*4+int(k)] += half*2*r.bits(1) - half
				}
			}
		}
	}
}
