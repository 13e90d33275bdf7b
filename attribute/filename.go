package attribute

import "strings"

// reservedNames are devices of Windows, whatever stands behind a dot.
var reservedNames = func() map[string]bool {
	all := map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true}
	for _, port := range []string{"COM", "LPT"} {
		for _, n := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00b9", "\u00b2", "\u00b3", "\xb9", "\xb2", "\xb3"} {
			all[port+n] = true
		}
	}
	return all
}()

// WindowsName makes one part of a path an ordinary name on Windows: devices such
// as CON or nul.dcm get an underscore, colons (drives, streams) and dots and
// blanks at the end become underscores.
func WindowsName(s string) string {
	s = strings.ReplaceAll(s, ":", "_")
	if trimmed := strings.TrimRight(s, ". "); trimmed != "" && s != trimmed {
		s = trimmed + strings.Repeat("_", len(s)-len(trimmed))
	}
	base, _, _ := strings.Cut(s, ".")
	base = strings.TrimRight(base, " ")
	if reservedNames[upper(base)] {
		return base + "_" + s[len(base):]
	}
	return s
}

// WindowsPath applies [WindowsName] to the parts of a path of slashes that came
// from values. A path that would begin with two slashes, a share of another host,
// begins with one.
func WindowsPath(path string) string {
	parts := strings.Split(strings.ReplaceAll(path, `\`, "/"), "/")
	for i, p := range parts {
		parts[i] = WindowsName(p)
	}
	path = strings.Join(parts, "/")
	for strings.HasPrefix(path, "//") {
		path = path[1:]
	}
	return path
}

// upper is ASCII in capitals.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}
