package dicomini

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"conquest/finding"
)

// luaStatement matches the beginning of a Lua chunk that the command language
// cannot mean.
var luaStatement = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(dofile\s*\(|require\s*\(?|print\s*\(|local\s|function\s|for\s.*\sdo\b|if\s.*\sthen\b|Data\s*[.\[]|Global\s*\.|Association\s*\.)`)
})

// commandStatement matches the beginning of a line of the command language that
// Lua cannot mean.
var commandStatement = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(forward\s+(to|study|series|patient|image|compressed)\s|if(not)?(equal|match|empty)\s|ifnum|destroy\s*(;|$)|nop\b\s*[^=]*$|save\s+to\s|process\s|set\s+\S+\s+to\s|stop\s*;|newuids\b|prefetch\b|preretrieve\s)`)
})

// forwardTo finds the destination of forward statements.
var forwardTo = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\bforward\s+(?:compressed\s+as\s+\S+\s+|(?:patient|study|series|image)s?\b[^;{}]*?\s)?to\s+([^\s;{}"%]+)(%?)`)
})

func (l *linter) lintConverters(in LintInput) {
	c := in.Config
	for _, kind := range ConverterKinds {
		dropper := ""
		for _, v := range c.Converters(kind) {
			l.lintNumber(c, v)
			kind := scriptKind(v)
			if l.lintText(c, v) {
				kind = "lua"
			}
			l.lintScript(in, v.Line, v.Key(), kind, v.Text)
			dropper = l.lintEffects(in, v, kind, dropper)
		}
		l.lintFilters(in, kind)
	}
	l.lintCounts(c)
	for _, e := range c.file.Section("lua") {
		if _, dist := finding.Nearest(e.Key, luaNames()); dist == 0 {
			l.lintSize(e, 1024)
			l.lintScript(in, e.Line, e.Key, "lua", e.Value)
		}
	}
	for _, e := range c.file.Section("scripts") {
		l.lintSize(e, 512)
		l.lintScript(in, e.Line, e.Key, "script", e.Value)
	}
	l.lintVirtualServers(in)
}

func scriptKind(v Converter) string {
	if v.Lua {
		return "lua"
	}
	return v.Kind
}

func (l *linter) lintSize(e Entry, size int) {
	if len(e.Value) >= size {
		l.add(finding.Error, e.Line, e.Key, "shorten it", "%s has %d bytes, only the first %d are used", e.Key, len(e.Value), size-1)
	}
}

// lintNumber reports converters whose number is never reached.
func (l *linter) lintNumber(c *Config, v Converter) {
	key := v.Key()
	switch v.Kind {
	case "Import":
		if v.N >= c.ImportConverters {
			l.add(finding.Error, v.Line, key, "set ImportConverters = "+strconv.Itoa(v.N+1), "%s is never run: ImportConverters is %d", key, c.ImportConverters)
		}
	case "Export":
		if v.N >= c.ExportConverters {
			l.add(finding.Error, v.Line, key, "set ExportConverters = "+strconv.Itoa(v.N+1), "%s is never run: ExportConverters is %d", key, c.ExportConverters)
		} else if v.N >= 20 {
			l.add(finding.Hint, v.Line, key, "", "%s is not run by the original server, which stops at 19", key)
		}
	case "Compression":
		if v.N > 9 {
			l.add(finding.Error, v.Line, key, "use 0 to 9", "%s is never run", key)
		}
	default:
		if v.N > 0 {
			l.add(finding.Error, v.Line, key, "use "+v.Kind+"Converter0", "%s is never run", key)
		}
	}
}

// lintCounts reports gaps in the numbering, which are allowed, and a count that
// the original server takes modulo 100.
func (l *linter) lintCounts(c *Config) {
	if c.ImportConverters > 100 {
		l.add(finding.Hint, c.file.Line(c.main, "ImportConverters"), "ImportConverters", "", "ImportConverters above 100: the original server runs the first converters twice")
	}
	for _, kind := range []string{"Import", "Export"} {
		next := 0
		for _, v := range c.Converters(kind) {
			if v.N > next {
				l.add(finding.Hint, v.Line, v.Key(), "", "there is no %sConverter%d before %s; gaps are allowed", kind, next, v.Key())
			}
			next = v.N + 1
		}
	}
}

// lintText reports a text in the wrong language, too long a text, and one that
// is replaced by [lua]. strayLua tells that Lua stands where commands should.
func (l *linter) lintText(c *Config, v Converter) (strayLua bool) {
	key := v.Key()
	full, _ := c.Get(v.section, key)
	if v.cut {
		l.add(finding.Error, v.Line, key, "move a part to a file or to [scripts]", "%s has %d bytes, only the first %d are used", key, len(full), converterSize-1)
	}
	if strayLua = !v.Lua && luaStatement().MatchString(v.Text); strayLua {
		l.add(finding.Error, v.Line, key, "move it to [lua] or write lua: before it", "%s holds Lua but stands in [%s], where commands are expected", key, c.main)
	}
	if v.Lua && commandStatement().MatchString(v.Text) {
		l.add(finding.Error, v.Line, key, "move it to ["+c.main+"]", "%s holds commands but stands in [lua], where Lua is expected", key)
	}
	if other, _ := c.Get(c.main, key); v.Lua && other != "" {
		l.add(finding.Warning, c.file.Line(c.main, key), key, "remove one of them", "%s is not run: line %d in [lua] replaces it", key, v.Line)
	}
	return strayLua
}

// lintFilters reports filters that select nothing or belong to no converter.
func (l *linter) lintFilters(in LintInput, kind string) {
	c := in.Config
	bases := []string{kind + "Filter"}
	for _, f := range converterFilters {
		bases = append(bases, kind+f)
	}
	for _, e := range c.file.Section(c.main) {
		base, digits := splitNumber(e.Key)
		n, err := strconv.Atoi(digits)
		if err != nil || !containsFold(bases, base) || (lower(base) == lower(bases[0]) && kind != "Export") {
			continue
		}
		key := kind + "Converter" + digits
		v, ok := c.Converter(kind, n)
		isSQL := lower(base) == lower(bases[0])
		switch {
		case !ok:
			l.add(finding.Warning, e.Line, e.Key, "set "+key, "%s has no effect: there is no %s", e.Key, key)
		case v.Lua:
			l.add(finding.Warning, e.Line, e.Key, "test it in the Lua text", "%s has no effect: %s stands in [lua]", e.Key, key)
		case e.Value == "" && !isSQL:
			l.add(finding.Warning, e.Line, e.Key, "write *", "%s is empty, which disables %s", e.Key, key)
		case !isSQL && strings.ContainsAny(e.Value, ",;|"):
			l.add(finding.Warning, e.Line, e.Key, "use one converter for each", "%s is no list: %q is compared as a whole", e.Key, e.Value)
		case !isSQL && len(e.Value) > 2 && strings.Contains(e.Value[1:len(e.Value)-1], "*"):
			l.add(finding.Warning, e.Line, e.Key, "use * at the ends only", "a * inside %q of %s stands for itself", e.Value, e.Key)
		case isSQL:
			l.lintCondition(in, e)
		}
	}
}

func containsFold(words []string, word string) bool {
	for _, w := range words {
		if lower(w) == lower(word) {
			return true
		}
	}
	return false
}

// lintScript adds what the script rooms say about a text, and destinations that
// the AE map does not know.
func (l *linter) lintScript(in LintInput, line int, key, kind, text string) {
	column := in.Config.columnOf(line)
	if in.Scripts != nil {
		for _, s := range in.Scripts.CheckScript(kind, text) {
			l.at(s.Severity, line, column+s.Offset, key, s.Fix, "%s", s.Message)
		}
	}
	if in.AEMap == nil {
		return
	}
	for _, d := range destinations(in.Scripts, kind, text) {
		if file := in.lacks(d.AE); file != "" {
			l.at(finding.Error, line, column+d.Offset, key, "add it to "+file, "destination %s is not in %s", d.AE, file)
		}
	}
}

// lacks is the file that has no entry for a destination and should, "" when one is
// there.
func (in LintInput) lacks(destination string) (file string) {
	if _, ok := in.AEMap.Lookup(destination); ok {
		return ""
	}
	name, is := WebName(destination)
	if !is || in.WebMap == nil {
		return "acrnema.map"
	}
	if _, ok := in.WebMap.Lookup(name); !ok {
		return "dicomweb.map"
	}
	return ""
}

// columnOf is the column in which the value of a line begins.
func (c *Config) columnOf(line int) int {
	for _, e := range c.file.entries {
		if e.Line == line {
			return e.Column
		}
	}
	return 0
}

func destinations(checker ScriptChecker, kind, text string) []ScriptDestination {
	if d, ok := checker.(ScriptDestinations); ok {
		return d.Destinations(kind, text)
	}
	if kind == "lua" {
		return nil
	}
	var out []ScriptDestination
	for _, m := range forwardTo().FindAllStringSubmatchIndex(text, -1) {
		if m[4] == m[5] {
			out = append(out, ScriptDestination{AE: text[m[2]:m[3]], Offset: m[2]})
		}
	}
	return out
}

func (l *linter) lintVirtualServers(in LintInput) {
	for i, value := range in.Config.ServerFor {
		ae, _, _ := strings.Cut(value, ",")
		ae = strings.TrimSpace(ae)
		if ae == "" || in.AEMap == nil {
			continue
		}
		if file := in.lacks(ae); file != "" {
			key := "VirtualServerFor" + strconv.Itoa(i)
			l.add(finding.Error, in.Config.file.Line(in.Config.main, key), key, "add it to "+file, "%s: %s is not in %s", key, ae, file)
		}
	}
}
