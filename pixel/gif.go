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
	pictures := make([]picture, r.im.Frames)
	err := forEach(r.im.Frames, 0, func(i int) error {
		p, err := r.picture(i)
		pictures[i] = p.gray()
		return err
	})
	if err != nil {
		return err
	}
	return writeGIF(w, pictures, 100/rate)
}

// stillDelay is what the original writes for single pictures, in hundredths of
// a second.
const stillDelay = 33

// writeGIF writes grey pictures of one size as GIF89a that loops for ever,
// delay in hundredths of a second. Each picture has the grey palette of its
// own, as in the original's files.
func writeGIF(w io.Writer, pictures []picture, delay int) error {
	if len(pictures) == 0 {
		return errNoFrames
	}
	b := bufio.NewWriter(w)
	head := []byte("GIF89a")
	head = binary.LittleEndian.AppendUint16(head, uint16(pictures[0].width))
	head = binary.LittleEndian.AppendUint16(head, uint16(pictures[0].height))
	head = append(head, 0, 0, 0)
	head = append(head, "\x21\xFF\x0BNETSCAPE2.0\x03\x01\xFF\xFF\x00"...)
	b.Write(head)
	for _, p := range pictures {
		if len(p.pix) == 0 {
			return errNoFrames
		}
		if err := writeGIFPicture(b, p, delay); err != nil {
			return err
		}
	}
	b.WriteByte(0x3B)
	return b.Flush()
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
