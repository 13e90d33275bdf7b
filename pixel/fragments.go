package pixel

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"

	"conquest/dicom"
)

// fragmentStore takes coded frames in any order and from several goroutines at
// once: in memory, or in a file when the plain pixel data are large.
type fragmentStore struct {
	limits Limits
	kept   int64 // bytes of memory, as large as the plain frames at most
	data   [][]byte
	bulk   []*dicom.Bulk // in file
	mu     sync.Mutex
	file   *os.File
	length int64 // of the file
}

// newFragmentStore has room for the coded frames of m. The memory for it has to be
// reserved: kept tells how much.
func newFragmentStore(l Limits, m Module) *fragmentStore {
	s := &fragmentStore{limits: l}
	if n := m.NativeSize(); n < spoolFrom {
		s.kept, s.data = n, make([][]byte, m.Frames)
	} else {
		s.bulk = make([]*dicom.Bulk, m.Frames)
	}
	return s
}

// put keeps the only fragment of frame i, padded to an even number of bytes.
func (s *fragmentStore) put(i int, data []byte) error {
	if len(data)%2 == 1 {
		data = append(data, 0)
	}
	if s.data != nil {
		s.data[i] = data
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		f, err := s.limits.spool()
		if err != nil {
			return err
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(data, s.length); err != nil {
		return fmt.Errorf("write frame %d: %w", i, err)
	}
	s.bulk[i] = &dicom.Bulk{Source: s.file, Offset: s.length, Length: int64(len(data)), WordSize: 1}
	s.length += int64(len(data))
	return nil
}

// drop lets go of what was kept.
func (s *fragmentStore) drop() {
	s.limits.release(s.kept)
	if s.file != nil {
		s.file.Close()
	}
}

// fragments are the frames. Multi-frame images get a basic offset table.
func (s *fragmentStore) fragments() *dicom.Fragments {
	f := &dicom.Fragments{Data: s.data, Bulk: s.bulk}
	if s.data == nil {
		f.Data = make([][]byte, len(s.bulk))
	}
	f.OffsetTable = offsetTable(f)
	return f
}

// offsetTable makes the basic offset table; it is empty for a single frame
// and where offsets exceed 32 bits.
func offsetTable(f *dicom.Fragments) []byte {
	n := f.Len()
	if n < 2 {
		return nil
	}
	table := make([]byte, 0, 4*n)
	for _, at := range fragmentStarts(f) {
		if at > 1<<32-1 {
			return nil
		}
		table = binary.LittleEndian.AppendUint32(table, uint32(at))
	}
	return table
}
