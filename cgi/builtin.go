package cgi

import (
	"context"
	"fmt"
	"html"
	"strings"

	"conquest/server"
)

// modes are the pages that are built in.
var modes = map[string]func(*page, context.Context){
	"top": (*page).top, "showconfig": (*page).showConfig, "showsops": (*page).showSOPs, "showdb": (*page).showLayout, "showdictionary": (*page).showDictionary,

	"querypatients": (*page).queryPatients, "querystudies": (*page).queryStudies, "queryseries": (*page).querySeries,
	"queryimages": (*page).queryImages, "queryallimages": (*page).queryAllImages,
	"patientfinder": (*page).patientFinder, "studyfinder": (*page).studyFinder, "seriesfinder": (*page).seriesFinder, "imagefinder": (*page).imageFinder,

	"studymover": (*page).studyMover, "seriesmover": (*page).seriesMover, "movestudy": (*page).moveStudy, "moveseries": (*page).moveSeries,
	"addlocalfile": (*page).addLocalFile, "attachfile": (*page).attachFile,

	"queryworklist": (*page).queryWorklist, "editrecord": (*page).editRecord, "addrecord": (*page).addRecord,
	"saverecord": (*page).saveRecord, "deleterecord": (*page).deleteRecord,

	"sliceviewer": (*page).sliceViewer, "headerdump": (*page).headerDump, "slice": (*page).slice, "dicom": (*page).dicomFile,
	"zipseries": (*page).zipSeries, "zipstudy": (*page).zipStudy,
	"imagelisturls": (*page).imageListURLs, "imagelisthttp": (*page).imageListHTTP, "imagelistfiles": (*page).imageListFiles,
	"noviewer": (*page).noViewer, "serversideviewer": (*page).serverSideViewer,
}

// deleting are those that WEBReadOnly takes away.
var deleting = map[string]func(*page, context.Context){
	"studydeleter": (*page).studyDeleter, "seriesdeleter": (*page).seriesDeleter, "deletestudy": (*page).deleteStudy, "deleteseries": (*page).deleteSeries,
}

// builtin answers a mode that needs no page of the site.
func (p *page) builtin(ctx context.Context, fallback string) bool {
	mode := p.mode
	if mode == "" && fallback == "" {
		mode = "top"
	}
	answer := modes[mode]
	if answer == nil && !p.readOnly {
		answer = deleting[mode]
	}
	if answer == nil {
		return false
	}
	answer(p, ctx)
	return true
}

// Headers of pages.
const (
	plainHeader = "Content-type: text/html\n"
	freshHeader = "Content-type: text/html\nCache-Control: no-cache\n"
)

// begin writes the header and the beginning of a page.
func (p *page) begin(header string) {
	p.head(header)
	p.line("<H2>Conquest DICOM server - version %s</H2>", server.Version)
}

func (p *page) head(header string) {
	p.line("%s", header)
	p.line("<HEAD><TITLE>Conquest DICOM server - version %s</TITLE></HEAD>", server.Version)
	p.line("<BODY BGCOLOR='CFDFCF'>")
}

func (p *page) beginTable(caption string, columns ...string) {
	p.line("<table RULES=ALL BORDER=1>")
	p.line("<Caption>%s</caption>", caption)
	p.line("<TR><TD>%s</TR>", strings.Join(columns, "<TD>"))
}

func (p *page) end() { p.line("</BODY>") }

// endTable ends a table, with the way to the shopping cart of the site.
func (p *page) endTable(cart bool) {
	p.line("</table>")
	if key := p.value("key", ""); cart && key != "" && p.source("shoppingcart") != "" {
		p.line("<A HREF=%s&key=%s>%s</A>", p.link("shoppingcart"), urlText(key), p.text("shoppingcart", "caption", "Shopping cart", 512))
	}
	p.end()
}

// link is the beginning of a link to a mode.
func (p *page) link(mode string) string {
	return fmt.Sprintf("dgate%s?%s&mode=%s", extension(p.argv0), p.extra, urlText(mode))
}

func (p *page) form(more string) { p.line("<FORM ACTION=\"dgate%s\"%s>", extension(p.argv0), more) }

// hidden writes the fields of a form that say where the server is.
func (p *page) hidden() {
	p.line("<INPUT NAME=port    TYPE=HIDDEN VALUE=%s>", html.EscapeString(p.port))
	p.line("<INPUT NAME=address TYPE=HIDDEN VALUE=%s>", html.EscapeString(p.host))
}

// marked tells whether the site marks what is listed, by the page of a section.
func (p *page) marked(section, def string) (caption string, ok bool) {
	return p.text(section, "caption", def, 512), p.value("key", "") != "" && p.source(section) != ""
}

var shownText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")

// esc is a text between tags.
func esc(s string) string { return shownText.Replace(s) }

// escAll is each of some texts between tags.
func escAll(s []string) []string {
	list := make([]string, len(s))
	for i := range s {
		list[i] = esc(s[i])
	}
	return list
}

// urlText is a text in the query of a link that has no quotes around it.
func urlText(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("._~:^()*/,@!$;=-", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// urlValue is a text of a condition in a link.
func urlValue(s string) string { return urlText(strings.ReplaceAll(s, "'", "''")) }
