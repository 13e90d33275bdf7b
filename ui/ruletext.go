package ui

import (
	"regexp"
	"strings"
)

// ruleLine is a line of dicom.ini that is a rule, or decides when one runs.
var ruleLine = regexp.MustCompile(`(?i)^(\w*converter[s0-9]*|(import|export)(modality|stationname|callingae|calledae|filter)\d*|scriptfailure\d*|association|endassociation|rejectedimage\w*)\s*=`)

// RuleLines are the lines of dicom.ini that are rules or decide when rules run,
// below the heads of their sections.
func RuleLines(text string) string {
	var b strings.Builder
	section, written := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "[") {
			section = line
		}
		if !ruleLine.MatchString(line) {
			continue
		}
		if section != written {
			b.WriteString(section + "\n")
			written = section
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// ReplaceRules is the text of dicom.ini with other rules in the place of its own:
// lines as [RuleLines] gives them, each below the head of its section. Those before
// any head belong to the first section.
func ReplaceRules(text, rules string) string {
	added, section := map[string][]string{}, ""
	for line := range strings.Lines(rules) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "["):
			section = strings.ToLower(strings.TrimSpace(line))
		case strings.TrimSpace(line) != "":
			added[section] = append(added[section], line)
		}
	}
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if ruleLine.MatchString(line) {
			continue
		}
		out = append(out, line)
		if strings.HasPrefix(line, "[") {
			name := strings.ToLower(strings.TrimSpace(line))
			out = append(out, added[""]...)
			out = append(out, added[name]...)
			delete(added, "")
			delete(added, name)
		}
	}
	for name, lines := range added {
		out = append(out, name)
		out = append(out, lines...)
	}
	return strings.Join(out, "\n") + "\n"
}
