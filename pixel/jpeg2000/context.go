package jpeg2000

// The coders of both directions keep one word of flags for every column of
// four samples in a stripe, with a border of one column and one stripe all
// around. A word holds, for sample k of the column (0..3):
//
//	bits 0..17   significance of 3 columns x 6 rows around the column: bit
//	             3*row+col, row 0 is the last row of the stripe above, row k+1
//	             that of sample k, col 1 the column itself
//	bits 18..23  signs of the column's own rows 0..5
//	bits 24..27  coded in the significance pass of this bit plane
//	bits 28..31  refined before
//
// so that the neighbourhood of sample k is (word >> 3k) & 1FFH with the sample
// itself at bit 4.
const (
	flagSelf         = 0x10
	flagNeighbours   = 0x1EF
	flagWindow       = 0x1FF
	flagAnySelf      = 0x2490 // the four samples themselves
	flagSign         = 18
	flagVisited      = 24
	flagRefined      = 28
	flagVisitedMask  = 0xF << flagVisited
	flagSignificance = 0x3FFFF
)

// zeroContexts gives the zero coding context (table D.1) of a neighbourhood
// by orientation.
var zeroContexts = makeZeroContexts()

func makeZeroContexts() (t [4][512]uint8) {
	for n := range 512 {
		bit := func(row, col int) int { return n >> (3*row + col) & 1 }
		h := bit(1, 0) + bit(1, 2)
		v := bit(0, 1) + bit(2, 1)
		d := bit(0, 0) + bit(0, 2) + bit(2, 0) + bit(2, 2)
		t[bandLL][n] = zeroContext(h, v, d)
		t[bandLH][n] = zeroContext(h, v, d)
		t[bandHL][n] = zeroContext(v, h, d)
		t[bandHH][n] = zeroContextHH(h+v, d)
	}
	return t
}

func zeroContext(h, v, d int) uint8 {
	switch {
	case h == 2:
		return 8
	case h == 1 && v >= 1:
		return 7
	case h == 1 && d >= 1:
		return 6
	case h == 1:
		return 5
	case v == 2:
		return 4
	case v == 1:
		return 3
	}
	return uint8(min(d, 2))
}

func zeroContextHH(hv, d int) uint8 {
	switch {
	case d >= 3:
		return 8
	case d == 2:
		return uint8(6 + min(hv, 1))
	case d == 1:
		return uint8(3 + min(hv, 2))
	}
	return uint8(min(hv, 2))
}

// signContexts gives the sign coding context in the low bits and the sign
// prediction in bit 7 (tables D.2 and D.3). The index has the significance of
// the upper, left, right and lower neighbour in bits 1, 3, 5, 7 and their
// signs in the bits below each.
var signContexts = makeSignContexts()

func makeSignContexts() (t [256]uint8) {
	for n := range 256 {
		contribution := func(at int) int {
			if n>>(at+1)&1 == 0 {
				return 0
			}
			return 1 - 2*(n>>at&1)
		}
		h := max(-1, min(1, contribution(2)+contribution(4)))
		v := max(-1, min(1, contribution(0)+contribution(6)))
		flip := uint8(0)
		if h < 0 || h == 0 && v < 0 {
			h, v, flip = -h, -v, 0x80
		}
		c := 0
		if h == 1 {
			c = 3 + v
		} else {
			c = v
		}
		t[n] = uint8(ctxSign+c) | flip
	}
	return t
}

// signIndex collects the index into signContexts for sample k of a column with
// flags f between columns with flags left and right.
func signIndex(f, left, right uint32, k uint) uint32 {
	own := f >> (flagSign + k)
	return f>>(3*k)&0xAA | own&1 | own&4<<4 |
		left>>(flagSign+1+k)&1<<2 | right>>(flagSign+1+k)&1<<4
}

// spread tells the neighbours of sample k of column i that it has become
// significant. The column's own word is updated by the caller with ownFlags.
func spread(flags []uint32, i, stride int, k uint, sign uint32, causal bool) {
	row := 3 * (k + 1)
	flags[i-1] |= 4 << row
	flags[i+1] |= 1 << row
	if k == 0 && !causal {
		up := flags[i-stride-1 : i-stride+2 : i-stride+2]
		up[0] |= 4 << 15
		up[1] |= 2<<15 | sign<<(flagSign+5)
		up[2] |= 1 << 15
	}
	if k == 3 {
		down := flags[i+stride-1 : i+stride+2 : i+stride+2]
		down[0] |= 4
		down[1] |= 2 | sign<<flagSign
		down[2] |= 1
	}
}

// ownFlags are the bits of a column whose sample k becomes significant.
func ownFlags(k uint, sign uint32) uint32 {
	return flagSelf<<(3*k) | sign<<(flagSign+1+k)
}

// Rows of a column are also handled as sets: bit 3k stands for sample k, as in
// the significance of a column of flags.
const rowSet = 0x249

// rowsIn is the set of the first n rows.
func rowsIn(n int) uint32 { return rowSet & (1<<(3*uint(n)) - 1) }

// rowNumber is the row of bit 3k.
func rowNumber(bit uint) uint { return bit * 11 >> 5 & 3 }

// significantRows is the set of significant samples.
func significantRows(f uint32) uint32 { return f >> 4 & rowSet }

// candidateRows is the set of samples that the significance pass visits, as
// far as known before it comes to the column.
func candidateRows(f uint32) uint32 {
	rows := (f | f>>1 | f>>2) & (1 | rowSet<<3 | 1<<15 | rowSet)
	return (rows | rows>>3 | rows>>6) &^ (f >> 4) & rowSet
}

// visitedRows is the set of samples visited in this bit plane.
func visitedRows(f uint32) uint32 { return spreadRows(f >> flagVisited & 15) }

// spreadRows makes a set of four flags, packRows the opposite.
func spreadRows(v uint32) uint32 { return v&1 | v&2<<2 | v&4<<4 | v&8<<6 }

func packRows(s uint32) uint32 { return s&1 | s>>2&2 | s>>4&4 | s>>6&8 }
