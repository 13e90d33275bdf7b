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
	_, web := c.Get(c.main, "WebServerFor")
	if _, stores := c.Get(c.main, "MAGDevice0"); web && !stores {
		return // of a CGI folder
	}
	l.lintDevices(c)
	l.lintIdentity(c)
	l.lintDatabase(c)
	l.lintCodes(c)
	f, main := c.file, c.main
	if runtime.GOOS != "windows" && strings.Contains(c.FileNameSyntax, `\`) {
		l.add(finding.Warning, f.Line(main, "FileNameSyntax"), "FileNameSyntax", "use /", "FileNameSyntax has backslashes: on this system they become part of the file names")
	}
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
	if len(value) >= k.Size {
		l.add(finding.Warning, line, name, "shorten it", "%s has %d bytes, only the first %d are used", name, len(value), k.Size-1)
	}
	if k.Type == Hosts {
		l.lintHosts(name, value, line)
	}
	if !k.isNumber() || name == "TCPPort" {
		return
	}
	if rest := afterNumber(value); value != "" && (rest == value || strings.Trim(rest, " \t") != "") {
		l.add(finding.Warning, line, name, "write a number", "%s is %q and is read as %d", name, value, Atoi(value))
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
			l.add(finding.Warning, c.file.Line(c.main, k.name), k.name, "use un or as", "%s has the unknown code %s", k.name, k.code)
		}
	}
	for _, level := range []string{"PATIENT", "STUDY", "SERIES", "IMAGE", "SOPCLASS", "GLOBAL"} {
		if strings.HasPrefix(c.ForwardAssociationLevel, level) {
			return
		}
	}
	l.add(finding.Warning, c.file.Line(c.main, "ForwardAssociationLevel"), "ForwardAssociationLevel", "use PATIENT, STUDY, SERIES, IMAGE, SOPCLASS or GLOBAL",
		"ForwardAssociationLevel %q is no level", c.ForwardAssociationLevel)
}

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
		l.add(finding.Warning, line("UIDPrefix"), "UIDPrefix", "remove the line or set the root of the site", "UIDPrefix 99999.99999 is a placeholder and no valid UID root")
	} else if !validUIDRoot(c.UIDPrefix) {
		l.add(finding.Error, line("UIDPrefix"), "UIDPrefix", "use numbers with dots, at most 38 characters", "UIDPrefix %q is no UID root", c.UIDPrefix)
	}
}

func validUIDRoot(s string) bool {
	if len(s) > 38 {
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
