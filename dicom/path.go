package dicom

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Item numbers of a [Step] beside 0, 1, 2...
const (
	// NoItem names the element itself; on the way to another element it stands
	// for item 0.
	NoItem = -1
	// NewItem names the item after the last one.
	NewItem = -2
)

// Step is one level of a [Path]: an element, and which item of it.
type Step struct {
	Tag  Tag
	Item int
}

// Path leads to an element, or an item, at any level: the last step names the
// element, those before it sequences and their items.
type Path []Step

// Errors of paths.
var (
	ErrPath        = errors.New("not a path of elements")
	ErrNoSuchItem  = errors.New("sequence has no such item")
	ErrNotSequence = errors.New("element is not a sequence")
)

// ParsePath reads "gggg,eeee[.N]/gggg,eeee..."; N counts from 0, "*" is a new
// item. Tags are in any form that [ParseTag] reads, and a slash may come first. On the way the item may be left out, which is item 0.
func ParsePath(s string) (Path, error) {
	trimmed := strings.TrimPrefix(s, "/")
	p := make(Path, 0, strings.Count(trimmed, "/")+1)
	for part := range strings.SplitSeq(trimmed, "/") {
		step, ok := parseStep(part)
		if !ok || len(p) > MaxDepth {
			return nil, fmt.Errorf("path %q: %w", s, ErrPath)
		}
		p = append(p, step)
	}
	return p, nil
}

func parseStep(s string) (Step, bool) {
	name, item, has := strings.Cut(s, ".")
	step := Step{Item: NoItem}
	var ok bool
	if step.Tag, ok = ParseTag(name); !ok {
		return step, false
	}
	switch {
	case !has:
	case item == "*":
		step.Item = NewItem
	default:
		n, err := strconv.ParseUint(item, 10, 31)
		if err != nil {
			return step, false
		}
		step.Item = int(n)
	}
	return step, true
}

// String is the path in the form [ParsePath] reads.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(s.Tag.String())
		switch {
		case s.Item == NewItem:
			b.WriteString(".*")
		case s.Item >= 0:
			b.WriteByte('.')
			b.WriteString(strconv.Itoa(s.Item))
		}
	}
	return b.String()
}

// GetPath is the element p leads to, nil when there is none.
func (d *Dataset) GetPath(p Path) *Element {
	if len(p) == 0 {
		return nil
	}
	for _, s := range p[:len(p)-1] {
		if d = d.item(s); d == nil {
			return nil
		}
	}
	return d.Get(p[len(p)-1].Tag)
}

// GetItem is the item p leads to: the last step names its number, item 0 when
// it names none. It is nil when there is none.
func (d *Dataset) GetItem(p Path) *Dataset {
	for _, s := range p {
		if d = d.item(s); d == nil {
			return nil
		}
	}
	return d
}

func (d *Dataset) item(s Step) *Dataset {
	items := d.Items(s.Tag)
	n := s.Item
	if n == NoItem {
		n = 0
	}
	if n < 0 || n >= len(items) {
		return nil
	}
	return items[n]
}

// PutPath puts e where p leads, under the tag of the last step. Sequences on the
// way that are absent or empty are made, as are items that come directly after
// the last one.
func (d *Dataset) PutPath(p Path, e Element) error {
	if len(p) == 0 {
		return fmt.Errorf("put element: %w", ErrPath)
	}
	last := len(p) - 1
	for i, s := range p[:last] {
		var err error
		if d, err = d.makeItem(s); err != nil {
			return fmt.Errorf("put element, %v: %w", p[:i+1], err)
		}
	}
	e.Tag = p[last].Tag
	d.Put(e)
	return nil
}

// makeItem is the item s names, made when it is the next one.
func (d *Dataset) makeItem(s Step) (*Dataset, error) {
	e := d.Get(s.Tag)
	if e == nil {
		d.SetItems(s.Tag)
		e = d.Get(s.Tag)
	}
	if !e.IsSequence() && !e.IsEmpty() {
		return nil, ErrNotSequence
	}
	n := s.Item
	switch n {
	case NoItem:
		n = 0
	case NewItem:
		n = len(e.Items)
	}
	if n < 0 || n > len(e.Items) {
		return nil, ErrNoSuchItem
	}
	if n == len(e.Items) {
		e.VR = SQ
		e.Items = append(e.Items, &Dataset{})
	}
	return e.Items[n], nil
}

// DeletePath removes the element p leads to, or the item when the last step
// names one, and tells whether it was there.
func (d *Dataset) DeletePath(p Path) bool {
	if len(p) == 0 {
		return false
	}
	last := p[len(p)-1]
	if len(p) > 1 {
		if d = d.GetItem(p[:len(p)-1]); d == nil {
			return false
		}
	}
	if last.Item == NoItem {
		return d.Delete(last.Tag)
	}
	e := d.Get(last.Tag)
	if e == nil || last.Item < 0 || last.Item >= len(e.Items) {
		return false
	}
	items := make([]*Dataset, 0, len(e.Items)-1)
	items = append(items, e.Items[:last.Item]...)
	e.Items = append(items, e.Items[last.Item+1:]...)
	return true
}
