package jpeg

import (
	"errors"
	"fmt"

	"conquest/pixel/frame"
)

// Decode decodes one frame, components interleaved by sample, 8 bits
// allocated up to a precision of 8 and 16 bits above. On truncated or corrupt
// data it returns an error together with what was decoded, if anything.
func Decode(data []byte, opt DecodeOptions) (Result, error) {
	d := &decoder{opt: opt, data: data}
	if opt.Signed {
		d.low = -2048
	}
	if err := d.start(); err != nil {
		return Result{}, fmt.Errorf("decode JPEG frame: %w", err)
	}
	err := d.decodeScans()
	if d.out == nil {
		return Result{}, fmt.Errorf("decode JPEG frame: %w", err)
	}
	if d.cfg.Process != Lossless {
		d.finishPlanes()
	}
	res := Result{Frame: d.out, Config: d.cfg}
	space := d.cfg.ColorSpace
	if opt.Assume != ColorUnknown {
		space = opt.Assume
	}
	if opt.ToRGB && d.out.Components == 3 && space == ColorYCbCr {
		toRGB(d.out)
		res.Converted = true
	}
	if err != nil {
		return res, fmt.Errorf("decode JPEG frame: %w", err)
	}
	return res, nil
}

// DecodeConfig reads the headers up to the first scan.
func DecodeConfig(data []byte) (Config, error) {
	d := &decoder{data: data}
	if err := d.start(); err != nil {
		return Config{}, fmt.Errorf("read JPEG header: %w", err)
	}
	for {
		marker, seg, err := d.nextMarker()
		if err == nil && marker != markerSOS {
			if marker == markerEOI {
				err = errors.New("no scan")
			} else {
				err = d.parseSegment(marker, seg)
			}
		}
		if err != nil {
			return Config{}, fmt.Errorf("read JPEG header: %w", err)
		}
		if marker != markerSOS {
			continue
		}
		if d.comps == nil {
			return Config{}, errors.New("read JPEG header: scan without frame header")
		}
		if err := d.readScanConfig(seg); err != nil {
			return Config{}, fmt.Errorf("read JPEG header: %w", err)
		}
		return d.cfg, nil
	}
}

func (d *decoder) readScanConfig(seg []byte) error {
	d.cfg.ColorSpace = d.colorSpace()
	s, err := d.parseSOS(seg)
	if err != nil {
		return err
	}
	if d.cfg.Process == Lossless && d.scans == 0 {
		d.cfg.Predictor, d.cfg.Transform = s.ss, s.al
	}
	return nil
}

// start checks the begin of the image.
func (d *decoder) start() error {
	if len(d.data) < 4 || d.data[0] != 0xFF || d.data[1] != markerSOI {
		return errors.New("no start of image")
	}
	d.pos = 2
	return nil
}

// decodeScans works through the segments up to the end of the image.
func (d *decoder) decodeScans() error {
	done := 0 // components complete, for a missing EOI
	for {
		marker, seg, err := d.nextMarker()
		if err != nil {
			if done >= len(d.comps) && d.comps != nil && d.complete() {
				return nil
			}
			return err
		}
		switch marker {
		case markerEOI:
			if done < len(d.comps) || d.comps == nil {
				return fmt.Errorf("%d of %d components coded: %w", done, len(d.comps), ErrTruncated)
			}
			return nil
		case markerSOS:
			if d.comps == nil {
				return errors.New("scan without frame header")
			}
			if d.scans >= maxScans {
				return fmt.Errorf("more than %d scans", maxScans)
			}
			if err := d.readScanConfig(seg); err != nil {
				return err
			}
			s, _ := d.parseSOS(seg)
			if err := d.allocate(); err != nil {
				return err
			}
			d.scans++
			if err := d.decodeScan(s); err != nil {
				return err
			}
			if d.cfg.Process != Progressive || s.ss == 0 && s.ah == 0 {
				done += len(s.comps)
			}
			for _, c := range s.comps {
				for k := s.ss; k <= s.se && k < 64; k++ {
					c.exact[k] = s.al == 0
				}
			}
		default:
			if err := d.parseSegment(marker, seg); err != nil {
				return err
			}
		}
	}
}

// complete tells whether a progressive frame has all bits of all coefficients,
// so that a missing end of image does no harm.
func (d *decoder) complete() bool {
	if d.cfg.Process != Progressive {
		return true
	}
	for i := range d.comps {
		for _, exact := range d.comps[i].exact {
			if !exact {
				return false
			}
		}
	}
	return true
}

// scan is a scan header.
type scan struct {
	comps          []*component
	ss, se, ah, al int
}

func (d *decoder) parseSOS(seg []byte) (scan, error) {
	var s scan
	if len(seg) < 1 || seg[0] < 1 || seg[0] > 4 || len(seg) < 4+2*int(seg[0]) {
		return s, fmt.Errorf("scan header: %w", ErrTruncated)
	}
	n := int(seg[0])
	for i := range n {
		id, tables := seg[1+2*i], seg[2+2*i]
		var comp *component
		for j := range d.comps {
			if d.comps[j].id == id {
				comp = &d.comps[j]
			}
		}
		if comp == nil && n == len(d.comps) {
			comp = &d.comps[i] // some writers number the scan's components wrongly
		}
		for _, other := range s.comps {
			if other == comp {
				comp = nil
				break
			}
		}
		if comp == nil || tables>>4 > 3 || tables&15 > 3 {
			return s, fmt.Errorf("scan header: component %d with tables %02X", id, tables)
		}
		comp.dc, comp.ac = d.huffman[0][tables>>4], d.huffman[1][tables&15]
		s.comps = append(s.comps, comp)
	}
	tail := seg[1+2*n:]
	s.ss, s.se, s.ah, s.al = int(tail[0]), int(tail[1]), int(tail[2]>>4), int(tail[2]&15)
	return s, nil
}

// allocate makes the frame, and the planes of the DCT processes, before the
// first scan.
func (d *decoder) allocate() error {
	if d.out != nil {
		return nil
	}
	// A sample of a DCT frame takes at least 1/512 byte, of a lossless frame
	// one bit.
	perByte := 512
	if d.cfg.Process == Lossless {
		perByte = 8
	}
	if d.cfg.Width*d.cfg.Height > perByte*len(d.data) {
		return fmt.Errorf("%d x %d pixels in %d bytes: %w", d.cfg.Width, d.cfg.Height, len(d.data), ErrTruncated)
	}
	out, err := frame.New(d.cfg.Width, d.cfg.Height, d.cfg.Components, d.cfg.BitsStored, false, d.opt.Limits)
	if err != nil {
		return err
	}
	d.out = out
	if d.cfg.Process == Lossless {
		return nil
	}
	for i := range d.comps {
		c := &d.comps[i]
		size := 64 * c.blocksX * c.blocksY
		if d.cfg.BitsStored == 8 {
			c.plane8 = make([]uint8, size)
		} else {
			c.plane16 = make([]uint16, size)
		}
		if d.cfg.Process == Progressive {
			c.coefs = make([]int16, size)
		}
	}
	return nil
}

func (d *decoder) decodeScan(s scan) error {
	switch d.cfg.Process {
	case Lossless:
		return d.decodeLossless(s)
	case Progressive:
		return d.decodeProgressive(s)
	default:
		return d.decodeSequential(s)
	}
}
