// Package rle codes single frames in the DICOM run length encoding (PS3.5
// annex G): every byte plane of every component is a segment of PackBits
// codes behind a 64 byte header. Entry points are Decode, Encode and
// DecodeConfig. The encoding does not describe the frame, so the caller
// passes rows, columns and depth.
package rle

import (
	"encoding/binary"
	"errors"
	"fmt"

	"conquest/pixel/frame"
)

const (
	headerSize  = 64
	maxSegments = 15
)

// ErrShort is wrapped by the error of Decode when a segment ends before its
// plane is full; the frame returned with it holds what was there.
var ErrShort = errors.New("segment ends early")

// Options describes the frame to decode, which the stream itself does not.
type Options struct {
	Width, Height int
	Components    int // 1 to 4
	BitsAllocated int // 8, 16 or 32
	BitsStored    int // 1..BitsAllocated; 0 means BitsAllocated
	Signed        bool
	Limits        frame.Limits
}

// EncodeOptions is empty: the format has no parameters.
type EncodeOptions struct{}

// Config is what the header tells.
type Config struct {
	Segments int // byte planes: components times bytes per sample
}

// DecodeConfig reads the header of an RLE frame.
func DecodeConfig(data []byte) (Config, error) {
	offsets, err := segmentOffsets(data)
	return Config{Segments: len(offsets)}, err
}

func segmentOffsets(data []byte) ([]int, error) {
	if len(data) < headerSize {
		return nil, fmt.Errorf("read RLE header: %d bytes, want %d", len(data), headerSize)
	}
	count := binary.LittleEndian.Uint32(data)
	if count < 1 || count > maxSegments {
		return nil, fmt.Errorf("read RLE header: %d segments", count)
	}
	offsets := make([]int, count)
	for i := range offsets {
		offset := binary.LittleEndian.Uint32(data[4+4*i:])
		if offset < headerSize || uint64(offset) > uint64(len(data)) {
			return nil, fmt.Errorf("read RLE header: segment %d at offset %d of %d", i, offset, len(data))
		}
		offsets[i] = int(offset)
	}
	return offsets, nil
}

// Decode decodes one frame. The segments are the bytes of each component,
// most significant first. When a segment is too short the frame decoded so
// far is returned together with an error that wraps ErrShort.
func Decode(data []byte, opt Options) (*frame.Frame, error) {
	f, err := newFrame(opt)
	if err != nil {
		return nil, fmt.Errorf("decode RLE frame: %w", err)
	}
	offsets, err := segmentOffsets(data)
	if err != nil {
		return nil, err
	}
	bytesPerSample := f.BitsAllocated / 8
	if len(offsets) != f.Components*bytesPerSample {
		return nil, fmt.Errorf("decode RLE frame: %d segments for %d components of %d bits",
			len(offsets), f.Components, f.BitsAllocated)
	}
	pixels := f.Width * f.Height
	stride := f.Components * bytesPerSample
	var short error
	for i, offset := range offsets {
		segment := data[offset:segmentEnd(offsets, i, len(data))]
		component, plane := i/bytesPerSample, i%bytesPerSample
		first := component*bytesPerSample + bytesPerSample - 1 - plane
		var n int
		if stride == 1 {
			n = unpack(f.Pix, segment)
		} else {
			n = unpackStride(f.Pix[first:], stride, pixels, segment)
		}
		if n < pixels && short == nil {
			short = fmt.Errorf("decode RLE frame: segment %d holds %d of %d bytes: %w", i, n, pixels, ErrShort)
		}
	}
	return f, short
}

// DecodeBytes decodes the only segment of a frame into n bytes.
func DecodeBytes(data []byte, n int) ([]byte, error) {
	offsets, err := segmentOffsets(data)
	if err != nil {
		return nil, err
	}
	if len(offsets) != 1 {
		return nil, fmt.Errorf("decode RLE frame: %d segments, want 1", len(offsets))
	}
	out := make([]byte, n)
	if got := unpack(out, data[offsets[0]:]); got < n {
		return nil, fmt.Errorf("decode RLE frame: segment holds %d of %d bytes: %w", got, n, ErrShort)
	}
	return out, nil
}

func newFrame(opt Options) (*frame.Frame, error) {
	stored := opt.BitsStored
	if stored == 0 {
		stored = opt.BitsAllocated
	}
	if stored < 1 || stored > opt.BitsAllocated {
		return nil, fmt.Errorf("%d of %d bits stored", stored, opt.BitsAllocated)
	}
	switch opt.BitsAllocated {
	case 8, 16:
		f, err := frame.New(opt.Width, opt.Height, opt.Components, opt.BitsAllocated, opt.Signed, opt.Limits)
		if err != nil {
			return nil, err
		}
		f.BitsStored = stored
		return f, nil
	case 32:
		if opt.Components > 3 {
			return nil, fmt.Errorf("%d components of 32 bits", opt.Components)
		}
		f, err := frame.New(opt.Width, opt.Height, opt.Components, 8, opt.Signed, opt.Limits)
		if err != nil {
			return nil, err
		}
		f.BitsAllocated, f.BitsStored = 32, stored
		f.Pix = make([]byte, 4*len(f.Pix))
		return f, nil
	}
	return nil, fmt.Errorf("%d bits allocated", opt.BitsAllocated)
}

// segmentEnd is the next higher offset, or the end of the data: some writers
// do not store the segments in order.
func segmentEnd(offsets []int, i, size int) int {
	end := size
	for _, o := range offsets {
		if o > offsets[i] && o < end {
			end = o
		}
	}
	return end
}

// unpack fills dst from PackBits codes and returns the bytes written.
func unpack(dst, src []byte) int {
	d := 0
	for len(src) > 0 && d < len(dst) {
		code := src[0]
		src = src[1:]
		switch {
		case code < 128:
			n := min(int(code)+1, len(src), len(dst)-d)
			copy(dst[d:d+n], src[:n])
			src = src[n:]
			d += n
		case code > 128:
			if len(src) == 0 {
				return d
			}
			run := dst[d:min(d+257-int(code), len(dst))]
			for i, v := 0, src[0]; i < len(run); i++ {
				run[i] = v
			}
			src = src[1:]
			d += len(run)
		}
	}
	return d
}

// unpackStride fills every stride'th byte of dst, count of them at most, and
// returns the number written.
func unpackStride(dst []byte, stride, count int, src []byte) int {
	done, d := 0, 0
	for len(src) > 0 && done < count {
		code := src[0]
		src = src[1:]
		switch {
		case code < 128:
			n := min(int(code)+1, len(src), count-done)
			for _, v := range src[:n] {
				dst[d] = v
				d += stride
			}
			src = src[n:]
			done += n
		case code > 128:
			if len(src) == 0 {
				return done
			}
			n := min(257-int(code), count-done)
			v := src[0]
			for range n {
				dst[d] = v
				d += stride
			}
			src = src[1:]
			done += n
		}
	}
	return done
}
