package scripting

import "strings"

// command is one entry of a dialect's table.
type command struct {
	prefix string // lower case, with the blanks and quotes that belong to it
	exact  bool   // nothing may follow
	name   string // for traces
	run    func(x *exec, line *value)
}

// importCommands and exportCommands are the commands of the dialects in the order
// in which they are tried (docs/original/scripting.md 3.1, 3.3). They are filled by init
// because commands run scripts, which are compiled with these tables.
var importCommands, exportCommands commands

func init() {
	importCommands = table(
		command{prefix: "forward to", name: "forward", run: runForward},
		command{prefix: "forward compressed", name: "forward", run: runForward},
		command{prefix: `write "`, name: "write", run: runWrite},
		command{prefix: `append "`, name: "append", run: runAppend},
		command{prefix: "set ", name: "set", run: runSet},
		command{prefix: "setifempty ", name: "setifempty", run: runSetIfEmpty},
		command{prefix: "delete ", name: "delete", run: runDelete},
		command{prefix: "newuids except ", name: "newuids", run: runNewUIDs},
		command{prefix: "newuids stage ", name: "newuids", run: runNewUIDs},
		command{prefix: "newuids", name: "newuids", run: runNewUIDs},
		command{prefix: "olduids except ", name: "olduids", run: runOldUIDs},
		command{prefix: "olduids stage ", name: "olduids", run: runOldUIDs},
		command{prefix: "olduids", name: "olduids", run: runOldUIDs},
		command{prefix: "fixkodak", name: "fixkodak", run: runFixKodak},
		command{prefix: "unfixkodak", name: "unfixkodak", run: runUnfixKodak},
		command{prefix: "copy ", name: "copy", run: runCopy},
		command{prefix: "save to ", name: "save", run: runSave},
		command{prefix: "save frame ", name: "save frame", run: runSaveFrame},
		command{prefix: "save bmp ", name: "save bmp", run: runSaveImage},
		command{prefix: "save gif ", name: "save gif", run: runSaveImage},
		command{prefix: "save jpg ", name: "save jpg", run: runSaveImage},
		command{prefix: "process with ", name: "process with", run: runProcessWith},
		command{prefix: "tomono", name: "tomono", run: runToMono},
		command{prefix: "crop ", name: "crop", run: runCrop},
		command{prefix: "scrub ", name: "scrub", run: runScrub},
		command{prefix: "system ", name: "system", run: runSystem},
		command{prefix: "mkdir ", name: "mkdir", run: runMkdir},
		command{prefix: "rm ", name: "rm", run: runRemove},
		command{prefix: "destroy2", name: "destroy2", run: runDestroyQuietly},
		command{prefix: "destroy", name: "destroy", run: runDestroy},
		command{prefix: "reject", name: "reject", run: runReject},
		command{prefix: "retry", name: "retry", run: runRetry},
		command{prefix: "defer", name: "defer", run: runDefer},
		command{prefix: "storage ", name: "storage", run: runStorage},
		command{prefix: "testmode ", name: "testmode", run: runTestMode},
		command{prefix: "virtualservermask ", name: "virtualservermask", run: runVirtualServerMask},
		command{prefix: "virtualserver ", name: "virtualserver", run: runVirtualServer},
		command{prefix: "compression ", name: "compression", run: runCompression},
		command{prefix: "prefetch", name: "prefetch", run: runPrefetch},
		command{prefix: "preretrieve ", name: "preretrieve", run: runPreretrieve},
		delayed("forward"), delayed("get"), delayed("process"), mergeStudy, delayed("submit"), delayed("submit2"),
		command{prefix: "stop", name: "stop", run: runStop},
		command{prefix: "silentstop", name: "silentstop", run: runSilentStop},
		command{prefix: "return", name: "return", run: runReturn},
		command{prefix: "call ", name: "call", run: runCall},
		command{prefix: `script "`, name: "script", run: runScript},
		command{prefix: `lua "`, name: "lua", run: runLua},
		command{prefix: "lua:", name: "lua:", run: runLua},
		conditions,
		command{prefix: "nop", name: "nop", run: runNop},
	)

	exportCommands = table(
		command{prefix: "forward to", name: "forward", run: runForward},
		command{prefix: "forward compressed", name: "forward", run: runForward},
		command{prefix: `write "`, name: "write", run: runWrite},
		command{prefix: `append "`, name: "append", run: runAppend},
		command{prefix: "copy ", name: "copy", run: runCopy},
		command{prefix: "save to ", name: "save", run: runSave},
		command{prefix: "save frame ", name: "save frame", run: runSaveFrame},
		command{prefix: "save bmp ", name: "save bmp", run: runSaveImage},
		command{prefix: "save gif ", name: "save gif", run: runSaveImage},
		command{prefix: "save jpg ", name: "save jpg", run: runSaveImage},
		command{prefix: `lua "`, name: "lua", run: runLua},
		command{prefix: "lua:", name: "lua:", run: runLua},
		conditions,
		command{prefix: "prefetch", name: "prefetch", run: runPrefetch},
		delayed("forward"), delayed("get"), delayed("delete"), deleteAtOnce,
		delayed("process"), mergeStudy, delayed("submit"), delayed("submit2"),
		command{prefix: "preretrieve ", name: "preretrieve", run: runPreretrieve},
		command{prefix: "system ", name: "system", run: runSystem},
		command{prefix: "mkdir ", name: "mkdir", run: runMkdir},
		command{prefix: "rm ", name: "rm", run: runRemove},
		command{prefix: "testmode ", name: "testmode", run: runTestMode},
		command{prefix: "nop", name: "nop", run: runNop},
		command{prefix: "stop", name: "stop", run: runStop},
		command{prefix: "return", name: "return", run: runReturn},
		command{prefix: "call ", name: "call", run: runCall},
		command{prefix: "silentstop", name: "silentstop", run: runSilentStop},
		command{prefix: "defer", name: "defer", run: runDefer},
	)
}

var mergeStudy = command{prefix: "merge study ", name: "merge study", run: runDelayed}

type commands []command

// delayed is a delayed command at its four levels.
func delayed(verb string) commands {
	var c commands
	for _, level := range []string{"patient", "study", "series", "image"} {
		c = append(c, command{prefix: verb + " " + level + " ", name: verb + " " + level, run: runDelayed})
	}
	return c
}

// deleteAtOnce are the delayed deletes without a clause.
var deleteAtOnce = commands{
	{prefix: "delete patient", exact: true, name: "delete patient", run: runDelayed},
	{prefix: "delete study", name: "delete study", run: runDelayed},
	{prefix: "delete series", name: "delete series", run: runDelayed},
	{prefix: "delete image", name: "delete image", run: runDelayed},
}

// conditions are the if statements.
var conditions = commands{
	{prefix: `ifnotempty "`, name: "ifnotempty", run: ifEmpty(false)},
	{prefix: `ifempty "`, name: "ifempty", run: ifEmpty(true)},
	{prefix: `ifequal "`, name: "ifequal", run: ifBoth(9, func(a, b string) bool { return a == b })},
	{prefix: `ifnotequal "`, name: "ifnotequal", run: ifBoth(12, func(a, b string) bool { return a != b })},
	{prefix: `ifmatch "`, name: "ifmatch", run: ifBoth(9, Match)},
	{prefix: `ifnotmatch "`, name: "ifnotmatch", run: ifBoth(12, func(a, b string) bool { return !Match(a, b) })},
	{prefix: `ifnumequal "`, name: "ifnumequal", run: ifNumbers(12, func(a, b int) bool { return a == b })},
	{prefix: `ifnumnotequal "`, name: "ifnumnotequal", run: ifNumbers(15, func(a, b int) bool { return a != b })},
	{prefix: `ifnumgreater "`, name: "ifnumgreater", run: ifNumbers(14, func(a, b int) bool { return a > b })},
	{prefix: `ifnumless "`, name: "ifnumless", run: ifNumbers(11, func(a, b int) bool { return a < b })},
	{prefix: `between "`, name: "between", run: runBetween},
}

func table(parts ...any) commands {
	var t commands
	for _, p := range parts {
		switch p := p.(type) {
		case command:
			t = append(t, p)
		case commands:
			t = append(t, p...)
		}
	}
	return t
}

func (d Dialect) commands() commands {
	if d == ExportDialect {
		return exportCommands
	}
	return importCommands
}

// recognize finds the command of an expanded statement, nil when there is none.
func recognize(d Dialect, line string) *command {
	table := d.commands()
	for i := range table {
		c := &table[i]
		if hasPrefixFold(line, c.prefix) && (!c.exact || len(line) == len(c.prefix)) {
			return c
		}
	}
	return nil
}

// recognizeEarly finds the command from the literal text before the first
// variable; decided is false when that is not enough.
func recognizeEarly(d Dialect, pieces []piece) (c *command, decided bool) {
	var lit strings.Builder
	whole := true
	for _, p := range pieces {
		if p.letter != 0 || p.data {
			whole = false
			break
		}
		lit.WriteString(p.text)
	}
	text := lit.String()
	if whole {
		return recognize(d, text), true
	}
	lower := mapASCII(text, 'A', 'Z', 'a'-'A')
	table := d.commands()
	for i := range table {
		c := &table[i]
		switch {
		case strings.HasPrefix(lower, c.prefix) && !c.exact:
			return c, true
		case strings.HasPrefix(c.prefix, lower), c.exact && strings.HasPrefix(lower, c.prefix):
			return nil, false
		}
	}
	return nil, true
}
