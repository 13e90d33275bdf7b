package scripting

import (
	"context"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/oplog"
)

// exec is one execution of a program. Scripts called by it have their own.
type exec struct {
	run      *Run
	env      Env
	ctx      context.Context
	prog     *Program
	export   bool
	name     string // of the kind, for log lines
	n        int
	received *Received
	calls    calls

	code     Code
	skipping int // depth of blocks being skipped
	part     int
	done     bool // an export line that ends early

	line      value  // the current statement, expanded
	marks     []mark // of its pieces, when its arguments were read before
	markSpace [8]mark
	file      string
	fileKnown bool

	buf   []byte
	spans []span
	step  Step
}

// maxDepth and maxCalls bound scripts that call each other: how deep, and how
// many lines one statement of a converter can run that way.
const (
	maxDepth = 40
	maxCalls = 20000
)

// calls is what the context carries into called scripts.
type calls struct {
	depth int
	left  *int
}

type callsKey struct{}

func (r *Run) vars() *Vars {
	if r.Vars == nil {
		r.Vars = &Vars{}
	}
	return r.Vars
}

func (r *Run) copies() *Copies {
	if r.Copies == nil {
		r.Copies = &Copies{}
	}
	return r.Copies
}

// start runs a program on r.
func (r *Run) start(ctx context.Context, p *Program, kind Kind, n int, received *Received) Code {
	c, _ := ctx.Value(callsKey{}).(calls)
	x := exec{run: r, env: r.Env, ctx: ctx, prog: p, export: p.dialect == ExportDialect,
		name: kind.Name(), n: n, received: received, code: Done, calls: c}
	if c.left != nil && (c.depth >= maxDepth || *c.left <= 0) {
		if *c.left >= 0 {
			x.fail(" script calls are nested too deep")
			*c.left = -1
		}
		return Done
	}
	if x.export {
		x.file, x.fileKnown = r.File, true
	}
	x.loop()
	if x.export && !x.done {
		return Done
	}
	return x.code
}

// inner is the context for code that may run scripts again.
func (x *exec) inner() context.Context {
	c := x.calls
	c.depth++
	if c.left == nil {
		left := maxCalls
		c.left = &left
	}
	if *c.left > 0 {
		*c.left--
	}
	return context.WithValue(x.ctx, callsKey{}, c)
}

// loop runs the statements (docs/original/scripting.md 2).
func (x *exec) loop() {
	for i := range x.prog.statements {
		st := &x.prog.statements[i]
		x.part = i
		x.begin(st)
		switch {
		case !x.admit(st):
		case st.body == "" && len(st.pieces) == 0:
			x.step.Outcome = Executed
		default:
			x.statement(st)
		}
		x.report(st)
		if x.done {
			return
		}
		if x.code == Stop || x.code == Return || !x.export && x.code.endsLine() {
			return
		}
	}
}

// admit decides whether a statement runs, from the if and the braces before it.
func (x *exec) admit(st *statement) bool {
	if x.skipping > 0 || x.code == Skip {
		switch {
		case st.brace == '{':
			x.skipping++
			x.code = Nothing
		case st.brace == '}' && x.skipping > 0:
			x.skipping--
			x.code = Nothing
		}
	}
	switch {
	case x.skipping > 0:
		x.step.Outcome = InBlock
		oplog.RuleSkips(says{x}, x)
		return false
	case x.export && st.body == "":
		x.step.Outcome = Executed
		return false
	case x.code == Skip:
		x.code = Nothing
		x.step.Outcome = NotRun
		oplog.RulePassesOver(says{x}, x)
		return false
	}
	return true
}

func (x *exec) statement(st *statement) {
	x.line = x.expand(st.pieces)
	x.step.Text = x.line.text
	if x.line.text == "" && !x.export {
		return
	}
	c, p := st.command, &st.parsed
	if !st.decided {
		c = recognize(x.prog.dialect, x.line.text)
	}
	if c == nil || len(x.line.spans) > 0 && x.line.data(0) {
		x.unknown(st)
		return
	}
	x.step.Command = c.name
	if !st.decided || !st.fixed {
		x.marks = x.marks[:0]
		p = &c.parseLine(x.line).parsed
	}
	if p.void != "" {
		x.ignored(p.void)
		return
	}
	c.run(x, p.args)
}

// object is the data set worked on; an export reads it when it is first needed.
func (x *exec) object() *dicom.Dataset {
	if x.run.Object == nil && x.run.File != "" && !x.run.unreadable {
		d, err := x.env.ReadObject(x.ctx, x.run.File)
		if err != nil || d == nil {
			x.run.unreadable = true
			return nil
		}
		x.run.Object = d
	}
	return x.run.Object
}

// nested runs a program in the import dialect as script number -1.
func (x *exec) nested(p *Program) Code {
	return x.run.start(x.inner(), p, Import, -1, nil)
}

// nestedLines runs the lines of a script file; each is a script of its own.
func (x *exec) nestedLines(text string, skipEmpty bool) Code {
	code := Done
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if c := at(line, 0); c == '#' || c == ';' || skipEmpty && line == "" {
			continue
		}
		code = x.nested(x.run.Cache.Get(ImportDialect, line))
		if code.endsFile() {
			break
		}
	}
	return code
}

// String is the name of the statement in log lines, e.g. "Importconverter0.3".
func (x *exec) String() string {
	return x.name + "converter" + itoa(x.n) + "." + itoa(x.part)
}

// says takes the lines of statements, and drops them in a quiet run.
type says struct{ *exec }

func (s says) Operator(format string, a ...any) {
	if s.n >= -1 {
		s.env.Operator(fmt.Sprintf(format, a...))
	}
}

func (s says) Debug(format string, a ...any) {
	if s.n >= -1 && s.env.Debugging() {
		s.env.Debug(fmt.Sprintf(format, a...))
	}
}

// failing takes the lines of statements that fail.
type failing struct{ *exec }

func (f failing) Operator(format string, a ...any) { f.failLine(fmt.Sprintf(format, a...)) }

// fail writes an error line and marks the statement as failed.
func (x *exec) fail(text string) {
	x.run.Fail(x.String() + text)
	oplog.RuleFailed(failing{x}, x.String(), text)
}

func (x *exec) failLine(line string) {
	x.step.Outcome, x.step.Detail = Failed, strings.TrimLeft(line, "* ")
	if x.n >= -2 {
		x.env.Operator(line)
	}
}

// ignored marks a malformed statement, which does nothing and logs nothing.
func (x *exec) ignored(why string) {
	x.step.Outcome, x.step.Detail = Ignored, why
}

func (x *exec) begin(st *statement) {
	x.step = Step{}
	if x.run.Trace == nil {
		return
	}
	x.step = Step{Converter: x.name + "converter" + itoa(x.n), Part: x.part, Offset: st.offset + st.at,
		Depth: x.calls.depth, Source: st.body}
	if st.body == "" {
		x.step.Source = st.raw
	}
	if st.command != nil {
		x.step.Command = st.command.name
	}
}

func (x *exec) report(st *statement) {
	if x.run.Trace == nil || st.raw == "" {
		return
	}
	x.step.Code = x.code
	x.run.Trace.Step(x.step)
}
