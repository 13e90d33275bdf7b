package scripting

import (
	"context"
	"errors"
	"strings"

	"conquest/dicom"
	"conquest/finding"
	"conquest/oplog"
)

const (
	maxConverters = 20 // rows of the table of import associations, and channels
	sharedRow     = maxConverters - 1
)

// forwardArgs are the clauses of a forward statement.
type forwardArgs struct {
	compression string
	target      string
	originator  string
	calledAE    string
	channel     string // a number, or * for that of the association
	script      *part
	at          int // of the target
}

// parseForwardTo reads "AE clauses"; the column of the AE is fixed.
func parseForwardTo(r *reader) forwardArgs {
	a := readForward(r, len("forward to "))
	if !strings.HasPrefix(r.text(), " ") {
		r.note(finding.Error, 0, "the forward has no readable destination", "write forward to AE or forward compressed as j2 to AE")
		return a
	}
	if a.script != nil && strings.HasPrefix(r.line.text[a.script.from:], `"`) {
		r.note(finding.Error, a.script.from-len(" script "), "quotes around the script of an immediate forward are part of the script, which is then unknown", "remove the quotes")
	}
	if strings.Contains(mapASCII(r.line.text, 'A', 'Z', 32), " after ") {
		r.note(finding.Warning, 0, "an immediate forward has no clause after", "write forward image to ... after N")
		return a
	}
	a.checkWords(r)
	return a
}

// checkWords finds words behind the destination that an immediate forward does
// not know.
func (a *forwardArgs) checkWords(r *reader) {
	end := len(r.line.text)
	if a.script != nil {
		end = a.script.from - len(" script ")
	}
	i := min(a.at+len(a.target), end)
	words := strings.Split(strings.TrimPrefix(r.line.text[i:end], " "), " ")
	at := i + 1
	for k := 0; k < len(words); k++ {
		switch word := mapASCII(words[k], 'A', 'Z', 32); {
		case word == "org" || word == "dest" || word == "channel":
			at += len(words[k]) + 1
			k++
		case word == "compressed":
			r.note(finding.Error, at, "compressed stands behind the destination and does not count", "write forward compressed as j2 to "+a.name())
			return
		case word != "" && strings.IndexByte(word, hole) < 0:
			r.note(finding.Warning, at, "unknown word "+words[k]+" in an immediate forward", "org, dest, channel and script may follow the destination")
			return
		}
		if k < len(words) {
			at += len(words[k]) + 1
		}
	}
}

// name is the destination for a message.
func (a *forwardArgs) name() string {
	if strings.IndexByte(a.target, hole) >= 0 {
		return "AE"
	}
	return a.target
}

// parseForwardCompressed reads "as CC to AE clauses" or "as CCNN to AE clauses",
// at fixed columns.
func parseForwardCompressed(r *reader) forwardArgs {
	line := r.line.text
	offset, code := len("forward to "), r.start+len(" as ")
	if hasPrefixFold(line[r.start:], " as ") {
		offset = code + len("CC to ")
		if c := at(line, code+2); c != ' ' && c != 0 {
			offset += len("NN")
		}
	}
	a := readForward(r, offset)
	if offset > code {
		a.compression = line[code:min(offset-len(" to "), len(line))]
	}
	if offset < code || !strings.Contains(mapASCII(line, 'A', 'Z', 32), " to ") {
		r.note(finding.Error, 0, "the forward has no readable destination", "write forward to AE or forward compressed as j2 to AE")
	}
	return a
}

// readForward reads the destination at a byte of the line and what follows.
func readForward(r *reader, offset int) (a forwardArgs) {
	rest := r.line.from(offset)
	if i := rest.index(" script ", 0); i >= 0 {
		p := r.take(offset+i+len(" script "), len(r.line.text))
		a.script = &p
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
	a.originator, a.calledAE, a.channel = word("org"), word("dest"), word("channel")
	a.target, _, _ = strings.Cut(rest.text, " ")
	a.at = offset
	return a
}

// channelNumber is the channel that a statement asks for; part is that when it
// asks for none.
func (a *forwardArgs) channelNumber(part, thread int) int {
	if a.channel == "" {
		return part
	}
	n := atoi(a.channel)
	if a.channel[0] == '*' {
		n = thread % maxConverters
	}
	if n < 0 || n >= maxConverters {
		return 0
	}
	return n
}

// runForward sends the object at once (docs/original/scripting.md 5.1).
func runForward(x *exec, a forwardArgs) {
	f := Forward{Run: x.run, Export: x.export, Target: a.target, Originator: a.originator, CalledAE: a.calledAE,
		Channel: a.channelNumber(x.part, x.run.Thread), Compression: a.compression}
	var script value
	if a.script != nil {
		script = x.take(*a.script)
	}
	if x.export {
		x.forwardFile(&f, script)
		return
	}
	x.forwardObject(&f, script)
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
		oplog.RuleForwardNoClass(failing{x}, name)
		return
	}
	f.Object = d.Clone()
	x.prepare(f, script)
	if err := x.env.Forward(x.ctx, f); err != nil {
		x.run.copies().Failed++
		oplog.RuleProblem(failing{x}, name, forwardMessage(f, err))
		return
	}
	x.run.copies().Sent++
	oplog.RuleForwarded(oplog.Lines(x.env.Operator), name, f.Target)
}

// forwardFile is the forward of exports: a failure ends the line.
func (x *exec) forwardFile(f *Forward, script value) {
	f.Row, f.Channel, f.File = x.n, x.part, x.file
	name := "ExportConverter" + itoa(x.n) + "." + itoa(x.part)
	f.name = name
	if h, ok := x.env.(Holder); ok {
		switch held, sent := h.Held(x.ctx, f); {
		case held:
			x.step.Outcome, x.step.Detail = NotRun, "nothing is sent to "+f.Target+" now"
			x.done, x.code = true, Retry
			return
		case sent:
			x.step.Outcome, x.step.Detail = NotRun, "it was sent to "+f.Target+" before"
			return
		}
	}
	oplog.RuleForwards(oplog.Lines(x.env.Operator), name, x.file, f.Target)
	d := x.object()
	x.forget()
	switch {
	case d == nil:
		oplog.RuleForwardNotLoaded(failing{x}, name, x.file)
		x.done, x.code = true, Done
		return
	case d.String(dicom.SOPClassUID) == "":
		oplog.RuleForwardNoClassIn(failing{x}, name, x.file)
		x.done, x.code = true, Done
		return
	}
	f.Object = d
	x.prepare(f, script)
	err := x.env.Forward(x.ctx, f)
	if err == nil {
		return
	}
	oplog.RuleProblem(failing{x}, name, forwardMessage(f, err))
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
		if f.Failure = r.copies().Failure; f.Failure != "" {
			x.run.Fail(f.Failure)
		}
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
