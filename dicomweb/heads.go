package dicomweb

import (
	"container/list"
	"context"
	"fmt"
	"io"
	"sync"

	"conquest/dicom"
)

// headEnd is behind what a search may want of objects that lies before their
// functional groups and contents.
const headEnd = tagRequestAttributes + 1

// heads keeps the beginnings of objects that searches looked into.
type heads struct {
	mu    sync.Mutex // guards below
	order *list.List // of *head, the least recently used last
	byKey map[objectKey]*list.Element
	size  int64
}

// head is the beginning of an object, up to [headEnd].
type head struct {
	*dicom.Dataset
	key    objectKey
	file   int64 // its size
	part10 bool  // it is a Part 10 file with preamble
	size   int64 // in memory
}

// asStored tells whether the stored file is what goes out.
func (h *head) asStored() bool {
	return h.part10 && webSyntax(h.Dataset) == h.TransferSyntax().UID
}

const (
	headMemory  = 16 << 20 // bytes
	headStarted = 512      // bytes that even an empty one costs
)

func newHeads() *heads { return &heads{order: list.New(), byKey: map[objectKey]*list.Element{}} }

// head reads the beginning of an object.
func (s *Service) head(ctx context.Context, i Instance) (*head, error) {
	f, err := s.archive.Open(ctx, i)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open object %s: %w", i.UID, err)
	}
	key := objectKey{i.UID, info.Size(), info.ModTime()}
	if x := s.heads.get(key); x != nil {
		return x, nil
	}
	x := &head{key: key, file: info.Size(), size: headStarted}
	if x.part10, err = isPart10(f); err == nil {
		x.Dataset, err = dicom.ReadPart10(f, info.Size(), dicom.ParseOptions{StopBefore: headEnd, BulkThreshold: stayInFile})
	}
	if err != nil {
		return nil, fmt.Errorf("read object %s: %w", i.UID, err)
	}
	x.DeleteFunc(func(e *dicom.Element) bool { return e.Bulk != nil }) // the file is closed
	for e := range x.All() {
		x.size += e.Length() + 64
	}
	s.heads.put(x)
	return x, nil
}

// isPart10 tells whether a file begins as PS3.10 section 7.1 says.
func isPart10(f io.ReaderAt) (bool, error) {
	var start [132]byte
	n, err := f.ReadAt(start[:], 0)
	if err != nil && err != io.EOF {
		return false, err
	}
	return n == len(start) && string(start[128:]) == "DICM", nil
}

func (h *heads) get(key objectKey) *head {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.byKey[key]
	if e == nil {
		return nil
	}
	h.order.MoveToFront(e)
	return e.Value.(*head)
}

func (h *heads) put(x *head) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byKey[x.key] != nil {
		return
	}
	h.byKey[x.key] = h.order.PushFront(x)
	h.size += x.size
	for h.size > headMemory {
		last := h.order.Back()
		old := h.order.Remove(last).(*head)
		delete(h.byKey, old.key)
		h.size -= old.size
	}
}
