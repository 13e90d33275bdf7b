package dbase

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Value is a field with the text it gets; text is cut at the field's width.
type Value struct {
	Field int
	Text  string
}

// Append adds a record with these values, blanks in the other fields.
func (t *File) Append(values []Value) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.record {
		t.record[i] = ' '
	}
	t.put(values)
	if err := t.write(t.count); err != nil {
		return err
	}
	t.count++
	for _, x := range t.indexes {
		x.add(t.count-1, Record{t, t.record}.Bytes(x.field))
	}
	return nil
}

// Update changes fields of record n.
func (t *File) Update(n int, values []Value) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(n); err != nil {
		return err
	}
	t.put(values)
	if err := t.write(n); err != nil {
		return err
	}
	for _, x := range t.indexes {
		x.set(n, Record{t, t.record}.Bytes(x.field))
	}
	return nil
}

// Delete marks record n as deleted.
func (t *File) Delete(n int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(n); err != nil {
		return err
	}
	t.record[0] = deleted
	return t.write(n)
}

func (t *File) put(values []Value) {
	for _, v := range values {
		f := &t.fields[v.Field]
		place := t.record[f.offset : f.offset+f.Length]
		for i := copy(place, v.Text); i < len(place); i++ {
			place[i] = ' '
		}
	}
}

func (t *File) load(n int) error {
	if n < 0 || n >= t.count {
		return fmt.Errorf("dBASE file %s has no record %d", t.path, n)
	}
	if _, err := t.f.ReadAt(t.record, t.headerLen+int64(n)*int64(t.recordLen)); err != nil {
		return fmt.Errorf("read dBASE file %s at record %d: %w", t.path, n, err)
	}
	return nil
}

func (t *File) write(n int) error {
	if _, err := t.f.WriteAt(t.record, t.headerLen+int64(n)*int64(t.recordLen)); err != nil {
		return fmt.Errorf("write dBASE file %s at record %d: %w", t.path, n, err)
	}
	t.touched, t.changed = true, true
	binary.LittleEndian.PutUint32(t.header[16:], binary.LittleEndian.Uint32(t.header[16:])+1)
	return nil
}

// Flush writes the header, which makes appended records part of the table.
func (t *File) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.flush()
}

func (t *File) flush() error {
	if !t.touched {
		return nil
	}
	setDate(t.header[:])
	binary.LittleEndian.PutUint32(t.header[4:], uint32(t.count))
	if _, err := t.f.WriteAt(t.header[:], 0); err != nil {
		return fmt.Errorf("write header of dBASE file %s: %w", t.path, err)
	}
	t.touched = false
	return nil
}

// CopyTo copies the table to path, complete and on the platter.
func (t *File) CopyTo(path string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.flush(); err != nil {
		return err
	}
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("copy dBASE file: %w", err)
	}
	size := t.headerLen + int64(t.count)*int64(t.recordLen)
	_, err = io.Copy(to, io.NewSectionReader(t.f, 0, size))
	if err == nil {
		_, err = to.Write([]byte{endOfFile})
	}
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return fmt.Errorf("copy dBASE file %s: %w", t.path, err)
	}
	return nil
}

// Pack removes the deleted records: the live ones are copied to a new file that
// takes the place of the old one.
func (t *File) Pack() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.flush(); err != nil {
		return err
	}
	temp := t.path + ".new"
	fresh, err := Create(temp, t.fields)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	kept := 0
	for n := range t.count {
		if err := errors.Join(t.load(n)); err != nil {
			fresh.Close()
			return err
		}
		if t.record[0] == deleted {
			continue
		}
		copy(fresh.record, t.record)
		if err := fresh.write(kept); err != nil {
			fresh.Close()
			return err
		}
		kept++
		fresh.count = kept
	}
	if err := fresh.Close(); err != nil {
		return err
	}
	return t.replace(temp)
}

// replace takes the file at temp as the table.
func (t *File) replace(temp string) error {
	if err := t.f.Close(); err != nil {
		return fmt.Errorf("close dBASE file %s: %w", t.path, err)
	}
	renamed := os.Rename(temp, t.path)
	again, err := Open(t.path)
	if err != nil {
		return errors.Join(renamed, err)
	}
	t.f, t.header, t.count, t.touched, t.changed = again.f, again.header, again.count, false, false
	fields := make([]int, len(t.indexes))
	for i, x := range t.indexes {
		fields[i] = x.field
	}
	return errors.Join(renamed, t.index(fields))
}
