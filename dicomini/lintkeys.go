package dicomini

import (
	"fmt"
	"strconv"

	"conquest/finding"
)

// unreadHints say what to do about keys that do nothing although a site sets
// them on purpose.
var unreadHints = map[string]string{
	"statuslog": "the status log is named by the option -^FILE or -LFILE; TroubleLog and UserLog are read",
}

// vocabulary is what may stand in the main section.
type vocabulary struct {
	names      map[string]string // lower case to the usual spelling
	plain      []string
	bases      []string // followed by a number
	converters []string
	bare       map[string]bool // bases that may stand without number
	unread     []string
}

func newVocabulary() vocabulary {
	v := vocabulary{names: make(map[string]string), bare: make(map[string]bool)}
	for _, t := range Topics() {
		for _, k := range t.Keys {
			if k.Section == "" {
				v.add(k)
			}
		}
	}
	return v
}

func (v *vocabulary) add(k Key) {
	v.names[lower(k.Name)] = k.Name
	switch {
	case k.Numbered:
		v.bases = append(v.bases, k.Name)
		v.bare[k.Name] = k.Bare
		if k.Type == Script {
			v.converters = append(v.converters, k.Name)
		}
	case k.Alternative != "":
		v.names[lower(k.Alternative)] = k.Alternative
		v.plain = append(v.plain, k.Name, k.Alternative)
	case k.Unread:
		v.unread = append(v.unread, k.Name)
	default:
		v.plain = append(v.plain, k.Name)
	}
}

// splitNumber separates the digits at the end of a key.
func splitNumber(key string) (base, digits string) {
	i := len(key)
	for i > 0 && key[i-1] >= '0' && key[i-1] <= '9' {
		i--
	}
	return key[:i], key[i:]
}

// has tells whether a key is known as it stands, with its number if it has one.
func (v vocabulary) has(key string) bool {
	base, digits := splitNumber(key)
	for _, b := range v.bases {
		if lower(b) == lower(base) {
			return digits != "" || v.bare[b]
		}
	}
	_, ok := v.names[lower(key)]
	return ok
}

// suggest proposes a known spelling for an unknown key.
func (v vocabulary) suggest(key string) (string, bool) {
	best, dist := finding.Nearest(key, v.plain)
	if base, digits := splitNumber(key); digits != "" || dist > 1 {
		if b, d := finding.Nearest(base, v.bases); d < dist {
			if digits == "" {
				digits = "0"
			}
			best, dist = b+digits, d
		}
	}
	return best, dist <= finding.TypoLimit(key)
}

// lintKeys reports unknown keys and keys in the wrong section.
func (l *linter) lintKeys(c *Config) {
	v := newVocabulary()
	for _, e := range c.file.entries {
		if commented(e.Key) {
			continue
		}
		switch sec := lower(e.Section); sec {
		case lower(c.main):
			l.mainKey(v, e)
		case "lua":
			l.luaKey(v, e, c.main)
		default:
			l.strayKey(v, e, c.main)
		}
	}
}

func (l *linter) mainKey(v vocabulary, e Entry) {
	if hint, ok := unreadHints[lower(e.Key)]; ok {
		l.add(finding.Warning, e.Line, e.Key, hint, "%s is not read by the server", e.Key)
		return
	}
	if base, digits := splitNumber(e.Key); len(digits) > 1 && digits[0] == '0' && v.has(e.Key) {
		l.add(finding.Warning, e.Line, e.Key, "write "+base+strconv.Itoa(Atoi(digits)), "%s is not read: numbers have no leading zeros", e.Key)
		return
	}
	if v.has(e.Key) {
		return
	}
	if v.isConverter(e.Key) {
		l.add(finding.Error, e.Line, e.Key, "write "+v.names[lower(e.Key)]+"0", "%s has no number and is never run", e.Key)
		return
	}
	if name, ok := v.suggest(e.Key); ok {
		severity := finding.Warning
		if base, _ := splitNumber(name); v.isConverter(base) {
			severity = finding.Error
		}
		l.add(severity, e.Line, e.Key, fmt.Sprintf("did you mean %s?", name), "unknown key %s", e.Key)
		return
	}
	if near, dist := finding.Nearest(e.Key, luaNames()); dist == 0 {
		l.add(finding.Warning, e.Line, e.Key, "move it to [lua]", "%s is read from [lua] only", near)
		return
	}
	if near, dist := finding.Nearest(e.Key, v.unread); dist <= finding.TypoLimit(e.Key) {
		l.add(finding.Warning, e.Line, e.Key, "remove it", "%s is not read by the server, and neither is %s", e.Key, near)
		return
	}
	if !l.web { // pages of a CGI folder read keys of their own
		l.add(finding.Hint, e.Line, e.Key, "", "%s is not read by the server; a script or a page may read it", e.Key)
	}
}

// isConverter tells whether a key is a converter's name without number.
func (v vocabulary) isConverter(key string) bool {
	for _, b := range v.converters {
		if lower(b) == lower(key) {
			return true
		}
	}
	return false
}

func (l *linter) luaKey(v vocabulary, e Entry, main string) {
	if _, dist := finding.Nearest(e.Key, luaNames()); dist == 0 {
		return
	}
	base, digits := splitNumber(e.Key)
	near, dist := finding.Nearest(base, v.converters)
	switch {
	case dist == 0 && digits != "":
	case dist == 0:
		l.add(finding.Warning, e.Line, e.Key, "write "+near+"0", "%s has no number and is never run", e.Key)
	case v.has(e.Key):
		l.add(finding.Warning, e.Line, e.Key, "move it to ["+main+"]", "%s stands in [lua], where it is not read", e.Key)
	case dist <= finding.TypoLimit(base):
		if digits == "" {
			digits = "0"
		}
		l.add(finding.Warning, e.Line, e.Key, fmt.Sprintf("did you mean %s%s?", near, digits), "unknown key %s in [lua]", e.Key)
	default:
		if near, d := finding.Nearest(e.Key, luaNames()); d <= finding.TypoLimit(e.Key) {
			l.add(finding.Warning, e.Line, e.Key, fmt.Sprintf("did you mean %s?", near), "unknown key %s in [lua]", e.Key)
			return
		}
		l.add(finding.Hint, e.Line, e.Key, "", "%s in [lua] is not read by the server", e.Key)
	}
}

// strayKey reports converters and well-known keys in sections where they are
// not read; pages may use any name as a variable of their own.
func (l *linter) strayKey(v vocabulary, e Entry, main string) {
	base, digits := splitNumber(e.Key)
	if _, dist := finding.Nearest(base, v.converters); dist == 0 && digits != "" {
		l.add(finding.Warning, e.Line, e.Key, "move it to ["+main+"] or [lua]", "%s stands in [%s], where it is not read", e.Key, e.Section)
		return
	}
	if lower(e.Section) == mainSection && lower(e.Key) == "micropacs" {
		return
	}
	if v.has(e.Key) && (lower(e.Section) == mainSection || lower(e.Section) == "scripts") {
		l.add(finding.Warning, e.Line, e.Key, "move it to ["+main+"]", "%s stands in [%s], where it is not read", e.Key, e.Section)
	}
}
