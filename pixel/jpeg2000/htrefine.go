package jpeg2000

// htMark enters the significance after the clean-up pass into the flags.
func (t *blockDecoder) htMark() {
	for y := range t.h {
		for x := range t.w {
			if t.samples[y*t.rowLen+x] != 0 {
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
					found[n] = (4*s+int(k))*t.rowLen + x
					n++
				}
			}
			for _, i := range found[:n] {
				sign := -r.bits(1)
				t.samples[i] = 3<<plane ^ sign - sign
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
					v := &t.samples[(4*s+int(k))*t.rowLen+x]
					sign := uint32(int32(*v) >> 31)
					*v += (half*2*r.bits(1) - half ^ sign) - sign
				}
			}
		}
	}
}
