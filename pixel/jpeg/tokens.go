package jpeg

import "math/bits"

// A token is a Huffman symbol with the bits that follow it: extra bits in the
// low 16, their number, the symbol, the table, and whether it is AC.
type token uint32

const (
	tokenTable   = 1 << 28
	tokenAC      = 1 << 29
	tokenRestart = 1 << 31
)

func makeToken(flags uint32, symbol int, extra uint32, n int) token {
	return token(flags | uint32(symbol)<<20 | uint32(n)<<16 | extra)
}

// tokens collects the code of a scan, so that its tables can be made to fit.
type tokens struct {
	list   []token
	freq   [2][2][256]int // AC, table
	eobRun int
	flags  uint32 // of the pending run
}

func (t *tokens) add(flags uint32, symbol int, extra uint32, n int) {
	t.list = append(t.list, makeToken(flags, symbol, extra, n))
	t.freq[flags>>29&1][flags>>28&1][symbol]++
}

// value adds a symbol of a zero run and the size of v, with the bits of v.
func (t *tokens) value(flags uint32, run, v int) {
	size := bits.Len(uint(max(v, -v)))
	if v < 0 {
		v--
	}
	t.add(flags, run<<4|size, uint32(v)&(1<<uint(size)-1), size)
}

// flushRun writes the pending end-of-block run of a progressive scan.
func (t *tokens) flushRun() {
	if t.eobRun == 0 {
		return
	}
	n := bits.Len(uint(t.eobRun)) - 1
	t.add(t.flags|tokenAC, n<<4, uint32(t.eobRun)&(1<<uint(n)-1), n)
	t.eobRun = 0
}

// codeScan codes coefficients ss to se of the given components.
func (e *encoder) codeScan(comps []int, ss, se int) {
	t := &tokens{}
	count := 0
	var block [64]int16
	visit := func(c *plane, bx, by int) {
		coefs := &block
		if c.coefs != nil {
			at := 64 * (by*c.blocksX + bx)
			coefs = (*[64]int16)(c.coefs[at : at+64])
		} else {
			c.quantized(bx, by, &block)
		}
		t.block(c, coefs, ss, se, e.opt.Process == Progressive)
	}
	mcu := func() {
		if e.opt.RestartInterval > 0 && count > 0 && count%e.opt.RestartInterval == 0 {
			t.flushRun()
			t.list = append(t.list, tokenRestart)
			for i := range e.comps {
				e.comps[i].pred = 0
			}
		}
		count++
	}
	for i := range e.comps {
		e.comps[i].pred = 0
	}
	if len(comps) == 1 {
		c := &e.comps[comps[0]]
		for by := range c.codedY {
			for bx := range c.codedX {
				mcu()
				visit(c, bx, by)
			}
		}
	} else {
		e.forMCUs(mcu, visit)
	}
	t.flushRun()
	e.writeTokens(t, comps, ss, se)
}

func (e *encoder) forMCUs(mcu func(), visit func(c *plane, bx, by int)) {
	last := &e.comps[len(e.comps)-1]
	for my := range last.blocksY {
		for mx := range last.blocksX {
			mcu()
			for i := range e.comps {
				c := &e.comps[i]
				for v := range c.v {
					for h := range c.h {
						visit(c, mx*c.h+h, my*c.v+v)
					}
				}
			}
		}
	}
}

// block adds the tokens of one block.
func (t *tokens) block(c *plane, coefs *[64]int16, ss, se int, runs bool) {
	flags := uint32(c.table) * tokenTable
	if ss == 0 {
		dc := int(coefs[0])
		t.value(flags, 0, dc-c.pred)
		c.pred = dc
		ss = 1
	}
	if se == 0 {
		return
	}
	run := 0
	for _, v := range coefs[ss : se+1] {
		if v == 0 {
			run++
			continue
		}
		t.flushRun()
		for ; run > 15; run -= 16 {
			t.add(flags|tokenAC, 0xF0, 0, 0)
		}
		t.value(flags|tokenAC, run, int(v))
		run = 0
	}
	switch {
	case run == 0:
	case !runs:
		t.add(flags|tokenAC, 0, 0, 0)
	default:
		t.flags = flags
		t.eobRun++
		if t.eobRun == 0x7FFF {
			t.flushRun()
		}
	}
}

func (e *encoder) writeTokens(t *tokens, comps []int, ss, se int) {
	var enc [2][2]*huffmanEncoder
	for class := range enc {
		for id := range enc[class] {
			used := false
			for _, i := range comps {
				used = used || int(e.comps[i].table) == id
			}
			if !used || class == 0 && ss > 0 || class == 1 && se == 0 {
				continue
			}
			spec := optimalHuffman(&t.freq[class][id])
			e.huffmanTable(class, id, spec)
			enc[class][id] = newHuffmanEncoder(spec)
		}
	}
	e.scanHeader(comps, ss, se, 0, func(i int) byte { return e.comps[i].table })
	restarts := byte(0)
	for _, tok := range t.list {
		if tok == tokenRestart {
			e.w.flush()
			e.w.out = append(e.w.out, 0xFF, markerRST0+restarts%8)
			restarts++
			continue
		}
		h := enc[tok>>29&1][tok>>28&1]
		symbol, n := tok>>20&0xFF, uint(tok>>16&15)
		e.w.put(uint32(h.code[symbol])<<n|uint32(tok&0xFFFF), uint(h.length[symbol])+n)
	}
	e.w.flush()
}
