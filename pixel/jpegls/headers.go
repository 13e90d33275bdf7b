package jpegls

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"conquest/pixel/marker"
)

const (
	markerRST0  = 0xD0
	markerSOI   = 0xD8
	markerEOI   = 0xD9
	markerSOS   = 0xDA
	markerDRI   = 0xDD
	markerAPP8  = 0xE8
	markerSOF55 = 0xF7
	markerLSE   = 0xF8
)

type decoder struct {
	data            []byte
	pos             int
	cfg             Config
	ids             []byte
	preset          preset
	restartInterval int
}

// scan is a scan header.
type scan struct {
	components []int
	near       int
	interleave Interleave
	transform  int
}

// nextScan reads segments up to the next scan header. It returns false at the
// end of the image.
func (d *decoder) nextScan() (scan, bool, error) {
	for {
		marker, seg, err := d.nextMarker()
		if err != nil {
			return scan{}, false, err
		}
		switch marker {
		case markerEOI:
			return scan{}, false, nil
		case markerSOS:
			s, err := d.parseSOS(seg)
			return s, err == nil, err
		case markerSOF55:
			err = d.parseSOF(seg)
		case markerLSE:
			err = d.parseLSE(seg)
		case markerDRI:
			err = d.parseDRI(seg)
		case markerAPP8:
			if len(seg) == 5 && string(seg[:4]) == "mrfx" {
				d.cfg.ColorTransform = int(seg[4])
			}
		default:
			if marker >= 0xC0 && marker <= 0xCF {
				err = fmt.Errorf("frame header %02X is not JPEG-LS", marker)
			}
		}
		if err != nil {
			return scan{}, false, err
		}
	}
}

// nextMarker goes to the next marker and returns it with its segment; a byte below
// 80H behind FF is coded data.
func (d *decoder) nextMarker() (code byte, segment []byte, err error) {
	code, segment, d.pos, err = marker.Next(d.data, d.pos, 0x80)
	return code, segment, err
}

func (d *decoder) parseSOF(seg []byte) error {
	if d.ids != nil {
		return errors.New("second frame header")
	}
	if len(seg) < 6 || len(seg) < 6+3*int(seg[5]) {
		return fmt.Errorf("frame header: %w", ErrTruncated)
	}
	c := &d.cfg
	c.BitsStored = int(seg[0])
	c.Height, c.Width = int(binary.BigEndian.Uint16(seg[1:])), int(binary.BigEndian.Uint16(seg[3:]))
	c.Components = int(seg[5])
	if c.BitsStored < 2 || c.BitsStored > 16 || c.Width < 1 || c.Height < 1 || c.Components < 1 || c.Components > 4 {
		return fmt.Errorf("frame header: %d x %d pixels, %d components of %d bits", c.Width, c.Height, c.Components, c.BitsStored)
	}
	for i := range c.Components {
		if seg[7+3*i] != 0x11 {
			return fmt.Errorf("frame header: component %d is subsampled", i)
		}
		d.ids = append(d.ids, seg[6+3*i])
	}
	return nil
}

// parseLSE reads preset parameters. Mapping tables are skipped: DICOM has its
// own palettes, and the coded indices are what its pixel data hold.
func (d *decoder) parseLSE(seg []byte) error {
	if len(seg) < 1 {
		return fmt.Errorf("LSE segment: %w", ErrTruncated)
	}
	switch seg[0] {
	case 1:
		if len(seg) < 11 {
			return fmt.Errorf("LSE segment: %w", ErrTruncated)
		}
		word := func(i int) int { return int(binary.BigEndian.Uint16(seg[1+2*i:])) }
		d.preset = preset{maxVal: word(0), t1: word(1), t2: word(2), t3: word(3), reset: word(4)}
	case 2, 3:
	default:
		return fmt.Errorf("LSE segment: type %d is not supported", seg[0])
	}
	return nil
}

func (d *decoder) parseDRI(seg []byte) error {
	if len(seg) < 2 || len(seg) > 4 {
		return fmt.Errorf("DRI segment of %d bytes", len(seg))
	}
	d.restartInterval = 0
	for _, b := range seg {
		d.restartInterval = d.restartInterval<<8 | int(b)
	}
	return nil
}

func (d *decoder) parseSOS(seg []byte) (scan, error) {
	if d.ids == nil {
		return scan{}, errors.New("scan without frame header")
	}
	if len(seg) < 1 || seg[0] < 1 || seg[0] > 4 || len(seg) < 4+2*int(seg[0]) {
		return scan{}, fmt.Errorf("scan header: %w", ErrTruncated)
	}
	n := int(seg[0])
	var s scan
	var seen [4]bool
	for i := range n {
		c := bytes.IndexByte(d.ids, seg[1+2*i])
		if c < 0 || seen[c] {
			return scan{}, fmt.Errorf("scan header: component %d", seg[1+2*i])
		}
		seen[c] = true
		s.components = append(s.components, c)
	}
	tail := seg[1+2*n:]
	s.near, s.interleave, s.transform = int(tail[0]), Interleave(tail[1]), int(tail[2]&15)
	if s.interleave > InterleaveSample || n > 1 && s.interleave == InterleaveNone || s.transform >= d.cfg.BitsStored {
		return scan{}, fmt.Errorf("scan header: %d components interleaved by mode %d, point transform %d", n, s.interleave, s.transform)
	}
	return s, nil
}
