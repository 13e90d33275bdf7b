package ui

import (
	"bytes"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
)

var markdown = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough), goldmark.WithParserOptions(parser.WithAutoHeadingID()))

type docPage struct {
	File, Title string
}

type docHit struct {
	docPage
	Line string
}

type docsData struct {
	Pages []docPage
	Here  string
	Body  template.HTML
	Query string
	Hits  []docHit
}

// mostHits bounds the lines that a search in the documentation shows.
const mostHits = 60

// docs shows the documentation: a page, or the lines that have a word.
func (h *Handler) docs(w http.ResponseWriter, r *http.Request) {
	if h.opt.Docs == nil {
		h.fail(w, r, ErrNotFound)
		return
	}
	d := docsData{Here: r.PathValue("page"), Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	names, err := fs.Glob(h.opt.Docs, "*.md")
	if err != nil {
		h.fail(w, r, err)
		return
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := fs.ReadFile(h.opt.Docs, name)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		p := docPage{File: strings.TrimSuffix(name, ".md"), Title: docTitle(text, name)}
		d.Pages = append(d.Pages, p)
		if d.Query != "" {
			d.Hits = append(d.Hits, docHits(p, text, d.Query, mostHits-len(d.Hits))...)
		}
		if d.Here == p.File {
			var b bytes.Buffer
			if err := markdown.Convert(text, &b); err != nil {
				h.fail(w, r, err)
				return
			}
			// The pages are our own; raw HTML in them is left out by the renderer.
			d.Body = template.HTML(docLinks.ReplaceAllString(b.String(), `href="/ui/docs/$1$2"`))
		}
	}
	if d.Here != "" && d.Body == "" {
		h.fail(w, r, ErrNotFound)
		return
	}
	h.show(w, r, "docs", "Documentation", d)
}

// docLinks are links from page to page.
var docLinks = regexp.MustCompile(`href="([a-z0-9-]+)\.md(#[^"]*)?"`)

func docTitle(text []byte, name string) string {
	for line := range strings.Lines(string(text)) {
		if t, ok := strings.CutPrefix(line, "# "); ok {
			return strings.TrimSpace(t)
		}
	}
	return strings.TrimSuffix(path.Base(name), ".md")
}

func docHits(p docPage, text []byte, word string, most int) []docHit {
	var hits []docHit
	for line := range strings.Lines(string(text)) {
		if len(hits) >= most {
			break
		}
		if strings.Contains(strings.ToLower(line), strings.ToLower(word)) {
			runes := []rune(strings.Trim(line, " |#*-\r\n"))
			hits = append(hits, docHit{p, string(runes[:min(len(runes), 240)])})
		}
	}
	return hits
}
