// Package marker reads the marker segments that JPEG and JPEG-LS share (ISO/IEC
// 10918-1 annex B).
package marker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrTruncated is wrapped when the data end before what they have to hold.
var ErrTruncated = errors.New("data end early")

const (
	rst0 = 0xD0
	soi  = 0xD8
	eoi  = 0xD9
)

// Next goes from pos to the next marker and returns it with its segment, and the
// position behind them. Markers without a segment are skipped but for the end of
// the image; bytes below lowest behind FF are coded data.
func Next(data []byte, pos int, lowest byte) (marker byte, segment []byte, end int, err error) {
	for {
		i := bytes.IndexByte(data[pos:], 0xFF)
		if i < 0 {
			return 0, nil, len(data), ErrTruncated
		}
		pos += i + 1
		for pos < len(data) && data[pos] == 0xFF {
			pos++
		}
		if pos >= len(data) {
			return 0, nil, pos, ErrTruncated
		}
		marker = data[pos]
		pos++
		switch {
		case marker < lowest, marker == soi, marker >= rst0 && marker <= rst0+7:
			continue
		case marker == eoi:
			return marker, nil, pos, nil
		}
		if pos+2 > len(data) {
			return 0, nil, pos, ErrTruncated
		}
		length := int(binary.BigEndian.Uint16(data[pos:]))
		if length < 2 || pos+length > len(data) {
			return 0, nil, pos, fmt.Errorf("segment %02X of %d bytes: %w", marker, length, ErrTruncated)
		}
		return marker, data[pos+2 : pos+length], pos + length, nil
	}
}
