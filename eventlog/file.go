package eventlog

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// file is a log file that is set aside when the day ends, or when it is too large:
// NAME-DATE-NUMBER.EXT beside NAME.EXT.
type file struct {
	path string
	size int64 // 0: any
	days int   // 0: kept for good
	now  func() time.Time

	mu     sync.Mutex // guards below
	f      *os.File
	length int64
	day    string // of what is in the file
}

const dayLayout = "20060102"

func openFile(path string, size int64, days int, now func() time.Time) (*file, error) {
	l := &file{path: path, size: size, days: days, now: now}
	if err := l.open(); err != nil {
		return nil, err
	}
	l.removeOld()
	return l, nil
}

func (l *file) open() error {
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	fi, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	l.f, l.length, l.day = f, fi.Size(), l.now().Format(dayLayout)
	if fi.Size() > 0 {
		l.day = fi.ModTime().Format(dayLayout)
	}
	return nil
}

// Write appends a record.
func (l *file) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	today := l.now().Format(dayLayout)
	if l.length > 0 && (today != l.day || l.size > 0 && l.length+int64(len(b)) > l.size) {
		if err := l.rotate(); err != nil {
			return 0, err
		}
	}
	if l.f == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	l.day = today
	n, err := l.f.Write(b)
	l.length += int64(n)
	return n, err
}

// rotate sets the file aside and begins another. When it can not be set aside it goes
// on.
func (l *file) rotate() error {
	l.f.Close()
	l.f = nil
	stem, ext := l.stem()
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s-%s-%03d%s", stem, l.day, n, ext)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		_ = os.Rename(l.path, aside)
		break
	}
	l.removeOld()
	return l.open()
}

func (l *file) stem() (stem, ext string) {
	ext = filepath.Ext(l.path)
	return strings.TrimSuffix(l.path, ext), ext
}

// removeOld removes files that were set aside too long ago.
func (l *file) removeOld() {
	if l.days <= 0 {
		return
	}
	stem, ext := l.stem()
	entries, err := os.ReadDir(cmp.Or(filepath.Dir(l.path), "."))
	if err != nil {
		return
	}
	oldest := l.now().AddDate(0, 0, -l.days).Format(dayLayout)
	for _, e := range entries {
		middle, ok := strings.CutPrefix(e.Name(), filepath.Base(stem)+"-")
		middle, ok2 := strings.CutSuffix(middle, ext)
		day, number, ok3 := strings.Cut(middle, "-")
		if ok && ok2 && ok3 && isNumber(day) && isNumber(number) && len(day) == len(dayLayout) && day < oldest {
			os.Remove(filepath.Join(filepath.Dir(l.path), e.Name()))
		}
	}
}

func isNumber(s string) bool {
	return s != "" && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < '0' || c > '9' })
}

func (l *file) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}

// maxDatagram is the size of records by UDP; larger ones are cut.
const maxDatagram = 60 << 10

type udp struct{ net.Conn }

// dialUDP sends each record as a datagram.
func dialUDP(address string) (*udp, error) {
	c, err := net.Dial("udp", address)
	if err != nil {
		return nil, err
	}
	return &udp{c}, nil
}

func (u *udp) Write(b []byte) (int, error) {
	if _, err := u.Conn.Write(b[:min(len(b), maxDatagram)]); err != nil {
		return 0, err
	}
	return len(b), nil
}
