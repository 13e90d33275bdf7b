package pixel

import "io"

// lzwCodes writes the LZW codes of a gif picture of 8 bits per pixel, low bits
// first. The table is used up to its last code, as most encoders do; it is
// cleared with the code after that.
type lzwCodes struct {
	w     io.ByteWriter
	bits  uint32 // not yet written
	count uint
	width uint
	free  int              // next code
	table [1 << 13]lzwCode // open addressing
}

type lzwCode struct {
	key  uint32 // prefix code, pixel, and a bit for used
	code uint16
}

const (
	lzwClear = 256
	lzwEnd   = 257
	lzwFirst = 258
	lzwLimit = 1 << 12
	lzwUsed  = 1 << 31
)

// compress writes the codes of pix, which is not empty.
func (l *lzwCodes) compress(pix []byte) error {
	l.reset()
	if err := l.put(lzwClear); err != nil {
		return err
	}
	prefix := int(pix[0])
	for _, p := range pix[1:] {
		e := l.find(lzwUsed | uint32(prefix)<<8 | uint32(p))
		if e.key != 0 {
			prefix = int(e.code)
			continue
		}
		if err := l.put(prefix); err != nil {
			return err
		}
		if l.free < lzwLimit {
			e.key, e.code = lzwUsed|uint32(prefix)<<8|uint32(p), uint16(l.free)
			l.free++
		} else {
			if err := l.put(lzwClear); err != nil {
				return err
			}
			l.reset()
		}
		prefix = int(p)
	}
	if err := l.put(prefix); err != nil {
		return err
	}
	if err := l.put(lzwEnd); err != nil {
		return err
	}
	if l.count > 0 {
		return l.w.WriteByte(byte(l.bits))
	}
	return nil
}

func (l *lzwCodes) reset() {
	clear(l.table[:])
	l.free, l.width = lzwFirst, 9
}

// find is the entry of a key, or the empty one where it belongs.
func (l *lzwCodes) find(key uint32) *lzwCode {
	for i := key * 0x9E3779B1 >> 19; ; i = (i + 1) % uint32(len(l.table)) {
		if e := &l.table[i]; e.key == key || e.key == 0 {
			return e
		}
	}
}

// put writes a code; codes get longer when the table has grown past their
// range.
func (l *lzwCodes) put(code int) error {
	l.bits |= uint32(code) << l.count
	l.count += l.width
	for l.count >= 8 {
		if err := l.w.WriteByte(byte(l.bits)); err != nil {
			return err
		}
		l.bits >>= 8
		l.count -= 8
	}
	if l.free >= 1<<l.width && l.width < 12 {
		l.width++
	}
	return nil
}
