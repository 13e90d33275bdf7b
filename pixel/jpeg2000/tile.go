package jpeg2000

// Orientations of a subband.
const (
	bandLL = iota
	bandHL // horizontally high-pass
	bandLH // vertically high-pass
	bandHH
)

// tile is the geometry of one tile, B.3 to B.9. Coordinates are absolute in
// the domain of the thing they belong to.
type tile struct {
	x0, y0, x1, y1 int
	comps          []tileComponent
	work           *work // nil: no bound
	chunks         []chunk
}

// tileComponent holds the samples of one component in a tile. The buffer keeps
// the subbands in the usual nested order: the LL band at the top left.
type tileComponent struct {
	x0, y0, x1, y1 int
	coding         *coding
	res            []resolution
	ints           []int32   // reversible: coefficients, then samples
	floats         []float32 // irreversible
}

func (c *tileComponent) width() int  { return c.x1 - c.x0 }
func (c *tileComponent) height() int { return c.y1 - c.y0 }

type resolution struct {
	x0, y0, x1, y1 int
	ppx, ppy       int // log2 of the precinct size
	pw, ph         int // precincts across and down
	bands          []band
	precincts      []precinct
}

type band struct {
	orient         int
	x0, y0, x1, y1 int
	bufX, bufY     int // place in the component's buffer
	planes         int // Mb, magnitude bit planes
	roi            int // max-shift
	step           float32
	cbw, cbh       int // log2 of the code-block size within precincts
}

// precinct keeps what packets have told so far. bands is nil until the first
// packet that is not empty.
type precinct struct {
	layer int // next layer
	bands []precinctBand
}

type precinctBand struct {
	bw, bh    int // code blocks across and down
	blocks    []codeBlock
	inclusion tagTree
	zeroBits  tagTree
}

type codeBlock struct {
	x0, y0, x1, y1 int32 // within the subband's coordinates
	included       bool
	zeroPlanes     uint8
	lblock         uint8
	passes         int16
	first, last    int32 // chunks, -1 when none
}

// chunk is a piece of a codeword segment that one packet carried.
type chunk struct {
	data   []byte
	length int32
	next   int32
	passes int16
	start  bool       // begins a codeword segment
	cut    bool       // the stream ends within data
	block  *codeBlock // until the packet is read
}

// newTile lays out tile number n.
func newTile(z *size, p *params, n int, w *work) (*tile, error) {
	tx, ty := n%z.nx, n/z.nx
	t := &tile{
		x0: max(z.tx0+tx*z.tw, z.x0), y0: max(z.ty0+ty*z.th, z.y0),
		x1: min(z.tx0+(tx+1)*z.tw, z.x1), y1: min(z.ty0+(ty+1)*z.th, z.y1),
		comps: make([]tileComponent, len(z.comps)), work: w,
	}
	for i := range t.comps {
		if err := t.layoutComponent(i, z, p); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *tile) layoutComponent(i int, z *size, p *params) error {
	sub := z.comps[i]
	cod, q := &p.coding[i], &p.quant[i]
	c := &t.comps[i]
	c.coding = cod
	c.x0, c.y0 = ceilDiv(t.x0, sub.dx), ceilDiv(t.y0, sub.dy)
	c.x1, c.y1 = ceilDiv(t.x1, sub.dx), ceilDiv(t.y1, sub.dy)
	if q.style != 1 && q.steps < 3*cod.levels+1 {
		return formatError("%d step sizes for %d levels", q.steps, cod.levels)
	}
	if cod.reversible != (q.style == 0) {
		return formatError("quantisation style %d with the other wavelet", q.style)
	}
	c.res = make([]resolution, cod.levels+1)
	for r := range c.res {
		d := cod.levels - r
		res := &c.res[r]
		res.x0, res.y0 = ceilShift(c.x0, d), ceilShift(c.y0, d)
		res.x1, res.y1 = ceilShift(c.x1, d), ceilShift(c.y1, d)
		res.ppx, res.ppy = int(cod.ppx[r]), int(cod.ppy[r])
		if res.x1 > res.x0 && res.y1 > res.y0 {
			res.pw = ceilShift(res.x1, res.ppx) - res.x0>>res.ppx
			res.ph = ceilShift(res.y1, res.ppy) - res.y0>>res.ppy
		}
		if err := t.work.piece(res.pw * res.ph); err != nil {
			return err
		}
		res.precincts = make([]precinct, res.pw*res.ph)
		t.layoutBands(c, r, q, sub.prec, p.roi[i])
	}
	return nil
}

func (t *tile) layoutBands(c *tileComponent, r int, q *quantisation, prec, roi int) {
	res := &c.res[r]
	cod := c.coding
	orients := []int{bandLL}
	d, shrink := cod.levels, 0
	if r > 0 {
		orients = []int{bandHL, bandLH, bandHH}
		d, shrink = cod.levels-r+1, 1
	}
	for i, o := range orients {
		b := band{orient: o, roi: roi}
		b.x0, b.x1 = bandEdge(c.x0, d, o&1), bandEdge(c.x1, d, o&1)
		b.y0, b.y1 = bandEdge(c.y0, d, o>>1), bandEdge(c.y1, d, o>>1)
		if r > 0 {
			low := &c.res[r-1]
			b.bufX, b.bufY = (o&1)*(low.x1-low.x0), (o>>1)*(low.y1-low.y0)
		}
		b.quantise(q, r, i, prec)
		b.cbw, b.cbh = min(cod.cbw, res.ppx-shrink), min(cod.cbh, res.ppy-shrink)
		res.bands = append(res.bands, b)
	}
}

// quantise sets what depends on the quantisation: b is number i of resolution r.
func (b *band) quantise(q *quantisation, r, i, prec int) {
	exp, mant := q.bandExponent(r, i)
	b.planes = q.guard + exp - 1
	if q.style != 0 {
		gain := b.orient&1 + b.orient>>1
		b.step = float32(1+float64(mant)/2048) * exp2(prec+gain-exp)
	}
}

// exp2 is 2 to the power n.
func exp2(n int) float32 {
	v := float32(1)
	for ; n > 0; n-- {
		v *= 2
	}
	for ; n < 0; n++ {
		v /= 2
	}
	return v
}

// bandEdge maps a component coordinate to a subband d levels down, B-15.
func bandEdge(v, d, high int) int {
	if d == 0 {
		return v
	}
	if high == 0 {
		return ceilShift(v, d)
	}
	half := 1 << uint(d-1)
	if v <= half {
		return 0
	}
	return ceilShift(v-half, d)
}

// open makes the code blocks and tag trees of precinct n of res.
func (t *tile) open(res *resolution, n int) error {
	px, py := res.x0>>res.ppx+n%res.pw, res.y0>>res.ppy+n/res.pw
	p := &res.precincts[n]
	p.bands = make([]precinctBand, len(res.bands))
	for i := range res.bands {
		b := &res.bands[i]
		shrink := 0
		if b.orient != bandLL {
			shrink = 1
		}
		w, h := res.ppx-shrink, res.ppy-shrink
		x0, x1 := max(b.x0, px<<w), min(b.x1, (px+1)<<w)
		y0, y1 := max(b.y0, py<<h), min(b.y1, (py+1)<<h)
		if x0 >= x1 || y0 >= y1 {
			continue
		}
		pb := &p.bands[i]
		gx, gy := x0>>b.cbw, y0>>b.cbh
		pb.bw, pb.bh = ceilShift(x1, b.cbw)-gx, ceilShift(y1, b.cbh)-gy
		if err := t.work.piece(pb.bw * pb.bh); err != nil {
			return err
		}
		pb.blocks = make([]codeBlock, pb.bw*pb.bh)
		for k := range pb.blocks {
			bx, by := gx+k%pb.bw, gy+k/pb.bw
			pb.blocks[k] = codeBlock{
				x0: int32(max(x0, bx<<b.cbw)), x1: int32(min(x1, (bx+1)<<b.cbw)),
				y0: int32(max(y0, by<<b.cbh)), y1: int32(min(y1, (by+1)<<b.cbh)),
				lblock: 3, first: -1, last: -1,
			}
		}
		pb.inclusion.init(pb.bw, pb.bh)
		pb.zeroBits.init(pb.bw, pb.bh)
	}
	return nil
}
