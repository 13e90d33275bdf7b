package dicom

import (
	"errors"
	"fmt"
	"io"
)

// ParseOptions tells how tolerant parsing is and what stays in the file.
type ParseOptions struct {
	// BulkThreshold, when not 0, leaves values longer than this many bytes in
	// the file they come from ([ReadFile], [ParseReaderAt]); the source must
	// stay open as long as the data set is used.
	BulkThreshold int64
	// StopBefore, when not 0, ends parsing before the first top-level element
	// with this tag or a higher one: header reads use PixelData.
	StopBefore Tag
	// MaxInflated is the largest size in bytes a deflated data set may grow to.
	// 0 stands for 64 times the deflated size, at least 256 MiB and at most
	// 384 MiB, since all of it is held in memory.
	MaxInflated int64
	// Budget, when not nil, is asked before memory is used for more than the
	// values: inflated data, elements and items in great number, values read
	// from a file. Its refusal ends parsing.
	Budget Budget
	// Warn, when not nil, is told of what was borne with and may have cost
	// something: [ErrNoDelimiter].
	Warn func(*ParseError)
	// Dictionary gives the VRs of implicit data sets; nil is
	// [CurrentDictionary].
	Dictionary *Dictionary
}

// Budget bounds the memory of several data sets or of all.
type Budget interface {
	// Take reserves n bytes, or tells why they can not be had.
	Take(n int64) error
}

// MaxDepth is the number of sequence levels a data set may have; deeper ones
// are refused with [ErrTooDeep].
const MaxDepth = 64

// Errors found within a [ParseError].
var (
	ErrTooDeep   = errors.New("sequences are nested too deep")
	ErrTooShort  = errors.New("value reaches beyond the end of the data")
	ErrTruncated = errors.New("data end within an element header")
	ErrNoItem    = errors.New("sequence holds something else than items")
	ErrInflate   = errors.New("deflated data are too large")
	// ErrNoDelimiter is told to [ParseOptions.Warn] when encapsulated pixel data
	// end with the data, without a delimiter or with a part of it.
	ErrNoDelimiter = errors.New("encapsulated pixel data end without delimiter")
	ErrTooMany     = errors.New("more elements or items than any object has")
)

// ParseError tells where a data set could not be read.
type ParseError struct {
	Offset int64 // of the element in the stream
	Tag    Tag   // of the element, 0 when unknown
	Err    error
}

func (e *ParseError) Error() string {
	if e.Tag == 0 {
		return fmt.Sprintf("parse data set at offset %d: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("parse element (%v) at offset %d: %v", e.Tag, e.Offset, e.Err)
}

// Unwrap is the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// Parse reads a data set encoded in ts from memory. Values are slices of data
// (big endian numbers are copied). On error the elements read so far are
// returned with a *[ParseError].
//
// Tolerated are: odd lengths, elements out of order and repeated (the last one
// counts), unknown VRs, single elements in implicit form within explicit data,
// stray or missing delimiters, trailing zeros, and a first element that shows
// VRs, or shows none, contrary to ts.
func Parse(data []byte, ts TransferSyntax, opt ParseOptions) (*Dataset, error) {
	if ts.Deflated {
		var err error
		if data, err = inflate(data, opt); err != nil {
			return &Dataset{}, &ParseError{Err: err}
		}
	}
	p := newParser(opt)
	defer p.release()
	p.buf = data
	p.size = int64(len(data))
	return p.parseAll(encodingOf(ts))
}

// ParseReaderAt reads a data set of size bytes from r at offset; with a
// BulkThreshold only headers and small values come into memory. Deflated data
// are inflated into memory as a whole.
func ParseReaderAt(r io.ReaderAt, offset, size int64, ts TransferSyntax, opt ParseOptions) (*Dataset, error) {
	if ts.Deflated {
		data, err := readSection(r, offset, size)
		if err != nil {
			return &Dataset{}, &ParseError{Offset: offset, Err: err}
		}
		return Parse(data, ts, opt)
	}
	p := newParser(opt)
	defer p.release()
	p.src, p.base, p.size = r, offset, offset+size
	return p.parseAll(encodingOf(ts))
}

// readSection reads size bytes at offset; what is allocated grows with what is
// really there.
func readSection(r io.ReaderAt, offset, size int64) ([]byte, error) {
	if err := probeEnd(r, offset, size); err != nil {
		return nil, err
	}
	p := make([]byte, size)
	n, err := r.ReadAt(p, offset)
	if int64(n) == size {
		return p, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

const largeRead = 1 << 20

// probeEnd makes sure, before a large allocation, that the last byte of a
// section exists.
func probeEnd(r io.ReaderAt, offset, size int64) error {
	if size <= largeRead {
		return nil
	}
	var b [1]byte
	if n, err := r.ReadAt(b[:], offset+size-1); n != 1 {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	return nil
}

// encoding is how element headers and numbers are laid out.
type encoding struct {
	implicit  bool
	bigEndian bool
}

func encodingOf(ts TransferSyntax) encoding {
	return encoding{implicit: ts.Implicit, bigEndian: ts.BigEndian}
}
