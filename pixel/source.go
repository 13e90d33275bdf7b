package pixel

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"conquest/dicom"
)

// elementRange reads n bytes from offset of a plain value, numbers in little
// endian, without reading the rest of a file-backed one. The result may share
// the element's memory.
func elementRange(e *dicom.Element, offset, n int64) ([]byte, error) {
	if offset < 0 || n < 0 || offset+n > e.Length() {
		return nil, fmt.Errorf("read pixel data: bytes %d to %d of %d", offset, offset+n, e.Length())
	}
	if e.Bulk == nil {
		return e.Value[offset : offset+n : offset+n], nil
	}
	b := e.Bulk
	word := int64(1)
	if b.BigEndian && b.WordSize > 1 {
		word = int64(b.WordSize)
	}
	first := offset / word * word
	last := min((offset+n+word-1)/word*word, b.Length)
	part := dicom.Bulk{Source: b.Source, Offset: b.Offset + first, Length: last - first, WordSize: b.WordSize, BigEndian: b.BigEndian}
	data, err := part.Bytes()
	if err != nil {
		return nil, fmt.Errorf("read pixel data: %w", err)
	}
	return data[offset-first : offset-first+n], nil
}

// fragmentGroups tells which fragments hold each of n frames.
func fragmentGroups(ds *dicom.Dataset, frags *dicom.Fragments, n int) ([][2]int, error) {
	count := frags.Len()
	switch {
	case count == 0:
		return nil, fmt.Errorf("pixel data have no fragments: %w", ErrNoPixelData)
	case n == 1:
		return singleGroup(frags)
	case count == n:
		groups := make([][2]int, n)
		for i := range groups {
			groups[i] = [2]int{i, i + 1}
		}
		return groups, nil
	case count < n:
		return nil, fmt.Errorf("%d fragments for %d frames", count, n)
	}
	starts := fragmentStarts(frags)
	if groups := groupsByOffset(starts, frameOffsets(ds, frags), n, count); groups != nil {
		return groups, nil
	}
	return groupsByContent(frags, n)
}

// singleGroup takes all fragments for one frame, unless several of them are
// images: then the number of frames is wrong, and decoding would lose some.
func singleGroup(frags *dicom.Fragments) ([][2]int, error) {
	count := frags.Len()
	for i := 1; i < count; i++ {
		data, err := fragmentStart(frags, i)
		if err != nil {
			return nil, err
		}
		if startsImage(data) {
			return nil, fmt.Errorf("fragment %d of %d is an image of its own, but there is one frame", i, count)
		}
	}
	return [][2]int{{0, count}}, nil
}

// startsImage tells whether data begin a JPEG image or JPEG 2000 code stream.
func startsImage(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0xFF, 0xD8, 0xFF}) || bytes.HasPrefix(data, []byte{0xFF, 0x4F, 0xFF, 0x51})
}

// fragmentStart is the beginning of fragment i, as much as startsImage looks at,
// without reading the rest of it.
func fragmentStart(frags *dicom.Fragments, i int) ([]byte, error) {
	const enough = 4
	if frags.Bulk == nil || frags.Bulk[i] == nil {
		return frags.Data[i], nil
	}
	b := frags.Bulk[i]
	part := *b
	part.Length = min(b.Length, enough)
	data, err := part.Bytes()
	if err != nil {
		return nil, fmt.Errorf("read fragment %d: %w", i, err)
	}
	return data, nil
}

// frameStart is the first fragment of a coded frame, which holds its headers; of a
// large one that stayed in a file the beginning.
func (im *Image) frameStart(i int) ([]byte, error) {
	const enough = 64 << 10
	frags, first := im.element.Fragments, im.groups[i][0]
	if frags.Bulk == nil || frags.Bulk[first] == nil {
		return frags.Data[first], nil
	}
	b := *frags.Bulk[first]
	b.Length = min(b.Length, enough)
	data, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("read fragment %d: %w", first, err)
	}
	return data, nil
}

// fragmentLength is the number of bytes of fragment i.
func fragmentLength(frags *dicom.Fragments, i int) int64 {
	if i < len(frags.Bulk) && frags.Bulk[i] != nil {
		return frags.Bulk[i].Length
	}
	return int64(len(frags.Data[i]))
}

// fragmentStarts gives the position of each fragment's item relative to the
// first one.
func fragmentStarts(frags *dicom.Fragments) []uint64 {
	starts := make([]uint64, frags.Len())
	at := uint64(0)
	for i := range starts {
		starts[i] = at
		at += 8 + uint64(fragmentLength(frags, i))
	}
	return starts
}

// frameOffsets reads the extended or the basic offset table.
func frameOffsets(ds *dicom.Dataset, frags *dicom.Fragments) []uint64 {
	var offsets []uint64
	if table := ds.Value(tagExtendedOffsets); len(table) > 0 {
		for ; len(table) >= 8; table = table[8:] {
			offsets = append(offsets, binary.LittleEndian.Uint64(table))
		}
		return offsets
	}
	for table := frags.OffsetTable; len(table) >= 4; table = table[4:] {
		offsets = append(offsets, uint64(binary.LittleEndian.Uint32(table)))
	}
	return offsets
}

func groupsByOffset(starts, offsets []uint64, n, count int) [][2]int {
	if len(offsets) != n {
		return nil
	}
	groups := make([][2]int, n)
	next := 0
	for i, offset := range offsets {
		for next < count && starts[next] < offset {
			next++
		}
		if next == count || starts[next] != offset {
			return nil
		}
		groups[i][0] = next
		if i > 0 {
			if groups[i-1][0] == next {
				return nil
			}
			groups[i-1][1] = next
		}
	}
	groups[n-1][1] = count
	return groups
}

// groupsByContent begins a frame at each fragment that begins with a start of
// image or code stream.
func groupsByContent(frags *dicom.Fragments, n int) ([][2]int, error) {
	var groups [][2]int
	for i := range frags.Len() {
		data, err := fragmentStart(frags, i)
		if err != nil {
			return nil, err
		}
		if startsImage(data) || len(groups) == 0 {
			groups = append(groups, [2]int{i, i + 1})
		} else {
			groups[len(groups)-1][1] = i + 1
		}
	}
	if len(groups) != n {
		return nil, fmt.Errorf("%d fragments do not divide into %d frames", frags.Len(), n)
	}
	return groups, nil
}

// joinFragments gives the bytes of a group of fragments.
func joinFragments(frags *dicom.Fragments, group [2]int) ([]byte, error) {
	var all []byte
	for i := group[0]; i < group[1]; i++ {
		data, err := frags.Fragment(i)
		if err != nil {
			return nil, fmt.Errorf("read fragment %d: %w", i, err)
		}
		if group[1]-group[0] == 1 {
			return data, nil
		}
		all = append(all, data...)
	}
	return all, nil
}
