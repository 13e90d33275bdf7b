package lua

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	glua "github.com/yuin/gopher-lua"
)

// file is a file handle of Lua.
type file struct {
	name   string
	f      *os.File       // nil for pipes and writers
	w      io.WriteCloser // of a pipe, or a writer
	r      *bufio.Reader
	cmd    *exec.Cmd
	closed bool
	std    bool // is not closed
	slow   bool // may wait for others
}

// Hold counts the buffer.
func (f *file) Hold(h *Holding) { h.Add(8 << 10) }

func (s *State) openIO() {
	s.files = s.l.CreateTable(0, 4)
	methods := s.fill(s.l.CreateTable(0, 8), []entry{
		{"close", fileClose}, {"flush", fileFlush}, {"lines", fileLines}, {"read", fileRead},
		{"seek", fileSeek}, {"setvbuf", fileSetvbuf}, {"write", fileWrite},
	})
	s.files.RawSetString("__index", methods)
	s.fill(s.files, []entry{{"__tostring", fileToString}})
	t := s.library("io", []entry{
		{"close", ioClose}, {"flush", ioFlush}, {"input", ioInput}, {"lines", ioLines}, {"open", ioOpen},
		{"output", ioOutput}, {"popen", ioPopen}, {"read", ioRead}, {"tmpfile", ioTmpfile}, {"type", ioType}, {"write", ioWrite},
	})
	out := &file{name: "stdout", f: os.Stdout, std: true}
	if s.e.opt.Stdout != nil {
		out = &file{name: "stdout", w: nopCloser{s.e.opt.Stdout}, std: true}
	}
	s.stdin = s.handle(&file{name: "stdin", f: os.Stdin, std: true, slow: true})
	s.out = s.handle(out)
	s.errs = s.handle(&file{name: "stderr", f: os.Stderr, std: true})
	s.input, s.output = s.stdin, s.out
	t.RawSetString("stdin", s.stdin)
	t.RawSetString("stdout", s.out)
	t.RawSetString("stderr", s.errs)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// handle makes a value of f; it is closed with the state.
func (s *State) handle(f *file) *glua.LUserData {
	if !f.std {
		s.open[f] = struct{}{}
	}
	return &glua.LUserData{Value: f, Metatable: s.files, Env: s.l.Env}
}

// Close closes the file and waits for the program of a pipe.
func (f *file) Close() error {
	if f.closed || f.std {
		return nil
	}
	f.closed = true
	var err error
	if f.w != nil {
		err = f.w.Close()
	}
	if f.f != nil {
		err = errors.Join(err, f.f.Close())
	}
	if f.cmd != nil {
		_ = f.cmd.Wait() // io.close tells nothing about the program
	}
	return err
}

func (f *file) reader() *bufio.Reader {
	if f.r == nil {
		if f.f == nil {
			return bufio.NewReader(eofReader{})
		}
		f.r = bufio.NewReader(f.f)
	}
	return f.r
}

type eofReader struct{}

func (eofReader) Read([]byte) (int, error) { return 0, io.EOF }

// sync brings the place in the file back to where the script is.
func (f *file) sync() {
	if f.r == nil || f.f == nil || f.r.Buffered() == 0 {
		return
	}
	if _, err := f.f.Seek(-int64(f.r.Buffered()), io.SeekCurrent); err == nil {
		f.r.Reset(f.f)
	}
}

func (f *file) Write(b []byte) (int, error) {
	if f.w != nil {
		return f.w.Write(b)
	}
	f.sync()
	return f.f.Write(b)
}

// ErrorText is the text of C's strerror, and its number.
func ErrorText(err error) (string, int) {
	var no syscall.Errno
	if errors.As(err, &no) {
		text := no.Error()
		if text != "" && text[0] >= 'a' && text[0] <= 'z' {
			text = string(text[0]-'a'+'A') + text[1:]
		}
		return text, int(no)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "No such file or directory", int(syscall.ENOENT)
	case errors.Is(err, fs.ErrClosed):
		return "Bad file descriptor", int(syscall.EBADF)
	}
	return err.Error(), 0
}

// FileResult is true, or nil with message and number.
func FileResult(l *glua.LState, err error, name string) int {
	if err == nil {
		l.Push(glua.LTrue)
		return 1
	}
	text, no := ErrorText(err)
	if name != "" {
		text = name + ": " + text
	}
	return Give(l, glua.LNil, glua.LString(text), glua.LNumber(no))
}

// argFile is the open file of argument n.
func argFile(l *glua.LState, n int) *file {
	ud, _ := l.Get(n).(*glua.LUserData)
	if ud != nil {
		if f, ok := ud.Value.(*file); ok {
			if f.closed {
				l.RaiseError("attempt to use a closed file")
			}
			return f
		}
	}
	WrongType(l, n, "FILE*")
	return nil
}

func ioOpen(s *State, l *glua.LState) int {
	name, mode := ArgText(l, 1), OptText(l, 2, "r")
	f, err := s.openFile(l, name, mode)
	if err != nil {
		return FileResult(l, err, name)
	}
	l.Push(s.handle(f))
	return 1
}

func (s *State) openFile(l *glua.LState, name, mode string) (*file, error) {
	flags := os.O_RDONLY
	plus := len(mode) > 1 && (mode[1] == '+' || len(mode) > 2 && mode[2] == '+')
	switch {
	case mode == "":
		return nil, syscall.EINVAL
	case mode[0] == 'r' && plus:
		flags = os.O_RDWR
	case mode[0] == 'r':
	case mode[0] == 'w' && plus:
		flags = os.O_RDWR | os.O_CREATE | os.O_TRUNC
	case mode[0] == 'w':
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	case mode[0] == 'a' && plus:
		flags = os.O_RDWR | os.O_CREATE | os.O_APPEND
	case mode[0] == 'a':
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	default:
		return nil, syscall.EINVAL
	}
	if flags != os.O_RDONLY && s.Dry("write file %s", name) {
		return &file{name: name, w: nopCloser{io.Discard}}, nil
	}
	if fi, err := os.Stat(name); err == nil && !fi.Mode().IsRegular() && s.Dry("read %s", name) {
		return nil, syscall.EACCES
	}
	f, err := s.openPath(l, name, flags)
	if err != nil {
		return nil, err
	}
	fi, err := f.Stat()
	return &file{name: name, f: f, slow: err != nil || !fi.Mode().IsRegular()}, nil
}

// shell is a command of the system's shell.
func shell(ctx context.Context, command string) *exec.Cmd {
	name, flag := "/bin/sh", "-c"
	if runtime.GOOS == "windows" {
		name, flag = "cmd", "/c"
	}
	cmd := exec.CommandContext(ctx, name, flag, command)
	cmd.Args[0] = strings.TrimPrefix(name, "/bin/") // as the shell names itself in messages
	endWhole(cmd)
	return cmd
}

func ioPopen(s *State, l *glua.LState) int {
	command, mode := ArgText(l, 1), OptText(l, 2, "r")
	if s.Dry("run by the shell: %s", command) {
		l.Push(s.handle(&file{name: command, w: nopCloser{io.Discard}}))
		return 1
	}
	cmd := shell(s.Context(), command)
	cmd.Stderr = os.Stderr
	f := &file{name: command, cmd: cmd}
	var err error
	if mode == "w" {
		cmd.Stdout = os.Stdout
		f.w, err = cmd.StdinPipe()
	} else {
		var out io.ReadCloser
		if out, err = cmd.StdoutPipe(); err == nil {
			f.r = bufio.NewReader(out)
		}
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return FileResult(l, err, command)
	}
	l.Push(s.handle(f))
	return 1
}

func ioTmpfile(s *State, l *glua.LState) int {
	if s.Dry("write a temporary file") {
		l.Push(s.handle(&file{name: "tmpfile", w: nopCloser{io.Discard}}))
		return 1
	}
	f, err := os.CreateTemp("", "lua")
	if err != nil {
		return FileResult(l, err, "")
	}
	_ = os.Remove(f.Name()) // not possible on every system
	l.Push(s.handle(&file{name: f.Name(), f: f}))
	return 1
}

func ioType(s *State, l *glua.LState) int {
	ArgAny(l, 1)
	if ud, ok := l.Get(1).(*glua.LUserData); ok {
		if f, ok := ud.Value.(*file); ok {
			if f.closed {
				return GiveText(l, "closed file")
			}
			return GiveText(l, "file")
		}
	}
	l.Push(glua.LNil)
	return 1
}

func fileToString(s *State, l *glua.LState) int {
	if ud, ok := l.Get(1).(*glua.LUserData); ok {
		if f, ok := ud.Value.(*file); ok && f.closed {
			return GiveText(l, "file (closed)")
		}
	}
	return GiveText(l, "file ("+pointer(l.Get(1))+")")
}

func fileClose(s *State, l *glua.LState) int { return s.closeFile(l, argFile(l, 1)) }

func (s *State) closeFile(l *glua.LState, f *file) int {
	delete(s.open, f)
	return FileResult(l, f.Close(), "")
}

func ioClose(s *State, l *glua.LState) int {
	if l.GetTop() == 0 {
		l.Push(s.output)
	}
	return s.closeFile(l, argFile(l, 1))
}

func fileFlush(s *State, l *glua.LState) int {
	return FileResult(l, argFile(l, 1).flush(), "")
}

func ioFlush(s *State, l *glua.LState) int {
	f, _ := s.output.Value.(*file)
	return FileResult(l, f.flush(), "")
}

func fileSetvbuf(s *State, l *glua.LState) int {
	f := argFile(l, 1)
	if b := f.buffer(); b != nil {
		b.SetBuffered(ArgText(l, 2) == "full")
	}
	return FileResult(l, nil, "")
}

// Buffer is a standard output that keeps what is written to it for a while.
type Buffer interface {
	io.Writer
	Flush() error
	// SetBuffered tells whether it goes on so; if not, what it has is written.
	SetBuffered(on bool)
}

// buffer is where the file is kept before it is written, or nil.
func (f *file) buffer() Buffer {
	if f == nil {
		return nil
	}
	n, _ := f.w.(nopCloser)
	b, _ := n.Writer.(Buffer)
	return b
}

func (f *file) flush() error {
	if b := f.buffer(); b != nil {
		return b.Flush()
	}
	return nil
}

func fileSeek(s *State, l *glua.LState) int {
	f := argFile(l, 1)
	whence, ok := map[string]int{"set": io.SeekStart, "cur": io.SeekCurrent, "end": io.SeekEnd}[OptText(l, 2, "cur")]
	if !ok {
		ArgError(l, 2, "invalid option '"+ArgText(l, 2)+"'")
	}
	if f.f == nil {
		return FileResult(l, syscall.ESPIPE, "")
	}
	f.sync()
	at, err := f.f.Seek(int64(OptNumber(l, 3, 0)), whence)
	if err != nil {
		return FileResult(l, err, "")
	}
	if f.r != nil {
		f.r.Reset(f.f)
	}
	return GiveNumber(l, float64(at))
}

func fileWrite(s *State, l *glua.LState) int { return writeValues(l, argFile(l, 1), 2) }

func ioWrite(s *State, l *glua.LState) int {
	f, ok := s.output.Value.(*file)
	if !ok || f.closed {
		l.RaiseError("standard output file is closed")
	}
	return writeValues(l, f, 1)
}

func writeValues(l *glua.LState, f *file, first int) int {
	var err error
	for i := first; i <= l.GetTop() && err == nil; i++ {
		_, err = io.WriteString(f, ArgText(l, i))
	}
	return FileResult(l, err, "")
}

// redirect is io.input and io.output.
func (s *State) redirect(l *glua.LState, at **glua.LUserData, mode string) int {
	switch v := l.Get(1).(type) {
	case glua.LString:
		f, err := s.openFile(l, string(v), mode)
		if err != nil {
			text, _ := ErrorText(err)
			ArgError(l, 1, string(v)+": "+text)
		}
		*at = s.handle(f)
	case *glua.LUserData:
		argFile(l, 1)
		*at = v
	}
	l.Push(*at)
	return 1
}

func ioInput(s *State, l *glua.LState) int  { return s.redirect(l, &s.input, "r") }
func ioOutput(s *State, l *glua.LState) int { return s.redirect(l, &s.output, "w") }
