package rle

import (
	"encoding/binary"
	"fmt"

	"conquest/pixel/frame"
)

// Encode codes one frame of 8, 16 or 32 bit samples. Runs never cross a row,
// segments have even length.
func Encode(f *frame.Frame, _ EncodeOptions) ([]byte, error) {
	bytesPerSample := f.BitsAllocated / 8
	segments := f.Components * bytesPerSample
	if segments < 1 || segments > maxSegments || f.BitsAllocated%8 != 0 {
		return nil, fmt.Errorf("encode RLE frame: %d components of %d bits", f.Components, f.BitsAllocated)
	}
	if f.Width < 1 || f.Height < 1 || len(f.Pix) < f.Height*f.Stride() {
		return nil, fmt.Errorf("encode RLE frame: %d bytes for %d x %d pixels", len(f.Pix), f.Width, f.Height)
	}
	out := make([]byte, headerSize, headerSize+len(f.Pix)/2)
	binary.LittleEndian.PutUint32(out, uint32(segments))
	row := make([]byte, f.Width)
	for i := range segments {
		component, plane := i/bytesPerSample, i%bytesPerSample
		first := component*bytesPerSample + bytesPerSample - 1 - plane
		binary.LittleEndian.PutUint32(out[4+4*i:], uint32(len(out)))
		for y := range f.Height {
			line := f.Pix[y*f.Stride() : (y+1)*f.Stride()]
			if segments == 1 {
				out = pack(out, line)
				continue
			}
			for x, s := 0, first; x < len(row); x, s = x+1, s+segments {
				row[x] = line[s]
			}
			out = pack(out, row)
		}
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
	}
	if uint64(len(out)) > 1<<32-1 {
		return nil, fmt.Errorf("encode RLE frame: %d bytes do not fit the header", len(out))
	}
	return out, nil
}

// pack appends the PackBits codes of one row to dst. Repeats of two bytes are
// coded as such only between literals that have to end anyway.
func pack(dst, row []byte) []byte {
	literal := 0 // start of the pending literal bytes
	for i := 0; i < len(row); {
		v := row[i]
		end := i + 1
		for end < len(row) && end-i < 128 && row[end] == v {
			end++
		}
		run := end - i
		if run >= 3 || run == 2 && literal == i {
			dst = appendLiteral(dst, row[literal:i])
			dst = append(dst, byte(257-run), v)
			literal = end
		}
		i = end
	}
	return appendLiteral(dst, row[literal:])
}

func appendLiteral(dst, b []byte) []byte {
	for len(b) > 0 {
		n := min(len(b), 128)
		dst = append(dst, byte(n-1))
		dst = append(dst, b[:n]...)
		b = b[n:]
	}
	return dst
}
