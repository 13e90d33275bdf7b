package scripting

import (
	"path/filepath"
	"runtime"
	"strings"

	"conquest/attribute"
	"conquest/finding"
	"conquest/oplog"
)

// Statements that read and write files or run programs.

// textFile is "TEXT" to FILE.
type textFile struct{ text, file part }

func parseWrite(r *reader) textFile {
	for _, sep := range [...]string{`" to `, `" TO `} {
		if i := r.index(sep, r.start); i >= 0 {
			return textFile{r.take(r.start, i), r.take(i+len(sep), len(r.line.text))}
		}
	}
	r.ignore(`the file must follow as "text" to FILE: nothing is written`, "")
	return textFile{}
}

func runWrite(x *exec, a textFile)  { x.writeText(a, false) }
func runAppend(x *exec, a textFile) { x.writeText(a, true) }

func (x *exec) writeText(a textFile, appendTo bool) {
	oplog.RuleExecutes(says{x}, x, x.line.text)
	text, file := x.string(a.text), x.take(a.file)
	path := cleanPath(&file)
	if err := x.env.WriteText(path, text, appendTo); err != nil {
		if appendTo {
			x.fail(": Failed to append to file " + path)
		} else {
			x.fail(": Failed to write to file " + path)
		}
	}
}

// fromTo is the files of copy A to B.
type fromTo struct{ from, to part }

func parseCopy(r *reader) fromTo {
	for _, sep := range [...]string{" to ", " TO "} {
		if i := r.index(sep, r.start); i >= 0 {
			return fromTo{r.take(r.start, i), r.take(i+len(sep), len(r.line.text))}
		}
	}
	r.ignore("the destination must follow as: to FILE", "write copy A to B")
	return fromTo{}
}

// runCopy copies a file. When the destination is a directory the base name of
// the stored file is put behind it; imports know that only when %f, %b or %p was
// used before.
func runCopy(x *exec, a fromTo) {
	oplog.RuleExecutes(says{x}, x, x.line.text)
	source, dest := x.take(a.from), x.take(a.to)
	from, to := cleanPath(&source), cleanPath(&dest)
	if to != "" && x.env.IsDir(to) {
		if i := strings.LastIndexAny(x.file, separators()); i >= 0 {
			to = strings.TrimRight(to, separators()) + x.file[i:]
		}
	}
	if err := x.env.CopyFile(from, to); err != nil {
		oplog.RuleCopyFailed(failing{x}, "Exportconverter"+itoa(x.n)+"."+itoa(x.part), from, to)
	}
}

func separators() string {
	if filepath.Separator == '\\' {
		return `\/`
	}
	return "/"
}

func runSave(x *exec, p part) {
	file := x.take(p)
	oplog.RuleExecutes(says{x}, x, x.line.text)
	ok := x.loaded() && x.env.SaveObject(cleanPath(&file), x.object()) == nil
	if c := x.run.copies(); ok {
		c.Sent++
	} else {
		c.Failed++
	}
	x.saved(ok)
}

// frameFile is N to FILE.
type frameFile struct {
	frame int
	file  part
}

func parseSaveFrame(r *reader) frameFile {
	sep := r.index(" to ", 0)
	if sep < 0 {
		r.ignore("the file must follow as: to FILE", "write save frame N to FILE")
		return frameFile{}
	}
	return frameFile{atoi(r.text()), r.take(sep+len(" to "), len(r.line.text))}
}

func runSaveFrame(x *exec, a frameFile) {
	oplog.RuleExecutes(says{x}, x, x.line.text)
	file := x.take(a.file)
	x.saved(x.loaded() && x.env.SaveFrame(x.ctx, cleanPath(&file), x.object(), a.frame) == nil)
}

// saved notes whether a save succeeded; an export forgets its object then.
func (x *exec) saved(ok bool) {
	if !ok {
		x.step.Outcome, x.step.Detail = Failed, "could not be saved"
	}
	x.forget()
}

// loaded tells whether there is an object to work on.
func (x *exec) loaded() bool { return x.object() != nil }

// forget makes an export read its file again for the next statement.
func (x *exec) forget() {
	if x.export {
		x.run.Object = nil
	}
}

// picture is [options] to|as FILE; what stands behind to or as is the file name.
type picture struct {
	ImageOptions
	quality int // counts in exports
	file    part
}

const (
	defaultQuality = 95
	defaultSize    = 4096
	smallestSize   = 10
)

func parseSaveImage(format string) func(*reader) picture {
	return func(r *reader) picture {
		p := picture{quality: defaultQuality}
		p.ImageOptions = ImageOptions{Format: format, Size: defaultSize, Quality: defaultQuality, Gamma: 1}
		sep := r.index(" as ", 0)
		if sep < 0 {
			sep = r.index(" to ", 0)
		}
		if sep < 0 {
			r.ignore("the file must follow as: to FILE", "write save "+format+" to FILE")
			return p
		}
		options := map[string]*int{"level": &p.Level, "window": &p.Window, "frame": &p.Frame, "size": &p.Size, "quality": &p.quality}
		for word, to := range options {
			if i := r.index(" "+word+" ", 0); i >= 0 {
				*to = atoi(r.line.text[i+len(word)+2:])
			}
		}
		if i := r.index(" gamma ", 0); i >= 0 {
			p.Gamma = attribute.Float(r.line.text[i+len(" gamma "):])
		}
		if p.Size < smallestSize {
			p.Size = defaultSize
		}
		p.file = r.take(sep+len(" to "), len(r.line.text))
		p.optionsInName(r)
		return p
	}
}

// optionsInName finds options behind the file name, which are part of it.
func (p picture) optionsInName(r *reader) {
	name := r.line.text[p.file.from:p.file.to]
	for _, option := range []string{" level ", " window ", " frame ", " size ", " gamma ", " quality "} {
		if strings.Contains(name, option) {
			r.note(finding.Warning, p.file.from-len(" to "), "what stands behind to is the file name, with"+strings.TrimRight(option, " ")+" in it", "put options before to")
			return
		}
	}
}

func runSaveImage(x *exec, p picture) {
	oplog.RuleRuns(says{x}, x, x.line.text)
	if x.export {
		p.Quality = p.quality
	}
	file := x.take(p.file)
	if !x.loaded() {
		x.step.Outcome = Failed
		return
	}
	if err := x.env.SaveImage(x.ctx, cleanPath(&file), x.object(), p.ImageOptions); err != nil {
		x.step.Outcome, x.step.Detail = Failed, err.Error()
	}
}

func runMkdir(x *exec, p part) {
	dir := x.take(p)
	if err := x.env.MakeDir(cleanPath(&dir)); err != nil {
		x.step.Outcome, x.step.Detail = Failed, err.Error()
	}
	oplog.RuleCalls(says{x}, x, x.line.text)
}

func runRemove(x *exec, p part) {
	file := x.take(p)
	if err := x.env.RemoveFile(cleanPath(&file)); err != nil {
		x.step.Outcome, x.step.Detail = Failed, err.Error()
	}
	oplog.RuleCalls(says{x}, x, x.line.text)
}

func runSystem(x *exec, p part) {
	text := x.take(p)
	command, err := shellCommand(&text, runtime.GOOS)
	if err != nil {
		x.notRun(err)
		return
	}
	if err := x.env.System(x.ctx, command); err != nil {
		x.step.Outcome, x.step.Detail = Failed, err.Error()
	}
	oplog.RuleCalls(says{x}, x, x.line.text)
}

// commandLine is the grammar of a command whose argument is a command of the
// shell.
func commandLine(run func(x *exec, p part)) grammar {
	return with(func(r *reader) part {
		p := r.restOfLine()
		r.shellPlaces(p)
		return p
	}, run)
}

// notRun tells why a command was not given to the shell.
func (x *exec) notRun(why error) { x.fail(": not run: " + why.Error()) }

// runProcessWith lets a program change the object in a temporary file. The
// object stays as it was when the program leaves nothing that can be read.
func runProcessWith(x *exec, p part) {
	command := x.take(p)
	temp := x.env.TempFile(".dcm")
	blank := " "
	if strings.HasSuffix(command.text, " ") {
		blank = ""
	}
	oplog.RuleExecutes(says{x}, x, "process with "+command.text+blank+temp)
	d := x.object()
	if d == nil {
		return
	}
	program, err := shellCommand(&command, runtime.GOOS)
	if err != nil {
		x.notRun(err)
		return
	}
	changed, err := x.env.ProcessWith(x.ctx, program+blank+shellArgument(temp, runtime.GOOS), temp, d)
	if err != nil || changed == nil {
		x.fail(": Failed to read object back from " + temp)
		return
	}
	*d = *changed
}
