package jpeg

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"conquest/pixel/frame"
	"conquest/pixel/marker"
)

const (
	markerSOF0 = 0xC0
	markerSOF1 = 0xC1
	markerSOF2 = 0xC2
	markerSOF3 = 0xC3
	markerDHT  = 0xC4
	markerJPG  = 0xC8
	markerDAC  = 0xCC
	markerSOFF = 0xCF
	markerRST0 = 0xD0
	markerSOI  = 0xD8
	markerEOI  = 0xD9
	markerSOS  = 0xDA
	markerDQT  = 0xDB
	markerDNL  = 0xDC
	markerDRI  = 0xDD
	markerAPP0 = 0xE0
	markerAPPE = 0xEE
	markerTEM  = 0x01
)

// maxScans bounds the passes over a frame that a small file can ask for.
const maxScans = 100

// zigzag gives the natural position of the k'th coefficient.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// component is one component of the frame in decoding.
type component struct {
	id, tq           uint8
	h, v             int
	width, height    int // samples
	blocksX, blocksY int // blocks of the plane, whole MCUs
	plane8           []uint8
	plane16          []uint16
	coefs            []int16  // progressive only
	exact            [64]bool // progressive: all bits of the coefficient seen
	pred             int
	dc, ac           *huffmanDecoder
}

type decoder struct {
	opt             DecodeOptions
	data            []byte
	pos             int
	cfg             Config
	comps           []component
	hMax, vMax      int
	mcusX, mcusY    int
	quant           [4]*[64]uint16 // natural order
	huffman         [2][4]*huffmanDecoder
	restartInterval int
	adobeTransform  int
	scans           int
	low             int          // smallest sample of a 12-bit DCT frame
	out             *frame.Frame // lossless decodes straight into it
}

// nextMarker goes to the next marker and returns it with its segment.
func (d *decoder) nextMarker() (code byte, segment []byte, err error) {
	code, segment, d.pos, err = marker.Next(d.data, d.pos, markerTEM+1)
	return code, segment, err
}

// parseSegment handles the segments that are not SOS and not EOI.
func (d *decoder) parseSegment(marker byte, seg []byte) error {
	switch {
	case marker == markerDHT:
		return d.parseDHT(seg)
	case marker == markerDQT:
		return d.parseDQT(seg)
	case marker == markerDRI:
		if len(seg) < 2 {
			return fmt.Errorf("DRI segment: %w", ErrTruncated)
		}
		d.restartInterval = int(binary.BigEndian.Uint16(seg))
	case marker == markerAPP0:
		if len(seg) >= 5 && string(seg[:5]) == "JFIF\x00" {
			d.cfg.JFIF = true
		}
	case marker == markerAPPE:
		if len(seg) >= 12 && string(seg[:5]) == "Adobe" {
			d.cfg.Adobe = true
			d.adobeTransform = int(seg[11])
		}
	case marker >= markerSOF0 && marker <= markerSOF3:
		return d.parseSOF(marker, seg)
	case marker == markerDAC, marker > markerSOF3 && marker <= markerSOFF && marker != markerJPG:
		return fmt.Errorf("coding process %02X is not supported", marker)
	}
	return nil
}

func (d *decoder) parseDQT(seg []byte) error {
	for len(seg) > 0 {
		precision, id := seg[0]>>4, seg[0]&15
		size := 64
		if precision != 0 {
			size = 128
		}
		if precision > 1 || id > 3 || len(seg) < 1+size {
			return fmt.Errorf("DQT segment: table %d of precision %d in %d bytes", id, precision, len(seg))
		}
		table := new([64]uint16)
		for k := range 64 {
			if precision == 0 {
				table[zigzag[k]] = uint16(seg[1+k])
			} else {
				table[zigzag[k]] = binary.BigEndian.Uint16(seg[1+2*k:])
			}
		}
		d.quant[id] = table
		seg = seg[1+size:]
	}
	return nil
}

func (d *decoder) parseSOF(marker byte, seg []byte) error {
	if d.comps != nil {
		return fmt.Errorf("second frame header %02X", marker)
	}
	if len(seg) < 6 {
		return fmt.Errorf("frame header: %w", ErrTruncated)
	}
	c := &d.cfg
	c.BitsStored = int(seg[0])
	c.Height, c.Width = int(binary.BigEndian.Uint16(seg[1:])), int(binary.BigEndian.Uint16(seg[3:]))
	c.Components = int(seg[5])
	c.Process = Process(marker - markerSOF0)
	if c.Height == 0 {
		c.Height = d.findDNL()
	}
	valid := c.BitsStored == 8
	switch c.Process {
	case Extended, Progressive:
		valid = valid || c.BitsStored == 12
	case Lossless:
		valid = c.BitsStored >= 2 && c.BitsStored <= 16
	}
	if !valid {
		return fmt.Errorf("frame header: precision of %d bits in process %02X", c.BitsStored, marker)
	}
	if c.Width == 0 || c.Height == 0 || c.Components < 1 || c.Components > 4 || len(seg) < 6+3*c.Components {
		return fmt.Errorf("frame header: %d x %d pixels, %d components", c.Width, c.Height, c.Components)
	}
	d.comps = make([]component, c.Components)
	for i := range d.comps {
		comp := &d.comps[i]
		s := seg[6+3*i:]
		comp.id, comp.h, comp.v, comp.tq = s[0], int(s[1]>>4), int(s[1]&15), s[2]
		if comp.h < 1 || comp.h > 4 || comp.v < 1 || comp.v > 4 || comp.tq > 3 {
			return fmt.Errorf("frame header: component %d sampled %d x %d with table %d", comp.id, comp.h, comp.v, comp.tq)
		}
		d.hMax, d.vMax = max(d.hMax, comp.h), max(d.vMax, comp.v)
	}
	return d.layOut()
}

// layOut computes the sizes that follow from the sampling factors.
func (d *decoder) layOut() error {
	if len(d.comps) == 1 {
		d.comps[0].h, d.comps[0].v = 1, 1
		d.hMax, d.vMax = 1, 1
	}
	unit := 8
	if d.cfg.Process == Lossless {
		unit = 1
	}
	d.mcusX = ceilDiv(d.cfg.Width, unit*d.hMax)
	d.mcusY = ceilDiv(d.cfg.Height, unit*d.vMax)
	for i := range d.comps {
		c := &d.comps[i]
		if c.h != d.hMax || c.v != d.vMax {
			d.cfg.Subsampled = true
		}
		c.width = ceilDiv(d.cfg.Width*c.h, d.hMax)
		c.height = ceilDiv(d.cfg.Height*c.v, d.vMax)
		c.blocksX, c.blocksY = d.mcusX*c.h, d.mcusY*c.v
	}
	if d.cfg.Process == Lossless && (d.cfg.Subsampled || d.hMax > 1 || d.vMax > 1) {
		if d.cfg.Subsampled {
			return fmt.Errorf("frame header: subsampled components in the lossless process")
		}
		for i := range d.comps {
			d.comps[i].h, d.comps[i].v = 1, 1
		}
		d.hMax, d.vMax = 1, 1
		return d.layOut()
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// findDNL finds the number of lines that a DNL segment behind the first scan
// gives.
func (d *decoder) findDNL() int {
	i := bytes.Index(d.data[d.pos:], []byte{0xFF, markerDNL, 0, 4})
	if i < 0 || d.pos+i+6 > len(d.data) {
		return 0
	}
	return int(binary.BigEndian.Uint16(d.data[d.pos+i+4:]))
}

// colorSpace applies the usual rules for what components mean.
func (d *decoder) colorSpace() ColorSpace {
	switch len(d.comps) {
	case 1:
		return ColorGray
	case 3:
		ids := [3]uint8{d.comps[0].id, d.comps[1].id, d.comps[2].id}
		switch {
		case d.cfg.JFIF:
			return ColorYCbCr
		case d.cfg.Adobe && d.adobeTransform == 0:
			return ColorRGB
		case d.cfg.Adobe:
			return ColorYCbCr
		case ids == [3]uint8{'R', 'G', 'B'}:
			return ColorRGB
		case d.cfg.Subsampled:
			return ColorYCbCr
		}
	case 4:
		switch {
		case d.cfg.Adobe && d.adobeTransform == 2:
			return ColorYCCK
		case d.cfg.Adobe:
			return ColorCMYK
		}
	}
	return ColorUnknown
}
