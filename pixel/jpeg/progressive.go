package jpeg

import (
	"errors"
	"fmt"
)

// decodeProgressive decodes one scan into the coefficients.
func (d *decoder) decodeProgressive(s scan) error {
	if s.ss > s.se || s.se > 63 || s.al > 13 || s.ah > 13 || s.ss == 0 && s.se != 0 || s.ss > 0 && len(s.comps) != 1 {
		return fmt.Errorf("scan header: coefficients %d to %d, bits %d to %d", s.ss, s.se, s.ah, s.al)
	}
	for _, c := range s.comps {
		c.pred = 0
		if s.ss == 0 && s.ah == 0 && c.dc == nil || s.ss > 0 && c.ac == nil || d.quant[c.tq] == nil {
			return errors.New("scan without its tables")
		}
	}
	eobRun := 0
	restart := func() {
		eobRun = 0
		for _, c := range s.comps {
			c.pred = 0
		}
	}
	return d.forBlocks(s, restart, func(r *bitReader, c *component, bx, by int) error {
		at := 64 * (by*c.blocksX + bx)
		block := (*[64]int16)(c.coefs[at : at+64])
		switch {
		case s.ss == 0 && s.ah == 0:
			return r.firstDC(c, block, s.al)
		case s.ss == 0:
			if r.bit() == 1 {
				block[0] |= 1 << uint(s.al)
			}
			return nil
		case s.ah == 0:
			return r.firstAC(c.ac, block, s, &eobRun)
		default:
			return r.refineAC(c.ac, block, s, &eobRun)
		}
	})
}

func (r *bitReader) firstDC(c *component, block *[64]int16, al int) error {
	size := r.symbol(c.dc)
	if size < 0 || size > 16 {
		return errCode
	}
	if size > 0 {
		c.pred = int(int32(c.pred + extend(r.bits(size), size)))
	}
	block[0] = int16(c.pred << uint(al))
	return nil
}

func (r *bitReader) firstAC(ac *huffmanDecoder, block *[64]int16, s scan, eobRun *int) error {
	if *eobRun > 0 {
		*eobRun--
		return nil
	}
	for k := s.ss; k <= s.se; k++ {
		sym := r.symbol(ac)
		if sym < 0 {
			return errCode
		}
		run, size := sym>>4, sym&15
		if size == 0 {
			if run == 15 {
				k += 15
				continue
			}
			*eobRun = 1<<uint(run) - 1
			if run > 0 {
				*eobRun += r.bits(run)
			}
			return nil
		}
		k += run
		if k > s.se {
			return errCoefs
		}
		block[zigzag[k]] = int16(extend(r.bits(size), size) << uint(s.al))
	}
	return nil
}

func (r *bitReader) refineAC(ac *huffmanDecoder, block *[64]int16, s scan, eobRun *int) error {
	plus, minus := int16(1)<<uint(s.al), int16(-1)<<uint(s.al)
	k := s.ss
	for k <= s.se && *eobRun == 0 {
		sym := r.symbol(ac)
		if sym < 0 {
			return errCode
		}
		run, size := sym>>4, sym&15
		var value int16
		switch {
		case size == 0 && run < 15:
			*eobRun = 1 << uint(run)
			if run > 0 {
				*eobRun += r.bits(run)
			}
			run = 64
		case size == 1:
			value = minus
			if r.bit() == 1 {
				value = plus
			}
		case size > 1:
			return errCode
		}
		if *eobRun > 0 {
			break
		}
		k = r.refineNonZero(block, k, s.se, run, plus, minus)
		if value != 0 {
			if k > s.se {
				return errCoefs
			}
			block[zigzag[k]] = value
		}
		k++
	}
	if *eobRun > 0 {
		r.refineNonZero(block, k, s.se, 64, plus, minus)
		*eobRun--
	}
	return nil
}

// refineNonZero adds a bit to the coefficients that are not zero, from k on,
// until it has passed run zero ones. It returns where it stopped.
func (r *bitReader) refineNonZero(block *[64]int16, k, end, run int, plus, minus int16) int {
	for ; k <= end; k++ {
		c := &block[zigzag[k]]
		if *c == 0 {
			if run == 0 {
				break
			}
			run--
			continue
		}
		if r.bit() == 1 && *c&plus == 0 {
			if *c > 0 {
				*c += plus
			} else {
				*c += minus
			}
		}
	}
	return k
}

// finishCoefficients transforms the coefficients of a progressive frame.
func (d *decoder) finishCoefficients() {
	var block [64]int32
	for i := range d.comps {
		c := &d.comps[i]
		if d.quant[c.tq] == nil {
			continue
		}
		for by := range c.blocksY {
			for bx := range c.blocksX {
				at := 64 * (by*c.blocksX + bx)
				for j, v := range c.coefs[at : at+64] {
					block[j] = int32(v)
				}
				d.store(c, bx, by, &block, false)
			}
		}
	}
}
