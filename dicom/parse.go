package dicom

import (
	"errors"
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
}

// ParseError tells where a data set could not be read.
type ParseError struct {
	Offset int64 // of the element in the stream
	Tag    Tag   // of the element, 0 when unknown
	Err    error
}

func (e *ParseError) Error() string { return "" }

// Unwrap is the cause.
func (e *ParseError) Unwrap() error { return e.Err }

var errNotYet = errors.New("not implemented")

// Parse reads a data set encoded in ts from memory. Values are slices of data
// (big endian numbers are copied). On error the elements read so far are
// returned with a *[ParseError].
func Parse(data []byte, ts TransferSyntax, opt ParseOptions) (*Dataset, error) {
	return nil, errNotYet
}

// ParseReaderAt reads a data set of size bytes from r at offset; with a
// BulkThreshold only headers and small values come into memory.
func ParseReaderAt(r io.ReaderAt, offset, size int64, ts TransferSyntax, opt ParseOptions) (*Dataset, error) {
	return nil, errNotYet
}
