package lua

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

func pointer(v glua.LValue) string { return fmt.Sprintf("%p", v) }

func fileRead(s *State, l *glua.LState) int { return s.readValues(l, argFile(l, 1), 2) }

func ioRead(s *State, l *glua.LState) int {
	f, ok := s.input.Value.(*file)
	if !ok || f.closed {
		l.RaiseError("standard input file is closed")
	}
	return s.readValues(l, f, 1)
}

// readValues reads by the formats from argument first on.
func (s *State) readValues(l *glua.LState, f *file, first int) int {
	n, err := s.readAll(l, f, first)
	if err != nil {
		return FileResult(l, err, "")
	}
	return n
}

func (s *State) readAll(l *glua.LState, f *file, first int) (int, error) {
	defer s.awaits(l, f)()
	if l.GetTop() < first {
		v, err := s.readLine(l, f.reader())
		if err != nil && err != io.EOF {
			return 0, err
		}
		l.Push(v)
		return 1, nil
	}
	n, last := 0, l.GetTop()
	for i := first; i <= last; i++ {
		v, err := s.readFormat(l, f.reader(), i)
		if err != nil && err != io.EOF {
			return 0, err
		}
		l.Push(v)
		n++
		if v == glua.LNil {
			break
		}
	}
	return n, nil
}

func (s *State) readFormat(l *glua.LState, r *bufio.Reader, arg int) (glua.LValue, error) {
	if n, ok := l.Get(arg).(glua.LNumber); ok {
		return s.readCount(l, r, ToInt(min(float64(n), MaxString)))
	}
	format := ArgText(l, arg)
	if strings.HasPrefix(format, "*") && len(format) > 1 {
		switch format[1] {
		case 'n':
			return readNumber(r)
		case 'l':
			return s.readLine(l, r)
		case 'a':
			b, err := io.ReadAll(io.LimitReader(r, int64(s.Largest())+1))
			s.Room(l, len(b))
			return glua.LString(b), err
		}
	}
	ArgError(l, arg, "invalid option")
	return glua.LNil, nil
}

func (s *State) readLine(l *glua.LState, r *bufio.Reader) (glua.LValue, error) {
	b, err := r.ReadSlice('\n')
	var long []byte
	for err == bufio.ErrBufferFull {
		s.Room(l, len(long))
		long = append(long, b...)
		b, err = r.ReadSlice('\n')
	}
	if long != nil {
		b = append(long, b...)
	}
	if len(b) == 0 {
		return glua.LNil, err
	}
	if b[len(b)-1] == '\n' {
		b = b[:len(b)-1]
	}
	return glua.LString(b), nil
}

func (s *State) readCount(l *glua.LState, r *bufio.Reader, n int) (glua.LValue, error) {
	if n <= 0 {
		if _, err := r.Peek(1); err != nil {
			return glua.LNil, err
		}
		return glua.LString(""), nil
	}
	var b strings.Builder
	_, err := io.CopyN(&b, r, int64(min(n, s.Largest()+1)))
	s.Room(l, b.Len())
	if b.Len() == 0 {
		return glua.LNil, err
	}
	return glua.LString(b.String()), nil
}

// readNumber reads the longest beginning that is a number, as scanf does.
func readNumber(r *bufio.Reader) (glua.LValue, error) {
	for {
		c, err := r.ReadByte()
		if err != nil {
			return glua.LNil, err
		}
		if strings.IndexByte(spaces, c) < 0 {
			_ = r.UnreadByte() // follows a ReadByte
			break
		}
	}
	var b []byte
	for len(b) < 200 {
		p, err := r.Peek(1)
		if err != nil || !numberPart(b, p[0]) {
			break
		}
		b = append(b, p[0])
		_, _ = r.Discard(1) // peeked
	}
	f, ok := ParseNumber(string(b))
	if !ok {
		return glua.LNil, nil
	}
	return glua.LNumber(f), nil
}

// numberPart tells whether c may follow b in a number.
func numberPart(b []byte, c byte) bool {
	text := strings.ToLower(string(b))
	digits := strings.TrimLeft(text, "+-")
	hex := strings.HasPrefix(digits, "0x")
	exponent := "e"
	if hex {
		exponent = "p"
	}
	switch {
	case isDigit(c):
		return true
	case c == '+' || c == '-':
		return text == "" || strings.HasSuffix(text, exponent) && digits != ""
	case c == '.':
		return !strings.ContainsAny(text, "."+exponent)
	case c|0x20 == 'x':
		return digits == "0"
	case hex && (c|0x20 >= 'a' && c|0x20 <= 'f'):
		return true
	}
	return string(c|0x20) == exponent && digits != "" && !strings.Contains(digits, exponent)
}

// lines makes an iterator; over is called when the file has ended.
func (s *State) lines(l *glua.LState, f *file, over func()) int {
	l.Push(s.Bind(func(s *State, l *glua.LState) int {
		if f.closed {
			l.RaiseError("file is already closed")
		}
		end := s.awaits(l, f)
		v, err := s.readLine(l, f.reader())
		end()
		if err != nil && err != io.EOF {
			text, _ := ErrorText(err)
			l.RaiseError("%s", text)
		}
		if v == glua.LNil {
			over()
		}
		l.Push(v)
		return 1
	}))
	return 1
}

func fileLines(s *State, l *glua.LState) int { return s.lines(l, argFile(l, 1), func() {}) }

func ioLines(s *State, l *glua.LState) int {
	if l.Get(1) == glua.LNil {
		f, ok := s.input.Value.(*file)
		if !ok || f.closed {
			l.RaiseError("standard input file is closed")
		}
		return s.lines(l, f, func() {})
	}
	name := ArgText(l, 1)
	f, err := s.openFile(l, name, "r")
	if err != nil {
		text, _ := ErrorText(err)
		ArgError(l, 1, name+": "+text)
	}
	s.handle(f)
	return s.lines(l, f, func() {
		delete(s.open, f)
		_ = f.Close() // was only read
	})
}
