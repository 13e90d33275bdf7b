package dicomini

import (
	"fmt"
	"strconv"
)

// unreadKeys occur in manuals, shipped files or user interfaces and are not
// read by the server: no mistake of the site.
var unreadKeys = []string{"PDUSize", "KeepAlive", "LargeFileSizeKB", "ExternalViewer", "DemoViewer", "DemoCopy",
	"Headerbmp", "Footerbmp", "Backgroundbmp", "Ladleport", "NightlyMoveThreshold", "NightlyMoveTarget",
	"BrowseThroughDBF", "PrintSquareLandscape", "UseKpacsDecompression", "AllowedIPs", "DeniedIPs",
	"MailHost", "MailPort", "MailSignon", "MailFromName", "MailRcptName1", "MailCC", "MailBCC", "MailAlwaysSend", "MailWaitTime"}

// unreadHints say what to do about keys that do nothing although a site sets
// them on purpose.
var unreadHints = map[string]string{
	"statuslog": "the status log is named by the option -^FILE or -LFILE; TroubleLog and UserLog are read",
}

// numberedKeys are followed by a number.
var numberedKeys = []string{"MAGDevice", "MIRRORDevice", "CACHEDevice", "JUKEBOXDevice", "VirtualServerFor", "VirtualServerPerSeries"}

// luaKeys are the keys of [lua] beside the converters.
var luaKeys = []string{"startup", "association", "command", "endassociation", "clienterror", "printserver", "nightly", "background"}

var converterFilters = []string{"Modality", "StationName", "CalledAE", "CallingAE"}

// converterBases are the names of converter keys and their filters without the
// number.
func converterBases() (converters, filters []string) {
	for _, kind := range ConverterKinds {
		converters = append(converters, kind+"Converter")
		for _, f := range converterFilters {
			filters = append(filters, kind+f)
		}
	}
	return converters, append(filters, "ExportFilter")
}

// vocabulary is what may stand in the main section.
type vocabulary struct {
	names      map[string]string // lower case to the usual spelling
	plain      []string
	bases      []string // followed by a number
	converters []string
}

func newVocabulary(extra []string) vocabulary {
	v := vocabulary{names: make(map[string]string)}
	v.plain = append(v.plain, "MicroPACS", "MAGDevices", "MIRRORDevices", "CACHEDevices", "JUKEBOXDevices")
	for _, k := range Keys() {
		v.plain = append(v.plain, k.Name)
		if k.Alternative != "" {
			v.plain = append(v.plain, k.Alternative)
		}
	}
	v.plain = append(append(v.plain, unreadKeys...), extra...)
	for _, name := range v.plain {
		v.names[lower(name)] = name
	}
	converters, filters := converterBases()
	v.converters = converters
	v.bases = append(append(append(v.bases, numberedKeys...), converters...), filters...)
	for _, name := range v.bases {
		v.names[lower(name)] = name
	}
	return v
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
			return digits != ""
		}
	}
	_, ok := v.names[lower(key)]
	return ok
}

// suggest proposes a known spelling for an unknown key.
func (v vocabulary) suggest(key string) (string, bool) {
	best, dist := nearest(key, v.plain)
	if base, digits := splitNumber(key); digits != "" || dist > 1 {
		if b, d := nearest(base, v.bases); d < dist {
			if digits == "" {
				digits = "0"
			}
			best, dist = b+digits, d
		}
	}
	return best, dist <= typoLimit(key)
}

// lintKeys reports unknown keys and keys in the wrong section.
func (l *linter) lintKeys(c *Config, extra []string) {
	v := newVocabulary(extra)
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
		l.add(Warning, e.Line, e.Key, hint, "%s is not read by the server", e.Key)
		return
	}
	if base, digits := splitNumber(e.Key); len(digits) > 1 && digits[0] == '0' && v.has(e.Key) {
		l.add(Warning, e.Line, e.Key, "write "+base+strconv.Itoa(Atoi(digits)), "%s is not read: numbers have no leading zeros", e.Key)
		return
	}
	if v.has(e.Key) {
		return
	}
	if v.isConverter(e.Key) {
		l.add(Warning, e.Line, e.Key, "write "+v.names[lower(e.Key)]+"0", "%s has no number and is never run", e.Key)
		return
	}
	if name, ok := v.suggest(e.Key); ok {
		l.add(Warning, e.Line, e.Key, fmt.Sprintf("did you mean %s?", name), "unknown key %s", e.Key)
		return
	}
	if near, dist := nearest(e.Key, luaKeys); dist == 0 {
		l.add(Warning, e.Line, e.Key, "move it to [lua]", "%s is read from [lua] only", near)
		return
	}
	l.add(Info, e.Line, e.Key, "", "%s is not read by the server", e.Key)
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
	if _, dist := nearest(e.Key, luaKeys); dist == 0 {
		return
	}
	base, digits := splitNumber(e.Key)
	near, dist := nearest(base, v.converters)
	switch {
	case dist == 0 && digits != "":
	case dist == 0:
		l.add(Warning, e.Line, e.Key, "write "+near+"0", "%s has no number and is never run", e.Key)
	case v.has(e.Key):
		l.add(Warning, e.Line, e.Key, "move it to ["+main+"]", "%s stands in [lua], where it is not read", e.Key)
	case dist <= typoLimit(base):
		if digits == "" {
			digits = "0"
		}
		l.add(Warning, e.Line, e.Key, fmt.Sprintf("did you mean %s%s?", near, digits), "unknown key %s in [lua]", e.Key)
	default:
		if near, d := nearest(e.Key, luaKeys); d <= typoLimit(e.Key) {
			l.add(Warning, e.Line, e.Key, fmt.Sprintf("did you mean %s?", near), "unknown key %s in [lua]", e.Key)
			return
		}
		l.add(Info, e.Line, e.Key, "", "%s in [lua] is not read by the server", e.Key)
	}
}

// strayKey reports converters and well-known keys in sections where they are
// not read; pages may use any name as a variable of their own.
func (l *linter) strayKey(v vocabulary, e Entry, main string) {
	base, digits := splitNumber(e.Key)
	if _, dist := nearest(base, v.converters); dist == 0 && digits != "" {
		l.add(Warning, e.Line, e.Key, "move it to ["+main+"] or [lua]", "%s stands in [%s], where it is not read", e.Key, e.Section)
		return
	}
	if lower(e.Section) == mainSection && lower(e.Key) == "micropacs" {
		return
	}
	if v.has(e.Key) && (lower(e.Section) == mainSection || lower(e.Section) == "scripts") {
		l.add(Warning, e.Line, e.Key, "move it to ["+main+"]", "%s stands in [%s], where it is not read", e.Key, e.Section)
	}
}
