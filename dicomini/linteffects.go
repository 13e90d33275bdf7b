package dicomini

import (
	"regexp"
	"strings"
	"sync"

	"conquest/finding"
)

// lintEffects checks what a converter does to every object. dropper is the key of
// a converter before it that throws all objects away; the result is that for the
// next one.
func (l *linter) lintEffects(in LintInput, v Converter, kind, dropper string) string {
	key := v.Key()
	if dropper != "" && v.Kind == "Import" {
		l.add(finding.Warning, v.Line, key, "put it before "+dropper, "%s never runs: %s before it throws every object away", key, dropper)
	}
	var e ScriptEffects
	if reader, ok := in.Scripts.(ScriptReader); ok {
		e = reader.Effects(kind, v.Text)
	}
	column := in.Config.columnOf(v.Line)
	for _, code := range e.Codes {
		if !compressionCode().MatchString(code.Text) {
			l.at(finding.Error, v.Line, column+code.Offset, key, codeFix, "unknown compression %s", code.Text)
		}
	}
	filtered := v.Modality != "*" || v.StationName != "*" || v.CalledAE != "*" || v.CallingAE != "*"
	if !e.Guarded && !filtered && !v.Lua {
		l.lintItself(in, v, kind, column)
	}
	if e.Identity && v.Kind == "Import" && !l.failureSaid {
		l.lintFailure(in, v)
	}
	if e.Drops.Text == "" || filtered || v.Kind != "Import" || dropper != "" {
		return dropper
	}
	l.at(finding.Error, v.Line, column+e.Drops.Offset, key, "put a condition before it, such as ifequal \"%m\", \"OT\"; or set "+v.Kind+"Modality"+key[len(v.Kind+"Converter"):],
		"%s runs for every object: nothing is stored, and senders are told success", e.Drops.Text)
	return key
}

// lintFailure tells once what becomes of objects when the rule that changes names
// or IDs fails.
func (l *linter) lintFailure(in LintInput, v Converter) {
	l.failureSaid = true
	c := in.Config
	if value, ok := c.Get(c.main, "ScriptFailure"); ok && lower(value) != "store" {
		return
	}
	number := v.Key()[len("ImportConverter"):]
	if value, ok := c.Get(c.main, "ScriptFailure"+number); ok && lower(value) != "store" {
		return
	}
	l.add(finding.Hint, v.Line, v.Key(), "set ScriptFailure = reject or quarantine when objects must not be kept with their old names",
		"%s changes names or IDs: when it fails, the object is stored as it is then", v.Key())
}

// lintItself finds destinations that are this server.
func (l *linter) lintItself(in LintInput, v Converter, kind string, column int) {
	if in.AEMap == nil || v.Kind != "Import" && v.Kind != "Export" {
		return
	}
	for _, d := range destinations(in.Scripts, kind, v.Text) {
		e, ok := in.AEMap.Lookup(d.AE)
		if !ok {
			continue
		}
		if lower(d.AE) == lower(in.Config.MyACRNema) || isHere(e.Host) && Atoi(e.Port) == in.Config.Port() {
			l.at(finding.Error, v.Line, column+d.Offset, v.Key(), "put a condition before it, such as ifnotequal \"%u\", \""+in.Config.MyACRNema+"\"",
				"%s is this server: what it forwards comes back and meets the rule again; LoopGuard holds objects that go round", d.AE)
		} else if d.AE != e.Name && lower(d.AE) == lower(e.Name) {
			l.at(finding.Hint, v.Line, column+d.Offset, v.Key(), "write "+e.Name, "%s is %s in acrnema.map and is called as it is written here", d.AE, e.Name)
		}
	}
}

var sqlWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`'[^']*'|"[^"]*"|[A-Za-z_][A-Za-z0-9_.]*\s*\(?`)
})

// conditionWords may stand in a condition beside columns and functions.
var conditionWords = map[string]bool{"and": true, "or": true, "not": true, "like": true, "in": true, "is": true, "null": true, "between": true,
	"exists": true, "select": true, "from": true, "where": true, "escape": true, "case": true, "when": true, "then": true, "else": true, "end": true,
	"as": true, "distinct": true, "collate": true, "nocase": true, "glob": true, "regexp": true, "rlike": true, "ilike": true, "similar": true, "to": true,
	"true": true, "false": true, "date": true, "interval": true, "cast": true, "integer": true, "int": true, "text": true, "binary": true, "any": true, "all": true, "on": true, "join": true}

// lintCondition finds words of an ExportFilter that are no columns.
func (l *linter) lintCondition(in LintInput, e Entry) {
	if in.SchemaText == nil || e.Value == "" || e.Value == "*" {
		return
	}
	s, err := ParseSchema(in.SchemaText, in.Config.SchemaOptions())
	if err != nil {
		return // told elsewhere
	}
	var columns []string
	known := make(map[string]bool)
	for _, t := range s.Tables() {
		known[lower(t.Name)] = true
		for _, c := range t.Columns {
			columns = append(columns, c.Name)
			known[lower(c.Name)] = true
		}
	}
	for _, word := range sqlWord().FindAllString(e.Value, -1) {
		if strings.HasSuffix(word, "(") || word[0] == '\'' || word[0] == '"' || strings.HasPrefix(lower(word), "select") {
			continue
		}
		word = strings.TrimSpace(word)
		name := word[strings.LastIndexByte(word, '.')+1:]
		short := name
		if n := in.Config.TruncateFieldNames; n > 0 && len(name) > n {
			short = name[:n]
		}
		if conditionWords[lower(name)] || known[lower(name)] || known[lower(short)] || computedColumns[lower(name)] {
			continue
		}
		fix := "write a column of dicom.sql"
		if near, dist := finding.Nearest(short, columns); dist <= finding.TypoLimit(short) {
			fix = "did you mean " + near + "?"
		}
		l.add(finding.Error, e.Line, e.Key, fix, "%s: there is no column %s, the condition fails for every object", e.Key, name)
		return
	}
}

// computedColumns are in the tables beside those of dicom.sql.
var computedColumns = map[string]bool{"accesstime": true, "objectfile": true, "devicename": true, "qtimestamp": true, "qflags": true, "qspare": true, "imagepat": true}
