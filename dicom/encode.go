package dicom

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
)

// maxShortValue is the largest value, in bytes, of a 16-bit length field; even.
const maxShortValue = 0xfffe

// Errors of writing.
var (
	ErrValueTooLong = errors.New("value is longer than a length field can tell")
	ErrEncapsulated = errors.New("value is encapsulated, which the encoding has no place for")
)

// Append appends the data set, without its group 0002 elements, encoded in ts
// to buf. Sequences and items are written with undefined length, sequences
// without items with length 0; odd values are padded; values too long for the
// 16-bit length of their VR are written as UN. Group lengths are left out, but
// for that of a command, (0000,0000), which is calculated anew. File-backed
// values are read. Deflated syntaxes are deflated.
func Append(buf []byte, d *Dataset, ts TransferSyntax) ([]byte, error) {
	if ts.Deflated {
		out := bytes.NewBuffer(buf)
		err := Encode(out, d, ts)
		return out.Bytes(), err
	}
	enc := encoder{enc: encodingOf(ts)}
	n := enc.datasetSize(d, 0)
	if n > math.MaxInt-int64(len(buf)) {
		return buf, ErrTooLarge
	}
	if free := cap(buf) - len(buf); int64(free) < n {
		grown := make([]byte, len(buf), int64(len(buf))+n)
		copy(grown, buf)
		buf = grown
	}
	enc.buf = buf
	err := enc.dataset(d, 0)
	return enc.buf, err
}

// Encode writes the same bytes as [Append] to w, file-backed values copied
// piece by piece.
func Encode(w io.Writer, d *Dataset, ts TransferSyntax) error {
	if ts.Deflated {
		return encodeDeflated(w, d, ts)
	}
	enc := encoder{enc: encodingOf(ts), w: w}
	return enc.stream(d)
}

// stream writes d to the writer.
func (e *encoder) stream(d *Dataset) error {
	kept := streamBuffers.Get().(*[]byte)
	e.buf = (*kept)[:0]
	err := e.dataset(d, 0)
	if err == nil {
		err = e.flush()
	}
	if cap(e.buf) <= 2*flushAt {
		*kept = e.buf
	}
	streamBuffers.Put(kept)
	if e.piece != nil {
		pieces.Put(e.piece)
	}
	e.buf, e.piece = nil, nil
	return err
}

// Memory of encoders, for the next one.
var (
	streamBuffers = sync.Pool{New: func() any { b := make([]byte, 0, flushAt+4<<10); return &b }}
	pieces        = sync.Pool{New: func() any { return new([copyPiece]byte) }}
)

// EncodedSize is the number of bytes [Append] makes of d in ts, a deflated
// syntax counted undeflated.
func EncodedSize(d *Dataset, ts TransferSyntax) int64 {
	enc := encoder{enc: encodingOf(ts)}
	return enc.datasetSize(d, 0)
}

func encodeDeflated(w io.Writer, d *Dataset, ts TransferSyntax) error {
	count := &countingWriter{w: w}
	zw, err := flate.NewWriter(count, flate.DefaultCompression)
	if err != nil {
		return fmt.Errorf("deflate data set: %w", err)
	}
	ts.Deflated = false
	if err := Encode(zw, d, ts); err != nil {
		return err
	}
	if err := zw.Close(); err != nil {
		return fmt.Errorf("deflate data set: %w", err)
	}
	if count.n%2 == 1 {
		_, err = w.Write([]byte{0})
	}
	return err
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

const (
	flushAt   = 60 << 10
	copyPiece = 256 << 10
)

// encoder builds up encoded bytes in buf; with a writer it hands them on
// whenever there are enough.
type encoder struct {
	enc   encoding
	buf   []byte
	w     io.Writer
	piece *[copyPiece]byte

	meta         bool // group 0002 is written as well
	groupLengths bool // each group of the top level gets a group length
}

func (e *encoder) flush() error {
	if e.w == nil || len(e.buf) == 0 {
		return nil
	}
	_, err := e.w.Write(e.buf)
	e.buf = e.buf[:0]
	return err
}

func (e *encoder) uint16(n uint16) {
	if e.enc.bigEndian {
		e.buf = binary.BigEndian.AppendUint16(e.buf, n)
		return
	}
	e.buf = binary.LittleEndian.AppendUint16(e.buf, n)
}

func (e *encoder) uint32(n uint32) {
	if e.enc.bigEndian {
		e.buf = binary.BigEndian.AppendUint32(e.buf, n)
		return
	}
	e.buf = binary.LittleEndian.AppendUint32(e.buf, n)
}

func (e *encoder) tag(t Tag) {
	e.uint16(t.Group())
	e.uint16(t.Element())
}

// item writes an item tag or delimiter.
func (e *encoder) item(t Tag, length uint32) {
	e.tag(t)
	e.uint32(length)
}

// dataset writes the elements of d.
func (e *encoder) dataset(d *Dataset, depth int) error {
	group := -1
	for i := range d.elems {
		el := &d.elems[i]
		if e.skips(el, depth) {
			continue
		}
		if g := int(el.Tag.Group()); g != group {
			group = g
			if e.groupLengths && depth == 0 && !el.Tag.IsGroupLength() {
				e.groupLength(d, i, NewTag(el.Tag.Group(), 0))
			}
		}
		var err error
		if el.Tag.IsGroupLength() {
			e.groupLength(d, i+1, el.Tag)
		} else {
			err = e.element(el, depth)
		}
		if err == nil && e.w != nil && len(e.buf) >= flushAt {
			err = e.flush()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// groupLength writes group length t for the elements from i on.
func (e *encoder) groupLength(d *Dataset, i int, t Tag) {
	e.header(t, UL, 4)
	e.uint32(uint32(min(e.groupSize(d, i, t.Group()), math.MaxUint32)))
}

// skips tells what is not written: group 0002, unless it is wanted, and group
// lengths other than those of commands and of the meta header.
func (e *encoder) skips(el *Element, depth int) bool {
	meta := depth == 0 && el.Tag>>16 == 2
	if meta {
		return !e.meta
	}
	return el.Tag.IsGroupLength() && (depth > 0 || el.Tag != 0)
}

// header writes tag, VR and length.
func (e *encoder) header(t Tag, vr VR, length uint32) {
	e.tag(t)
	switch {
	case e.enc.implicit:
		e.uint32(length)
	case vr.HasLongLength():
		e.buf = append(e.buf, byte(vr>>8), byte(vr), 0, 0)
		e.uint32(length)
	default:
		e.buf = append(e.buf, byte(vr>>8), byte(vr))
		e.uint16(uint16(length))
	}
}

// writtenVR is the VR an element gets: UN for unknown ones, for values that do
// not fit their VR's length field, and for sequences kept as bytes.
func (e *encoder) writtenVR(el *Element) VR {
	switch {
	case el.Items != nil || el.VR == SQ && el.Length() == 0:
		return SQ
	case el.Fragments != nil && el.VR != OW:
		return OB
	case el.VR < 'A'<<8 || el.VR == SQ:
		return UN
	case el.Length() > maxShortValue && !el.VR.HasLongLength():
		return UN
	}
	return el.VR
}

func (e *encoder) element(el *Element, depth int) error {
	vr := e.writtenVR(el)
	switch {
	case vr == SQ:
		return e.sequence(el, depth)
	case el.Fragments != nil:
		return e.fragments(el, vr)
	}
	n := el.Length()
	if n >= math.MaxUint32 {
		return fmt.Errorf("encode element (%v): %w", el.Tag, ErrValueTooLong)
	}
	e.header(el.Tag, vr, uint32(n+n%2))
	// UN keeps the bytes of a value that is known to be something else in the
	// little endian order of PS3.5 section 6.2.2.
	swap := e.enc.bigEndian && vr == el.VR
	var err error
	if el.Bulk != nil {
		err = e.bulk(el.Bulk, swap)
	} else {
		err = e.bytes(el.Value, swap, el.VR.WordSize())
	}
	if err != nil {
		return fmt.Errorf("encode element (%v): %w", el.Tag, err)
	}
	if n%2 == 1 {
		e.buf = append(e.buf, el.VR.Pad())
	}
	return nil
}

func (e *encoder) sequence(el *Element, depth int) error {
	if depth >= MaxDepth {
		return fmt.Errorf("encode element (%v): %w", el.Tag, ErrTooDeep)
	}
	if el.Items == nil {
		e.header(el.Tag, SQ, 0)
		return nil
	}
	e.header(el.Tag, SQ, undefinedLength)
	for _, it := range el.Items {
		e.item(itemTag, undefinedLength)
		if it != nil {
			if err := e.dataset(it, depth+1); err != nil {
				return err
			}
		}
		e.item(itemDelimiter, 0)
	}
	e.item(sequenceDelimit, 0)
	return nil
}

func (e *encoder) fragments(el *Element, vr VR) error {
	f := el.Fragments
	if e.enc.implicit && el.Tag != PixelData {
		return fmt.Errorf("encode element (%v): %w", el.Tag, ErrEncapsulated)
	}
	e.header(el.Tag, vr, undefinedLength)
	if err := e.fragment(f.OffsetTable, nil); err != nil {
		return err
	}
	for i := range f.Len() {
		var err error
		if f.Bulk != nil {
			err = e.fragment(nil, f.Bulk[i])
		} else {
			err = e.fragment(f.Data[i], nil)
		}
		if err != nil {
			return fmt.Errorf("encode fragment %d of element (%v): %w", i, el.Tag, err)
		}
	}
	e.item(sequenceDelimit, 0)
	return nil
}

func (e *encoder) fragment(data []byte, b *Bulk) error {
	n := int64(len(data))
	if b != nil {
		n = b.Length
	}
	if n >= math.MaxUint32 {
		return ErrValueTooLong
	}
	e.item(itemTag, uint32(n+n%2))
	var err error
	if b != nil {
		err = e.bulk(b, false)
	} else {
		err = e.bytes(data, false, 1)
	}
	if n%2 == 1 {
		e.buf = append(e.buf, 0)
	}
	return err
}

// bytes writes a value that is in memory; swap reverses words of size bytes.
func (e *encoder) bytes(v []byte, swap bool, size int) error {
	swap = swap && size > 1
	if e.w == nil || len(v) < flushAt/4 {
		at := len(e.buf)
		e.buf = append(e.buf, v...)
		if swap {
			swapWords(e.buf[at:], size)
		}
		return nil
	}
	if err := e.flush(); err != nil {
		return err
	}
	if !swap {
		_, err := e.w.Write(v)
		return err
	}
	piece := e.pieceBuffer(len(v))
	for len(v) > 0 {
		n := copy(piece, v)
		swapWords(piece[:n], size)
		if _, err := e.w.Write(piece[:n]); err != nil {
			return err
		}
		v = v[n:]
	}
	return nil
}

// pieceBuffer is memory through which large values go, at most n bytes of it.
func (e *encoder) pieceBuffer(n int) []byte {
	if e.piece == nil {
		e.piece = pieces.Get().(*[copyPiece]byte)
	}
	return e.piece[:min(n, copyPiece)]
}
