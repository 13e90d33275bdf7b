// Package budget bounds the memory that work for others may use, so that no
// object, message or script takes more than its share, whatever it claims of
// itself.
//
// A [Budget] is a number of bytes. The process has one, made by the server; each
// association, request or script has a part of it ([Budget.Part]), and each piece
// of work in it may have a part of that. What is taken of a part is taken of all
// above it, or of none. Who owns a part closes it when the work is done: whatever
// was not given back then is.
//
//	process := budget.New("process", 768<<20)
//	peer := process.Part("association", 384<<20) // for one association
//	defer peer.Close()
//	ctx = budget.With(ctx, peer)
//	...
//	ctx, done := budget.Work(ctx, "object") // bounded by those above only
//	defer done()
//	if err := budget.From(ctx).Take(frameBytes); err != nil { ... } // before the memory is made
//
// Rules for those who take: before memory is made, not after; as much as input has
// really come or is about to be made, not what a header promises for later; memory
// that somebody else owns then (a value within a data set) is given back by that
// owner or by closing the part. Small things are not counted: the bounds are for
// what grows with the input.
//
// A nil *Budget has no bound, so that libraries take without asking whether there is
// one. *Budget has the method that package dicom wants of the budget of parsing.
package budget

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrExceeded is wrapped when memory can not be had. [Error] tells more.
var ErrExceeded = errors.New("memory budget exceeded")

// Error tells which budget refused what.
type Error struct {
	Budget      string // name of the budget that refused
	Wanted      int64  // bytes
	Used, Limit int64  // of that budget
}

func (e *Error) Error() string {
	return fmt.Sprintf("%d bytes wanted, %d of %d of the memory for %s are in use", e.Wanted, e.Used, e.Limit, e.Budget)
}

// Unwrap makes it an [ErrExceeded].
func (e *Error) Unwrap() error { return ErrExceeded }

// Never tells that the refusal is final: more was wanted than the budget has when
// nobody else uses it. Otherwise the same may succeed later.
func (e *Error) Never() bool { return e.Wanted > e.Limit }

// Budget counts memory. Its methods may be called from several goroutines at
// once, and those of a nil one do nothing.
type Budget struct {
	name  string
	limit int64 // 0: that of the parent
	above *Budget
	tree  *tree
	used  int64
	peak  int64
	done  bool
}

// tree is shared by a budget and all its parts.
type tree struct {
	mu    sync.Mutex
	freed chan struct{} // closed when memory is given back and somebody waits
}

// New is a budget of limit bytes; 0 or less is one without bound, that counts
// only. The name stands in errors, as in "memory for NAME".
func New(name string, limit int64) *Budget {
	return &Budget{name: name, limit: max(limit, 0), tree: &tree{}}
}

// Part is a budget of limit bytes within b; 0 or less bounds it by b alone. Its
// owner has to close it.
func (b *Budget) Part(name string, limit int64) *Budget {
	if b == nil {
		return New(name, limit)
	}
	return &Budget{name: name, limit: max(limit, 0), above: b, tree: b.tree}
}

// Take takes n bytes, at once, or nothing with an [*Error].
func (b *Budget) Take(n int64) error {
	if b == nil || n <= 0 {
		return nil
	}
	b.tree.mu.Lock()
	defer b.tree.mu.Unlock()
	return b.take(n)
}

func (b *Budget) take(n int64) error {
	for p := b; p != nil; p = p.above {
		if p.done {
			return fmt.Errorf("memory for %s: %w: the work has ended", p.name, ErrExceeded)
		}
		if p.limit > 0 && n > p.limit-p.used {
			return &Error{Budget: p.name, Wanted: n, Used: p.used, Limit: p.limit}
		}
	}
	for p := b; p != nil; p = p.above {
		p.used += n
		p.peak = max(p.peak, p.used)
	}
	return nil
}

// Wait takes n bytes and waits for others to give back what is missing until ctx
// ends; the error is then an [*Error]. What can never be had is refused at once.
// Who holds memory while waiting for more should have a deadline: others may do
// the same.
func (b *Budget) Wait(ctx context.Context, n int64) error {
	if b == nil || n <= 0 {
		return nil
	}
	for {
		b.tree.mu.Lock()
		err := b.take(n)
		var refusal *Error
		if err == nil || !errors.As(err, &refusal) || refusal.Never() || !b.others(n) {
			b.tree.mu.Unlock()
			return err
		}
		if b.tree.freed == nil {
			b.tree.freed = make(chan struct{})
		}
		freed := b.tree.freed
		b.tree.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return err
		}
	}
}

// others tells whether n bytes more could be had if all others gave back theirs.
func (b *Budget) others(n int64) bool {
	for p := b; p != nil; p = p.above {
		if p.limit > 0 && b.used+n > p.limit {
			return false
		}
	}
	return true
}

// Give gives back n bytes that were taken.
func (b *Budget) Give(n int64) {
	if b == nil || n <= 0 {
		return
	}
	b.tree.mu.Lock()
	defer b.tree.mu.Unlock()
	b.give(n)
}

func (b *Budget) give(n int64) {
	n = min(n, b.used)
	for p := b; p != nil && !p.done; p = p.above { // what was closed has given all back
		p.used -= n
	}
	if b.tree.freed != nil {
		close(b.tree.freed)
		b.tree.freed = nil
	}
}

// Close gives back all that is still taken; taking fails from then on, of its parts
// as well. It may be called twice.
func (b *Budget) Close() {
	if b == nil {
		return
	}
	b.tree.mu.Lock()
	defer b.tree.mu.Unlock()
	if !b.done {
		b.give(b.used)
	}
	b.done, b.used = true, 0
}

// Used is the number of bytes that are taken now, and Peak the largest number at
// one time.
func (b *Budget) Used() int64 {
	used, _ := b.figures()
	return used
}

// Peak is the largest number of bytes that were taken at one time.
func (b *Budget) Peak() int64 {
	_, peak := b.figures()
	return peak
}

func (b *Budget) figures() (used, peak int64) {
	if b == nil {
		return 0, 0
	}
	b.tree.mu.Lock()
	defer b.tree.mu.Unlock()
	return b.used, b.peak
}

// Left is how many bytes could be taken now, and whether there is a bound at all.
func (b *Budget) Left() (n int64, bounded bool) {
	if b == nil {
		return 0, false
	}
	b.tree.mu.Lock()
	defer b.tree.mu.Unlock()
	for p := b; p != nil; p = p.above {
		if p.limit == 0 {
			continue
		}
		if left := max(p.limit-p.used, 0); !bounded || left < n {
			n, bounded = left, true
		}
	}
	return n, bounded
}

type key struct{}

// With is a context whose work counts against b.
func With(ctx context.Context, b *Budget) context.Context {
	return context.WithValue(ctx, key{}, b)
}

// From is the budget of the work of ctx; nil, which has no bound, when there is
// none.
func From(ctx context.Context) *Budget {
	b, _ := ctx.Value(key{}).(*Budget)
	return b
}

// Work begins a piece of work that ends with done: it has a part of the budget of
// ctx, which that bounds alone, in the context for it. Whatever the work took is
// given back then, so that what it made must not be needed any longer.
func Work(ctx context.Context, name string) (_ context.Context, done func()) {
	part := From(ctx).Part(name, 0)
	return With(ctx, part), part.Close
}
