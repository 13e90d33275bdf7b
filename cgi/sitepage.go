package cgi

import (
	"context"
	"errors"
	"regexp"
	"strings"
)

// chooseMode finds out whether AnyPage answers instead of what was asked, and
// returns the section that answers what nobody else does.
func (p *page) chooseMode() (fallback string) {
	if p.source("DefaultPage") != "" {
		fallback = "DefaultPage"
	}
	if p.source("AnyPage") == "" || strings.Contains(","+p.text("AnyPage", "exceptions", "", 511)+",", ","+p.mode+",") {
		return fallback
	}
	p.mode = "AnyPage"
	return "AnyPage"
}

// source tells where the contents of a page are: the name of a file, or the
// first line.
func (p *page) source(section string) string {
	return p.text(section, "line0", p.text(section, "source", "", 512), 1000)
}

// pageName is what may stand for the star in the name of a source.
var pageName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]*$`)

var errNoPage = errors.New("there is no page of that name")

// sitePage answers with a page of dicom.ini. What is not there gets the fallback,
// and without that nothing at all.
func (p *page) sitePage(ctx context.Context, fallback string) {
	asked := p.value("mode", "")
	source := p.source(p.mode)
	if source == "" {
		p.mode = fallback
		source = p.source(p.mode)
	}
	if source == "" {
		return
	}
	if before, after, star := strings.Cut(source, "*"); star && p.text(p.mode, "line0", "", 1000) == "" {
		if asked != "" && !pageName.MatchString(asked) {
			p.refuse(errNoPage)
			return
		}
		source = before + asked + after
	}
	v := p.variables()
	if strings.HasSuffix(source, ".lua") {
		p.luaPage(ctx, source, v)
		return
	}
	p.textPage(ctx, source, v)
}

// header is the header of the page, in which a backslash stands for a line end.
func (p *page) header(def string) string {
	return strings.ReplaceAll(p.text(p.mode, "header", def, 1000), `\`, "\n")
}
