package queue

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// failFile is the original server's file of failed work: records of a fixed
// size, a zero first byte marking those that are done.
type failFile struct {
	path string
	size int // of a record
}

// append adds a record, cut or filled up to the record size.
func (f failFile) append(rec []byte) error {
	buf := make([]byte, f.size)
	copy(buf, rec)
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("keep failed work: %w", err)
	}
	_, err = file.Write(buf)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("keep failed work in %s: %w", f.path, err)
	}
	return nil
}

// next returns the first record at or after index from that is not done, and
// its index; index -1 when there is none.
func (f failFile) next(from int) (rec []byte, index int, err error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, -1, nil
	}
	if err != nil {
		return nil, -1, fmt.Errorf("read failed work: %w", err)
	}
	defer file.Close()
	buf := make([]byte, f.size)
	for i := from; ; i++ {
		_, err := file.ReadAt(buf, int64(i)*int64(f.size))
		if err == io.EOF {
			return nil, -1, nil
		}
		if err != nil {
			return nil, -1, fmt.Errorf("read failed work in %s: %w", f.path, err)
		}
		if buf[0] != 0 {
			return buf, i, nil
		}
	}
}

// done marks record index.
func (f failFile) done(index int) error {
	file, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("mark work done: %w", err)
	}
	_, err = file.WriteAt([]byte{0}, int64(index)*int64(f.size))
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("mark work done in %s: %w", f.path, err)
	}
	return nil
}

// count is the number of records that are not done.
func (f failFile) count() int {
	n, i := 0, 0
	for {
		_, at, err := f.next(i)
		if err != nil || at < 0 {
			return n
		}
		n, i = n+1, at+1
	}
}

func (f failFile) exists() bool {
	_, err := os.Stat(f.path)
	return err == nil
}

func (f failFile) remove() error {
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove file of failed work: %w", err)
	}
	return nil
}
