package pixel

import (
	"encoding/binary"
	"errors"
	"fmt"

	"conquest/dicom"
)

// Attributes of the palettes; green and blue follow red.
const (
	tagPaletteDescriptor dicom.Tag = 0x00281101
	tagPaletteUID        dicom.Tag = 0x00281199
	tagPaletteData       dicom.Tag = 0x00281201
	tagPaletteSegmented  dicom.Tag = 0x00281221
)

// maxPalette is the largest number of entries (0 in a descriptor).
const maxPalette = 65536

// palette maps stored values to 8 bits: the first entry belongs to value
// first, values outside take the nearest entry.
type palette struct {
	first   int
	entries []byte
}

func (p *palette) at(v int) byte {
	return p.entries[max(0, min(v-p.first, len(p.entries)-1))]
}

// readPalettes reads the red, green and blue palettes, or the red one alone.
func readPalettes(ds *dicom.Dataset, signed bool) ([]palette, error) {
	var tables []palette
	var words [][]uint16
	for i := range dicom.Tag(3) {
		p, entries, err := readPalette(ds, i, signed)
		if err != nil {
			return nil, err
		}
		if entries == nil {
			if i == 0 {
				return nil, errors.New("palette image without palette")
			}
			break
		}
		tables, words = append(tables, p), append(words, entries)
	}
	if len(tables) == 2 {
		return nil, errors.New("palette image without blue palette")
	}
	// Entries are 16 bits, but many writers use the low byte only.
	shift := uint(0)
	for _, entries := range words {
		for _, e := range entries {
			if e > 255 {
				shift = 8
			}
		}
	}
	for i := range tables {
		tables[i].entries = make([]byte, len(words[i]))
		for j, e := range words[i] {
			tables[i].entries[j] = byte(e >> shift)
		}
	}
	return tables, nil
}

func readPalette(ds *dicom.Dataset, i dicom.Tag, signed bool) (palette, []uint16, error) {
	descriptor := ds.Value(tagPaletteDescriptor + i)
	if len(descriptor) < 6 {
		return palette{}, nil, nil
	}
	count := int(binary.LittleEndian.Uint16(descriptor))
	if count == 0 {
		count = maxPalette
	}
	p := palette{first: int(binary.LittleEndian.Uint16(descriptor[2:]))}
	if signed {
		p.first = int(int16(p.first))
	}
	if e := ds.Get(tagPaletteData + i); e != nil && e.Length() > 0 {
		data, err := e.Bytes()
		if err != nil {
			return p, nil, fmt.Errorf("read palette: %w", err)
		}
		words := paletteWords(data, count)
		if len(words) == 0 {
			return p, nil, errors.New("palette without entries")
		}
		return p, words, nil
	}
	if e := ds.Get(tagPaletteSegmented + i); e != nil {
		data, err := e.Bytes()
		if err != nil {
			return p, nil, fmt.Errorf("read palette: %w", err)
		}
		words, err := expandSegments(paletteWords(data, len(data)/2), count)
		return p, words, err
	}
	return p, nil, nil
}

// paletteWords reads entries of 16 bits, or of 8 bits when there is one byte
// for each.
func paletteWords(data []byte, count int) []uint16 {
	if len(data) < 2*count && len(data) >= count && count > 1 {
		words := make([]uint16, count)
		for i := range words {
			words[i] = uint16(data[i])
		}
		return words
	}
	words := make([]uint16, min(count, len(data)/2))
	for i := range words {
		words[i] = binary.LittleEndian.Uint16(data[2*i:])
	}
	return words
}

var errSegments = errors.New("segmented palette is damaged")

// expandSegments expands a segmented palette (PS3.3 section C.7.9.2).
func expandSegments(data []uint16, count int) ([]uint16, error) {
	out := make([]uint16, 0, min(count, maxPalette))
	var err error
	for p := 0; p+1 < len(data) && len(out) < count; {
		if data[p] != 2 {
			if out, p, err = expandSegment(out, data, p, count); err != nil {
				return nil, err
			}
			continue
		}
		// An indirect segment repeats others from an offset of 32 bits.
		if p+3 >= len(data) {
			return nil, errSegments
		}
		at := int(uint32(data[p+2])|uint32(data[p+3])<<16) / 2
		for range data[p+1] {
			if at < 0 || at+1 >= len(data) || data[at] == 2 {
				return nil, errSegments
			}
			if out, at, err = expandSegment(out, data, at, count); err != nil {
				return nil, err
			}
		}
		p += 4
	}
	if len(out) == 0 {
		return nil, errSegments
	}
	return out, nil
}

// expandSegment expands the discrete or linear segment at p and returns the
// position behind it.
func expandSegment(out, data []uint16, p, count int) ([]uint16, int, error) {
	n := int(data[p+1])
	switch data[p] {
	case 0:
		if p+2+n > len(data) || len(out)+n > count {
			return nil, 0, errSegments
		}
		return append(out, data[p+2:p+2+n]...), p + 2 + n, nil
	case 1:
		if p+2 >= len(data) || len(out) == 0 || len(out)+n > count {
			return nil, 0, errSegments
		}
		from, to := int(out[len(out)-1]), int(data[p+2])
		for i := 1; i <= n; i++ {
			out = append(out, uint16(from+(to-from)*i/n))
		}
		return out, p + 3, nil
	}
	return nil, 0, errSegments
}

// applyPalettes maps stored values of 8 or 16 bits.
func applyPalettes(pix []byte, bitsAllocated int, signed bool, tables []palette) []byte {
	n := len(tables)
	size := bitsAllocated / 8
	out := make([]byte, len(pix)/size*n)
	for i, o := 0, 0; o+n <= len(out); i, o = i+size, o+n {
		v := int(pix[i])
		switch {
		case size == 2 && signed:
			v = int(int16(binary.LittleEndian.Uint16(pix[i:])))
		case size == 2:
			v = int(binary.LittleEndian.Uint16(pix[i:]))
		case signed:
			v = int(int8(pix[i]))
		}
		for c := range tables {
			out[o+c] = tables[c].at(v)
		}
	}
	return out
}

// deletePalettes removes the palette attributes.
func deletePalettes(ds *dicom.Dataset) {
	for i := range dicom.Tag(3) {
		ds.Delete(tagPaletteDescriptor + i)
		ds.Delete(tagPaletteData + i)
		ds.Delete(tagPaletteSegmented + i)
	}
	ds.Delete(tagPaletteUID)
}
