package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Element is one data element. Exactly one of Value, Items, Fragments and Bulk
// holds the value; all nil is an empty value (or an empty sequence for VR SQ).
//
// Bytes of values are never changed in place: several data sets may share them,
// and they may be slices of the received message. To change a value, put a new
// element.
type Element struct {
	Tag Tag
	VR  VR

	// Value is the plain value, numbers in little endian whatever the transfer
	// syntax was, padding kept.
	Value []byte

	// Items are the items of a sequence.
	Items []*Dataset

	// Fragments is encapsulated pixel data (PS3.5 annex A.4).
	Fragments *Fragments

	// Bulk is a value that stayed in a file.
	Bulk *Bulk
}

// Fragments is the value of encapsulated pixel data.
type Fragments struct {
	// OffsetTable is the value of the first item: empty, or 32-bit little
	// endian offsets of the frames.
	OffsetTable []byte
	// Data are the fragments in order. In a file-backed value each is nil and
	// Bulk holds its place.
	Data [][]byte
	// Bulk, when not nil, has the place of each fragment in a file.
	Bulk []*Bulk
}

// Len is the number of fragments.
func (f *Fragments) Len() int { return max(len(f.Data), len(f.Bulk)) }

// Fragment returns the bytes of fragment i, read from its file when it stayed
// there.
func (f *Fragments) Fragment(i int) ([]byte, error) {
	if f.Bulk != nil {
		return f.Bulk[i].Bytes()
	}
	return f.Data[i], nil
}

// Bulk is a value that lies in a file: length bytes at offset. Numbers in it
// have the byte order told by BigEndian.
type Bulk struct {
	Source    io.ReaderAt
	Offset    int64
	Length    int64
	WordSize  int // of the VR it was read with
	BigEndian bool
}

// ErrTooLarge tells that a value is too large to be held in memory.
var ErrTooLarge = errors.New("value is too large for memory")

// Bytes reads the whole value, numbers in little endian.
func (b *Bulk) Bytes() ([]byte, error) {
	if b.Length > 1<<32 {
		return nil, ErrTooLarge
	}
	if err := probeEnd(b.Source, b.Offset, b.Length); err != nil {
		return nil, fmt.Errorf("read value of %d bytes at offset %d: %w", b.Length, b.Offset, err)
	}
	p := make([]byte, b.Length)
	if err := readFull(b.Source, p, b.Offset); err != nil {
		return nil, err
	}
	if b.BigEndian {
		swapWords(p, b.WordSize)
	}
	return p, nil
}

// Reader reads the value piece by piece, numbers in little endian.
func (b *Bulk) Reader() io.Reader {
	r := io.NewSectionReader(b.Source, b.Offset, b.Length)
	if !b.BigEndian || b.WordSize < 2 {
		return r
	}
	return &swappingReader{r: r, size: b.WordSize, piece: make([]byte, min(b.Length, nextChunk))}
}

// swappingReader reverses words of size bytes; piece is a multiple of them, but
// at the end.
type swappingReader struct {
	r     io.Reader
	size  int
	piece []byte
	ready []byte
}

func (s *swappingReader) Read(p []byte) (int, error) {
	if len(s.ready) == 0 {
		n, err := io.ReadFull(s.r, s.piece)
		if n == 0 {
			return 0, err
		}
		s.ready = s.piece[:n]
		swapWords(s.ready, s.size)
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

// IsSequence tells whether the element holds items (it may have none).
func (e *Element) IsSequence() bool { return e.VR == SQ || e.Items != nil }

// IsEmpty tells whether the value has zero length (or the sequence no items).
func (e *Element) IsEmpty() bool {
	return len(e.Value) == 0 && len(e.Items) == 0 && e.Fragments == nil && (e.Bulk == nil || e.Bulk.Length == 0)
}

// Length is the number of bytes of a plain or file-backed value; 0 for
// sequences and fragments.
func (e *Element) Length() int64 {
	if e.Bulk != nil {
		return e.Bulk.Length
	}
	return int64(len(e.Value))
}

// Bytes is the plain value, read from its file when it stayed there. It is nil
// for sequences and fragments. The result may not be changed.
func (e *Element) Bytes() ([]byte, error) {
	if e.Bulk != nil {
		return e.Bulk.Bytes()
	}
	return e.Value, nil
}

// String is the value as text: up to the first NUL, without trailing blanks.
// Backslashes between several values stay. Binary values give their bytes;
// file-backed values, sequences and fragments give "".
func (e *Element) String() string { return trimText(e.Value) }

func trimText(b []byte) string {
	end := len(b)
	for i, c := range b {
		if c == 0 {
			end = i
			break
		}
	}
	for end > 0 && b[end-1] == ' ' {
		end--
	}
	return string(b[:end])
}

// swapWords reverses the bytes of each word of size bytes in p; a rest shorter
// than a word stays.
func swapWords(p []byte, size int) {
	le, be := binary.LittleEndian, binary.BigEndian
	switch size {
	case 2:
		const low = 0x00ff00ff00ff00ff
		for ; len(p) >= 8; p = p[8:] {
			w := le.Uint64(p)
			le.PutUint64(p, w>>8&low|w&low<<8)
		}
		for ; len(p) >= 2; p = p[2:] {
			p[0], p[1] = p[1], p[0]
		}
	case 4:
		for ; len(p) >= 4; p = p[4:] {
			be.PutUint32(p, le.Uint32(p))
		}
	case 8:
		for ; len(p) >= 8; p = p[8:] {
			be.PutUint64(p, le.Uint64(p))
		}
	}
}
