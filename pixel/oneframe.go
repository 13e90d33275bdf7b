package pixel

import (
	"bytes"
	"errors"
	"fmt"

	"conquest/dicom"
)

// Encoded is frame i, counted from 0, as it is stored: of encapsulated pixel data
// the code stream without the byte that pads it, of plain ones the samples in
// little endian, planes and colour as they are. Nothing else is read of a
// file-backed value. The result may share memory with the data set.
func (im *Image) Encoded(i int) ([]byte, error) {
	if i < 0 || i >= im.Frames {
		return nil, fmt.Errorf("frame %d of %d", i, im.Frames)
	}
	data, err := im.encoded(i)
	if err != nil {
		return nil, fmt.Errorf("frame %d: %w", i, err)
	}
	if im.groups != nil {
		data = withoutPadding(data)
	}
	return data, nil
}

// withoutPadding cuts a null behind the end marker that JPEG, JPEG-LS and JPEG
// 2000 code streams have.
func withoutPadding(data []byte) []byte {
	if n := len(data); n > 3 && data[n-1] == 0 && bytes.Equal(data[n-3:n-1], []byte{0xFF, 0xD9}) {
		return data[:n-1]
	}
	return data
}

// packedFrame shifts a frame of samples that do not begin at bytes to the
// beginning of a byte.
func (im *Image) packedFrame(i int) ([]byte, error) {
	data, shift, err := im.bitRange(i)
	if err != nil {
		return nil, err
	}
	size := int64(im.Rows) * int64(im.Columns) * int64(im.BitsAllocated)
	out := make([]byte, (size+7)/8)
	for k := range out {
		v := uint16(data[k])
		if k+1 < len(data) {
			v |= uint16(data[k+1]) << 8
		}
		out[k] = byte(v >> uint(shift))
	}
	if rest := uint(size % 8); rest != 0 {
		out[len(out)-1] &= 1<<rest - 1
	}
	return out, nil
}

// Plain are the samples of frame i as they are in plain pixel data after
// [TranscodeTo] explicit little endian: colour interleaved, RGB where frames were
// compressed; palettes are not applied.
func (im *Image) Plain(i int) ([]byte, error) {
	f, err := im.Frame(i)
	if err != nil {
		return nil, err
	}
	if im.packed {
		return im.Encoded(i)
	}
	return widen(f, im.BitsAllocated), nil
}

// EncodeFrame codes frame i in an encapsulated transfer syntax, as [TranscodeTo]
// codes the frames of a data set. The error wraps [ErrSyntax] when the samples do
// not fit it.
func (im *Image) EncodeFrame(i int, uid string, opt Options) ([]byte, error) {
	mode := jpegFamily[uid]
	if uid == dicom.RLELossless {
		mode = 'r'
	}
	if mode == 0 {
		return nil, fmt.Errorf("code frame in %s: %w", uid, ErrSyntax)
	}
	if opt.Quality == 0 {
		opt.Quality = defaultQuality
	}
	f, err := im.Frame(i)
	if err != nil {
		return nil, err
	}
	if f.BitsAllocated != 8 && f.BitsAllocated != 16 || f.Components != 1 && f.Components != 3 {
		return nil, fmt.Errorf("code frame in %s: %d samples of %d bits: %w", uid, f.Components, f.BitsAllocated, ErrSyntax)
	}
	one := *im
	one.Samples, one.Frames, one.BitsAllocated = f.Components, 1, f.BitsAllocated
	bits := min(im.BitsStored, f.BitsAllocated)
	if im.HighBit != im.BitsStored-1 || bits < f.BitsAllocated && !fits(f, bits, im.Signed) {
		bits = f.BitsAllocated
	}
	p := one.planFor(mode, bits, opt)
	if p.syntax != uid {
		return nil, fmt.Errorf("code frame in %s: %w", uid, ErrSyntax)
	}
	data, err := p.encode(prepare(f, p))
	if err != nil {
		return nil, fmt.Errorf("code frame in %s: %w", uid, errors.Join(ErrSyntax, err))
	}
	return data, nil
}
