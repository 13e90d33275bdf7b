package cgi

import (
	"regexp"
	"strings"
)

// harmlessInCommand is a value within a server command of a page: it makes no
// further parameters. Conditions have commas.
func harmlessInCommand(v variable) string {
	if !v.asked {
		return v.value
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == '|' || c == ',' && v.name != "query" {
			return -1
		}
		return c
	}, v.value)
}

// harmlessInLua is a value within a Lua expression of a page: it ends no text,
// calls nothing and sets nothing.
func harmlessInLua(v variable) string {
	if !v.asked {
		return v.value
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune("'\"`\\[](){}=,;|&<>~#$!?", c) {
			return -1
		}
		return c
	}, v.value)
}

// Texts that become parameters of server commands.
var (
	objectName  = regexp.MustCompile(`^[^,|\x00-\x1f"<>]*$`)                                         // PATIENT:UID
	storedName  = regexp.MustCompile(`^$|^([^/,|*?\\\x00-\x1f"<>][^,|*?\\\x00-\x1f"<>]*)?:[0-9.]+$`) // PATIENT:UID; no file of the host
	number      = regexp.MustCompile(`^[0-9]*(%25|%)?$`)
	compression = regexp.MustCompile(`^[A-Za-z0-9]*$`)
	levelWindow = regexp.MustCompile(`^-?[0-9.]*(/-?[0-9.]*){0,2}$`)
	serverName  = regexp.MustCompile(`^[^,|%\x00-\x1f"<>]*$`)
	pictureKind = regexp.MustCompile(`^(gif|bmp|jpg|jpeg)$`)
)

// plain returns the variable called name, and whether it is of the form that is
// expected.
func (p *page) plain(name, def string, form *regexp.Regexp) (string, bool) {
	v := p.value(name, def)
	return v, form.MatchString(v)
}
