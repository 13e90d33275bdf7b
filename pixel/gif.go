package pixel

import (
	"bufio"
	"encoding/binary"
	"io"
)

// animate writes all frames as one gif, at the rate in the frame number.
func (r *renderer) animate(w io.Writer) error {
	rate := r.opt.Frame % 100
	if rate == 0 {
		rate = 1
	}
	g := gifWriter{w: bufio.NewWriter(w), delay: 100 / rate}
	r.meter = r.im.meterOfAll()
	for i := range r.im.Frames {
		p, err := r.picture(i)
		if err != nil {
			return err
		}
		if err := g.add(p.gray()); err != nil {
			return err
		}
	}
	return g.close()
}

// stillDelay is what the original writes for single pictures, in hundredths of
// a second.
const stillDelay = 33

// writeGIF writes a grey picture as GIF89a.
func writeGIF(w io.Writer, p picture) error {
	g := gifWriter{w: bufio.NewWriter(w), delay: stillDelay}
	if err := g.add(p); err != nil {
		return err
	}
	return g.close()
}

// gifWriter writes grey pictures of one size as GIF89a that loops for ever, delay
// in hundredths of a second. Each picture has the grey palette of its own, as in
// the original's files.
type gifWriter struct {
	w     *bufio.Writer
	delay int
	begun bool
}

func (g *gifWriter) add(p picture) error {
	if len(p.pix) == 0 {
		return errNoFrames
	}
	if !g.begun {
		g.begun = true
		head := []byte("GIF89a")
		head = binary.LittleEndian.AppendUint16(head, uint16(p.width))
		head = binary.LittleEndian.AppendUint16(head, uint16(p.height))
		head = append(head, 0, 0, 0)
		head = append(head, "\x21\xFF\x0BNETSCAPE2.0\x03\x01\xFF\xFF\x00"...)
		g.w.Write(head)
	}
	return writeGIFPicture(g.w, p, g.delay)
}

func (g *gifWriter) close() error {
	if !g.begun {
		return errNoFrames
	}
	g.w.WriteByte(0x3B)
	return g.w.Flush()
}

func writeGIFPicture(b *bufio.Writer, p picture, delay int) error {
	control := []byte{0x21, 0xF9, 4, 0, 0, 0, 0, 0}
	binary.LittleEndian.PutUint16(control[4:], uint16(delay))
	b.Write(control)
	descriptor := []byte{0x2C, 0, 0, 0, 0}
	descriptor = binary.LittleEndian.AppendUint16(descriptor, uint16(p.width))
	descriptor = binary.LittleEndian.AppendUint16(descriptor, uint16(p.height))
	b.Write(append(descriptor, 0x87)) // a palette of 256 follows
	for i := range 256 {
		b.Write([]byte{byte(i), byte(i), byte(i)})
	}
	b.WriteByte(8) // bits of a pixel
	blocks := &subBlocks{w: b}
	codes := &lzwCodes{w: blocks}
	if err := codes.compress(p.pix); err != nil {
		return err
	}
	return blocks.close()
}

// subBlocks cuts what is written into blocks of up to 254 bytes, each behind
// its length.
type subBlocks struct {
	w   *bufio.Writer
	buf [256]byte
	n   int
}

func (s *subBlocks) WriteByte(c byte) error {
	s.n++
	s.buf[s.n] = c
	if s.n == len(s.buf)-2 {
		return s.flush()
	}
	return nil
}

func (s *subBlocks) flush() error {
	s.buf[0] = byte(s.n)
	_, err := s.w.Write(s.buf[:s.n+1])
	s.n = 0
	return err
}

func (s *subBlocks) close() error {
	if s.n > 0 {
		if err := s.flush(); err != nil {
			return err
		}
	}
	return s.w.WriteByte(0)
}
