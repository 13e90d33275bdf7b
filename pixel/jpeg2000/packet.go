package jpeg2000

import (
	"errors"
	"math/bits"
)

// errPackets ends the reading of a tile's packets: what was read so far stands.
var errPackets = errors.New("packet data end early")

// headerReader reads packet header bits with bit stuffing, B.10.1.
type headerReader struct {
	data []byte
	pos  int
	cur  byte
	n    int // bits left in cur
	over bool
}

func (r *headerReader) bit() int {
	if r.n == 0 {
		r.n = 8
		if r.cur == 0xFF {
			r.n = 7
		}
		if r.pos < len(r.data) {
			r.cur = r.data[r.pos]
			r.pos++
		} else {
			r.cur, r.over = 0, true
		}
	}
	r.n--
	return int(r.cur>>uint(r.n)) & 1
}

func (r *headerReader) bits(n int) int {
	v := 0
	for ; n > 0; n-- {
		v = v<<1 | r.bit()
	}
	return v
}

// align skips to the byte after the header.
func (r *headerReader) align() {
	if r.cur == 0xFF && r.pos < len(r.data) {
		r.pos++
	}
	r.cur, r.n = 0, 0
}

// passCount reads the number of coding passes, table B.4.
func (r *headerReader) passCount() int {
	switch {
	case r.bit() == 0:
		return 1
	case r.bit() == 0:
		return 2
	}
	if n := r.bits(2); n < 3 {
		return 3 + n
	}
	if n := r.bits(5); n < 31 {
		return 6 + n
	}
	return 37 + r.bits(7)
}

// packetReader reads the packets of one tile.
type packetReader struct {
	tile   *tile
	size   *size
	params *params
	body   []byte
	packed *headerReader // nil: headers are in the body
	work   *work
}

// read takes the packets in progression order until the data end.
func (r *packetReader) read() error {
	orders := r.params.poc
	if len(orders) == 0 {
		orders = []progression{{res1: maxLevels + 1, comp1: 256, layer1: r.params.layers, order: r.params.order}}
	}
	for _, q := range orders {
		q.layer1 = min(q.layer1, r.params.layers)
		q.comp1 = min(q.comp1, len(r.tile.comps))
		q.res1 = min(q.res1, maxLevels+1)
		if err := r.progress(q); err != nil {
			return err
		}
	}
	return nil
}

// packet reads the next layer of precinct n of resolution res.
func (r *packetReader) packet(c *tileComponent, res *resolution, n int) error {
	if len(r.body) >= 6 && r.body[0] == 0xFF && r.body[1] == markerSOP&0xFF && r.params.sop {
		r.body = r.body[6:]
	}
	br := r.packed
	if br == nil {
		br = &headerReader{data: r.body}
	} else if br.pos >= len(br.data) {
		return errPackets
	}
	if len(r.body) == 0 && r.packed == nil {
		return errPackets
	}
	p := &res.precincts[n]
	mark := int32(len(r.tile.chunks))
	if br.bit() == 1 {
		if p.bands == nil {
			if err := r.tile.open(res, n); err != nil {
				return err
			}
		}
		if err := r.header(br, c.coding, p, mark); err != nil {
			return err
		}
	}
	p.layer++
	br.align()
	if r.params.eph && br.pos+2 <= len(br.data) && br.data[br.pos] == 0xFF && br.data[br.pos+1] == markerEPH&0xFF {
		br.pos += 2
	}
	if r.packed == nil {
		r.body = r.body[br.pos:]
	}
	return r.contents(int(mark))
}

// contents gives the chunks of the packet just described their bytes. A chunk
// that the data cut off keeps the bytes that are there.
func (r *packetReader) contents(from int) error {
	for i := from; i < len(r.tile.chunks); i++ {
		c := &r.tile.chunks[i]
		n := int(c.length)
		if n > len(r.body) {
			c.data, c.cut, r.body = r.body, true, nil
			r.tile.chunks = r.tile.chunks[:i+1]
			r.link(from)
			return errPackets
		}
		c.data, r.body = r.body[:n:n], r.body[n:]
	}
	r.link(from)
	return nil
}

// link appends the chunks of a packet to the lists of their code blocks.
func (r *packetReader) link(from int) {
	for i := from; i < len(r.tile.chunks); i++ {
		c := &r.tile.chunks[i]
		b := c.block
		c.block = nil
		if b.last < 0 {
			b.first = int32(i)
		} else {
			r.tile.chunks[b.last].next = int32(i)
		}
		b.last = int32(i)
	}
}

// header reads what the packet holds for each code block, B.10.
func (r *packetReader) header(br *headerReader, cod *coding, p *precinct, mark int32) error {
	for i := range p.bands {
		pb := &p.bands[i]
		for k := range pb.blocks {
			cb := &pb.blocks[k]
			if cb.included {
				if br.bit() == 0 {
					continue
				}
			} else {
				if !pb.inclusion.decode(br, k, int32(p.layer)+1) {
					continue
				}
				planes := int32(1)
				for !pb.zeroBits.decode(br, k, planes) {
					if planes++; br.over || planes > 80 {
						return r.abandon(mark)
					}
				}
				cb.zeroPlanes, cb.included = uint8(planes-1), true
			}
			passes := br.passCount()
			for br.bit() == 1 {
				if cb.lblock++; cb.lblock > 31 {
					return r.abandon(mark)
				}
			}
			if !r.segments(br, cod, cb, passes) || br.over {
				return r.abandon(mark)
			}
		}
	}
	return nil
}

// abandon drops the chunks of a packet whose header is broken.
func (r *packetReader) abandon(mark int32) error {
	r.tile.chunks = r.tile.chunks[:mark]
	return errPackets
}

// segments splits the passes of a code block in a packet into codeword
// segments and reads their lengths, B.10.7.
func (r *packetReader) segments(br *headerReader, cod *coding, cb *codeBlock, passes int) bool {
	if cod.style&styleHT != 0 {
		return r.segmentsHT(br, cb, passes)
	}
	for passes > 0 {
		n, start := passes, cb.passes == 0
		if room, fresh := segmentRoom(cod.style, int(cb.passes)); room > 0 {
			n, start = min(passes, room), fresh
		}
		if !r.segment(br, cb, n, bits.Len(uint(n))-1, start) {
			return false
		}
		passes -= n
	}
	return true
}

// segmentRoom tells how many passes from pass on (0 is the first clean-up)
// share a codeword segment, and whether pass begins one. 0 is no limit.
func segmentRoom(style uint8, pass int) (room int, start bool) {
	switch {
	case style&styleTermAll != 0:
		return 1, true
	case style&styleBypass == 0:
		return 0, pass == 0
	case pass < 10:
		return 10 - pass, pass == 0
	}
	switch pass % 3 {
	case 1: // significance: raw together with the refinement
		return 2, true
	case 2:
		return 1, false
	}
	return 1, true
}

// segment reads the length of a codeword segment, or of a packet's part of it.
func (r *packetReader) segment(br *headerReader, cb *codeBlock, passes, extra int, start bool) bool {
	width := int(cb.lblock) + extra
	if width > 32 {
		return false
	}
	length := br.bits(width)
	if length > 1<<30 || int(cb.passes)+passes > 200 {
		return false
	}
	r.tile.chunks = append(r.tile.chunks, chunk{passes: int16(passes), start: start, length: int32(length), next: -1, block: cb})
	cb.passes += int16(passes)
	return true
}

// segmentsHT is segments for high throughput blocks: the clean-up pass is one
// segment, the passes after it another. Passes of bit planes that were left
// out come first, three for each, and count as zero planes.
func (r *packetReader) segmentsHT(br *headerReader, cb *codeBlock, passes int) bool {
	if cb.passes == 0 {
		absent := (passes - 1) / 3
		cb.zeroPlanes += uint8(absent)
		passes -= 3 * absent
		if !r.segment(br, cb, 1, bits.Len(uint(3*absent+1))-1, true) {
			return false
		}
		passes--
	}
	if passes == 0 {
		return true
	}
	return r.segment(br, cb, passes, bits.Len(uint(passes))-1, true)
}
