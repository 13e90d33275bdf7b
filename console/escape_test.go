package console

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestForgedLines lets no value begin a line of its own or command a terminal.
func TestForgedLines(t *testing.T) {
	dir := t.TempDir()
	trouble, user := filepath.Join(dir, "trouble"), filepath.Join(dir, "user")
	c := New(trouble, user)
	const evil = "A\n*** forged\x1b[2J\r\x7f\u202e"
	for _, say := range []func(){
		func() { c.Operator("*** calling %s, called %-4s", evil, evil) },
		func() { c.Operator("*** %v", errors.New(evil)) },
		func() { c.Operator("%s", errors.New("*** "+evil)) },
		func() { c.Operator("*** title %q and %s", evil, []byte(evil)) },
		func() { c.Event("*** refused", "calling", evil, "error", errors.New(evil)) },
		func() { c.Trouble("*** %s and %d", evil, 1) },
		func() { tg := c.Together(); tg.Operator("*** %s is %s", evil, "x"); tg.Say() },
	} {
		os.Remove(trouble)
		say()
		text, err := os.ReadFile(trouble)
		if err != nil || strings.Count(string(text), "\n") != 1 || strings.ContainsAny(string(text), "\x1b\r\x7f\u202e") {
			t.Errorf("%v: %q", err, text)
		}
	}
	c.User("C-Store", evil)
	if text, _ := os.ReadFile(user); strings.Count(string(text), "\n") != 1 {
		t.Errorf("user log: %q", text)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain":            "plain",
		"M\xfcller Müller": "M\xfcller Müller",
		"a\nb\x00c\x1b":    `a\nb\x00c\x1b`,
		"\u0085\u2028":     `\u0085\u2028`,
		`back\slash stays`: `back\slash stays`,
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if got := message("%s", []any{"two\n\tlines\x1b"}); got != "two\n\tlines\\x1b\n" {
		t.Errorf("%q", got)
	}
}
