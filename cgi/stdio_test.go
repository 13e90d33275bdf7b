package cgi

import (
	"bytes"
	"strings"
	"testing"
)

func TestStdio(t *testing.T) {
	var out bytes.Buffer
	s := &stdio{w: &out}
	steps := []struct {
		write string
		have  int // bytes that are out after it
	}{
		{"abc", 0}, {strings.Repeat("x", block-3), 0}, {"y", block}, {strings.Repeat("z", 2*block), 3 * block}, {"", 3 * block},
	}
	for i, st := range steps {
		if n, err := s.Write([]byte(st.write)); n != len(st.write) || err != nil || out.Len() != st.have {
			t.Fatalf("step %d: wrote %d (%v), %d are out, want %d", i, n, err, out.Len(), st.have)
		}
	}
	if _, err := (printer{s}).Write([]byte("p")); err != nil || out.Len() != 3*block+2 {
		t.Errorf("print: %v, %d are out", err, out.Len())
	}
	s.SetBuffered(false)
	if s.Write([]byte("q")); out.Len() != 3*block+3 {
		t.Errorf("not kept: %d are out", out.Len())
	}
}

func TestOrderOfOutput(t *testing.T) {
	ask := folder(t, "[p]\nsource = p.lua\n", map[string]string{"p.lua": `HTML('a') io.write('b\n') HTML('c') print('d') HTML('e') io.write('f\n') HTML('g') io.flush() HTML('h')
io.stdout:setvbuf('no') io.write('i\n') HTML('j') io.stdout:setvbuf('full') io.write('k\n') HTML('l') os.exit(0)`})
	ended := false
	old := exit
	t.Cleanup(func() { exit = old })
	exit = func(int) { ended = true }
	if got, want := ask("mode=p"), "a\nc\nb\nd\ne\ng\nf\nh\ni\nj\nl\nk\n"; got != want || !ended {
		t.Errorf("%q, want %q (ended: %v)", got, want, ended)
	}
}
