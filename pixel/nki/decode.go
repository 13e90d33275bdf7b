package nki

import (
	"encoding/binary"
	"errors"
	"fmt"
)

var (
	errInput  = errors.New("stream ends early")
	errOutput = errors.New("run exceeds the image")
)

// maxExpansion is the most units one stream byte can stand for: a two byte
// code for 255 of them, or in mode 5 one byte for 32.
const maxExpansion = 128

// MostBytes is how many bytes an element of n bytes can decode to.
func MostBytes(n int) int64 { return 2 * (2 + maxExpansion*int64(n)) }

// Decode decodes an element and returns its units as little endian bytes. The
// header tells how many there are: pixel data with padding behind the last frame
// have more than the image.
func Decode(data []byte) ([]byte, error) {
	cfg, err := DecodeConfig(data)
	if err != nil {
		return nil, err
	}
	src := data[cfg.headerSize:]
	if cfg.StreamLength < len(src) {
		src = src[:cfg.StreamLength]
	}
	if limit := 2 + maxExpansion*len(src); cfg.Units > limit {
		return nil, fmt.Errorf("decode NKI element: %d units in %d bytes", cfg.Units, len(src))
	}
	if len(src) < 2 {
		return nil, fmt.Errorf("decode NKI element: %w", errInput)
	}
	out := make([]byte, 2*cfg.Units)
	if cfg.Mode == 5 {
		err = decode13(out, src)
	} else {
		err = decodeDifferences(out, src, cfg.Mode >= 3)
	}
	if err != nil {
		return nil, fmt.Errorf("decode NKI element, mode %d: %w", cfg.Mode, err)
	}
	if cfg.Mode == 2 || cfg.Mode == 4 {
		if got := checksum(out); got != cfg.CRC {
			return nil, fmt.Errorf("decode NKI element, mode %d: %08x, header says %08x: %w", cfg.Mode, got, cfg.CRC, ErrChecksum)
		}
	}
	return out, nil
}

// decodeDifferences decodes modes 1 and 2, with nibbles modes 3 and 4.
func decodeDifferences(out, src []byte, nibbles bool) error {
	unit := binary.LittleEndian.Uint16(src)
	binary.LittleEndian.PutUint16(out, unit)
	lowest := int8(-64)
	if nibbles {
		lowest = -63
	}
	s := 2
	for d := 2; d < len(out); {
		if s >= len(src) {
			return errInput
		}
		code := src[s]
		if v := int8(code); v >= lowest && v <= 63 {
			unit += uint16(v)
			binary.LittleEndian.PutUint16(out[d:], unit)
			d, s = d+2, s+1
			continue
		}
		if s+1 >= len(src) {
			return errInput
		}
		arg := src[s+1]
		s += 2
		switch {
		case code == codeAbsolute:
			if s >= len(src) {
				return errInput
			}
			unit = uint16(arg)<<8 | uint16(src[s])
			s++
			binary.LittleEndian.PutUint16(out[d:], unit)
			d += 2
		case code == codeRun:
			end := d + 2*int(arg)
			if arg == 0 || end > len(out) {
				return errOutput
			}
			for ; d < end; d += 2 {
				binary.LittleEndian.PutUint16(out[d:], unit)
			}
		case code == codeNibbles && nibbles:
			n := int(arg)
			if n == 0 || n%2 == 1 || d+2*n > len(out) {
				return errOutput
			}
			if s+n/2 > len(src) {
				return errInput
			}
			for _, b := range src[s : s+n/2] {
				unit += uint16(int8(b) >> 4)
				binary.LittleEndian.PutUint16(out[d:], unit)
				unit += uint16(int8(b<<4) >> 4)
				binary.LittleEndian.PutUint16(out[d+2:], unit)
				d += 4
			}
			s += n / 2
		default:
			unit += uint16(code^0x40)<<8 + uint16(arg)
			binary.LittleEndian.PutUint16(out[d:], unit)
			d += 2
		}
	}
	return nil
}

// decode13 decodes mode 5.
func decode13(out, src []byte) error {
	unit := binary.BigEndian.Uint16(src)
	binary.LittleEndian.PutUint16(out, unit)
	s := 2
	for d := 2; d < len(out); {
		if s >= len(src) {
			return errInput
		}
		code := src[s]
		s++
		switch {
		case code >= 224:
			end := d + 2*(int(code)-223)
			if end > len(out) {
				return errOutput
			}
			for ; d < end; d += 2 {
				binary.LittleEndian.PutUint16(out[d:], unit)
			}
			continue
		case code >= 32:
			unit += uint16(code) - 128
		default:
			if s >= len(src) {
				return errInput
			}
			unit = uint16(code)<<8 | uint16(src[s])
			s++
		}
		binary.LittleEndian.PutUint16(out[d:], unit)
		d += 2
	}
	return nil
}
