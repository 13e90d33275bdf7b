package jpeg2000

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// Four samples of a quad are handled as the lanes of a word where their exponents
// are not larger than narrowBound: lanes of 16 bits for values, of 8 for lengths.
const narrowBound = 14

// Lanes for patterns of four samples.
var (
	lanes8  [16]uint32 // 1 where the sample is in the pattern
	lanes16 [16]uint64 // all ones where it is
)

var makeLanes = sync.OnceFunc(func() {
	for pattern := range 16 {
		for i := range 4 {
			if pattern>>i&1 != 0 {
				lanes8[pattern] |= 1 << (8 * i)
				lanes16[pattern] |= 0xFFFF << (16 * i)
			}
		}
	}
})

// bounds makes the bounds of the exponents of their offsets, and tells the largest.
func (s *htScratch) bounds(quads int) int {
	codes, offsets, below := s.codes[:quads], s.offsets[:quads], s.below[:quads+1]
	most, left := 0, below[0]
	for q, c := range codes {
		right := below[q+1]
		u := int(offsets[q]) + 1
		if rho := c >> 4 & 15; rho&(rho-1) != 0 {
			u += max(0, bits.Len32(left|right)-2)
		}
		left = right
		offsets[q] = uint8(u)
		most = max(most, u)
	}
	return most
}

// narrow reads the samples of a row of quads, from bit at on, and returns where they
// end. It keeps what the next row of quads needs.
func (s *htScratch) narrow(top, bottom []uint32, at, plane uint) uint {
	const ones = 0x0001_0001_0001_0001
	quads := len(top) / 2
	codes, offsets, below := s.codes[:quads], s.offsets[:quads], s.below[:quads+1]
	data := s.magnitude
	end := uint(len(data) - 8) // ones are there, and behind
	scale := int32(1) << (plane & 31)
	edge, bottom := uint32(0), bottom[:len(top)]
	for q, c := range codes {
		rho, known := c>>4&15, c>>8&15
		bound := uint(offsets[q])
		i := min(at>>3, end)
		word := binary.LittleEndian.Uint64(data[i:i+8:i+8]) >> (at & 7)
		// Where the bits of each sample end.
		ends := (uint32(bound)*0x01010101 - lanes8[known]) & (lanes8[rho] * 0xFF) * 0x01010101
		at += uint(ends >> 24)
		high := uint64(1) << ((bound - 1) & 15)
		significant := lanes16[rho]
		// The bits that are coded: one less where the highest is known.
		mask := (high*(2*ones) - ones - high*(lanes16[known]&ones)) & significant
		v := word&0xFFFF | word>>(ends&31)<<16&0xFFFF_0000 |
			word>>(ends>>8&31)<<32&0xFFFF_0000_0000 | word>>(ends>>16&63)<<48
		v = v&mask | high*(lanes16[c>>12]&ones)
		exponents := (v | ones) & significant
		below[q] = edge | uint32(exponents>>16)&0xFFFF
		edge = uint32(exponents >> 48)
		// Twice the magnitude and one, negative where the lowest bit says so.
		sign := v & ones
		v = ((v | ones) + 2*ones ^ (sign<<16 - sign)) + sign&significant
		v &= significant
		to := (*[2]uint32)(top[2*q : 2*q+2 : 2*q+2])
		to[0], to[1] = uint32(int32(int16(v))*scale), uint32(int32(int16(v>>32))*scale)
		to = (*[2]uint32)(bottom[2*q : 2*q+2 : 2*q+2])
		to[0], to[1] = uint32(int32(int16(v>>16))*scale), uint32(int32(int16(v>>48))*scale)
	}
	below[quads] = edge
	return at
}

// wide is narrow for exponents of any size.
func (s *htScratch) wide(top, bottom []uint32, at, plane uint) uint {
	quads := len(top) / 2
	codes, offsets, below := s.codes[:quads], s.offsets[:quads], s.below[:quads+1]
	edge, bottom := uint32(0), bottom[:len(top)]
	for q, c := range codes {
		var exponents [4]uint32
		for i, to := range [4]*uint32{&top[2*q], &bottom[2*q], &top[2*q+1], &bottom[2*q+1]} {
			if *to = 0; c>>(4+i)&1 == 0 {
				continue
			}
			n := uint(offsets[q]) - uint(c>>(8+i)&1)
			v := uint32(s.peekMagnitude(at)&(1<<n-1)) | uint32(c>>(12+i)&1)<<n
			at += n
			exponents[i] = v | 1
			*to = (v | 1 + 2) << plane
			if v&1 != 0 {
				*to = -*to
			}
		}
		below[q] = edge | exponents[1]
		edge = exponents[3]
	}
	below[quads] = edge
	return at
}

// peekMagnitude shows 57 bits of the magnitudes from bit at on, ones behind the end.
func (s *htScratch) peekMagnitude(at uint) uint64 {
	i := min(at>>3, uint(len(s.magnitude)-8))
	return binary.LittleEndian.Uint64(s.magnitude[i:i+8:i+8]) >> (at & 7)
}

// unshiftRows is unshift for the samples of a high throughput block.
func (t *blockDecoder) unshiftRows(shift int) {
	limit := int64(2) << min(shift, 30)
	for i, v := range t.samples {
		sign := int64(int32(v)) >> 31
		if m := (int64(int32(v)) ^ sign) - sign; m >= limit {
			t.samples[i] = uint32((m>>min(shift, 31) ^ sign) - sign)
		}
	}
}

// rowInts writes the samples of a high throughput block without their fraction.
func (t *blockDecoder) rowInts(dst []int32, stride int) {
	for y := range t.h {
		row, src := dst[y*stride:y*stride+t.w], t.samples[y*t.rowLen:(y+1)*t.rowLen]
		for x, v := range src[:len(row)] {
			row[x] = (int32(v) - int32(v)>>31) >> 1
		}
	}
}

// rowFloats writes the samples times half the step size.
func (t *blockDecoder) rowFloats(dst []float32, stride int, half float32) {
	for y := range t.h {
		row, src := dst[y*stride:y*stride+t.w], t.samples[y*t.rowLen:(y+1)*t.rowLen]
		for x, v := range src[:len(row)] {
			row[x] = float32(int32(v)) * half
		}
	}
}
