package dicomini

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"conquest/finding"
)

// compressionCode matches the fourth column of acrnema.map.
var compressionCode = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(un|u[lberi]|uj|as|is|n[0-5j]|j[1-6](\d\d)?|j7(\d\d)?|js|jk|jh(\d\d)?|jl(\d\d)?|k[1248abc]|s[0-9]|[jn]#\d+,\d+)!?$`)
})

func (l *linter) lintAEMap(in LintInput) {
	in.AEMap.mu.RLock()
	notes := in.AEMap.notes
	in.AEMap.mu.RUnlock()
	for _, n := range notes {
		l.add(finding.Warning, n.Line, "", n.Fix, "%s", n.Message)
	}
	entries := in.AEMap.Entries()
	for i, e := range entries {
		l.lintAE(e)
		l.lintShadow(entries[:i], e)
	}
	if in.Config == nil {
		return
	}
	l.lintOwn(in)
}

// lintOwn checks the entry of the server itself.
func (l *linter) lintOwn(in LintInput) {
	own := in.Config.MyACRNema
	if own == "" || own == "none" {
		return
	}
	e, ok := in.AEMap.Lookup(own)
	switch {
	case !ok:
		l.add(finding.Hint, 0, own, "", "the server's own AE title %s is not in the map", own)
	case isHere(e.Host) && Atoi(e.Port) != in.Config.Port() && lower(e.Name) == lower(own):
		l.add(finding.Warning, e.Line, own, "write "+in.Config.TCPPort, "the server itself, %s, has port %s here and TCPPort %s in dicom.ini", own, e.Port, in.Config.TCPPort)
	}
}

// isHere tells whether a host is this machine by its name alone.
func isHere(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1"
}

func (l *linter) lintAE(e AE) {
	if len(strings.TrimSuffix(e.Name, "*")) > 16 {
		l.add(finding.Warning, e.Line, e.Name, "use at most 16 characters", "AE title %s has more than 16 characters", e.Name)
	}
	port := strings.TrimSuffix(e.Port, "*")
	if strings.Trim(port, "0123456789") != "" || (e.Port != "" && !strings.HasSuffix(e.Port, "*") && (Atoi(port) < 1 || Atoi(port) > 65535)) {
		l.add(finding.Error, e.Line, e.Name, "use 1 to 65535", "%s is no port number", e.Port)
	}
	if !compressionCode().MatchString(e.Compression) {
		l.add(finding.Error, e.Line, e.Name, codeFix, "unknown compression %s", e.Compression)
	}
	if !e.Wildcard() && (strings.HasSuffix(e.Host, "*") || strings.HasSuffix(e.Port, "*")) {
		l.add(finding.Warning, e.Line, e.Name, "end the AE title in * too", "%s: a * in host or port has no meaning when the title has none", e.Name)
	}
}

// lintShadow reports an entry that an earlier one makes unreachable.
func (l *linter) lintShadow(earlier []AE, e AE) {
	for _, x := range earlier {
		prefix, wild := strings.CutSuffix(x.Name, "*")
		switch {
		case x.Name == e.Name:
			l.add(finding.Warning, e.Line, e.Name, "remove one of the lines", "%s is listed again; only line %d counts", e.Name, x.Line)
			return
		case wild && strings.HasPrefix(lower(strings.TrimSuffix(e.Name, "*")), lower(prefix)):
			l.add(finding.Warning, e.Line, e.Name, "put it above line "+strconv.Itoa(x.Line), "%s is never used: %s in line %d comes first", e.Name, x.Name, x.Line)
			return
		}
	}
}

const (
	minimumSyntax = "1.2.840.10008.1.2"      // every DICOM peer may fall back to it
	jpegLossless  = "1.2.840.10008.1.2.4.70" // the usual one of modalities that compress
)

func (l *linter) lintSOPList(in LintInput) {
	list := in.SOPList
	for _, n := range list.notes {
		l.add(finding.Warning, n.Line, "", n.Fix, "%s", n.Message)
	}
	for _, kind := range []SOPKind{Application, AbstractSyntax, TransferSyntax} {
		for _, e := range list.entries[kind] {
			if strings.Trim(e.Value, "0123456789.") != "" || len(e.Value) > 64 {
				l.add(finding.Warning, e.Line, e.Value, "write: name UID kind", "%s is no UID", e.Value)
			}
		}
	}
	if list.Restricts(TransferSyntax) && !list.Lists(TransferSyntax, minimumSyntax) {
		l.add(finding.Error, list.entries[TransferSyntax][0].Line, minimumSyntax, "add LittleEndianImplicit 1.2.840.10008.1.2 transfer", "the default transfer syntax 1.2.840.10008.1.2 is not in the list: many peers will be refused")
	}
	if list.Restricts(TransferSyntax) && !list.Lists(TransferSyntax, jpegLossless) {
		l.add(finding.Hint, list.entries[TransferSyntax][0].Line, jpegLossless, "", "JPEG lossless 1.2.840.10008.1.2.4.70 is not in the list: peers that offer nothing else are refused")
	}
	if list.Restricts(LocalAE) && in.Config != nil && !list.Lists(LocalAE, in.Config.MyACRNema) {
		l.add(finding.Warning, list.entries[LocalAE][0].Line, in.Config.MyACRNema, "add it", "the server's own AE title %s is not among the LocalAE entries", in.Config.MyACRNema)
	}
}

func (l *linter) lintSchema(in LintInput) {
	opt := SchemaOptions{}
	if in.Config != nil {
		opt = in.Config.SchemaOptions()
	}
	s, err := ParseSchema(in.SchemaText, opt)
	var se *SchemaError
	if errors.As(err, &se) {
		l.add(finding.Error, se.Line, "", "", "%s", strings.ReplaceAll(se.Message, "\n", ": "))
		return
	}
	for _, n := range s.unquoted {
		l.add(finding.Warning, n, "", `add the closing "`, "a text has no closing quote: it is taken to end at the next comma or brace")
	}
	if s.unclosed != "" {
		l.add(finding.Warning, 0, s.unclosed, "add } at the end of the file", "section *%s* is not closed", s.unclosed)
	}
	for _, t := range s.Tables() {
		l.lintTable(t)
	}
	l.lintLacking(s, opt)
	links := []struct {
		t    *Table
		g, e uint16
		name string
	}{{&s.Study, 0x0010, 0x0020, "patient ID"}, {&s.Series, 0x0020, 0x000d, "study instance UID"}, {&s.Image, 0x0020, 0x000e, "series instance UID"}}
	for _, k := range links {
		if n := len(k.t.Columns); n > 0 && (k.t.Columns[n-1].Group != k.g || k.t.Columns[n-1].Element != k.e) {
			l.add(finding.Error, k.t.Columns[n-1].line, k.t.Name, "put its row last", "the last row of *%s* must be the link, %s (%04x,%04x)", k.t.Name, k.name, k.g, k.e)
		}
	}
}

func (l *linter) lintTable(t *Table) {
	if len(t.Columns) == 0 {
		l.add(finding.Error, 0, t.Name, "", "section *%s* is missing or empty", t.Name)
		return
	}
	seen := make(map[string]int)
	for _, c := range t.Columns {
		if c.Sequence() {
			continue
		}
		if first, ok := seen[lower(c.Name)]; ok {
			l.add(finding.Error, c.line, c.Name, "rename one", "column %s of *%s* is there twice (line %d); names are cut to TruncateFieldNames", c.Name, t.Name, first)
		}
		seen[lower(c.Name)] = c.line
		if strings.Trim(lower(c.Name), "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || c.Name == "" {
			l.add(finding.Error, c.line, c.Name, "use letters, digits and _", "%q is no column name", c.Name)
		}
		if c.Length == 0 {
			l.add(finding.Error, c.line, c.Name, "", "column %s of *%s* has length 0", c.Name, t.Name)
		}
		if c.Group == 0x9999 {
			l.add(finding.Error, c.line, c.Name, "", "group 9999 cannot be a column")
		}
		if t.Name == "WorkList" && c.HL7 == "" {
			l.add(finding.Warning, c.line, c.Name, `add , "---"`, "column %s of *WorkList* has no HL7 field", c.Name)
		}
	}
}

// fewColumns is how many columns a layout may lack to be one that lost some; with
// more it is another layout.
const fewColumns = 6

// lintLacking tells which columns of the built-in layout are not in dicom.sql.
func (l *linter) lintLacking(s *Schema, opt SchemaOptions) {
	own := s.Tables()
	var lacking []string
	for i, t := range DefaultSchema(opt).Tables() {
		if t.Name == "WorkList" || i >= len(own) {
			continue
		}
		for _, c := range t.Columns {
			if !hasColumn(own[i], c) {
				lacking = append(lacking, c.Name+" of *"+t.Name+"*")
			}
		}
	}
	if n := len(lacking); n > 0 && n <= fewColumns {
		l.add(finding.Hint, 0, "", "", "the built-in layout has %s beside these: queries do not find by it", strings.Join(lacking, ", "))
	}
}

func hasColumn(t *Table, wanted Column) bool {
	for _, c := range t.Columns {
		if c.Group == wanted.Group && c.Element == wanted.Element {
			return true
		}
	}
	return false
}
