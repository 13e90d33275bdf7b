package dicom

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
)

const (
	inflateAtOnce = 1 << 20 // bytes inflated into memory before the size is known
	leastInflated = 256 << 20
	mostInflated  = 384 << 20
)

// inflate is the inflated form of data. Of large ones the size is found first, so
// that no more memory is used than they need.
func inflate(data []byte, opt ParseOptions) ([]byte, error) {
	limit := opt.MaxInflated
	if limit <= 0 {
		limit = min(max(64*int64(len(data)), leastInflated), mostInflated)
	}
	zr := flate.NewReader(bytes.NewReader(data))
	defer zr.Close()
	first := make([]byte, min(max(8*int64(len(data)), 4<<10), inflateAtOnce, limit+1))
	n, err := io.ReadFull(zr, first)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		if !atEnd(zr, err) {
			return nil, fmt.Errorf("inflate data set: %w", err)
		}
		return first[:n:n], nil
	}
	if err != nil {
		return nil, fmt.Errorf("inflate data set: %w", err)
	}
	rest, err := io.Copy(io.Discard, io.LimitReader(zr, limit+1-int64(n)))
	size := int64(n) + rest
	switch {
	case err != nil:
		return nil, fmt.Errorf("inflate data set: %w", err)
	case size > limit:
		return nil, fmt.Errorf("inflate data set of %d bytes: %w: more than %d bytes", len(data), ErrInflate, limit)
	}
	if opt.Budget != nil {
		if err := opt.Budget.Take(size); err != nil {
			return nil, fmt.Errorf("inflate data set to %d bytes: %w", size, err)
		}
	}
	if err := zr.(flate.Resetter).Reset(bytes.NewReader(data), nil); err != nil {
		return nil, fmt.Errorf("inflate data set: %w", err)
	}
	out := make([]byte, size)
	if _, err := io.ReadFull(zr, out); err != nil {
		return nil, fmt.Errorf("inflate data set: %w", err)
	}
	return out, nil
}

// atEnd tells whether the deflated data really ended where reading did: only then
// the reader tells so again.
func atEnd(zr io.Reader, err error) bool {
	if err == io.EOF {
		return true
	}
	var b [1]byte
	_, err = zr.Read(b[:])
	return err == io.EOF
}
