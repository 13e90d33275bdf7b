package dicomini

import (
	"strings"

	"conquest/finding"
)

// lintLines reports what the reader itself passes over.
func (l *linter) lintLines(f *File) {
	if f.bom {
		l.add(finding.Hint, 1, "", "save the file without it", "the file begins with a byte order mark: the original server does not see a section header on this line")
	}
	for _, d := range f.dropped {
		text := cutAt(strings.TrimSpace(d.Text), 40)
		if text == "" || commented(text) {
			continue
		}
		switch d.Reason {
		case "space":
			l.add(finding.Hint, d.Line, "", "remove the blank before it", "the line begins with a blank and is ignored: %s", text)
		case "tab":
			l.add(finding.Warning, d.Line, "", "remove the tab before it", "the line begins with a tab and is ignored: %s", text)
		case "section":
			l.add(finding.Error, d.Line, "", "add ]", "section line without ] is ignored: %s", text)
		case "nosection":
			l.add(finding.Warning, d.Line, "", "put [sscscp] above it", "the line stands before the first section and is ignored: %s", text)
		case "long":
			l.add(finding.Warning, d.Line, "", "shorten it", "the line is longer than %d bytes: the rest is read as a new line", pieceSize)
		}
	}
	for _, e := range f.duplicates {
		if commented(e.Key) {
			continue
		}
		l.add(finding.Warning, e.Line, e.Key, "remove one of the lines", "%s is set again in [%s]; only line %d counts", e.Key, e.Section, f.Line(e.Section, e.Key))
	}
}

// commented tells whether a key was meant as a comment.
func commented(key string) bool {
	return key[0] == '#' || key[0] == '\t' || strings.HasPrefix(key, "//")
}

// fixedSections are read under these names; any other name is a web page.
var fixedSections = []string{"sscscp", "lua", "scripts", "webdefaults", "DefaultPage", "AnyPage",
	"wadoservers", "markstudy", "markseries", "shoppingcart"}

// lintSections reports names of sections that look mistyped.
func (l *linter) lintSections(c *Config) {
	f := c.file
	if !f.HasSection(c.main) {
		l.add(finding.Error, f.Line(mainSection, "MicroPACS"), "MicroPACS", "add the section or correct MicroPACS", "there is no section [%s], from which the main keys are read", c.main)
	}
	known := append([]string{c.main}, fixedSections...)
	seen := make(map[string]bool)
	for _, s := range f.sections {
		if seen[lower(s.name)] {
			continue
		}
		seen[lower(s.name)] = true
		near, dist := finding.Nearest(s.name, known)
		if dist > 0 && dist <= finding.TypoLimit(s.name) && !isPage(f, s.name) {
			l.add(finding.Warning, s.line, "", "did you mean ["+near+"]?", "section [%s] is not read by the server", s.name)
		}
	}
}

// isPage tells whether a section can be a web page.
func isPage(f *File, name string) bool {
	for _, e := range f.Section(name) {
		k := lower(e.Key)
		if k == "source" || k == "line0" || k == "caption" {
			return true
		}
	}
	return false
}
