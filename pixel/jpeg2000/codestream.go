package jpeg2000

// Markers of ISO/IEC 15444-1 table A.2 and of 15444-15.
const (
	markerSOC = 0xFF4F
	markerCAP = 0xFF50
	markerSIZ = 0xFF51
	markerCOD = 0xFF52
	markerCOC = 0xFF53
	markerTLM = 0xFF55
	markerQCD = 0xFF5C
	markerQCC = 0xFF5D
	markerRGN = 0xFF5E
	markerPOC = 0xFF5F
	markerPPM = 0xFF60
	markerPPT = 0xFF61
	markerCOM = 0xFF64
	markerSOT = 0xFF90
	markerSOP = 0xFF91
	markerEPH = 0xFF92
	markerSOD = 0xFF93
	markerEOC = 0xFFD9
)

// Code-block style bits, table A.19; styleHT is of 15444-15.
const (
	styleBypass      = 0x01
	styleReset       = 0x02
	styleTermAll     = 0x04
	styleCausal      = 0x08
	stylePredictable = 0x10
	styleSegSymbols  = 0x20
	styleHT          = 0x40
	styleHTMixed     = 0x80
)

// Progression orders, table A.16.
const (
	orderLRCP = iota
	orderRLCP
	orderRPCL
	orderPCRL
	orderCPRL
)

const maxLevels = 32

// component is one entry of the SIZ segment.
type component struct {
	prec   int
	signed bool
	dx, dy int // sub-sampling on the reference grid
}

// size is the SIZ segment: image and tiles on the reference grid.
type size struct {
	x0, y0, x1, y1 int // image area
	tw, th         int // tile size
	tx0, ty0       int // origin of the first tile
	nx, ny         int // tiles across and down
	comps          []component
}

// coding is the part of COD and COC that holds for one component.
type coding struct {
	levels     int
	cbw, cbh   int // log2 of the code-block size
	style      uint8
	reversible bool
	ppx, ppy   [maxLevels + 1]uint8 // log2 of the precinct size by resolution
	own        bool                 // set by COC
}

// quantisation is the QCD or QCC segment of one component.
type quantisation struct {
	style uint8 // 0 none, 1 derived, 2 expounded
	guard int
	steps int // entries given
	exp   [3*maxLevels + 1]uint8
	mant  [3*maxLevels + 1]uint16
	own   bool // set by QCC
}

// bandExponent gives exponent and mantissa for subband b of resolution r
// (b counts HL, LH, HH from 0; LL is resolution 0).
func (q *quantisation) bandExponent(r, b int) (exp int, mant int) {
	i := 0
	if r > 0 {
		i = 3*(r-1) + 1 + b
	}
	if q.style == 1 {
		e := int(q.exp[0])
		if r > 1 {
			e -= r - 1
		}
		return max(e, 0), int(q.mant[0])
	}
	return int(q.exp[i]), int(q.mant[i])
}

// progression is one entry of POC, or the default order.
type progression struct {
	res0, res1   int
	comp0, comp1 int
	layer1       int
	order        int
}

// params is everything about the coding that a tile may override.
type params struct {
	order    int
	layers   int
	mct      bool
	sop, eph bool
	coding   []coding
	quant    []quantisation
	roi      []int
	poc      []progression
	haveCOD  bool
	haveQCD  bool
}

// clone copies p for a tile.
func (p *params) clone() *params {
	c := *p
	c.coding = append([]coding(nil), p.coding...)
	c.quant = append([]quantisation(nil), p.quant...)
	c.roi = append([]int(nil), p.roi...)
	c.poc = append([]progression(nil), p.poc...)
	for i := range c.coding {
		c.coding[i].own = false
		c.quant[i].own = false
	}
	return &c
}

// ceilDiv is the quotient rounded up, for a >= 0.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// ceilShift is a divided by 2^n rounded up, for a >= 0.
func ceilShift(a int, n int) int {
	if n > 62 {
		if a > 0 {
			return 1
		}
		return 0
	}
	return int((uint64(a) + 1<<uint(n) - 1) >> uint(n))
}
