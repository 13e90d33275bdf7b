package scripting

import (
	"context"
	"errors"
	"strings"

	"conquest/dicom"
)

const (
	maxConverters = 20 // rows of the table of import associations, and channels
	sharedRow     = maxConverters - 1
)

// runForward sends the object at once (docs/original/scripting.md 5.1).
func runForward(x *exec, line *value) {
	f := parseForward(line, x.part, x.run.Thread)
	f.clauses.Run, f.clauses.Export = x.run, x.export
	if x.export {
		x.forwardFile(&f.clauses, f.script)
		return
	}
	x.forwardObject(&f.clauses, f.script)
}

type forwardLine struct {
	clauses Forward
	script  value
}

// parseForward reads the clauses of a forward statement; part is the channel
// when none is given. Columns are fixed up to the destination.
func parseForward(line *value, part, thread int) forwardLine {
	var f forwardLine
	offset := len("forward to ")
	if hasPrefixFold(line.text, "forward compressed as ") {
		const code = len("forward compressed as ")
		offset = code + len("CC to ")
		if c := at(line.text, code+2); c != ' ' && c != 0 {
			offset += 2
		}
		f.clauses.Compression = line.text[code:min(offset-len(" to "), len(line.text))]
	}
	rest := line.from(offset)
	if i := rest.index(" script ", 0); i >= 0 {
		f.script = rest.from(i + len(" script "))
		rest = rest.slice(0, i)
	}
	word := func(name string) string {
		i := rest.index(" "+name+" ", 0)
		if i < 0 {
			return ""
		}
		w, _, _ := strings.Cut(rest.text[i+len(name)+2:], " ")
		return w
	}
	f.clauses.Originator = word("org")
	f.clauses.CalledAE = word("dest")
	f.clauses.Channel = part
	if c := word("channel"); c != "" {
		f.clauses.Channel = atoi(c)
		if c[0] == '*' {
			f.clauses.Channel = thread % maxConverters
		}
		if f.clauses.Channel < 0 || f.clauses.Channel >= maxConverters {
			f.clauses.Channel = 0
		}
	}
	f.clauses.Target, _, _ = strings.Cut(rest.text, " ")
	return f
}

// forwardObject is the forward of imports. Scripts and high numbers share the
// last row of associations and take its number in their log lines.
func (x *exec) forwardObject(f *Forward, script value) {
	if x.n < 0 || x.n >= maxConverters {
		x.n = sharedRow
	}
	f.Row = x.n
	name := x.name + "Converter" + itoa(x.n) + "." + itoa(f.Channel)
	f.name = name
	d := x.object()
	if d == nil || d.String(dicom.SOPClassUID) == "" {
		x.run.copies().Failed++
		x.failLine("*** " + name + ": Forward failed because SopClass is missing")
		return
	}
	f.Object = d.Clone()
	x.prepare(f, script)
	if err := x.env.Forward(x.ctx, f); err != nil {
		x.run.copies().Failed++
		x.failLine("*** " + name + ": " + forwardMessage(f, err))
		return
	}
	x.run.copies().Sent++
	x.env.Operator(name + ": forwarded object to " + f.Target)
}

// forwardFile is the forward of exports: a failure ends the line.
func (x *exec) forwardFile(f *Forward, script value) {
	f.Row, f.Channel, f.File = x.n, x.part, x.file
	name := "ExportConverter" + itoa(x.n) + "." + itoa(x.part)
	f.name = name
	x.env.Operator(name + ": forward " + x.file + " to " + f.Target)
	d := x.object()
	x.forget()
	switch {
	case d == nil:
		x.failLine("*** " + name + ": Forward failed to load DICOM object " + x.file)
		x.done, x.code = true, Done
		return
	case d.String(dicom.SOPClassUID) == "":
		x.failLine("*** " + name + ": Forward failed because SopClass is missing in " + x.file)
		x.done, x.code = true, Done
		return
	}
	f.Object = d
	x.prepare(f, script)
	err := x.env.Forward(x.ctx, f)
	if err == nil {
		return
	}
	x.failLine("*** " + name + ": " + forwardMessage(f, err))
	x.done, x.code = true, Done
	var fe *ForwardError
	if !errors.As(err, &fe) || fe.Failure == NotConnected || fe.Retry {
		x.code = Retry
	}
}

// prepare makes the script clause ready to run on the object that is sent.
func (x *exec) prepare(f *Forward, script value) {
	if script.text == "" {
		return
	}
	p := x.compile(script)
	ctx := x.inner()
	f.Prepare = func(_ context.Context) {
		r := *x.run
		r.Object, r.Storage, r.File, r.Received, r.Copies = f.Object, nil, "", nil, nil
		r.Vars = x.run.vars()
		r.start(ctx, p, Import, -1, nil)
	}
}

// compile is the program of a nested script; texts with data in them are not
// worth keeping.
func (x *exec) compile(v value) *Program {
	if len(v.spans) == 0 {
		return x.run.Cache.Get(ImportDialect, v.text)
	}
	return compileValue(ImportDialect, v)
}

func forwardMessage(f *Forward, err error) string {
	var fe *ForwardError
	failure := NotConnected
	if errors.As(err, &fe) {
		failure = fe.Failure
	}
	switch failure {
	case NotAccepted:
		return "DICOM server " + f.Target + " does not accept type of forwarded image"
	case NotSent:
		return "Forward failed to send DICOM image to " + f.Target
	}
	return "Forward failed to connect to host " + f.Target
}
