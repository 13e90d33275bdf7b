package jpeg2000

import (
	"encoding/binary"
	"math/bits"
)

// write makes the code stream of the coded blocks.
func (e *encoder) write() []byte {
	e.chooseGuard()
	head := e.mainHeader()
	// SOT, SOD and EOC take 16 bytes.
	overhead := len(head) + 16
	if ratio := e.opt.ratio(); ratio > 0 {
		f := e.frame
		plain := float64(f.Samples()) * float64(f.BitsStored) / 8
		limit := int(plain / ratio)
		if full := overhead + e.packets(nil, true); full > limit && plain > smallImage {
			e.allocate(limit, func() int { return overhead + e.packets(nil, true) })
		}
	}
	total := e.packets(nil, true)
	out := make([]byte, 0, overhead+total)
	out = append(out, head...)
	out = binary.BigEndian.AppendUint16(out, markerSOT)
	out = binary.BigEndian.AppendUint16(out, 10)
	out = binary.BigEndian.AppendUint16(out, 0)
	out = binary.BigEndian.AppendUint32(out, uint32(14+total))
	out = append(out, 0, 1)
	out = binary.BigEndian.AppendUint16(out, markerSOD)
	e.packets(&out, false)
	return binary.BigEndian.AppendUint16(out, markerEOC)
}

// chooseGuard raises the guard bits until the planes of every block fit.
func (e *encoder) chooseGuard() {
	more := 0
	for i := range e.jobs {
		more = max(more, e.jobs[i].result.planes-e.jobs[i].band.planes)
	}
	for i := range e.params.quant {
		e.params.quant[i].guard += more
	}
	for i := range e.tile.comps {
		for r := range e.tile.comps[i].res {
			res := &e.tile.comps[i].res[r]
			for b := range res.bands {
				res.bands[b].planes += more
			}
		}
	}
}

// mainHeader writes SOC, SIZ, COD and QCD.
func (e *encoder) mainHeader() []byte {
	u16, u32 := binary.BigEndian.AppendUint16, binary.BigEndian.AppendUint32
	f, cod, q := e.frame, &e.params.coding[0], &e.params.quant[0]
	b := u16(nil, markerSOC)

	b = u16(u16(b, markerSIZ), uint16(38+3*f.Components))
	b = u16(b, 0)
	b = u32(u32(b, uint32(f.Width)), uint32(f.Height))
	b = u32(u32(b, 0), 0)
	b = u32(u32(b, uint32(f.Width)), uint32(f.Height))
	b = u32(u32(b, 0), 0)
	b = u16(b, uint16(f.Components))
	depth := byte(f.BitsStored - 1)
	if f.Signed {
		depth |= 0x80
	}
	for range f.Components {
		b = append(b, depth, 1, 1)
	}

	b = u16(u16(b, markerCOD), 12)
	b = append(b, 0, orderLRCP, 0, 1)
	b = append(b, bool01(e.colour), byte(cod.levels), byte(cod.cbw-2), byte(cod.cbh-2), cod.style, bool01(cod.reversible))

	if cod.reversible {
		b = u16(u16(b, markerQCD), uint16(3+q.steps))
		b = append(b, byte(q.guard<<5))
		for _, exp := range q.exp[:q.steps] {
			b = append(b, exp<<3)
		}
		return b
	}
	b = u16(u16(b, markerQCD), uint16(3+2*q.steps))
	b = append(b, byte(q.guard<<5)|q.style)
	for i, exp := range q.exp[:q.steps] {
		b = u16(b, uint16(exp)<<11|q.mant[i])
	}
	return b
}

func bool01(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// packets writes all packets to out, or only measures them. It returns their
// length.
func (e *encoder) packets(out *[]byte, dry bool) int {
	total := 0
	jobs := e.jobs
	w := newHeaderWriter()
	_ = e.eachPrecinct(func(comp, r, n int) error {
		p := &e.tile.comps[comp].res[r].precincts[n]
		count := 0
		for b := range p.bands {
			count += len(p.bands[b].blocks)
		}
		mine := jobs[:count]
		jobs = jobs[count:]
		*w = headerWriter{data: w.data[:0], n: 8}
		body := packetHeader(w, p, mine)
		header := w.finish()
		total += len(header) + body
		if dry {
			return nil
		}
		*out = append(*out, header...)
		for i := range mine {
			*out = append(*out, mine[i].result.cut()...)
		}
		return nil
	})
	return total
}

// cut is the codeword up to the last pass in use.
func (b *codedBlock) cut() []byte {
	switch {
	case b.use == 0:
		return nil
	case len(b.passes) > 0:
		return b.data[:b.passes[b.use-1].rate]
	}
	return b.data
}

// packetHeader writes the header of a precinct's only packet and returns the
// length of the packet's body.
func packetHeader(w *headerWriter, p *precinct, jobs []encodeJob) int {
	body := 0
	w.bit(1)
	for b := range p.bands {
		pb := &p.bands[b]
		mine := jobs[:len(pb.blocks)]
		jobs = jobs[len(pb.blocks):]
		inclusion, zeros := make([]int32, len(mine)), make([]int32, len(mine))
		for k := range mine {
			r := &mine[k].result
			zeros[k] = int32(mine[k].band.planes - r.planes)
			if r.use == 0 {
				inclusion[k] = 1
			}
		}
		pb.inclusion.setValues(inclusion)
		pb.zeroBits.setValues(zeros)
		for k := range mine {
			r := &mine[k].result
			pb.inclusion.encode(w, k, 1)
			if r.use == 0 {
				continue
			}
			pb.zeroBits.encode(w, k, zeros[k]+1)
			w.passCount(r.use)
			length := len(r.cut())
			have := 3 + bits.Len(uint(r.use)) - 1
			more := max(0, bits.Len(uint(length))-have)
			for range more {
				w.bit(1)
			}
			w.bit(0)
			w.bits(length, have+more)
			body += length
		}
	}
	return body
}
