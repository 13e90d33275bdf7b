package cgi

import (
	"context"
	"fmt"
	"strings"
)

// finder begins a page of what another server has, and returns its answers with n
// values each.
func (p *page) finder(ctx context.Context, command, what string, n int, columns ...string) (rows [][]string, dest string, ok bool) {
	dest, ok = p.plain("dest", "", serverName)
	query := p.condition()
	if !ok || strings.ContainsAny(query, "|\r\n") {
		p.refuse(errForbidden)
		return nil, "", false
	}
	p.begin(freshHeader)
	p.beginTable(fmt.Sprintf("List of %s %s on %s", allOr(query), what, esc(dest)), columns...)
	return p.rows(ctx, command+":"+dest+"|"+query+"|"+rowFormat(n), n), dest, true
}

// found is the beginning of a link to what belongs to a thing found.
func (p *page) found(mode, dest, key string) string {
	return p.link(mode) + "&dest=" + urlText(dest) + "&key=" + urlText(p.value("key", "")) + "&query==" + urlText(key)
}

func (p *page) patientFinder(ctx context.Context) {
	rows, dest, ok := p.finder(ctx, "patientfinder", "patients", 2, "ID", "Name")
	if !ok {
		return
	}
	for _, r := range rows { // name, ID
		p.line("<TR><TD><A HREF=%s>%s</A><TD>%s", p.found("studyfinder", dest, r[1]), esc(r[1]), esc(r[0]))
	}
	p.endTable(false)
}

func (p *page) studyFinder(ctx context.Context) {
	rows, dest, ok := p.finder(ctx, "studyfinder", "studies", 5, "Date", "Modality", "Name", "Id", "UID")
	if !ok {
		return
	}
	for _, r := range rows { // date, modalities, name, ID, UID
		study := "&study=" + urlText(r[3]+":"+r[4])
		more := ""
		if p.push {
			more += cell(p.link("studymover")+study+p.from(dest), "push")
		}
		if caption, ok := p.marked("markstudy", "Mark"); ok {
			more += cell(p.link("markstudy")+study+p.from(dest), caption)
		}
		p.line("<TR><TD><A HREF=%s>%s</A><TD>%s%s</TR>", p.found("seriesfinder", dest, r[4]), esc(r[0]), strings.Join(escAll(r[1:]), "<TD>"), more)
	}
	p.endTable(true)
}

func (p *page) seriesFinder(ctx context.Context) {
	rows, dest, ok := p.finder(ctx, "seriesfinder", "series", 7, "Date", "Time", "Modality", "Name", "ID", "UID")
	if !ok {
		return
	}
	for _, r := range rows { // date, time, modality, name, ID, study, series
		series := "&series=" + urlText(r[4]+":"+r[6]) + "&study=" + urlText(r[4]+":"+r[5])
		more := ""
		if p.push {
			more += cell(p.link("seriesmover")+series+p.from(dest), "push")
		}
		if caption, ok := p.marked("markseries", "Mark"); ok {
			more += cell(p.link("markseries")+series+p.from(dest), caption)
		}
		p.line("<TR><TD><A HREF=%s>%s</A><TD>%s<TD>%s</TR>%s", p.found("imagefinder", dest, r[6]), esc(r[0]), strings.Join(escAll(r[1:5]), "<TD>"), esc(r[6]), more)
	}
	p.endTable(true)
}

func (p *page) imageFinder(ctx context.Context) {
	rows, dest, ok := p.finder(ctx, "imagefinder", "images", 7, "Sop", "ID", "Slice", "Location")
	if !ok {
		return
	}
	address := p.text("wadoservers", dest, "dgate"+extension(p.argv0)+"?"+p.extra, 256)
	for _, r := range rows { // SOP, name, ID, study, series, number, place
		p.line("<TR><TD>%s<TD>%s<TD>%s<TD>%s</TR>%s", esc(r[0]), esc(r[2]), esc(r[5]), esc(r[6]),
			cell(fmt.Sprintf("%s&requestType=WADO&objectUID=%s&studyUID=%s&seriesUID=%s&contentType=image/gif", address, urlText(r[0]), urlText(r[3]), urlText(r[4])), "view (WADO)"))
	}
	p.endTable(false)
}
