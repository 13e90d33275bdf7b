package ui

import (
	"net/http"
	"strings"

	"conquest/web"
)

// sourceLine is a line of dicom.ini with what lint says of it.
type sourceLine struct {
	Text     string
	Class    string // the worst severity of its findings
	Findings []Finding
}

var severities = map[string]int{"hint": 1, "warning": 2, "error": 3}

func (h *Handler) config(w http.ResponseWriter, r *http.Request) {
	if !h.may(r, web.Admin) {
		h.refuse(w, r)
		return
	}
	c, err := h.site.Config()
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, "config", "Configuration", struct {
		ConfigText
		Lines     []sourceLine
		Elsewhere []Finding
	}{c, sourceLines(c), elsewhere(c)})
}

// sourceLines puts the findings at their lines. Passwords are not shown.
func sourceLines(c ConfigText) []sourceLine {
	var list []sourceLine
	for text := range strings.Lines(c.Text) {
		list = append(list, sourceLine{Text: hideSecret(strings.TrimRight(text, "\r\n"))})
	}
	for _, f := range c.Findings {
		if f.File != "" && f.File != c.Path || f.Line < 1 || f.Line > len(list) {
			continue
		}
		l := &list[f.Line-1]
		l.Findings = append(l.Findings, f)
		if severities[f.Severity] > severities[l.Class] {
			l.Class = f.Severity
		}
	}
	return list
}

// elsewhere are findings of other files, or of none.
func elsewhere(c ConfigText) []Finding {
	var list []Finding
	for _, f := range c.Findings {
		if f.File != "" && f.File != c.Path || f.Line < 1 {
			list = append(list, f)
		}
	}
	return list
}

// hideSecret covers the value of a key that holds a password.
func hideSecret(line string) string {
	key, value, ok := strings.Cut(line, "=")
	name := strings.ToLower(strings.TrimSpace(key))
	if !ok || strings.TrimSpace(value) == "" || !strings.Contains(name, "password") && !strings.Contains(name, "secret") {
		return line
	}
	return key + "= ••••••"
}
