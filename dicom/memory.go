package dicom

import (
	"fmt"
	"unsafe"
)

// Memory of parsing. Values of data in memory are slices of them and cost
// nothing; what costs are elements and items - 8 bytes of input make one - and
// what is read from a file.

const (
	// heldFreely is how many bytes of a file may be held in memory before only
	// the smallest values are.
	heldFreely = 32 << 20
	// frugalThreshold is the size of the largest value held from then on, when
	// values may stay in the file at all.
	frugalThreshold = 64
	// maxStructure bounds the memory of elements and items of one data set.
	maxStructure = 256 << 20
	// maxElements bounds the elements of one level.
	maxElements = 1 << 20

	elementCost = 2 * int64(unsafe.Sizeof(Element{})) // on the stack and in the data set
	itemCost    = 2 * int64(unsafe.Sizeof(Dataset{})+unsafe.Sizeof(&Dataset{}))

	countedAtOnce = 1 << 20 // bytes asked of a budget at a time
)

// memory is what parsing has used.
type memory struct {
	held      int64 // bytes of the file
	structure int64 // bytes of elements and items
	paid      int64 // of both, taken of the budget
	frugal    bool  // windows are used again, values copied out of them
}

// threshold is the size of the largest value of a file that is held in memory.
func (p *parser) threshold() int64 {
	if p.memory.frugal {
		return min(p.opt.BulkThreshold, frugalThreshold)
	}
	return p.opt.BulkThreshold
}

// window is memory for the next n bytes of the file.
func (p *parser) window(n int) ([]byte, error) {
	if p.memory.frugal && cap(p.buf) >= n {
		return p.buf[:n], nil
	}
	if err := p.hold(int64(n)); err != nil {
		return nil, err
	}
	return make([]byte, n), nil
}

// hold counts n bytes of the file that are held in memory.
func (p *parser) hold(n int64) error {
	m := &p.memory
	if m.held += n; m.held > heldFreely && p.opt.BulkThreshold > 0 && !m.frugal {
		m.frugal = true
		p.base, p.buf, p.i = p.pos(), nil, 0 // slices of it are in use
	}
	return p.pay()
}

// countElement counts one more element; n are those of its level.
func (p *parser) countElement(n int) error {
	if n > maxElements {
		return ErrTooMany
	}
	return p.grow(elementCost)
}

func (p *parser) countItem() error { return p.grow(itemCost) }

func (p *parser) grow(n int64) error {
	m := &p.memory
	if m.structure += n; m.structure > maxStructure {
		return ErrTooMany
	}
	if p.opt.Budget == nil {
		return nil
	}
	return p.pay()
}

// pay takes what was used of the budget, when there is one and it is much.
func (p *parser) pay() error {
	m := &p.memory
	used := m.structure + m.held
	if p.opt.Budget == nil || used < m.paid+countedAtOnce {
		return nil
	}
	if err := p.opt.Budget.Take(used - m.paid); err != nil {
		return fmt.Errorf("hold %d bytes: %w", used, err)
	}
	m.paid = used
	return nil
}
