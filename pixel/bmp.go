package pixel

import (
	"encoding/binary"
	"io"
)

const (
	bmpHeader         = 54
	bmpPixelsPerMetre = 0x0ECE
)

// writeBMP writes a bitmap of 24 bits, bottom row first. As in the original
// the width is cut to a multiple of four, except for the narrowest pictures.
func writeBMP(w io.Writer, p picture) error {
	c := p.rgb()
	width := c.width
	if width >= 4 {
		width &^= 3
	}
	row := (3*width + 3) &^ 3
	size := row * c.height
	le := binary.LittleEndian
	out := make([]byte, bmpHeader+size)
	copy(out, "BM")
	le.PutUint32(out[2:], uint32(len(out)))
	le.PutUint32(out[10:], bmpHeader)
	le.PutUint32(out[14:], 40)
	le.PutUint32(out[18:], uint32(width))
	le.PutUint32(out[22:], uint32(c.height))
	le.PutUint16(out[26:], 1)
	le.PutUint16(out[28:], 24)
	le.PutUint32(out[34:], uint32(size))
	le.PutUint32(out[38:], bmpPixelsPerMetre)
	le.PutUint32(out[42:], bmpPixelsPerMetre)
	for y := range c.height {
		src := c.pix[3*c.width*(c.height-1-y):]
		dst := out[bmpHeader+y*row:]
		for x := range width {
			dst[3*x], dst[3*x+1], dst[3*x+2] = src[3*x+2], src[3*x+1], src[3*x]
		}
	}
	_, err := w.Write(out)
	return err
}
