package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
)

// maxLine bounds a line that is read, in bytes: what is longer is damage.
const maxLine = 64 << 20

// found is what a file holds.
type found struct {
	entries map[uint64]line
	order   []uint64
	next    uint64
	size    int64
	damaged [][]byte // what can not be read
	torn    bool     // the last of them is the end of the file
	ragged  bool     // the last line has no end
	plain   bool     // lines of an earlier version
}

// load reads the file at path; one that is not there is empty.
func load(files FS, path string) (*found, error) {
	f, err := files.Open(path, false)
	if errors.Is(err, fs.ErrNotExist) {
		return &found{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	return read(io.NewSectionReader(f, 0, size))
}

// Read gives the open entries of the journal at path, which may be in use, and
// changes nothing. Entries of an earlier version are as they are.
func Read(path string) ([]Entry, error) {
	h, err := load(Disk{}, path)
	if err != nil {
		return nil, fmt.Errorf("read journal %s: %w", path, err)
	}
	return h.list(), nil
}

func (h *found) list() []Entry {
	list := make([]Entry, 0, len(h.order))
	for _, id := range h.order {
		list = append(list, Entry{ID: id, Data: h.entries[id].data})
	}
	return list
}

func read(r io.Reader) (*found, error) {
	h := &found{entries: map[uint64]line{}}
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		text, whole, err := readLine(lines)
		h.size += int64(len(text))
		if len(text) > 0 {
			h.torn, h.ragged = !h.take(text), !whole
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	h.order = slices.DeleteFunc(h.order, func(id uint64) bool { _, open := h.entries[id]; return !open })
	slices.Sort(h.order) // numbers rise in the order of adding
	h.torn = h.torn && h.ragged
	return h, nil
}

// readLine reads a line with its end; whole is false when it has none.
func readLine(r *bufio.Reader) (text []byte, whole bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		text = append(text, part...)
		if err != bufio.ErrBufferFull || len(text) > maxLine {
			return text, err == nil, ignoreFull(err)
		}
	}
}

func ignoreFull(err error) error {
	if err == bufio.ErrBufferFull {
		return nil
	}
	return err
}

// take reads one line; false when it is damaged.
func (h *found) take(text []byte) bool {
	body := bytes.TrimSuffix(text, []byte{'\n'})
	if len(body) == 0 {
		return true
	}
	l, ok := parseLine(body)
	if !ok {
		h.damaged = append(h.damaged, slices.Clone(text))
		return false
	}
	h.plain = h.plain || l.plain
	if l.anonymous {
		l.id = h.next
	}
	switch l.act {
	case actNext:
		h.next = max(h.next, l.id)
		return true
	case actDone:
		delete(h.entries, l.id)
	case actAdd:
		if _, again := h.entries[l.id]; !again {
			h.order = append(h.order, l.id)
		}
		h.entries[l.id] = l
	}
	h.next = max(h.next, l.id+1)
	return true
}

// upgrade gives the entries of an earlier version the form of now.
func (h *found) upgrade(path string, convert func([]byte) ([]byte, error), tell func(error)) {
	for id, l := range h.entries {
		if !l.plain || convert == nil {
			continue
		}
		data, err := convert(l.data)
		if err != nil {
			tell(fmt.Errorf("journal %s: entry %d of an earlier version: %w", path, id, err))
			h.damaged = append(h.damaged, append(slices.Clone(l.data), '\n'))
			delete(h.entries, id)
			continue
		}
		l.data = data
		h.entries[id] = l
	}
	h.order = slices.DeleteFunc(h.order, func(id uint64) bool { _, open := h.entries[id]; return !open })
}

// report tells what could not be read.
func (h *found) report(path string) error {
	n := 0
	for _, d := range h.damaged {
		n += len(d)
	}
	if h.torn && len(h.damaged) == 1 {
		return fmt.Errorf("journal %s: incomplete last line, %d bytes", path, n)
	}
	return fmt.Errorf("journal %s: %d damaged lines, %d bytes", path, len(h.damaged), n)
}

// setAside keeps what could not be read beside the journal.
func (j *Journal) setAside() {
	if len(j.damaged) == 0 {
		return
	}
	aside := j.path + ".damaged"
	if err := appendFile(j.opt.FS, aside, append(j.damaged, '\n')); err != nil {
		j.opt.Tell(fmt.Errorf("journal %s: damaged lines can not be set aside: %w", j.path, err))
		return
	}
	j.damaged = nil
}

func appendFile(files FS, path string, data []byte) error {
	f, err := files.Open(path, true)
	if err != nil {
		return err
	}
	size, err := f.Size()
	if err == nil {
		_, err = f.WriteAt(data, size)
	}
	return errors.Join(err, f.Close())
}
