package dimse

import (
	"fmt"
	"io"
	"math/bits"
	"os"
	"sync"

	"conquest/budget"
	"conquest/dicom"
)

// bufferPool keeps receive buffers of 64 KB to 64 MB, in four sizes from each
// power of two to the next.
type bufferPool struct {
	classes [4*(maxPooled-minPooled) + 1]sync.Pool
}

const (
	minPooled = 16 // log2 of the smallest
	maxPooled = 26
)

var receiveBuffers bufferPool

// bufferClass is the class of the smallest buffers with room for n bytes and
// their size; -1 when n is too large for the pool.
func bufferClass(n int) (class, size int) {
	if n <= 1<<minPooled {
		return 0, 1 << minPooled
	}
	if n > 1<<maxPooled {
		return -1, n
	}
	power := bits.Len(uint(n-1)) - 1 // 1<<power < n <= 2<<power
	step := 1 << (power - 2)
	quarters := (n - 1<<power + step - 1) / step
	return 4*(power-minPooled) + quarters, 1<<power + quarters*step
}

// get makes a buffer of length 0 with room for n bytes.
func (p *bufferPool) get(n int) []byte {
	class, size := bufferClass(n)
	if class >= 0 {
		if b, ok := p.classes[class].Get().(*[]byte); ok {
			return (*b)[:0]
		}
	}
	return make([]byte, 0, size)
}

// put takes a buffer back that nobody uses any more.
func (p *bufferPool) put(b []byte) {
	if class, size := bufferClass(cap(b)); class >= 0 && size == cap(b) {
		b = b[:0]
		p.classes[class].Put(&b)
	}
}

// receiveMemory bounds the memory for messages being received: what all
// associations of a server may keep of them, within what this one may use for all
// its work.
type receiveMemory struct {
	all, peer *budget.Budget
}

// take reserves n bytes and tells whether they were there.
func (b receiveMemory) take(n int64) bool {
	if b.peer.Take(n) != nil {
		return false
	}
	if b.all.Take(n) != nil {
		b.peer.Give(n)
		return false
	}
	return true
}

func (b receiveMemory) give(n int64) {
	b.peer.Give(n)
	b.all.Give(n)
}

// sink collects the fragments of a data set, in memory or in a spool file.
type sink struct {
	a     *Association
	m     *Message
	buf   []byte
	taken int64 // of the budget
	file  *os.File
	at    int64 // where the data set begins in file
	total int64
	over  error // the data set is too large: nothing of it is kept
}

// mostOfOne bounds what parsing a data set may take, also one that a peer sends
// whom we called.
const mostOfOne = 384 << 20

// growStep bounds what is allocated ahead of the bytes that arrive.
const growStep = 1 << 20

// read takes n bytes of r; last tells that it is the last fragment.
func (s *sink) read(n int64, last bool) error {
	limit := s.a.opt.MaxData
	if limit > 0 && s.total+n > limit {
		return fmt.Errorf("%w: more than %d bytes", ErrDataTooLarge, limit)
	}
	s.total += n
	if s.over == nil {
		s.over = s.a.opt.tooLarge(s.m.Command.Field, s.total)
	}
	if s.over != nil {
		return s.drop(n)
	}
	for n > 0 {
		if s.file != nil {
			return s.spool(n)
		}
		k, ok := s.room(n, last)
		if !ok {
			if err := s.openSpool(); err != nil {
				return err
			}
			continue
		}
		have := len(s.buf)
		s.buf = s.buf[:have+k]
		if err := s.a.readFull(s.buf[have:]); err != nil {
			return err
		}
		n -= int64(k)
	}
	return nil
}

// tooLarge tells whether a message may not have a data set of n bytes.
func (o *Options) tooLarge(field CommandField, n int64) error {
	limit := o.MaxIdentifier
	switch field {
	case CStoreRQ:
		return nil
	case NSetRQ:
		limit = o.MaxNSet
	}
	if n <= limit {
		return nil
	}
	return fmt.Errorf("%w: data set of more than %d bytes", ErrDataTooLarge, limit)
}

// drop reads n bytes of a data set that is not kept.
func (s *sink) drop(n int64) error {
	s.discard()
	*s = sink{a: s.a, m: s.m, total: s.total, over: s.over}
	buf := receiveBuffers.get(64 << 10)
	defer receiveBuffers.put(buf)
	for n > 0 {
		k := min(n, int64(cap(buf)))
		if err := s.a.readFull(buf[:k]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// room makes room for a part of n further bytes; it tells its size, and false
// when memory may not hold more.
func (s *sink) room(n int64, last bool) (int, bool) {
	if int64(len(s.buf))+n > s.a.opt.MaxInMemory {
		return 0, false
	}
	if free := cap(s.buf) - len(s.buf); free > 0 {
		return int(min(n, int64(free))), true
	}
	if len(s.buf) == 0 && last && n <= growStep {
		if !s.reserve(n) {
			return 0, false
		}
		if n < 1<<minPooled {
			s.buf = make([]byte, 0, n)
		} else {
			s.buf = receiveBuffers.get(int(n))
		}
		return int(n), true
	}
	want := 2*int64(len(s.buf)) + min(n, growStep)
	if len(s.buf) == 0 {
		want = max(want, s.a.lastSize)
	}
	_, size := bufferClass(int(min(want, s.a.opt.MaxInMemory)))
	want = int64(size)
	if !s.reserve(want) {
		return 0, false
	}
	bigger := append(receiveBuffers.get(int(want)), s.buf...)
	receiveBuffers.put(s.buf)
	s.buf = bigger
	return int(min(n, int64(cap(s.buf)-len(s.buf)))), true
}

// reserve replaces what is taken of the budget by n bytes.
func (s *sink) reserve(n int64) bool {
	if !s.a.receiving.take(n - s.taken) {
		return false
	}
	s.taken = n
	return true
}

func (s *sink) openSpool() error {
	if s.a.opt.Spool == nil {
		return fmt.Errorf("%w: more than %d bytes, or the memory of all associations is used up", ErrDataTooLarge, s.a.opt.MaxInMemory)
	}
	f, err := s.a.opt.Spool(s.a, Spooled{s.m.Context, s.m.Command, s.buf})
	if err != nil {
		return fmt.Errorf("make spool file: %w", err)
	}
	s.file, s.at = f.File, f.Offset
	if _, err := s.file.Seek(s.at, io.SeekStart); err != nil {
		return fmt.Errorf("write spool file: %w", err)
	}
	if _, err := s.file.Write(s.buf); err != nil {
		return fmt.Errorf("write spool file: %w", err)
	}
	receiveBuffers.put(s.buf)
	s.buf = nil
	s.a.receiving.give(s.taken)
	s.taken = 0
	return nil
}

func (s *sink) spool(n int64) error {
	buf := receiveBuffers.get(256 << 10)
	defer receiveBuffers.put(buf)
	for n > 0 {
		p := buf[:min(n, int64(cap(buf)))]
		if err := s.a.readFull(p); err != nil {
			return err
		}
		if _, err := s.file.Write(p); err != nil {
			return fmt.Errorf("write spool file: %w", err)
		}
		n -= int64(len(p))
	}
	return nil
}

// data is what was collected, encoded in ts.
func (s *sink) data(ts dicom.TransferSyntax) *Data {
	d := &Data{buf: s.buf, size: s.total, syntax: ts, taken: s.taken, budget: s.a.receiving, parse: s.a.memory.Part("data set", mostOfOne), err: s.over}
	if s.file != nil {
		d.file, d.source, d.offset = s.file, s.file, s.at
	}
	return d
}

// discard gives everything back after an error.
func (s *sink) discard() {
	s.a.receiving.give(s.taken)
	receiveBuffers.put(s.buf)
	removeFile(s.file)
}

func removeFile(f *os.File) {
	if f != nil {
		f.Close()
		os.Remove(f.Name())
	}
}
