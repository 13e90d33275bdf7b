package dicom

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Dump writes d as text, a line for each element (docs/original/commands.md 3.5): tag,
// length in bytes, VR, the first 20 characters of the keyword, value.
//
// VR and keyword are those of the dictionary in use, whatever the element has.
// Elements of items follow theirs with ">" for each level, items are parted by a
// line of "-". Text is cut after 256 bytes and shown with its padding, of binary
// values the first ones are shown. Group lengths are left out. Of file-backed
// values only the beginning is read.
func Dump(w io.Writer, d *Dataset) error {
	p := dumper{w: w, dict: CurrentDictionary()}
	p.dataset(d, 0)
	p.flush()
	if p.err != nil {
		return fmt.Errorf("dump data set: %w", p.err)
	}
	return nil
}

// DumpElement appends the line of e and what it holds, as [Dump] writes it.
func DumpElement(buf []byte, e *Element) []byte {
	p := dumper{buf: buf, dict: CurrentDictionary()}
	p.element(e, 0)
	return p.buf
}

type dumper struct {
	w    io.Writer
	buf  []byte
	dict *Dictionary
	err  error
}

func (p *dumper) flush() {
	if p.err == nil && p.w != nil && len(p.buf) > 0 {
		_, p.err = p.w.Write(p.buf)
	}
	p.buf = p.buf[:0]
}

func (p *dumper) dataset(d *Dataset, depth int) {
	for i := range d.elems {
		if d.elems[i].Tag.IsGroupLength() {
			continue
		}
		p.element(&d.elems[i], depth)
		if p.w != nil && len(p.buf) > 32<<10 {
			p.flush()
		}
	}
}

const shownText = 256

func (p *dumper) element(e *Element, depth int) {
	n := e.Length()
	v := e.Value
	if e.Bulk != nil {
		b := *e.Bulk
		b.Length = min(n, shownText)
		var err error
		if v, err = b.Bytes(); err != nil {
			v = nil
		}
	}
	entry, known := p.dict.Lookup(e.Tag)
	vr := entry.VR
	if !known {
		vr = UN
	}
	p.line(e.Tag, n, vr, entry.Keyword, v, depth)
	for i, it := range e.Items {
		if i > 0 {
			p.rule(depth)
		}
		p.dataset(it, depth+1)
	}
	if e.Fragments != nil {
		p.fragments(e.Fragments, depth)
	}
}

// rule parts items.
func (p *dumper) rule(depth int) {
	for range depth + 1 {
		p.buf = append(p.buf, '-')
	}
	p.buf = append(p.buf, '\n')
}

func (p *dumper) fragments(f *Fragments, depth int) {
	const noVR = VR('N'<<8 | 'O')
	p.line(itemTag, int64(len(f.OffsetTable)), noVR, "Item", f.OffsetTable, depth+1)
	for i := range f.Len() {
		p.rule(depth)
		n := int64(0)
		if f.Bulk != nil {
			n = f.Bulk[i].Length
		} else {
			n = int64(len(f.Data[i]))
		}
		v := []byte{}
		if n == 0 {
			v = nil
		}
		p.line(itemTag, n, noVR, "Item", v, depth+1)
	}
}

func (p *dumper) line(t Tag, n int64, vr VR, keyword string, v []byte, depth int) {
	for range depth {
		p.buf = append(p.buf, '>')
	}
	p.buf = fmt.Appendf(p.buf, "%04x,%04x %6d %v %-20.20s   ", t.Group(), t.Element(), n, vr, keyword)
	switch {
	case n == 0 && vr == SQ:
		p.buf = append(p.buf, "Sequence Item"...)
	case n == 0:
		p.buf = append(p.buf, "(empty)"...)
	case vr == UN:
		p.unknown(v, n)
	case vr == UC || vr == UR:
	case vr.IsText():
		p.text(v)
		p.buf = append(p.buf, ' ')
	default:
		p.numbers(v, vr)
	}
	p.buf = append(p.buf, '\n')
}

// text appends up to the first NUL, quoted; line ends as escapes.
func (p *dumper) text(v []byte) {
	p.buf = append(p.buf, '"')
	for _, c := range v[:min(len(v), shownText)] {
		if c == 0 {
			break
		}
		switch c {
		case '\\':
			p.buf = append(p.buf, '\\', '\\')
		case '\n':
			p.buf = append(p.buf, '\\', 'n')
		case '\r':
			p.buf = append(p.buf, '\\', 'r')
		case '\f':
			p.buf = append(p.buf, '\\', 'f')
		default:
			p.buf = append(p.buf, c)
		}
	}
	p.buf = append(p.buf, '"')
}

// unknown appends a value of unknown VR by its length and look.
func (p *dumper) unknown(v []byte, n int64) {
	switch {
	case n == 2 && len(v) == 2:
		u := binary.LittleEndian.Uint16(v)
		p.buf = fmt.Appendf(p.buf, "(%d|%x)", u, u)
	case n == 4 && len(v) == 4:
		u := binary.LittleEndian.Uint32(v)
		p.buf = fmt.Appendf(p.buf, "[%d|%x]", int32(u), u)
	case looksLikeText(v):
		p.text(v)
	default:
		for _, c := range v[:min(len(v), 16)] {
			if c >= ' ' && c < 0x7f {
				p.buf = fmt.Appendf(p.buf, "%02x(%c) ", c, c)
			} else {
				p.buf = fmt.Appendf(p.buf, "%02x ", c)
			}
		}
	}
}

// looksLikeText tells whether the 2nd to 16th byte are characters or NUL.
func looksLikeText(v []byte) bool {
	if len(v) == 0 {
		return false
	}
	for _, c := range v[1:min(len(v), 16)] {
		if c != 0 && (c < ' ' || c > '}') {
			return false
		}
	}
	return true
}

// numbers appends the first 11 numbers of a binary value (6 of VR FD).
func (p *dumper) numbers(v []byte, vr VR) {
	size, last := vr.WordSize(), 20
	switch vr {
	case OB:
		last = 10
	case AT:
		size, last = 4, math.MaxInt
	case UL, SL, FL, OF, FD:
		last = 40
	case OW, US, SS:
	default:
		return
	}
	for at := 0; at <= last && at+size <= len(v); at += size {
		w := v[at:]
		switch vr {
		case OB:
			p.buf = fmt.Appendf(p.buf, "%02x ", w[0])
		case OW:
			p.buf = fmt.Appendf(p.buf, "%04x ", binary.LittleEndian.Uint16(w))
		case AT:
			p.buf = fmt.Appendf(p.buf, "(%04x, %04x) ", binary.LittleEndian.Uint16(w), binary.LittleEndian.Uint16(w[2:]))
		case FL, OF:
			p.float(float64(math.Float32frombits(binary.LittleEndian.Uint32(w))))
		case FD:
			p.float(math.Float64frombits(binary.LittleEndian.Uint64(w)))
		default:
			p.buf = append(strconv.AppendInt(p.buf, vr.integer(w), 10), ' ')
		}
	}
}

func (p *dumper) float(f float64) {
	p.buf = append(strconv.AppendFloat(p.buf, f, 'f', 6, 64), ' ')
}
