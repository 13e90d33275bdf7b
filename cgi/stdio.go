package cgi

import "io"

// stdio is the standard output as the library of C has it, where io.write of Lua
// and messages about the network go. What HTML and the answers of commands write
// passes it by, so that it comes before what stdio still has; print writes it out
// (docs/original/lua.md 2).
type stdio struct {
	w      io.Writer
	kept   []byte
	unkept bool
}

// block is how much it keeps.
const block = 4096

func (s *stdio) Write(b []byte) (int, error) {
	if s.unkept {
		return s.w.Write(b)
	}
	n := min(block-len(s.kept), len(b))
	if s.kept == nil {
		n = 0
	}
	s.kept = append(s.kept, b[:n]...)
	rest := b[n:]
	if len(rest) == 0 {
		return len(b), nil
	}
	if err := s.Flush(); err != nil {
		return n, err
	}
	whole := len(rest) / block * block
	if whole > 0 {
		if _, err := s.w.Write(rest[:whole]); err != nil {
			return n, err
		}
	}
	if s.kept == nil {
		s.kept = make([]byte, 0, block)
	}
	s.kept = append(s.kept, rest[whole:]...)
	return len(b), nil
}

// Flush writes out what is kept.
func (s *stdio) Flush() error {
	if len(s.kept) == 0 {
		return nil
	}
	_, err := s.w.Write(s.kept)
	s.kept = s.kept[:0]
	return err
}

// SetBuffered tells whether it keeps anything.
func (s *stdio) SetBuffered(on bool) {
	s.unkept = !on
	if s.unkept {
		_ = s.Flush() // a browser that has gone needs no answer
	}
}

// printer is what print writes to: it leaves nothing behind.
type printer struct{ s *stdio }

func (p printer) Write(b []byte) (int, error) {
	n, err := p.s.Write(b)
	if err == nil {
		err = p.s.Flush()
	}
	return n, err
}
