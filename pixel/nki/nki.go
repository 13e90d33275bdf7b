// Package nki codes pixel data in the private compression of the Netherlands
// Cancer Institute, as found in element (7FDF,0010): modes 1 to 5, described
// in docs/original/compression.md 4. The unit of work is the whole pixel element, taken
// as little endian 16-bit units, whatever the samples are. Entry points are
// Decode, Encode and DecodeConfig.
//
// Modes 1 to 4 are lossless. Mode 5 keeps the low 13 bits of a unit only; ask
// Fits13Bits before using it on data that matter.
package nki

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	shortHeader = 8  // modes 1, 3: units, mode
	longHeader  = 20 // modes 2, 4, 5: units, mode, stream length, two CRCs
)

// Codes of modes 1 to 4; any other byte is a small difference or the high
// byte of a large one.
const (
	codeNibbles  = 0xC0
	codeRun      = 0x80
	codeAbsolute = 0x7F
)

// ErrChecksum is wrapped by the error of Decode when the decoded units do not
// match the checksum in the header.
var ErrChecksum = errors.New("checksum differs")

// Config is the header of a compressed element.
type Config struct {
	Units        int    // 16-bit units
	Mode         int    // 1 to 5
	StreamLength int    // bytes after the header; modes 2, 4, 5
	CRC          uint32 // of the units; modes 2, 4
	StreamCRC    uint32 // of the stream; mode 2
	headerSize   int
}

// DecodeConfig reads the header. It fails when data is no NKI stream, for
// instance because another manufacturer uses the element.
func DecodeConfig(data []byte) (Config, error) {
	if len(data) <= shortHeader {
		return Config{}, fmt.Errorf("read NKI header: %d bytes", len(data))
	}
	switch string(data[:6]) {
	case "ACUSON", "ELSCIN":
		return Config{}, fmt.Errorf("read NKI header: element belongs to %s", data[:6])
	}
	units, mode := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
	if mode < 1 || mode > 5 {
		return Config{}, fmt.Errorf("read NKI header: mode %d", mode)
	}
	if units < 1 || units > 1<<31-1 {
		return Config{}, fmt.Errorf("read NKI header: %d units", units)
	}
	cfg := Config{Units: int(units), Mode: int(mode), headerSize: shortHeader}
	if mode == 1 || mode == 3 {
		cfg.StreamLength = len(data) - shortHeader
		return cfg, nil
	}
	if len(data) < longHeader {
		return Config{}, fmt.Errorf("read NKI header: %d bytes for mode %d", len(data), mode)
	}
	cfg.headerSize = longHeader
	cfg.StreamLength = int(binary.LittleEndian.Uint32(data[8:]))
	cfg.CRC = binary.LittleEndian.Uint32(data[12:])
	cfg.StreamCRC = binary.LittleEndian.Uint32(data[16:])
	return cfg, nil
}

// Fits13Bits tells whether mode 5 keeps pix, little endian 16-bit units,
// without loss.
func Fits13Bits(pix []byte) bool {
	for i := 1; i < len(pix); i += 2 {
		if pix[i] > 0x1F {
			return false
		}
	}
	return true
}

// checksum is the CRC-32 of the header fields: the usual polynomial, begun
// with zero and not inverted at the end.
func checksum(b []byte) uint32 { return ^crc32.Update(^uint32(0), crc32.IEEETable, b) }
