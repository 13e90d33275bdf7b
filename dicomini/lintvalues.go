package dicomini

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"conquest/finding"
)

// lintValues reports values that the keys cannot mean.
func (l *linter) lintValues(c *Config) {
	l.lintTypes(c)
	if l.web {
		return
	}
	_, named := c.Get(c.main, "MyACRNema")
	if _, stores := c.Get(c.main, "MAGDevice0"); !named && !stores && c.file.HasSection(c.main) {
		l.add(finding.Hint, 0, "", "", "no server is set up here: MyACRNema and MAGDevice0 are missing")
		return
	}
	l.lintDevices(c)
	l.lintIdentity(c)
	l.lintDatabase(c)
	l.lintCodes(c)
	l.lintHTTP(c)
	f, main := c.file, c.main
	if runtime.GOOS != "windows" && strings.Contains(c.FileNameSyntax, `\`) {
		l.add(finding.Warning, f.Line(main, "FileNameSyntax"), "FileNameSyntax", "use /", "FileNameSyntax has backslashes: on this system they become part of the file names")
	}
	l.lintNames(c)
	if w := c.WatchFolder; w != "" && !os.IsPathSeparator(w[len(w)-1]) {
		l.add(finding.Warning, f.Line(main, "WatchFolder"), "WatchFolder", "add a separator", "WatchFolder does not end in a path separator")
	}
}

// lintTypes checks the lengths of all single keys and that numbers are numbers.
func (l *linter) lintTypes(c *Config) {
	for _, k := range Keys() {
		for _, name := range []string{k.Name, k.Alternative} {
			if name != "" {
				l.lintType(c, name, &k)
			}
		}
		l.lintSpellings(c, k)
	}
}

func (l *linter) lintType(c *Config, name string, k *Key) {
	value, ok := c.Get(c.main, name)
	if !ok {
		return
	}
	line := c.file.Line(c.main, name)
	if remark := remarkBehind(value); remark != "" && k.Type != SQL && k.Type != Script && k.Type != Chunk {
		l.add(finding.Warning, line, name, "put "+remark+" on a line of its own", "%s has a comment behind its value: there are none, it is a part of the value %q", name, value)
		return
	}
	if len(value) >= k.Size {
		l.add(finding.Warning, line, name, "shorten it", "%s has %d bytes, only the first %d are used", name, len(value), k.Size-1)
	}
	if k.Type == Hosts {
		l.lintHosts(name, value, line)
	}
	switch {
	case k.Type == Word:
		l.lintWord(line, name, value, k)
	case k.Type == Folder && value != "" && strings.ContainsRune(value, 0):
	}
	if !k.isNumber() || name == "TCPPort" {
		return
	}
	if rest := afterNumber(value); value != "" && (rest == value || strings.Trim(rest, " \t") != "") {
		l.add(finding.Error, line, name, "write a number", "%s is %q and is read as %d", name, value, Atoi(value))
		return
	}
	if n := Atoi(value); value != "" && k.Max != 0 && (n < k.Min || n > k.Max) {
		l.add(finding.Warning, line, name, "write "+k.valueText(), "%s is %d, which is outside its range", name, n)
	}
}

// afterNumber returns what follows the integer that a text begins with.
func afterNumber(s string) string {
	t := strings.TrimLeft(s, " \t")
	t = strings.TrimPrefix(strings.TrimPrefix(t, "-"), "+")
	if rest := strings.TrimLeft(t, "0123456789"); rest != t {
		return rest
	}
	return s
}

func (l *linter) lintSpellings(c *Config, k Key) {
	if k.Alternative == "" {
		return
	}
	a, okA := c.Get(c.main, k.Name)
	b, okB := c.Get(c.main, k.Alternative)
	if okA && okB && a != "" && a != b {
		l.add(finding.Warning, c.file.Line(c.main, k.Alternative), k.Alternative, "keep one of them", "%s is not used because %s is set", k.Alternative, k.Name)
	}
}

// lintCodes checks values that come from a fixed list.
func (l *linter) lintCodes(c *Config) {
	for _, k := range []struct{ name, code string }{
		{"DroppedFileCompression", c.DroppedFileCompression},
		{"IncomingCompression", c.IncomingCompression},
		{"ArchiveCompression", c.ArchiveCompression},
	} {
		if k.code != "" && !compressionCode().MatchString(k.code) {
			l.add(finding.Error, c.file.Line(c.main, k.name), k.name, codeFix, "%s has the unknown code %s", k.name, k.code)
		}
	}
}

// codeFix names the compressions that sites use.
const codeFix = "use as (as it is), un (none), j1 or j2 (JPEG lossless), jk (JPEG 2000 lossless), jh (high-throughput JPEG 2000 lossless), js (JPEG-LS)"

func (l *linter) lintDevices(c *Config) {
	for _, d := range []struct {
		kind string
		list []string
	}{{"MAG", c.MAGDevices}, {"MIRROR", c.MIRRORDevices}, {"CACHE", c.CACHEDevices}, {"JUKEBOX", c.JUKEBOXDevices}} {
		count := d.kind + "Devices"
		for i, path := range d.list {
			if path == "NULL" || path == "" {
				l.add(finding.Error, c.file.Line(c.main, count), count, "set "+d.kind+"Device"+strconv.Itoa(i)+" or lower "+count, "%sDevice%d is not set, but %s is %d", d.kind, i, count, len(d.list))
			}
		}
		for _, e := range c.file.Section(c.main) {
			n, ok := numberAfter(lower(e.Key), lower(d.kind)+"device")
			if ok && n >= len(d.list) {
				l.add(finding.Warning, e.Line, e.Key, "set "+count+" = "+strconv.Itoa(n+1), "%s is not used: %s is %d", e.Key, count, len(d.list))
			}
			if ok && len(e.Value) >= 500 {
				l.add(finding.Warning, e.Line, e.Key, "shorten it", "%s has %d bytes, only the first 499 are used", e.Key, len(e.Value))
			}
		}
	}
}

func (l *linter) lintIdentity(c *Config) {
	line := func(key string) int { return c.file.Line(c.main, key) }
	if c.Port() <= 0 || c.Port() > 65535 {
		l.add(finding.Error, line("TCPPort"), "TCPPort", "use 1 to 65535", "TCPPort %q is no port number", c.TCPPort)
	}
	if c.MyACRNema == "none" || c.MyACRNema == "" {
		l.add(finding.Warning, line("MyACRNema"), "MyACRNema", "set the AE title", "MyACRNema is not set")
	}
	if len(c.MyACRNema) > 16 {
		l.add(finding.Error, line("MyACRNema"), "MyACRNema", "use at most 16 characters", "MyACRNema has %d characters", len(c.MyACRNema))
	}
	if strings.HasPrefix(c.UIDPrefix, "99999.99999") {
		l.add(finding.Hint, line("UIDPrefix"), "UIDPrefix", "remove the line or set the root of the site", "UIDPrefix 99999.99999 is a placeholder and no valid UID root")
	} else if !validUIDRoot(c.UIDPrefix) {
		l.add(finding.Error, line("UIDPrefix"), "UIDPrefix", "use numbers with dots, at most "+strconv.Itoa(longestRoot)+" characters", "UIDPrefix %q is no UID root", c.UIDPrefix)
	}
}

// longestRoot is what of the 64 characters of a UID is left beside class, time
// and a counter of seven digits.
const longestRoot = 64 - len(".7.1700000000.1000000") + 1

func validUIDRoot(s string) bool {
	if len(s) > longestRoot {
		return false
	}
	for _, part := range strings.Split(s, ".") {
		if part == "" || strings.Trim(part, "0123456789") != "" || (len(part) > 1 && part[0] == '0') {
			return false
		}
	}
	return strings.Contains(s, ".") && s[0] <= '2'
}

func (l *linter) lintDatabase(c *Config) {
	var on []string
	for _, d := range []struct {
		name string
		set  bool
	}{{"SqLite", c.SqLite}, {"Postgres", c.Postgres}, {"Mysql", c.Mysql}} {
		if d.set {
			on = append(on, d.name)
		}
	}
	if len(on) > 1 {
		l.add(finding.Error, c.file.Line(c.main, on[1]), on[1], "set all but one to 0", "more than one database driver is on: %s", strings.Join(on, ", "))
	}
	if c.DoubleBackSlashToDB && c.SqLite {
		l.add(finding.Error, c.file.Line(c.main, "DoubleBackSlashToDB"), "DoubleBackSlashToDB", "set it to 0", "DoubleBackSlashToDB must be 0 with SQLite")
	}
	if c.TruncateFieldNames > 0 && c.TruncateFieldNames < 10 {
		l.add(finding.Warning, c.file.Line(c.main, "TruncateFieldNames"), "TruncateFieldNames", "use 10", "TruncateFieldNames %d makes column names equal", c.TruncateFieldNames)
	}
}

// remarkBehind is what looks like a comment behind a value.
func remarkBehind(value string) string {
	for _, sign := range []string{" #", "\t#", " //", "\t//", " ;", "\t;"} {
		if i := strings.Index(value, sign); i > 0 && strings.Trim(value[:i], " \t") != "" {
			return strings.TrimLeft(value[i:], " \t")
		}
	}
	return ""
}

// lintWord checks a value that is one of some words, or begins with one.
func (l *linter) lintWord(line int, name, value string, k *Key) {
	if value == "" && k.Name != "ForwardAssociationLevel" {
		return
	}
	for _, word := range k.Choices {
		if strings.HasPrefix(value, word) || k.Name != "ForwardAssociationLevel" && lower(value) == lower(word) {
			return
		}
	}
	words := strings.Join(k.Choices[:len(k.Choices)-1], ", ") + " or " + k.Choices[len(k.Choices)-1]
	l.add(finding.Error, line, name, "use "+words, "%s %q is none of its words", name, value)
}

const lastSyntax = 12 // of FileNameSyntax

// lintNames checks how files are named and when they are packed.
func (l *linter) lintNames(c *Config) {
	s := c.FileNameSyntax
	switch digits := strings.Trim(s, "-0123456789") == ""; {
	case s == "", strings.Contains(s, "%"), strings.HasPrefix(s, "lua:"):
	case !digits:
		l.add(finding.Error, c.file.Line(c.main, "FileNameSyntax"), "FileNameSyntax", "write a number from 0 to 12, or a pattern with %", "FileNameSyntax %q has no %% and is read as syntax %d", s, Atoi(s))
	case Atoi(s) < 0 || Atoi(s) > lastSyntax:
		l.add(finding.Error, c.file.Line(c.main, "FileNameSyntax"), "FileNameSyntax", "write a number from 0 to 12, or a pattern with %", "there is no FileNameSyntax %s: names are made as by 0", s)
	}
	if z := c.ZipTime; z != "" && !isTime(z) {
		l.add(finding.Error, c.file.Line(c.main, "ZipTime"), "ZipTime", "write HH: or HH:MM, such as 05:", "ZipTime %q is no time of day: nothing is packed", z)
	}
}

// isTime tells whether s is the beginning of a time HH:MM:SS.
func isTime(s string) bool {
	for i, limit := range []string{"23", ":", "59", ":", "59"} {
		switch {
		case s == "":
			return i > 0
		case limit == ":":
			if s[0] != ':' {
				return false
			}
			s = s[1:]
		case len(s) < 2 || strings.Trim(s[:2], "0123456789") != "" || s[:2] > limit:
			return false
		default:
			s = s[2:]
		}
	}
	return s == ""
}
