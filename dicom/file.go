package dicom

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"conquest/regular"
)

// File is a data set read from a file that stays open for its file-backed
// values.
type File struct {
	*Dataset
	closer io.Closer
}

// Close releases the file; file-backed values can not be read afterwards.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// ReadFile reads a Part 10 file (with or without preamble and meta header) or a
// bare data set (".v2": implicit little endian unless its beginning shows
// explicit VRs). Group 0002 elements are part of the result; the transfer
// syntax is told by (0002,0010), which is added when the file has none and is
// not implicit little endian. Values beyond opt.BulkThreshold stay in the file.
//
// The file stays open only when values stayed in it; calling Close is always
// right. On error the elements read so far are returned, when there are any,
// with a *[ParseError].
func ReadFile(path string, opt ParseOptions) (*File, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read object %s: %w", path, err)
	}
	d, err := readOpen(f, info.Size(), opt)
	if err != nil {
		err = fmt.Errorf("read object %s: %w", path, err)
		if d == nil {
			f.Close()
			return nil, err
		}
	}
	file := &File{Dataset: d, closer: f}
	if !d.hasBulk() {
		file.closer = nil
		f.Close()
	}
	return file, err
}

// ReadHeader reads the elements of a file before the pixel data, without
// keeping it open.
func ReadHeader(path string) (*Dataset, error) {
	f, err := ReadFile(path, ParseOptions{StopBefore: NKIPixelData})
	if f == nil {
		return nil, err
	}
	return f.Dataset, err
}

func readOpen(f *os.File, size int64, opt ParseOptions) (*Dataset, error) {
	if opt.BulkThreshold == 0 && opt.StopBefore == 0 && size < 1<<31 {
		data := make([]byte, size)
		n, err := io.ReadFull(f, data)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return ParsePart10(data[:n], opt)
	}
	return ReadPart10(f, size, opt)
}

// hasBulk tells whether values of d stayed in a file.
func (d *Dataset) hasBulk() bool {
	for i := range d.elems {
		e := &d.elems[i]
		if e.Bulk != nil || e.Fragments != nil && e.Fragments.Bulk != nil {
			return true
		}
		for _, it := range e.Items {
			if it.hasBulk() {
				return true
			}
		}
	}
	return false
}

// ParsePart10 reads what [ReadFile] reads from memory; values are slices of
// data.
func ParsePart10(data []byte, opt ParseOptions) (*Dataset, error) {
	p := newParser(opt)
	defer p.release()
	p.buf, p.size = data, int64(len(data))
	return p.part10()
}

// ReadPart10 reads what [ReadFile] reads from the first size bytes of r.
func ReadPart10(r io.ReaderAt, size int64, opt ParseOptions) (*Dataset, error) {
	p := newParser(opt)
	defer p.release()
	p.src, p.size = r, size
	return p.part10()
}

// ErrNotDICOM tells that a file does not begin as a DICOM object does.
var ErrNotDICOM = errors.New("not a DICOM object")

const preambleLength = 128

func (p *parser) part10() (*Dataset, error) {
	d := new(Dataset)
	enc, err := p.findStart()
	if err != nil {
		return d, &ParseError{Err: err}
	}
	var meta Dataset
	if p.peekGroup2() {
		if err := p.meta(&meta, enc); err != nil {
			return &meta, err
		}
	}
	ts, enc := p.bodySyntax(&meta, enc)
	if ts.Deflated {
		data, err := p.remainder()
		if err == nil {
			data, err = inflate(data, p.opt)
		}
		if err != nil {
			return &meta, &ParseError{Offset: p.pos(), Err: err}
		}
		p.src, p.buf, p.i, p.base, p.size = nil, data, 0, 0, int64(len(data))
		enc = encoding{}
	}
	err = p.dataset(d, enc, bound{at: p.size}, false, 0)
	if enc.implicit {
		d.resolve(surroundings{})
	}
	if len(meta.elems) > 0 {
		d.prepend(meta.elems)
	}
	return d, err
}

// prepend puts the elements of group 0002 before those of the data set, which
// has no lower ones in a sound file.
func (d *Dataset) prepend(meta []Element) {
	if len(d.elems) == 0 || d.elems[0].Tag > meta[len(meta)-1].Tag {
		all := make([]Element, 0, len(meta)+len(d.elems))
		d.elems = append(append(all, meta...), d.elems...)
		return
	}
	for _, e := range meta {
		d.Put(e)
	}
}

// findStart moves to the first element and tells the encoding of the
// beginning: explicit behind DICM; elsewhere the sixth byte decides
// (docs/original/storage.md 2.2).
func (p *parser) findStart() (encoding, error) {
	n := int(min(p.size-p.pos(), preambleLength+8))
	if n < 8 {
		return encoding{}, ErrNotDICOM
	}
	if err := p.need(n); err != nil {
		return encoding{}, err
	}
	b := p.buf[p.i : p.i+n]
	switch {
	case n >= preambleLength+4 && string(b[preambleLength:preambleLength+4]) == "DICM":
		p.i += preambleLength + 4
	case string(b[:4]) == "DICM":
		p.i += 4
	case n == preambleLength+8 && isZero(b[:preambleLength]) && b[preambleLength] == 2 && b[preambleLength+1] == 0:
		p.i += preambleLength
	}
	if p.size-p.pos() < 8 {
		return encoding{}, nil
	}
	if err := p.need(8); err != nil {
		return encoding{}, err
	}
	b = p.buf[p.i : p.i+8]
	enc := encoding{implicit: b[5] <= 10}
	if b[0] == 0 && b[1] != 0 && (VR(b[4])<<8 | VR(b[5])).known() {
		enc.bigEndian = true
	}
	if p.pos() == 0 && !plausibleStart(b, enc, p.size) {
		return enc, ErrNotDICOM
	}
	return enc, nil
}

// plausibleStart judges the first element of a file without DICM.
func plausibleStart(b []byte, enc encoding, size int64) bool {
	tag := NewTag(enc.uint16(b), enc.uint16(b[2:]))
	if group := tag.Group(); group > 0x0100 && group != 0x7fe0 {
		return false
	}
	if enc.implicit {
		n := int64(enc.uint32(b[4:]))
		return n <= size-8 || n == undefinedLength
	}
	vr := VR(b[4])<<8 | VR(b[5])
	return vr.known()
}

// peekGroup2 tells whether an element of group 0002 comes next.
func (p *parser) peekGroup2() bool {
	return p.size-p.pos() >= 8 && p.need(8) == nil && p.buf[p.i] == 2 && p.buf[p.i+1] == 0
}

// meta reads the elements of group 0002, whatever its group length says.
func (p *parser) meta(d *Dataset, enc encoding) error {
	enc.bigEndian = false
	threshold := p.opt.BulkThreshold
	p.opt.BulkThreshold = 0
	defer func() { p.opt.BulkThreshold = threshold }()
	for p.peekGroup2() {
		h, err := p.header(enc, p.size)
		if err != nil {
			return err
		}
		e, err := p.value(h, enc, bound{at: p.size}, 0)
		if err != nil {
			return p.fail(h, err)
		}
		d.Put(e)
	}
	return nil
}

// bodySyntax tells how what follows the meta header is encoded: as (0002,0010)
// says, unless the first element shows otherwise; without it, as the beginning.
// A syntax other than implicit little endian that no element tells is put in
// meta.
func (p *parser) bodySyntax(meta *Dataset, start encoding) (TransferSyntax, encoding) {
	uid := meta.String(TransferSyntaxUID)
	ts, _ := LookupTransferSyntax(uid)
	enc := encodingOf(ts)
	switch {
	case ts.Deflated:
		return ts, enc
	case uid == "" && len(meta.elems) == 0:
		enc = start
	case uid == "":
		enc = encoding{implicit: p.firstIsImplicit()}
	default:
		return ts, p.checkFirst(enc)
	}
	switch {
	case enc.bigEndian:
		meta.SetTransferSyntax(ExplicitBigEndian)
	case !enc.implicit:
		meta.SetTransferSyntax(ExplicitLittleEndian)
	}
	return ts, enc
}

// firstIsImplicit applies the sixth byte rule at the current position.
func (p *parser) firstIsImplicit() bool {
	return p.size-p.pos() < 8 || p.need(8) != nil || p.buf[p.i+5] <= 10
}

// remainder reads the bytes from the current position to the end.
func (p *parser) remainder() ([]byte, error) {
	if p.src == nil {
		return p.buf[p.i:], nil
	}
	return readSection(p.src, p.pos(), p.size-p.pos())
}

// Meta is what a writer puts in the meta header beside what the data set says.
type Meta struct {
	ImplementationClassUID    string
	ImplementationVersionName string
}

// WriteFile writes d as the Part 10 file path, as [WritePart10] does. A file that
// is there is replaced once all is written; until then the new one lies beside it
// under another name. Its mode is 0666 less the umask.
func WriteFile(path string, d *Dataset, m Meta) (err error) {
	f, err := os.OpenFile(fmt.Sprintf("%s.%x.part", path, rand.Uint64()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fmt.Errorf("write object: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write object %s: %w", path, err)
		}
	}()
	if err = WritePart10(f, d, m); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// WritePart10 writes d as Part 10: preamble, meta header (explicit little endian,
// rebuilt from SOP class, SOP instance and (0002,0010), PS3.10 section 7.1), and
// the data set in its transfer syntax. Group 0002 elements of d other than
// (0002,0010) are not written. In implicit little endian each group begins with
// its group length, as in existing files. Values that stayed in a file are copied piece by
// piece; w gets large blocks, it need not be buffered.
func WritePart10(w io.Writer, d *Dataset, m Meta) error {
	ts := d.TransferSyntax()
	if _, err := w.Write(AppendMeta(nil, d, m)); err != nil {
		return err
	}
	if ts.Implicit {
		enc := encoder{enc: encodingOf(ts), w: w, groupLengths: true}
		return enc.stream(d)
	}
	return Encode(w, d, ts)
}

// AppendMeta appends the preamble, "DICM" and the meta header [WritePart10] begins
// with. A version name of odd length is padded with NUL.
func AppendMeta(buf []byte, d *Dataset, m Meta) []byte {
	meta := NewDataset(8)
	meta.SetUint32(FileMetaInformationGroupLength, 0)
	meta.Put(Element{Tag: 0x00020001, VR: OB, Value: []byte{0, 1}})
	if d.Has(SOPClassUID) {
		meta.Put(NewText(MediaStorageSOPClassUID, UI, d.String(SOPClassUID)))
	}
	if d.Has(SOPInstanceUID) {
		meta.Put(NewText(MediaStorageSOPInstanceUID, UI, d.String(SOPInstanceUID)))
	}
	meta.Put(NewText(TransferSyntaxUID, UI, d.TransferSyntax().UID))
	if m.ImplementationClassUID != "" {
		meta.Put(NewText(0x00020012, UI, m.ImplementationClassUID))
	}
	if m.ImplementationVersionName != "" {
		meta.Put(Element{Tag: 0x00020013, VR: SH, Value: padEven(m.ImplementationVersionName, 0)})
	}
	buf = append(buf, make([]byte, preambleLength)...)
	enc := encoder{buf: append(buf, "DICM"...), meta: true}
	_ = enc.dataset(meta, 0) // short values in memory, written to memory
	return enc.buf
}

func padEven(s string, pad byte) []byte {
	b := make([]byte, len(s), len(s)+1)
	copy(b, s)
	if len(b)%2 == 1 {
		b = append(b, pad)
	}
	return b
}

// WriteV2 writes d without preamble as an implicit little endian stream, the
// group 0002 elements it has first, in implicit form and without group length;
// (0002,0010) then tells implicit little endian (docs/original/storage.md 2.2).
// Encapsulated pixel data have no place in it: [ErrEncapsulated].
func WriteV2(w io.Writer, d *Dataset) error {
	if e := d.Get(PixelData); e != nil && e.Fragments != nil {
		return fmt.Errorf("write v2: %w", ErrEncapsulated)
	}
	head := &Dataset{}
	for i := range d.elems {
		if t := d.elems[i].Tag; t>>16 == 2 && t != FileMetaInformationGroupLength {
			head.elems = append(head.elems, d.elems[i])
		}
	}
	if head.Has(TransferSyntaxUID) {
		head.SetTransferSyntax(ImplicitLittleEndian)
	}
	enc := encoder{enc: encoding{implicit: true}, meta: true}
	if err := enc.dataset(head, 0); err != nil {
		return err
	}
	if len(enc.buf) > 0 {
		if _, err := w.Write(enc.buf); err != nil {
			return err
		}
	}
	return Encode(w, d, TransferSyntax{UID: ImplicitLittleEndian, Implicit: true})
}
