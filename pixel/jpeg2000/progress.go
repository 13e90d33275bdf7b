package jpeg2000

import (
	"cmp"
	"slices"
)

// place is a precinct with its position on the reference grid.
type place struct {
	y, x      int
	comp, res int
	n         int
}

// progress reads the packets of one progression volume, B.12.
func (r *packetReader) progress(q progression) error {
	switch q.order {
	case orderLRCP:
		for l := range q.layer1 {
			for res := q.res0; res < q.res1; res++ {
				if err := r.layerOfResolution(q, l, res); err != nil {
					return err
				}
			}
		}
		return nil
	case orderRLCP:
		for res := q.res0; res < q.res1; res++ {
			for l := range q.layer1 {
				if err := r.layerOfResolution(q, l, res); err != nil {
					return err
				}
			}
		}
		return nil
	}
	places := r.places(q)
	if !r.work.visit(len(places)) {
		return errPackets
	}
	for _, p := range places {
		c := &r.tile.comps[p.comp]
		res := &c.res[p.res]
		for res.precincts[p.n].layer < q.layer1 {
			if err := r.packet(c, res, p.n); err != nil {
				return err
			}
		}
	}
	return nil
}

// layerOfResolution reads layer l of all precincts of resolution res.
func (r *packetReader) layerOfResolution(q progression, l, res int) error {
	for i := q.comp0; i < q.comp1; i++ {
		c := &r.tile.comps[i]
		if res >= len(c.res) {
			continue
		}
		rs := &c.res[res]
		if !r.work.visit(1 + len(rs.precincts)) {
			return errPackets
		}
		for n := range rs.precincts {
			if rs.precincts[n].layer != l {
				continue
			}
			if err := r.packet(c, rs, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// places lists the precincts of q in the order of a position progression.
func (r *packetReader) places(q progression) []place {
	var all []place
	for i := q.comp0; i < q.comp1; i++ {
		c := &r.tile.comps[i]
		sub := r.size.comps[i]
		for n := q.res0; n < min(q.res1, len(c.res)); n++ {
			res := &c.res[n]
			down := c.coding.levels - n
			for k := range res.precincts {
				px, py := res.x0>>res.ppx+k%res.pw, res.y0>>res.ppy+k/res.pw
				all = append(all, place{
					x:    max(r.tile.x0, px<<(res.ppx+down)*sub.dx),
					y:    max(r.tile.y0, py<<(res.ppy+down)*sub.dy),
					comp: i, res: n, n: k,
				})
			}
		}
	}
	slices.SortFunc(all, func(a, b place) int {
		position := cmp.Or(cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x))
		comp, res, last := cmp.Compare(a.comp, b.comp), cmp.Compare(a.res, b.res), cmp.Compare(a.n, b.n)
		switch q.order {
		case orderRPCL:
			return cmp.Or(res, position, comp, last)
		case orderPCRL:
			return cmp.Or(position, comp, res, last)
		}
		return cmp.Or(comp, position, res, last)
	})
	return all
}
