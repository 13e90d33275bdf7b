package jpeg

import (
	"errors"
	"fmt"
)

var (
	errCode  = errors.New("invalid Huffman code")
	errCoefs = errors.New("coefficient outside the block")
)

// forBlocks calls visit for every block of the scan in coding order, with
// restarts in between. It leaves the position behind the entropy coded data.
func (d *decoder) forBlocks(s scan, restart func(), visit func(r *bitReader, c *component, bx, by int) error) error {
	r := &bitReader{data: d.data, pos: d.pos}
	defer func() { d.pos = r.pos }()
	columns, rows := d.mcusX, d.mcusY
	single := len(s.comps) == 1
	if single {
		c := s.comps[0]
		columns, rows = ceilDiv(c.width, 8), ceilDiv(c.height, 8)
	}
	left := d.restartInterval
	for y := range rows {
		for x := range columns {
			if d.restartInterval > 0 && left == 0 {
				if !r.restart() {
					return fmt.Errorf("restart marker missing at MCU %d, %d: %w", x, y, ErrTruncated)
				}
				restart()
				left = d.restartInterval
			}
			left--
			if single {
				if err := visit(r, s.comps[0], x, y); err != nil {
					return fmt.Errorf("block %d, %d: %w", x, y, err)
				}
			} else {
				for _, c := range s.comps {
					for v := range c.v {
						for h := range c.h {
							if err := visit(r, c, x*c.h+h, y*c.v+v); err != nil {
								return fmt.Errorf("block %d, %d: %w", x, y, err)
							}
						}
					}
				}
			}
			if r.truncated() {
				return ErrTruncated
			}
		}
	}
	return nil
}

func (d *decoder) decodeSequential(s scan) error {
	for _, c := range s.comps {
		if c.dc == nil || c.ac == nil || d.quant[c.tq] == nil {
			return errors.New("scan without its tables")
		}
		c.pred = 0
	}
	restart := func() {
		for _, c := range s.comps {
			c.pred = 0
		}
	}
	var block [64]int32
	return d.forBlocks(s, restart, func(r *bitReader, c *component, bx, by int) error {
		last, err := r.block(c, &block)
		if err != nil {
			clear(block[:])
			return err
		}
		d.store(c, bx, by, &block, last == 0)
		return nil
	})
}

// store transforms a block into the plane of its component and clears it.
func (d *decoder) store(c *component, bx, by int, block *[64]int32, dcOnly bool) {
	stride := 8 * c.blocksX
	at := by*8*stride + bx*8
	quant := d.quant[c.tq]
	if dcOnly {
		dc := int(block[0]) * int(quant[0])
		block[0] = 0
		if c.plane8 != nil {
			inverseDC(c.plane8[at:], stride, dc, 128, 0)
		} else {
			inverseDC(c.plane16[at:], stride, dc, 2048, d.low)
		}
		return
	}
	if c.plane8 != nil {
		inverse(c.plane8[at:], stride, block, quant, 2, 128, 0)
	} else {
		inverse(c.plane16[at:], stride, block, quant, 1, 2048, d.low)
	}
}

// block decodes one block of a sequential scan into natural order and returns
// the index of the last coefficient.
func (r *bitReader) block(c *component, block *[64]int32) (last int, err error) {
	size := r.symbol(c.dc)
	if size != 0 {
		if size < 0 || size > 16 {
			return 0, errCode
		}
		c.pred = int(int32(c.pred + extend(r.bits(size), size)))
	}
	block[0] = int32(c.pred)
	ac := c.ac
	for k := 1; k < 64; k++ {
		if r.n < 32 {
			r.fill()
		}
		var sym, l int
		if e := ac.lut[r.acc>>(64-lutBits)]; e != 0 {
			sym, l = int(e&0xFF), int(e>>8)
		} else if sym, l = ac.slow(uint32(r.acc >> 48)); sym < 0 {
			return last, errCode
		}
		acc := r.acc << uint(l)
		run, size := sym>>4, uint(sym&15)
		if size == 0 {
			r.acc = acc
			r.n -= l
			if run != 15 {
				break
			}
			k += 15
			continue
		}
		k += run
		if k > 63 {
			return last, errCoefs
		}
		v := int32(acc >> (64 - size))
		if v < 1<<(size-1) {
			v -= 1<<size - 1
		}
		r.acc = acc << size
		r.n -= l + int(size)
		block[zigzag[k]] = v
		last = k
	}
	return last, nil
}
