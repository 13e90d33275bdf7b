// Package dbase reads and writes dBASE III files in the form of the built-in
// driver of the original (docs/original/database.md 8.1): character fields only, no memo
// or index files, records marked as deleted and never used again.
//
// A file may be used by many goroutines of one process. Other processes must
// not write it.
package dbase

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Limits of the format.
const (
	maxFields   = 99
	maxLength   = 255
	headerSize  = 32
	fieldSize   = 32
	nameSize    = 11
	fileMark    = 0x03
	endOfFields = 0x0d
	endOfFile   = 0x1a
	live        = ' '
	deleted     = '*'
)

// ErrFormat tells that a file is not a dBASE III table.
var ErrFormat = errors.New("not a dBASE III file")

// Field is a column: its name in upper case, at most 10 characters, and its
// width in bytes.
type Field struct {
	Name   string
	Length int
	offset int // in a record
}

// File is an open table.
type File struct {
	path   string
	fields []Field

	mu        sync.RWMutex
	f         *os.File
	header    [headerSize]byte
	headerLen int64
	recordLen int
	count     int
	touched   bool // since the header was written
	changed   bool // since the file was opened
	indexes   []*hashIndex
	record    []byte // scratch of writers
}

// Open opens the table at path, for reading only when it may not be written.
func Open(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrPermission) {
		f, err = os.Open(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open dBASE file: %w", err)
	}
	t := &File{path: path, f: f}
	if err := t.readHeader(); err != nil {
		f.Close()
		return nil, fmt.Errorf("open dBASE file %s: %w", path, err)
	}
	return t, nil
}

// readHeader reads fields and sizes and checks them against the file.
func (t *File) readHeader() error {
	info, err := t.f.Stat()
	if err != nil {
		return err
	}
	if _, err := t.f.ReadAt(t.header[:], 0); err != nil {
		return fmt.Errorf("%w: short header", ErrFormat)
	}
	length := int(binary.LittleEndian.Uint16(t.header[8:]))
	if length < headerSize+fieldSize || length > headerSize+fieldSize*(maxFields+1) || int64(length) > info.Size()+1 {
		return fmt.Errorf("%w: header of %d bytes", ErrFormat, length)
	}
	b := make([]byte, length-headerSize)
	if n, err := t.f.ReadAt(b, headerSize); err != nil && !errors.Is(err, io.EOF) {
		return err
	} else {
		b = b[:n]
	}
	t.recordLen = 1
	for len(b) > 0 && b[0] != endOfFields {
		if len(b) < fieldSize {
			return fmt.Errorf("%w: cut field list", ErrFormat)
		}
		name, _, _ := strings.Cut(string(b[:nameSize]), "\x00")
		t.fields = append(t.fields, Field{Name: strings.ToUpper(name), Length: int(b[16]), offset: t.recordLen})
		t.recordLen += int(b[16])
		b = b[fieldSize:]
	}
	if len(t.fields) == 0 || t.recordLen < 2 {
		return fmt.Errorf("%w: no fields", ErrFormat)
	}
	t.headerLen = int64(headerSize + fieldSize*len(t.fields) + 1)
	t.moveCounter()
	there := max(0, info.Size()-t.headerLen) / int64(t.recordLen)
	t.count = int(min(int64(binary.LittleEndian.Uint32(t.header[4:])), there))
	t.record = make([]byte, t.recordLen)
	return nil
}

// moveCounter brings an update counter from its old place.
func (t *File) moveCounter() {
	if old := binary.LittleEndian.Uint32(t.header[28:]); old != 0 {
		binary.LittleEndian.PutUint32(t.header[16:], old)
		binary.LittleEndian.PutUint32(t.header[28:], 0)
	}
}

// Create makes an empty table at path, in the place of one that is there.
func Create(path string, fields []Field) (*File, error) {
	if len(fields) == 0 || len(fields) > maxFields {
		return nil, fmt.Errorf("create dBASE file %s: %d fields", path, len(fields))
	}
	b := make([]byte, headerSize, headerSize+fieldSize*len(fields)+2)
	record := 1
	for _, f := range fields {
		if f.Length < 1 || f.Length > maxLength {
			return nil, fmt.Errorf("create dBASE file %s: field %s of %d bytes", path, f.Name, f.Length)
		}
		d := make([]byte, fieldSize)
		copy(d[:nameSize-1], strings.ToUpper(f.Name))
		d[nameSize] = 'C'
		d[16] = byte(f.Length)
		b = append(b, d...)
		record += f.Length
	}
	b = append(b, endOfFields)
	b[0] = fileMark
	setDate(b)
	binary.LittleEndian.PutUint16(b[8:], uint16(len(b)))
	binary.LittleEndian.PutUint16(b[10:], uint16(record))
	b = append(b, endOfFile)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		return nil, fmt.Errorf("create dBASE file: %w", err)
	}
	return Open(path)
}

func setDate(header []byte) {
	now := time.Now()
	header[1], header[2], header[3] = byte(now.Year()%100), byte(now.Month()), byte(now.Day())
}

// Path is where the table lies.
func (t *File) Path() string { return t.path }

// Fields are the columns.
func (t *File) Fields() []Field { return t.fields }

// Field is the number of the column with this name, letter case aside; -1 when
// there is none.
func (t *File) Field(name string) int {
	if len(name) > nameSize-1 {
		name = name[:nameSize-1]
	}
	for i := range t.fields {
		if strings.EqualFold(t.fields[i].Name, name) {
			return i
		}
	}
	return -1
}

// Len is the number of records, deleted ones included.
func (t *File) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.count
}

// Record is the bytes of one record, valid until the next is read.
type Record struct {
	t    *File
	data []byte
}

// Deleted tells whether the record is marked as deleted.
func (r Record) Deleted() bool { return r.data[0] == deleted }

// Width is the width of field i.
func (r Record) Width(i int) int { return r.t.fields[i].Length }

// Text is the value of field i without the blanks that fill it up.
func (r Record) Text(i int) string { return string(r.Bytes(i)) }

// Bytes is the value of field i as it lies in the record, without the blanks
// that fill it up.
func (r Record) Bytes(i int) []byte {
	f := &r.t.fields[i]
	v := r.data[f.offset : f.offset+f.Length]
	n := len(v)
	for n > 0 && (v[n-1] == ' ' || v[n-1] == 0) {
		n--
	}
	return v[:n]
}

// readSize is how much Scan reads at once.
const readSize = 64 << 10

// Scan calls visit for the live records from first on, in order, until it
// returns false.
func (t *File) Scan(first int, visit func(n int, r Record) bool) error {
	per := max(1, readSize/t.recordLen)
	buf := make([]byte, per*t.recordLen)
	for at := max(first, 0); ; {
		n, err := t.read(buf, at, per)
		if err != nil || n == 0 {
			return err
		}
		for i := range n {
			r := Record{t, buf[i*t.recordLen : (i+1)*t.recordLen]}
			if !r.Deleted() && !visit(at+i, r) {
				return nil
			}
		}
		at += n
	}
}

// Visit calls visit for the live ones of the numbered records, until it returns
// false.
func (t *File) Visit(list []int, visit func(n int, r Record) bool) error {
	buf := make([]byte, t.recordLen)
	for _, at := range list {
		n, err := t.read(buf, at, 1)
		if err != nil {
			return err
		}
		if r := (Record{t, buf}); n == 1 && !r.Deleted() && !visit(at, r) {
			return nil
		}
	}
	return nil
}

// read reads up to n records from number at on and tells how many there were.
func (t *File) read(buf []byte, at, n int) (int, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if n = min(n, t.count-at); n <= 0 || at < 0 {
		return 0, nil
	}
	if _, err := t.f.ReadAt(buf[:n*t.recordLen], t.headerLen+int64(at)*int64(t.recordLen)); err != nil {
		return 0, fmt.Errorf("read dBASE file %s at record %d: %w", t.path, at, err)
	}
	return n, nil
}

// Close writes what is outstanding and closes the file.
func (t *File) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.flush()
	if t.changed {
		_, err2 := t.f.WriteAt([]byte{endOfFile}, t.headerLen+int64(t.count)*int64(t.recordLen))
		err = errors.Join(err, err2)
	}
	return errors.Join(err, t.f.Close())
}
