package nki

import (
	"encoding/binary"
	"fmt"
)

const (
	longestRun  = 255 // units in one run code
	shortestRun = 5   // with nibbles: fewer zeros are cheaper as nibbles
	mostNibbles = 254
	minNibbles  = 6
	longestRun5 = 32 // mode 5
)

// Encode codes pix, an even number of bytes taken as little endian 16-bit
// units, in mode 1 to 5. The result is padded to even length and byte for
// byte what the original writes.
func Encode(pix []byte, mode int) ([]byte, error) {
	if mode < 1 || mode > 5 {
		return nil, fmt.Errorf("encode NKI element: mode %d", mode)
	}
	if len(pix) < 2 || len(pix)%2 == 1 || len(pix)/2 > 1<<31-1 {
		return nil, fmt.Errorf("encode NKI element: %d bytes of pixel data", len(pix))
	}
	headerSize := longHeader
	if mode == 1 || mode == 3 {
		headerSize = shortHeader
	}
	out := make([]byte, headerSize, headerSize+len(pix)*3/4+16)
	binary.LittleEndian.PutUint32(out, uint32(len(pix)/2))
	binary.LittleEndian.PutUint32(out[4:], uint32(mode))
	switch mode {
	case 1, 2:
		out = encodeDifferences(out, pix)
	case 3, 4:
		out = encodeNibbles(out, pix)
	case 5:
		out = encode13(out, pix)
	}
	length := len(out) - headerSize
	if length%2 == 1 {
		out = append(out, 0)
		if mode != 5 {
			length++
		}
	}
	if headerSize == longHeader {
		binary.LittleEndian.PutUint32(out[8:], uint32(length))
		if mode == 2 || mode == 4 {
			binary.LittleEndian.PutUint32(out[12:], checksum(pix))
		}
		if mode == 2 {
			binary.LittleEndian.PutUint32(out[16:], checksum(out[longHeader:]))
		}
	}
	return out, nil
}

// zeroRun counts the units from byte offset p on that equal prev, the unit at
// p being one of them, at most limit. The last unit of the image only starts
// runs, it never ends one.
func zeroRun(pix []byte, p int, prev uint16, limit int) int {
	n := 1
	for q := p + 2; n < limit && q+2 < len(pix) && binary.LittleEndian.Uint16(pix[q:]) == prev; q += 2 {
		n++
	}
	return n
}

// appendDifference codes a difference too large for one byte, or the unit.
func appendDifference(dst []byte, diff int, unit uint16) []byte {
	if diff >= -0x3F00 && diff <= 0x3EFF {
		return append(dst, byte(diff>>8)^0x40, byte(diff))
	}
	return append(dst, codeAbsolute, byte(unit>>8), byte(unit))
}

func encodeDifferences(dst, pix []byte) []byte {
	dst = append(dst, pix[0], pix[1])
	prev := binary.LittleEndian.Uint16(pix)
	for p := 2; p < len(pix); p += 2 {
		unit := binary.LittleEndian.Uint16(pix[p:])
		diff := int(int16(unit)) - int(int16(prev))
		switch {
		case diff == 0:
			n := zeroRun(pix, p, prev, longestRun)
			if n == 1 {
				dst = append(dst, 0)
				continue
			}
			dst = append(dst, codeRun, byte(n))
			p += 2 * (n - 1)
		case diff >= -64 && diff <= 63:
			dst = append(dst, byte(diff))
		default:
			dst = appendDifference(dst, diff, unit)
		}
		prev = unit
	}
	return dst
}

func encodeNibbles(dst, pix []byte) []byte {
	dst = append(dst, pix[0], pix[1])
	prev := binary.LittleEndian.Uint16(pix)
	small := 0 // one byte differences of -8..7 at the end of dst
	for p := 2; p < len(pix); p += 2 {
		unit := binary.LittleEndian.Uint16(pix[p:])
		diff := int(int16(unit)) - int(int16(prev))
		if diff == 0 {
			n := zeroRun(pix, p, prev, longestRun)
			p += 2 * (n - 1)
			if n >= shortestRun {
				dst = packNibbles(dst, small)
				small = 0
				dst = append(dst, codeRun, byte(n))
				continue
			}
			for range n {
				dst, small = appendSmall(dst, 0, small)
			}
			continue
		}
		prev = unit
		if diff >= -8 && diff <= 7 {
			dst, small = appendSmall(dst, byte(diff), small)
			continue
		}
		dst = packNibbles(dst, small)
		small = 0
		if diff >= -63 && diff <= 63 {
			dst = append(dst, byte(diff))
		} else {
			dst = appendDifference(dst, diff, unit)
		}
	}
	return dst
}

func appendSmall(dst []byte, diff byte, small int) ([]byte, int) {
	dst = append(dst, diff)
	small++
	if small >= mostNibbles {
		return packNibbles(dst, small), 0
	}
	return dst, small
}

// packNibbles rewrites the last n bytes of dst, an even number of them, as
// one nibble code when that pays.
func packNibbles(dst []byte, n int) []byte {
	if n < minNibbles {
		return dst
	}
	n &^= 1
	start := len(dst) - n
	var packed [mostNibbles / 2]byte
	for i := range n / 2 {
		packed[i] = dst[start+2*i]<<4 | dst[start+2*i+1]&0x0F
	}
	dst = append(dst[:start], codeNibbles, byte(n))
	return append(dst, packed[:n/2]...)
}

func encode13(dst, pix []byte) []byte {
	dst = append(dst, pix[1]&0x1F, pix[0])
	prev := binary.LittleEndian.Uint16(pix)
	for p := 2; p < len(pix); p += 2 {
		unit := binary.LittleEndian.Uint16(pix[p:])
		diff := int(unit&0x1FFF) - int(prev&0x1FFF)
		switch {
		case diff == 0:
			n := zeroRun(pix, p, prev, longestRun5)
			dst = append(dst, byte(223+n))
			p += 2 * (n - 1)
			if n > 1 {
				unit = prev
			}
		case diff >= -96 && diff <= 95:
			dst = append(dst, byte(diff+128))
		default:
			dst = append(dst, byte(unit>>8)&0x1F, byte(unit))
		}
		prev = unit
	}
	return dst
}
