package dicom

import (
	"errors"
	"fmt"
	"io"
)

// A BulkKeeper is a writer that takes file-backed values whose bytes need no
// change as references instead of their bytes; they belong behind what was
// written so far.
type BulkKeeper interface {
	io.Writer
	KeepBulk(b *Bulk) error
}

// bulk copies a file-backed value, in words of the other byte order when that
// of the file is not the one wanted.
func (e *encoder) bulk(b *Bulk, bigEndian bool) error {
	swap := b.BigEndian != bigEndian && b.WordSize > 1
	if e.w == nil {
		at := len(e.buf)
		if err := probeEnd(b.Source, b.Offset, b.Length); err != nil {
			return err
		}
		if free := int64(cap(e.buf) - at); free < b.Length {
			e.buf = append(make([]byte, 0, int64(at)+b.Length+1<<10), e.buf...)
		}
		e.buf = e.buf[:int64(at)+b.Length]
		if err := readFull(b.Source, e.buf[at:], b.Offset); err != nil {
			e.buf = e.buf[:at]
			return err
		}
		if swap {
			swapWords(e.buf[at:], b.WordSize)
		}
		return nil
	}
	if err := e.flush(); err != nil {
		return err
	}
	if k, ok := e.w.(BulkKeeper); ok && !swap {
		return k.KeepBulk(b)
	}
	for off, left := b.Offset, b.Length; left > 0; {
		piece := e.pieceBuffer(int(min(left, copyPiece)))
		n := min(left, int64(len(piece)))
		piece = piece[:n]
		if err := readFull(b.Source, piece, off); err != nil {
			return err
		}
		if swap {
			swapWords(piece, b.WordSize)
		}
		if _, err := e.w.Write(piece); err != nil {
			return err
		}
		off, left = off+n, left-n
	}
	return nil
}

func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read value of %d bytes at offset %d: %w", len(p), off, err)
}

// datasetSize is the encoded size of d.
func (e *encoder) datasetSize(d *Dataset, depth int) int64 {
	var n int64
	for i := range d.elems {
		if el := &d.elems[i]; !e.skips(el, depth) {
			n += e.elementSize(el, depth)
		}
	}
	return n
}

// groupSize is the encoded size of the elements of a group at the top level,
// the first of which are at i.
func (e *encoder) groupSize(d *Dataset, i int, group uint16) int64 {
	var n int64
	for ; i < len(d.elems) && d.elems[i].Tag.Group() == group; i++ {
		n += e.elementSize(&d.elems[i], 0)
	}
	return n
}

func (e *encoder) elementSize(el *Element, depth int) int64 {
	if el.Tag.IsGroupLength() {
		return 12
	}
	vr := e.writtenVR(el)
	n := int64(8)
	if !e.enc.implicit && vr.HasLongLength() {
		n = 12
	}
	switch {
	case vr == SQ && el.Items == nil:
		return n
	case vr == SQ:
		n += 8
		if depth >= MaxDepth {
			return n
		}
		for _, it := range el.Items {
			n += 16
			if it != nil {
				n += e.datasetSize(it, depth+1)
			}
		}
		return n
	case el.Fragments != nil:
		return n + el.Fragments.encodedSize()
	}
	length := el.Length()
	return n + length + length%2
}

func (f *Fragments) encodedSize() int64 {
	table := int64(len(f.OffsetTable))
	n := 8 + table + table%2 + 8
	for i := range f.Len() {
		var length int64
		if f.Bulk != nil {
			length = f.Bulk[i].Length
		} else {
			length = int64(len(f.Data[i]))
		}
		n += 8 + length + length%2
	}
	return n
}
