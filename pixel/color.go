package pixel

import (
	"encoding/binary"

	"conquest/pixel/frame"
)

// ybrToRGB converts one pixel of YBR_FULL (PS3.3 section C.7.6.3.1.2),
// fractions cut, results clamped to 0..limit.
func ybrToRGB(y, cb, cr, center, limit int) (r, g, b int) {
	b0, r0 := float64(cb-center), float64(cr-center)
	fy := float64(y)
	r = clampTo(fy+1.402*r0, limit)
	g = clampTo(fy-0.34414*b0-0.71414*r0, limit)
	b = clampTo(fy+1.772*b0, limit)
	return r, g, b
}

func clampTo(v float64, limit int) int {
	return max(0, min(limit, int(v)))
}

// frameToRGB converts an interleaved YBR_FULL frame in place.
func frameToRGB(f *frame.Frame) {
	center := 1 << uint(f.BitsStored-1)
	ybrPixels(f.Pix, f.BitsAllocated, center)
	f.Signed = false
}

func ybrPixels(p []byte, bitsAllocated, center int) {
	limit := 2*center - 1
	if bitsAllocated == 8 {
		for i := 0; i+2 < len(p); i += 3 {
			r, g, b := ybrToRGB(int(p[i]), int(p[i+1]), int(p[i+2]), center, limit)
			p[i], p[i+1], p[i+2] = byte(r), byte(g), byte(b)
		}
		return
	}
	le := binary.LittleEndian
	for i := 0; i+5 < len(p); i += 6 {
		r, g, b := ybrToRGB(int(le.Uint16(p[i:])), int(le.Uint16(p[i+2:])), int(le.Uint16(p[i+4:])), center, limit)
		le.PutUint16(p[i:], uint16(r))
		le.PutUint16(p[i+2:], uint16(g))
		le.PutUint16(p[i+4:], uint16(b))
	}
}

// partialToFull widens the range of a YBR_PARTIAL pixel of 8 bits to that of
// YBR_FULL.
func partialToFull(y, cb, cr int) (int, int, int) {
	luma := float64(y-16) * 255 / 219
	chroma := func(c int) int { return clampTo(float64(c-128)*255/224+128.5, 255) }
	return clampTo(luma+0.5, 255), chroma(cb), chroma(cr)
}

// rgbFrom422 expands one plain frame of 8-bit YBR_FULL_422 or YBR_PARTIAL_422
// (two luma samples, then Cb and Cr) to RGB.
func rgbFrom422(src []byte, width, height int, partial bool) []byte {
	out := make([]byte, width*height*3)
	for i, o := 0, 0; o < len(out); i += 4 {
		y, cb, cr := [2]int{int(src[i]), int(src[i+1])}, int(src[i+2]), int(src[i+3])
		for k := 0; k < 2 && o < len(out); k, o = k+1, o+3 {
			py, pb, pr := y[k], cb, cr
			if partial {
				py, pb, pr = partialToFull(py, pb, pr)
			}
			r, g, b := ybrToRGB(py, pb, pr, 128, 255)
			out[o], out[o+1], out[o+2] = byte(r), byte(g), byte(b)
		}
	}
	return out
}

// interleavePlanes turns one frame stored by plane into pixels.
func interleavePlanes(dst, src []byte, samples, bytesPerSample int) {
	pixels := len(src) / (samples * bytesPerSample)
	for s := range samples {
		plane := src[s*pixels*bytesPerSample:]
		if bytesPerSample == 1 {
			for i := range pixels {
				dst[i*samples+s] = plane[i]
			}
			continue
		}
		for i := range pixels {
			copy(dst[(i*samples+s)*bytesPerSample:][:bytesPerSample], plane[i*bytesPerSample:])
		}
	}
}
