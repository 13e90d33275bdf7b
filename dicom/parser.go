package dicom

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"sync"
)

const (
	undefinedLength = math.MaxUint32
	firstChunk      = 16 << 10
	nextChunk       = 64 << 10
)

// bound is an offset that what is being read may not pass: the end of an item or
// sequence as its length field tells it, or the end of the data.
type bound struct {
	at   int64
	told bool // by a length field
}

// parser reads one data set. It sees a window of the stream: the whole of it
// when parsing from memory, otherwise a piece read from src.
type parser struct {
	buf  []byte // the window
	i    int    // the next byte in the window
	base int64  // offset of the window in the stream
	size int64  // offset of the end of the stream
	src  io.ReaderAt
	opt  ParseOptions
	dict *Dictionary
	hint int // position in dict of the last look-up

	elems              []Element // stack of the elements of open data sets
	items              []Dataset // stack of the items of open sequences
	maxElems, maxItems int       // what the stacks have held

	arena []Element // room for the elements of finished items
	swaps []byte    // room for swapped numbers

	memory memory
}

var parsers = sync.Pool{New: func() any { return new(parser) }}

func newParser(opt ParseOptions) *parser {
	p := parsers.Get().(*parser)
	p.opt, p.dict = opt, opt.Dictionary
	if p.dict == nil {
		p.dict = CurrentDictionary()
	}
	return p
}

const keptStack = 1 << 12

// release gives the parser with its stacks back, free of pointers to data.
func (p *parser) release() {
	elems, items := p.elems[:0], p.items[:0]
	if cap(elems) > keptStack || cap(items) > keptStack {
		return
	}
	clear(elems[:p.maxElems])
	clear(items[:p.maxItems])
	*p = parser{elems: elems, items: items}
	parsers.Put(p)
}

func (p *parser) pos() int64 { return p.base + int64(p.i) }

// need makes n bytes from the current position on visible.
func (p *parser) need(n int) error {
	if n <= len(p.buf)-p.i {
		return nil
	}
	return p.fill(n)
}

func (p *parser) fill(n int) error {
	at := p.pos()
	left := p.size - at
	if p.src == nil || int64(n) > left {
		return ErrTooShort
	}
	chunk := nextChunk
	if p.buf == nil {
		chunk = firstChunk
	}
	want := min(int64(max(chunk, n)), left)
	if err := probeEnd(p.src, at, int64(n)); err != nil {
		return err
	}
	buf, err := p.window(int(want))
	if err != nil {
		return err
	}
	got, err := p.src.ReadAt(buf, at)
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	p.buf, p.i, p.base = buf[:got], 0, at
	return nil
}

// take returns the next n bytes. Large values of a file get memory of their
// own, so that they do not pin the window, nor the window them.
func (p *parser) take(n int) ([]byte, error) {
	if n > len(p.buf)-p.i && n > nextChunk/4 && p.src != nil {
		if int64(n) > p.size-p.pos() {
			return nil, ErrTooShort
		}
		if err := p.hold(int64(n)); err != nil {
			return nil, err
		}
		v, err := readSection(p.src, p.pos(), int64(n))
		if err == nil {
			p.skip(int64(n))
		}
		return v, err
	}
	if err := p.need(n); err != nil {
		return nil, err
	}
	v := p.buf[p.i : p.i+n : p.i+n]
	p.i += n
	if p.memory.frugal {
		v = append([]byte(nil), v...)
		return v, p.hold(int64(n))
	}
	return v, nil
}

// skip moves n bytes on, which must be within the stream.
func (p *parser) skip(n int64) {
	if n <= int64(len(p.buf)-p.i) {
		p.i += int(n)
		return
	}
	p.base, p.buf, p.i = p.pos()+n, p.buf[:0], 0
}

// seek goes back to offset at.
func (p *parser) seek(at int64) {
	if at >= p.base && at <= p.base+int64(len(p.buf)) {
		p.i = int(at - p.base)
		return
	}
	p.base, p.buf, p.i = at, p.buf[:0], 0
}

// header is the beginning of an element.
type header struct {
	tag    Tag
	vr     VR
	length uint32
	offset int64
}

func (p *parser) fail(h header, err error) error {
	var pe *ParseError
	if errors.As(err, &pe) {
		return err
	}
	return &ParseError{Offset: h.offset, Tag: h.tag, Err: err}
}

func (p *parser) parseAll(enc encoding) (*Dataset, error) {
	enc = p.checkFirst(enc)
	d := new(Dataset)
	err := p.dataset(d, enc, bound{at: p.size}, false, 0)
	if enc.implicit {
		d.resolve(surroundings{})
	}
	return d, err
}

// dataset reads elements into d up to the bound, or to an item delimiter within
// an item of undefined length. Depth is 0 at the top.
func (p *parser) dataset(d *Dataset, enc encoding, b bound, delimited bool, depth int) error {
	start := len(p.elems)
	sorted := true
	last := Tag(0)
	var err error
	for p.pos() < b.at {
		var h header
		if h, err = p.header(enc, b.at); err != nil {
			if errors.Is(err, errPadding) {
				err = nil
			}
			break
		}
		if h.tag>>16 == 0xfffe {
			var stop bool
			if stop, err = p.delimiter(h, delimited); stop {
				break
			}
			continue
		}
		if depth == 0 && p.opt.StopBefore != 0 && h.tag >= p.opt.StopBefore {
			p.i -= int(p.pos() - h.offset)
			break
		}
		if len(p.elems) > start && h.tag <= last {
			sorted = false
		}
		last = h.tag
		var e Element
		if e, err = p.value(h, enc, b, depth); err != nil {
			err = p.fail(h, err)
			if e.Items == nil && e.Fragments == nil {
				break
			}
		}
		p.elems = append(p.elems, e)
		if err == nil {
			err = p.countElement(len(p.elems) - start)
		}
		if err != nil {
			break
		}
	}
	p.finish(d, start, sorted, depth)
	return err
}

var errEndOfItem = errors.New("end of sequence within an item")

// delimiter handles an item tag or delimiter met where an element should be.
// Stray ones are passed over; what an item holds then counts for the data set
// around it.
func (p *parser) delimiter(h header, delimited bool) (stop bool, err error) {
	if !delimited {
		return false, nil
	}
	switch h.tag {
	case itemDelimiter:
		return true, nil
	case sequenceDelimit:
		return true, errEndOfItem
	case itemTag:
		p.i -= 8
		return true, nil
	}
	return false, nil
}

// finish moves the elements on the stack from start on to d.
func (p *parser) finish(d *Dataset, start int, sorted bool, depth int) {
	es := p.elems[start:]
	if !sorted {
		es = sortElements(es)
	}
	if len(es) > 0 {
		room := p.room(len(es), depth)
		copy(room, es)
		d.elems = room
	}
	p.maxElems = max(p.maxElems, len(p.elems))
	p.elems = p.elems[:start]
}

// sortElements sorts es by tag and of elements with the same tag keeps the last.
func sortElements(es []Element) []Element {
	slices.SortStableFunc(es, func(a, b Element) int { return cmp.Compare(a.Tag, b.Tag) })
	n := 0
	for i := range es {
		if i+1 < len(es) && es[i+1].Tag == es[i].Tag {
			continue
		}
		es[n] = es[i]
		n++
	}
	return es[:n]
}

// room is memory for n elements; items share blocks.
func (p *parser) room(n, depth int) []Element {
	if depth == 0 {
		return make([]Element, n)
	}
	if n > len(p.arena) {
		p.arena = make([]Element, max(n, 16))
	}
	r := p.arena[:n:n]
	p.arena = p.arena[n:]
	return r
}

var errPadding = errors.New("padding")

// header reads the beginning of the next element.
func (p *parser) header(enc encoding, end int64) (header, error) {
	h := header{offset: p.pos()}
	if end-h.offset < 8 {
		return h, p.shortRest(h, end)
	}
	if err := p.need(8); err != nil {
		return h, p.fail(h, err)
	}
	b := p.buf[p.i : p.i+8]
	if enc.bigEndian {
		h.tag = NewTag(binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]))
	} else {
		h.tag = NewTag(binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]))
	}
	if enc.implicit || h.tag>>16 == 0xfffe {
		h.length = enc.uint32(b[4:])
		if !enc.implicit {
			p.i += 8
			return h, nil
		}
		if h.tag == 0 && h.length == 0 && p.restIsZero(end) {
			return h, errPadding
		}
		h.vr, p.hint = p.dict.vrAfter(h.tag, p.hint)
		p.i += 8
		return h, nil
	}
	h.vr = VR(b[4])<<8 | VR(b[5])
	if p.explicitLength(&h, b, enc, end) {
		return h, nil
	}
	if h.tag == 0 && p.restIsZero(end) {
		return h, errPadding
	}
	return p.oddHeader(h, b, enc, end)
}

// explicitLength reads the length of an element with VR; false when it has
// none.
func (p *parser) explicitLength(h *header, b []byte, enc encoding, end int64) bool {
	if b[4] < 'A' || b[4] > 'Z' || b[5] < 'A' || b[5] > 'Z' {
		return false
	}
	if !h.vr.HasLongLength() {
		h.length = uint32(enc.uint16(b[6:]))
		p.i += 8
		return true
	}
	if end-h.offset < 12 || p.need(12) != nil {
		return false
	}
	b = p.buf[p.i : p.i+12]
	h.length = enc.uint32(b[8:])
	if b[6]|b[7] != 0 && h.length != undefinedLength && int64(h.length) > end-h.offset-12 {
		// A long VR written with the short form.
		h.length = uint32(enc.uint16(b[6:]))
		p.i += 8
		return true
	}
	p.i += 12
	return true
}

// oddHeader reads an element of an explicit data set that has no VR: written in
// implicit form, or with "??" or blanks and a 16-bit length.
func (p *parser) oddHeader(h header, b []byte, enc encoding, end int64) (header, error) {
	left := end - h.offset - 8
	long, short := int64(enc.uint32(b[4:])), int64(enc.uint16(b[6:]))
	placeholder := b[4] == b[5] && (b[4] == '?' || b[4] == '-' || b[4] == ' ')
	switch {
	case !placeholder && (long <= left || long == undefinedLength):
		h.vr, h.length = p.dict.VR(h.tag), uint32(long)
	case short <= left && (placeholder || b[4] == 0 && b[5] == 0):
		h.vr, h.length = UN, uint32(short)
	default:
		return h, p.fail(h, ErrTooShort)
	}
	p.i += 8
	return h, nil
}

// shortRest judges fewer than 8 bytes at the end of a data set or item: zeros
// are padding.
func (p *parser) shortRest(h header, end int64) error {
	n := int(end - h.offset)
	if err := p.need(n); err != nil {
		return p.fail(h, err)
	}
	if !isZero(p.buf[p.i : p.i+n]) {
		return p.fail(h, ErrTruncated)
	}
	p.i += n
	return errPadding
}

// restIsZero tells whether everything up to end is zeros.
func (p *parser) restIsZero(end int64) bool {
	seen := p.buf[p.i:]
	if left := end - p.pos(); int64(len(seen)) >= left {
		return isZero(seen[:left])
	}
	if !isZero(seen) || p.src == nil {
		return false
	}
	buf := make([]byte, nextChunk)
	for at := p.base + int64(len(p.buf)); at < end; {
		n, err := p.src.ReadAt(buf[:min(end-at, nextChunk)], at)
		if n == 0 && err != nil || !isZero(buf[:n]) {
			return false
		}
		at += int64(n)
	}
	return true
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func (e encoding) uint32(b []byte) uint32 {
	if e.bigEndian {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func (e encoding) uint16(b []byte) uint16 {
	if e.bigEndian {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}
