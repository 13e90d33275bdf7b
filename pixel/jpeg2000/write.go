package jpeg2000

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// parts is the number of tile-parts: one, or one for each resolution of a high
// throughput stream, but where the headers of so many would weigh.
func (e *encoder) parts() int {
	if e.opt.HighThroughput && e.frame.Samples() >= smallWork {
		return len(e.tile.comps[0].res)
	}
	return 1
}

// head is the main header, with place for the lengths of the tile-parts.
func (e *encoder) head() []byte {
	head := e.mainHeader()
	if e.opt.HighThroughput {
		head = append(head, make([]byte, tlmSize(e.parts()))...)
	}
	return head
}

// size is that of the stream.
func (e *encoder) streamSize() int {
	return len(e.head()) + partHeader*e.parts() + 2 + e.packets(nil)
}

// partHeader is the size of SOT and SOD.
const partHeader = 14

// write makes the code stream of the coded blocks.
func (e *encoder) write() []byte {
	var list []packet
	head, parts := e.head(), e.parts()
	total := e.packets(&list)
	out := make([]byte, 0, len(head)+partHeader*parts+2+total)
	out = append(out, head...)
	u16, u32 := binary.BigEndian.AppendUint16, binary.BigEndian.AppendUint32
	lengths := make([]uint32, parts)
	for part := range parts {
		mine := list
		if part < parts-1 {
			mine = list[:slices.IndexFunc(list, func(p packet) bool { return p.res > part })]
		}
		list = list[len(mine):]
		start := len(out)
		out = u16(u16(out, markerSOT), 10)
		out = append(u32(u16(out, 0), 0), byte(part), byte(parts))
		out = u16(out, markerSOD)
		for _, p := range mine {
			out = append(out, p.header...)
			for i := range p.jobs {
				out = append(out, p.jobs[i].result.cut()...)
			}
		}
		lengths[part] = uint32(len(out) - start)
		binary.BigEndian.PutUint32(out[start+6:], lengths[part])
	}
	if e.opt.HighThroughput {
		putTLM(out[len(head)-tlmSize(parts):], lengths)
	}
	return u16(out, markerEOC)
}

// tlmSize is the size of a TLM segment, A.7.1.
func tlmSize(parts int) int { return 6 + 6*parts }

// putTLM writes the lengths of the tile-parts of the only tile.
func putTLM(b []byte, lengths []uint32) {
	u16, u32 := binary.BigEndian.AppendUint16, binary.BigEndian.AppendUint32
	b = u16(u16(b[:0], markerTLM), uint16(tlmSize(len(lengths))-2))
	b = append(b, 0, 0x60) // tile numbers of 16 bits, lengths of 32
	for _, n := range lengths {
		b = u32(u16(b, 0), n)
	}
}

// chooseGuard raises the guard bits until the planes of every block fit.
func (e *encoder) chooseGuard() {
	more := 0
	for i := range e.jobs {
		r := &e.jobs[i].result
		more = max(more, max(r.planes, r.magnitude)-e.jobs[i].band.planes)
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

// mainHeader writes SOC, SIZ, CAP, COD and QCD.
func (e *encoder) mainHeader() []byte {
	u16, u32 := binary.BigEndian.AppendUint16, binary.BigEndian.AppendUint32
	f, cod, q := e.frame, &e.params.coding[0], &e.params.quant[0]
	b := u16(nil, markerSOC)

	b = u16(u16(b, markerSIZ), uint16(38+3*f.Components))
	capabilities := uint16(0)
	if e.opt.HighThroughput {
		capabilities = 1 << 14 // there is a CAP
	}
	b = u16(b, capabilities)
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

	if e.opt.HighThroughput {
		b = u16(u16(b, markerCAP), 8)
		b = u16(u32(b, 1<<(32-15)), e.capability())
	}
	b = u16(u16(b, markerCOD), 12)
	b = append(b, 0, byte(e.params.order), 0, 1)
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

// capability is Ccap15 of ISO/IEC 15444-15 A.3: all code blocks are of one clean-up
// pass, there are no regions of interest; the wavelet, and what bounds magnitudes.
func (e *encoder) capability() uint16 {
	planes := 0
	for _, exp := range e.params.quant[0].exp[:e.params.quant[0].steps] {
		planes = max(planes, e.params.quant[0].guard+int(exp)-1)
	}
	v := uint16(0)
	switch {
	case planes <= 8:
	case planes < 28:
		v = uint16(planes - 8)
	default:
		v = uint16(19 + (planes-27+3)/4)
	}
	if !e.params.coding[0].reversible {
		v |= 1 << 5
	}
	return v
}

func bool01(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// packet is the only packet of a precinct.
type packet struct {
	res    int
	header []byte
	body   int // bytes of its jobs
	jobs   []encodeJob
}

// packets lists all packets, or only measures them. It returns their length.
func (e *encoder) packets(list *[]packet) int {
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
		if list != nil {
			*list = append(*list, packet{r, append([]byte(nil), header...), body, mine})
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
