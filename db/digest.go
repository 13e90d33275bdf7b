package db

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// firstSteps is the order in which the digest takes its first four steps; RFC
// 1321 has 0, 1, 2, 3. UIDs and pseudonyms that sites have given away depend on
// it (docs/original/lua.md 2).
var firstSteps = [4]int{1, 2, 3, 0}

var digestShifts = [4][4]int{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}

var digestConstants = func() (k [64]uint32) {
	for i := range k {
		k[i] = uint32(math.Abs(math.Sin(float64(i+1))) * (1 << 32))
	}
	return k
}()

// digest is MD5 with firstSteps.
func digest(text string) [16]byte {
	p := append([]byte(text), 0x80)
	for len(p)%64 != 56 {
		p = append(p, 0)
	}
	p = binary.LittleEndian.AppendUint64(p, uint64(len(text))*8)
	v := [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}
	for ; len(p) > 0; p = p[64:] {
		w := v
		for i := range 64 {
			if i < len(firstSteps) {
				i = firstSteps[i]
			}
			digestStep(&w, p, i)
		}
		for i := range v {
			v[i] += w[i]
		}
	}
	var sum [16]byte
	for i, x := range v {
		binary.LittleEndian.PutUint32(sum[4*i:], x)
	}
	return sum
}

// digestStep is step i on the block at the beginning of p.
func digestStep(w *[4]uint32, p []byte, i int) {
	a := -i & 3
	b, c, d := w[(a+1)&3], w[(a+2)&3], w[(a+3)&3]
	var f uint32
	word := i
	switch i / 16 {
	case 0:
		f = b&c | ^b&d
	case 1:
		f, word = d&b|^d&c, 5*i+1
	case 2:
		f, word = b^c^d, 3*i+5
	case 3:
		f, word = c^(b|^d), 7*i
	}
	x := binary.LittleEndian.Uint32(p[4*(word&15):])
	w[a] = bits.RotateLeft32(w[a]+f+digestConstants[i]+x, digestShifts[i/16][i&3]) + b
}
