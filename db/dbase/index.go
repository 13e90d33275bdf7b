package dbase

import (
	"fmt"
	"slices"
)

// hashIndex finds the records by the value of one field, letter case aside. It
// lives in memory: a chain of record numbers for each hash.
type hashIndex struct {
	field  int
	heads  []int32  // last record of a chain, -1 none
	next   []int32  // by record
	hashes []uint32 // by record
}

// hashOf is FNV-1a over the value in lower case.
func hashOf(v []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range v {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

func newIndex(field, records int) *hashIndex {
	x := &hashIndex{field: field}
	size := 1024
	for size < records {
		size *= 2
	}
	x.resize(size)
	return x
}

func (x *hashIndex) resize(size int) {
	x.heads = make([]int32, size)
	for i := range x.heads {
		x.heads[i] = -1
	}
	for n := range x.next {
		x.link(n)
	}
}

func (x *hashIndex) link(n int) {
	head := &x.heads[x.hashes[n]&uint32(len(x.heads)-1)]
	x.next[n] = *head
	*head = int32(n)
}

// add enters record n, which follows the last one.
func (x *hashIndex) add(n int, v []byte) {
	for len(x.next) <= n {
		x.next = append(x.next, -1)
		x.hashes = append(x.hashes, 0)
	}
	x.hashes[n] = hashOf(v)
	x.link(n)
	if len(x.next) > len(x.heads) {
		x.resize(2 * len(x.heads))
	}
}

// set changes the value of record n.
func (x *hashIndex) set(n int, v []byte) {
	h := hashOf(v)
	if h == x.hashes[n] {
		return
	}
	at := &x.heads[x.hashes[n]&uint32(len(x.heads)-1)]
	for *at >= 0 && *at != int32(n) {
		at = &x.next[*at]
	}
	if *at == int32(n) {
		*at = x.next[n]
	}
	x.hashes[n] = h
	x.link(n)
}

func (x *hashIndex) lookup(v []byte) []int {
	h := hashOf(v)
	var list []int
	for n := x.heads[h&uint32(len(x.heads)-1)]; n >= 0; n = x.next[n] {
		if x.hashes[n] == h {
			list = append(list, int(n))
		}
	}
	slices.Sort(list)
	return list
}

// Index keeps the given fields indexed from now on.
func (t *File) Index(fields ...int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.index(fields)
}

// index builds the indexes; the caller holds the lock.
func (t *File) index(fields []int) error {
	t.indexes = nil
	for _, f := range fields {
		t.indexes = append(t.indexes, newIndex(f, t.count))
	}
	per := max(1, readSize/t.recordLen)
	buf := make([]byte, per*t.recordLen)
	for at := 0; at < t.count && len(fields) > 0; {
		n := min(per, t.count-at)
		if _, err := t.f.ReadAt(buf[:n*t.recordLen], t.headerLen+int64(at)*int64(t.recordLen)); err != nil {
			return fmt.Errorf("index dBASE file %s at record %d: %w", t.path, at, err)
		}
		for i := range n {
			r := Record{t, buf[i*t.recordLen : (i+1)*t.recordLen]}
			for _, x := range t.indexes {
				x.add(at+i, r.Bytes(x.field))
			}
		}
		at += n
	}
	return nil
}

// Lookup returns the records that may have value in field, in order; ok is
// false when the field is not indexed. Deleted records may be among them, and
// records with another value.
func (t *File) Lookup(field int, value string) (list []int, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if w := t.fields[field].Length; len(value) > w {
		value = value[:w]
	}
	for _, x := range t.indexes {
		if x.field == field {
			return x.lookup([]byte(value)), true
		}
	}
	return nil, false
}
