package pixel

import (
	"fmt"
	"os"
	"sync"

	"conquest/dicom"
)

// store takes the frames of plain pixel data, in any order and from several
// goroutines at once: in memory, or in a file when they are large.
type store struct {
	limits Limits
	module Module
	frame  int64 // bytes of a frame
	length int64 // of all, padded to an even number
	kept   int64 // bytes of memory
	memory []byte
	file   *os.File

	packing sync.Mutex // of samples of single bits
}

// newStore has room for the frames of m. The memory for it has to be reserved:
// kept tells how much.
func newStore(l Limits, m Module) *store {
	n := m.NativeSize()
	s := &store{limits: l, module: m, frame: m.FrameSize(), length: n + n&1}
	if s.length < spoolFrom || s.single() {
		s.kept = s.length
	}
	return s
}

// single tells that eight samples share a byte.
func (s *store) single() bool { return s.module.BitsAllocated == 1 }

// open makes the room.
func (s *store) open() (err error) {
	if s.kept > 0 {
		s.memory = make([]byte, s.length)
		return nil
	}
	if s.file, err = s.limits.spool(); err == nil {
		err = s.file.Truncate(s.length)
	}
	return err
}

// put writes frame i; of samples of single bits each is a byte.
func (s *store) put(i int, pix []byte) error {
	if s.single() {
		s.pack(i, pix)
		return nil
	}
	at := int64(i) * s.frame
	if int64(len(pix)) > s.frame {
		pix = pix[:s.frame]
	}
	if s.memory != nil {
		copy(s.memory[at:], pix)
		return nil
	}
	if _, err := s.file.WriteAt(pix, at); err != nil {
		return fmt.Errorf("write frame %d: %w", i, err)
	}
	return nil
}

// pack writes samples that are not zero as bits. Frames may share a byte.
func (s *store) pack(i int, pix []byte) {
	s.packing.Lock()
	defer s.packing.Unlock()
	pixels := s.module.Rows * s.module.Columns
	at := i * pixels
	for k, v := range pix[:min(len(pix), pixels)] {
		if v != 0 {
			s.memory[(at+k)/8] |= 1 << uint((at+k)%8)
		}
	}
}

// drop lets go of what was made.
func (s *store) drop() {
	s.limits.release(s.kept)
	if s.file != nil {
		s.file.Close()
	}
	s.memory, s.file, s.kept = nil, nil, 0
}

// element is the pixel data.
func (s *store) element(vr dicom.VR) dicom.Element {
	e := dicom.Element{Tag: dicom.PixelData, VR: vr}
	if s.memory != nil {
		e.Value = s.memory
		return e
	}
	e.Bulk = &dicom.Bulk{Source: s.file, Length: s.length, WordSize: vr.WordSize()}
	return e
}
