package scripting

import "strings"

// importCommands and exportCommands are the commands of the dialects in the order
// in which they are tried (docs/original/scripting.md 3.1, 3.3). They are filled by init
// because commands run scripts, which are compiled with these tables.
var importCommands, exportCommands commands

func init() {
	importCommands = table(
		forwarding, writing,
		command{prefix: "set ", name: "set", grammar: with(parseSet, runSet)},
		command{prefix: "setifempty ", name: "setifempty", grammar: with(parseSetIfEmpty, runSetIfEmpty)},
		command{prefix: "delete ", name: "delete", grammar: with(parseDelete, runDelete)},
		uidChanges,
		command{prefix: "fixkodak", name: "fixkodak", grammar: plain(runFixKodak)},
		command{prefix: "unfixkodak", name: "unfixkodak", grammar: plain(runUnfixKodak)},
		copying, saving,
		command{prefix: "process with ", name: "process with", grammar: commandLine(runProcessWith)},
		command{prefix: "tomono", name: "tomono", grammar: plain(runToMono)},
		command{prefix: "crop ", name: "crop", grammar: with(parseCrop, runCrop)},
		command{prefix: "scrub ", name: "scrub", grammar: with(parseScrub, runScrub)},
		shellAndFiles,
		command{prefix: "destroy2", name: "destroy2", drops: true, grammar: plain(runDestroyQuietly)},
		command{prefix: "destroy", name: "destroy", drops: true, grammar: plain(runDestroy)},
		command{prefix: "reject", name: "reject", drops: true, grammar: plain(runReject)},
		command{prefix: "retry", name: "retry", grammar: plain(runRetry)},
		deferring,
		command{prefix: "storage ", name: "storage", grammar: tail(runStorage)},
		testMode,
		command{prefix: "virtualservermask ", name: "virtualservermask", grammar: number(runVirtualServerMask)},
		command{prefix: "virtualserver ", name: "virtualserver", grammar: number(runVirtualServer)},
		command{prefix: "compression ", name: "compression", grammar: tail(runCompression)},
		prefetching, preretrieving,
		delayed("forward"), delayed("get"), delayed("process"), mergeStudy, delayed("submit"), delayed("submit2"),
		stopping, silentStop, returning, calling,
		command{prefix: `script "`, name: "script", grammar: with(parseScript, runScript)},
		luaChunks, conditions, doingNothing,
	)

	exportCommands = table(
		forwarding, writing, copying, saving, luaChunks, conditions, prefetching,
		delayed("forward"), delayed("get"), delayed("delete"), deleteAtOnce,
		delayed("process"), mergeStudy, delayed("submit"), delayed("submit2"),
		preretrieving, shellAndFiles, testMode, doingNothing, stopping, returning, calling, silentStop, deferring,
	)
}

// Commands of both dialects.
var (
	forwarding = commands{
		{prefix: "forward to", name: "forward", grammar: with(parseForwardTo, runForward)},
		{prefix: "forward compressed", name: "forward", grammar: with(parseForwardCompressed, runForward)},
	}
	writing = commands{
		{prefix: `write "`, name: "write", grammar: with(parseWrite, runWrite)},
		{prefix: `append "`, name: "append", grammar: with(parseWrite, runAppend)},
	}
	copying = commands{{prefix: "copy ", name: "copy", grammar: with(parseCopy, runCopy)}}
	saving  = commands{
		{prefix: "save to ", name: "save", grammar: tail(runSave)},
		{prefix: "save frame ", name: "save frame", grammar: with(parseSaveFrame, runSaveFrame)},
		{prefix: "save bmp ", name: "save bmp", grammar: with(parseSaveImage("bmp"), runSaveImage)},
		{prefix: "save gif ", name: "save gif", grammar: with(parseSaveImage("gif"), runSaveImage)},
		{prefix: "save jpg ", name: "save jpg", grammar: with(parseSaveImage("jpg"), runSaveImage)},
	}
	shellAndFiles = commands{
		{prefix: "system ", name: "system", grammar: commandLine(runSystem)},
		{prefix: "mkdir ", name: "mkdir", grammar: tail(runMkdir)},
		{prefix: "rm ", name: "rm", grammar: tail(runRemove)},
	}
	luaChunks = commands{
		{prefix: `lua "`, name: "lua", grammar: with(parseQuotedChunk, runLua)},
		{prefix: "lua:", name: "lua:", grammar: with(parseChunk, runLua)},
	}
	testMode      = command{prefix: "testmode ", name: "testmode", grammar: tail(runTestMode)}
	deferring     = command{prefix: "defer", name: "defer", grammar: plain(runDefer)}
	stopping      = command{prefix: "stop", name: "stop", grammar: plain(runStop)}
	silentStop    = command{prefix: "silentstop", name: "silentstop", grammar: plain(runSilentStop)}
	returning     = command{prefix: "return", name: "return", grammar: plain(runReturn)}
	doingNothing  = command{prefix: "nop", name: "nop", grammar: plain(runNop)}
	calling       = command{prefix: "call ", name: "call", grammar: with(parseCall, runCall)}
	prefetching   = command{prefix: "prefetch", name: "prefetch", grammar: plain(runPrefetch)}
	preretrieving = command{prefix: "preretrieve ", name: "preretrieve", grammar: with(parsePreretrieve, runPreretrieve)}
	mergeStudy    = command{prefix: "merge study ", name: "merge study", delayed: true, grammar: with(parseDelayed, runDelayed)}
)

type commands []command

// delayed is a delayed command at its four levels.
func delayed(verb string) commands {
	var c commands
	for _, level := range []string{"patient", "study", "series", "image"} {
		c = append(c, command{prefix: verb + " " + level + " ", name: verb + " " + level, delayed: true, grammar: with(parseDelayed, runDelayed)})
	}
	return c
}

// deleteAtOnce are the delayed deletes without a clause.
var deleteAtOnce = commands{
	{prefix: "delete patient", exact: true, name: "delete patient", delayed: true, grammar: with(parseDelayed, runDelayed)},
	{prefix: "delete study", name: "delete study", delayed: true, grammar: with(parseDelayed, runDelayed)},
	{prefix: "delete series", name: "delete series", delayed: true, grammar: with(parseDelayed, runDelayed)},
	{prefix: "delete image", name: "delete image", delayed: true, grammar: with(parseDelayed, runDelayed)},
}

// conditions are the if statements.
var conditions = commands{
	condition("ifnotempty", with(parseOne, ifEmpty(false))),
	condition("ifempty", with(parseOne, ifEmpty(true))),
	condition("ifequal", with(parseEqual, ifBoth(func(a, b string) bool { return a == b }))),
	condition("ifnotequal", with(parseEqual, ifBoth(func(a, b string) bool { return a != b }))),
	condition("ifmatch", with(parseMatch, ifBoth(Match))),
	condition("ifnotmatch", with(parseMatch, ifBoth(func(a, b string) bool { return !Match(a, b) }))),
	condition("ifnumequal", with(parseBoth, ifNumbers(func(a, b int) bool { return a == b }))),
	condition("ifnumnotequal", with(parseBoth, ifNumbers(func(a, b int) bool { return a != b }))),
	condition("ifnumgreater", with(parseBoth, ifNumbers(func(a, b int) bool { return a > b }))),
	condition("ifnumless", with(parseBoth, ifNumbers(func(a, b int) bool { return a < b }))),
	condition("between", with(parseBoth, runBetween)),
}

func condition(name string, g grammar) command {
	return command{prefix: name + ` "`, name: name, tests: true, grammar: g}
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
