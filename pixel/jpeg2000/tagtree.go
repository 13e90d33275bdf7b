package jpeg2000

// tagTree is the quad tree of minima of B.10.2, for decoding and encoding.
// Leaves come first, in raster order.
type tagTree struct {
	nodes []tagNode
}

type tagNode struct {
	value  int32 // encoder: the minimum; decoder: known when low > value
	low    int32 // value is known to be at least low
	parent int32
	known  bool
}

const tagUnknown = 1<<31 - 1

// init makes a tree over w x h leaves with values yet unknown.
func (t *tagTree) init(w, h int) {
	total := 0
	for a, b := w, h; ; a, b = (a+1)/2, (b+1)/2 {
		total += a * b
		if a*b <= 1 {
			break
		}
	}
	t.nodes = make([]tagNode, total)
	base := 0
	for w*h > 1 {
		next := base + w*h
		pw := (w + 1) / 2
		for y := range h {
			for x := range w {
				t.nodes[base+y*w+x] = tagNode{value: tagUnknown, parent: int32(next + y/2*pw + x/2)}
			}
		}
		base, w, h = next, pw, (h+1)/2
	}
	if base < total {
		t.nodes[base] = tagNode{value: tagUnknown, parent: -1}
	}
}

// path lists the nodes from the root to leaf.
func (t *tagTree) path(leaf int, buf *[32]int32) []int32 {
	n := len(buf)
	for i := int32(leaf); i >= 0; i = t.nodes[i].parent {
		n--
		buf[n] = i
	}
	return buf[n:]
}

// decode reads bits until it is known whether the leaf is below threshold.
func (t *tagTree) decode(br *headerReader, leaf int, threshold int32) bool {
	var buf [32]int32
	low := int32(0)
	for _, i := range t.path(leaf, &buf) {
		n := &t.nodes[i]
		n.low = max(n.low, low)
		for n.low < threshold && n.value == tagUnknown {
			if br.bit() == 1 {
				n.value = n.low
			} else {
				n.low++
			}
		}
		low = n.low
	}
	return t.nodes[leaf].value < threshold
}

// setValues gives the leaves their values and every node its minimum.
func (t *tagTree) setValues(leaves []int32) {
	for i := range t.nodes {
		t.nodes[i].value, t.nodes[i].low, t.nodes[i].known = tagUnknown, 0, false
	}
	for i, v := range leaves {
		t.nodes[i].value = v
	}
	for i := range t.nodes {
		if p := t.nodes[i].parent; p >= 0 {
			t.nodes[p].value = min(t.nodes[p].value, t.nodes[i].value)
		}
	}
}

// encode writes the bits that tell whether the leaf is below threshold.
func (t *tagTree) encode(bw *headerWriter, leaf int, threshold int32) {
	var buf [32]int32
	low := int32(0)
	for _, i := range t.path(leaf, &buf) {
		n := &t.nodes[i]
		n.low = max(n.low, low)
		for n.low < threshold {
			if n.low >= n.value {
				if !n.known {
					bw.bit(1)
					n.known = true
				}
				break
			}
			bw.bit(0)
			n.low++
		}
		low = n.low
	}
}
