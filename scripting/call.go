package scripting

import (
	"path/filepath"
	"runtime"
	"strings"

	"conquest/finding"
	"conquest/oplog"
)

// Statements that run other code (docs/original/scripting.md 2.7).

func parseCall(r *reader) part {
	p := r.restOfLine()
	name := strings.TrimRight(r.text(), " ")
	if name != "" && !r.holds(p) {
		r.problems = append(r.problems, Problem{Severity: finding.Error, Unknown: name,
			Message: "there is neither a [scripts] entry nor a file " + name, Fix: "write the path from the folder in which the server starts"})
	}
	return p
}

// runCall runs a [scripts] entry or the lines of a text file.
func runCall(x *exec, p part) {
	name := x.take(p)
	if entry := x.env.ScriptEntry(name.text); entry != "" {
		if !x.export || x.loaded() {
			x.code = x.nested(x.run.Cache.Get(ImportDialect, entry))
		}
		return
	}
	x.code = Done
	text, err := x.env.ReadText(cleanPath(&name))
	if err != nil {
		x.fail(" script not found: " + name.text)
		return
	}
	oplog.RuleCalls(says{x}, x, x.line.text)
	if !x.export || x.loaded() {
		x.code = x.nestedLines(text, false)
	}
}

// parseScript reads the text before the closing quote.
func parseScript(r *reader) part { return r.take(r.start, max(r.start, len(r.line.text)-1)) }

func runScript(x *exec, p part) { x.code = x.nested(x.compile(x.take(p))) }

// chunk is Lua text in a statement.
type chunk struct{ text part }

func parseChunk(r *reader) chunk       { return chunk{r.restOfLine()} }
func parseQuotedChunk(r *reader) chunk { return chunk{parseScript(r)} }

func runLua(x *exec, c chunk) {
	text := x.take(c.text)
	x.object()
	x.code = x.env.Lua(x.inner(), x.run, LuaChunk{Text: luaText(&text)})
	if x.export && x.code == Defer {
		oplog.RuleDefers(says{x}, x)
		x.done = true
	}
}

// unknown is a statement that is no command: in imports the name of a [scripts]
// entry or of a file, in exports a program.
func (x *exec) unknown(st *statement) {
	line := &x.line
	if x.export {
		x.program(st, line)
		return
	}
	if len(line.spans) > 0 && line.data(0) {
		x.fail(" error: " + line.text)
		x.step.Outcome, x.step.Detail = Unknown, "a value of the object is no command"
		return
	}
	if entry := x.env.ScriptEntry(line.text); entry != "" {
		x.step.Command = "script"
		x.code = x.nested(x.run.Cache.Get(ImportDialect, entry))
		return
	}
	name, args, hasArgs := *line, value{}, false
	if i := strings.IndexByte(line.text, '('); i >= 0 {
		name, args, hasArgs = line.slice(0, i), line.from(i+1), true
	}
	path := cleanPath(&name)
	text, err := x.env.ReadText(path)
	if err != nil {
		text, err = x.env.ReadText(x.env.BaseDir() + path)
	}
	x.code = Done
	switch {
	case err != nil || path == "":
		x.fail(" error: " + name.text)
		x.step.Outcome, x.step.Detail = Unknown, "no command, no [scripts] entry, no file"
	case strings.Contains(path, ".lua"):
		x.step.Command = "lua file"
		x.luaFile(path, args.text, hasArgs)
	default:
		x.step.Command = "script file"
		oplog.RuleCalls(says{x}, x, name.text)
		x.code = x.nestedLines(text, true)
	}
}

func (x *exec) luaFile(path, args string, hasArgs bool) {
	if rest, ok := strings.CutPrefix(args, `"`); ok {
		args = rest
		if n := len(args); n >= 2 && args[n-2] == '"' {
			args = args[:n-2]
		}
	} else {
		args = strings.TrimSuffix(args, ")")
	}
	base := "Global.basedir.."
	if filepath.IsAbs(path) {
		base = ""
	}
	chunk := "dofile(" + base + "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(path) + "')"
	oplog.RuleRunsLua(says{x}, "Importconverter"+itoa(x.n)+"."+itoa(x.part), chunk)
	x.code = x.env.Lua(x.inner(), x.run, LuaChunk{Text: chunk, CommandLine: args, HasCommandLine: hasArgs, File: true, Start: Done})
}

// program runs an unknown export statement by the shell: as it is when it has
// variables, otherwise with the stored file as its argument.
func (x *exec) program(st *statement, line *value) {
	x.step.Command = "program"
	var command string
	if strings.Contains(st.body, "%") {
		oplog.RuleExecutes(says{x}, x, line.text)
		if line.text != "" && line.data(0) {
			x.step.Outcome, x.step.Detail = Failed, "a value of the object is no program"
			return
		}
		var err error
		if command, err = shellCommand(line, runtime.GOOS); err != nil {
			x.notRun(err)
			return
		}
	} else {
		command = st.body + " " + shellArgument(filepath.FromSlash(x.file), runtime.GOOS)
	}
	if err := x.env.Spawn(x.ctx, command); err != nil {
		x.step.Outcome, x.step.Detail = Failed, err.Error()
	}
}
