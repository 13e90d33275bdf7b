package scripting

import (
	"path/filepath"
	"runtime"
	"strings"
)

// Statements that read and write files or run programs.

func runWrite(x *exec, line *value)  { x.writeText(line, len(`write "`), false) }
func runAppend(x *exec, line *value) { x.writeText(line, len(`append "`), true) }

func (x *exec) writeText(line *value, start int, appendTo bool) {
	end := line.index(`" to `, start)
	if end < 0 {
		end = line.index(`" TO `, start)
	}
	if end < 0 {
		x.ignored(`the file must follow as: " to FILE`)
		return
	}
	x.operator(" executes: " + line.text)
	file := line.from(end + len(`" to `))
	path := cleanPath(&file)
	if err := x.env.WriteText(path, line.text[start:end], appendTo); err != nil {
		if appendTo {
			x.fail(": Failed to append to file " + path)
		} else {
			x.fail(": Failed to write to file " + path)
		}
	}
}

// runCopy is copy A to B. When B is a directory the base name of the stored file
// is put behind it; imports know that only when %f, %b or %p was used before.
func runCopy(x *exec, line *value) {
	const start = len("copy ")
	sep := line.index(" to ", start)
	if sep < 0 {
		sep = line.index(" TO ", start)
	}
	if sep < 0 {
		x.ignored("the destination must follow as: to FILE")
		return
	}
	x.operator(" executes: " + line.text)
	source, dest := line.slice(start, sep), line.from(sep+len(" to "))
	from, to := cleanPath(&source), cleanPath(&dest)
	if to != "" && x.env.IsDir(to) {
		if i := strings.LastIndexAny(x.file, separators()); i >= 0 {
			to = strings.TrimRight(to, separators()) + x.file[i:]
		}
	}
	if err := x.env.CopyFile(from, to); err != nil {
		x.failLine("*** Exportconverter" + itoa(x.n) + "." + itoa(x.part) + ": Failed to copy " + from + " to " + to)
	}
}

func separators() string {
	if filepath.Separator == '\\' {
		return `\/`
	}
	return "/"
}

func runSave(x *exec, line *value) {
	file := line.from(len("save to "))
	x.operator(" executes: " + line.text)
	ok := x.loaded() && x.env.SaveObject(cleanPath(&file), x.object()) == nil
	if c := x.run.copies(); ok {
		c.Sent++
	} else {
		c.Failed++
	}
	x.saved(ok)
}

func runSaveFrame(x *exec, line *value) {
	const start = len("save frame ")
	sep := line.index(" to ", 0)
	if sep < 0 {
		x.ignored("the file must follow as: to FILE")
		return
	}
	x.operator(" executes: " + line.text)
	file := line.from(sep + len(" to "))
	x.saved(x.loaded() && x.env.SaveFrame(cleanPath(&file), x.object(), atoi(line.text[start:])) == nil)
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

// runSaveImage is save bmp|gif|jpg [options] to|as FILE; what stands behind to
// or as is the file name.
func runSaveImage(x *exec, line *value) {
	sep := line.index(" as ", 0)
	if sep < 0 {
		sep = line.index(" to ", 0)
	}
	if sep < 0 {
		x.ignored("the file must follow as: to FILE")
		return
	}
	x.debug(" executes: ", line.text)
	o := ImageOptions{Format: mapASCII(line.text[5:8], 'A', 'Z', 32), Size: 4096, Quality: 95, Gamma: 1}
	number := func(word string, to *int) {
		if i := line.index(" "+word+" ", 0); i >= 0 {
			*to = atoi(line.text[i+len(word)+2:])
		}
	}
	number("level", &o.Level)
	number("window", &o.Window)
	number("frame", &o.Frame)
	number("size", &o.Size)
	if x.export {
		number("quality", &o.Quality)
	}
	if i := line.index(" gamma ", 0); i >= 0 {
		o.Gamma = atof(line.text[i+len(" gamma "):])
	}
	if o.Size < 10 {
		o.Size = 4096
	}
	file := line.from(sep + 4)
	if !x.loaded() {
		x.step.Outcome = Failed
		return
	}
	if err := x.env.SaveImage(cleanPath(&file), x.object(), o); err != nil {
		x.step.Outcome, x.step.Detail = Failed, err.Error()
	}
}

func runMkdir(x *exec, line *value) {
	dir := line.from(len("mkdir "))
	if err := x.env.MakeDir(cleanPath(&dir)); err != nil {
		x.step.Outcome, x.step.Detail = Failed, err.Error()
	}
	x.debug(": ", line.text)
}

func runRemove(x *exec, line *value) {
	file := line.from(len("rm "))
	if err := x.env.RemoveFile(cleanPath(&file)); err != nil {
		x.step.Outcome, x.step.Detail = Failed, err.Error()
	}
	x.debug(": ", line.text)
}

func runSystem(x *exec, line *value) {
	command := line.from(len("system "))
	if err := x.env.System(x.ctx, shellCommand(&command, runtime.GOOS)); err != nil {
		x.step.Outcome, x.step.Detail = Failed, err.Error()
	}
	x.debug(": ", line.text)
}

// runProcessWith lets a program change the object in a temporary file. The
// object stays as it was when the program leaves nothing that can be read.
func runProcessWith(x *exec, line *value) {
	command := line.from(len("process with "))
	temp := x.env.TempFile(".dcm")
	blank := " "
	if strings.HasSuffix(command.text, " ") {
		blank = ""
	}
	x.operator(" executes: process with " + command.text + blank + temp)
	d := x.object()
	if d == nil {
		return
	}
	shell := shellCommand(&command, runtime.GOOS) + blank + shellArgument(temp, runtime.GOOS)
	changed, err := x.env.ProcessWith(x.ctx, shell, temp, d)
	if err != nil || changed == nil {
		x.fail(": Failed to read object back from " + temp)
		return
	}
	*d = *changed
}
