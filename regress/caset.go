package main

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// caseT is what testscript sees instead of a *testing.T: it runs one script and
// remembers how that went.
type caseT struct {
	verbose bool
	failed  bool
	skipped bool
	log     strings.Builder
}

var _ testscript.T = (*caseT)(nil)

// endOfCase is the panic value that unwinds a script that has ended.
type endOfCase struct{}

// Run calls f in the same goroutine and returns when f or the script has ended.
func (t *caseT) Run(_ string, f func(testscript.T)) {
	defer func() {
		switch e := recover().(type) {
		case nil, endOfCase:
		default:
			t.failed = true
			fmt.Fprintf(&t.log, "panic: %v\n", e)
		}
	}()
	f(t)
}

func (t *caseT) Log(args ...any) {
	text := fmt.Sprintln(args...)
	// With a work folder of our own testscript names it in the first line.
	if strings.HasPrefix(text, "WORK=") {
		_, text, _ = strings.Cut(text, "\n")
	}
	t.log.WriteString(text)
}

func (t *caseT) Fatal(args ...any) {
	t.Log(args...)
	t.FailNow()
}

func (t *caseT) FailNow() {
	t.failed = true
	panic(endOfCase{})
}

func (t *caseT) Skip(args ...any) {
	t.skipped = true
	t.Log(args...)
	panic(endOfCase{})
}

func (t *caseT) Parallel() {}

func (t *caseT) Verbose() bool { return t.verbose }
