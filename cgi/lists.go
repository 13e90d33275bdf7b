package cgi

import (
	"context"
	"fmt"
	"strings"
)

// Marks that part the values of a row, and rows, in answers to queries.
const (
	valueMark = "\x1f"
	rowMark   = "\x1e"
)

// rowFormat is the format of n values.
func rowFormat(n int) string {
	return strings.TrimSuffix(strings.Repeat("%s"+valueMark, n), valueMark) + rowMark
}

// rows sends a command whose format is rowFormat(n) and parts the answer.
func (p *page) rows(ctx context.Context, command string, n int) [][]string {
	answer, _ := p.send(ctx, command, nil)
	parts := strings.Split(string(answer), rowMark)
	var rows [][]string
	for _, row := range parts[:len(parts)-1] {
		row = strings.TrimPrefix(row, "\n")
		values := strings.Split(row, valueMark)
		rows = append(rows, append(values, make([]string, max(n-len(values), 0))...)[:n])
	}
	return rows
}

// records are the rows of a table.
func (p *page) records(ctx context.Context, table, columns, where string) [][]string {
	n := 1 + strings.Count(columns, ",")
	return p.rows(ctx, "query:"+table+"|"+columns+"|"+where+"|"+rowFormat(n), n)
}

// selected is the condition, when it is one.
func (p *page) selected() (where string, ok bool) {
	where = p.condition()
	if err := checkCondition(where); err != nil {
		p.refuse(err)
		return "", false
	}
	return where, true
}

// allOr is the word of a caption.
func allOr(where string) string {
	if where == "" {
		return "all"
	}
	return "selected"
}

func (p *page) queryPatients(ctx context.Context) {
	where, ok := p.selected()
	if !ok {
		return
	}
	p.begin(freshHeader)
	p.beginTable("List of "+allOr(where)+" patients on local server", "Patient ID", "Name", "Sex", "Birth date")
	for _, r := range p.records(ctx, "DICOMPatients", "patientid,patientnam,patientsex,patientbir", where) {
		p.line("<TR><TD><A HREF=%s&key=%s&query=patientid+=+'%s'>  %s</A><TD>%s</TR>",
			p.link("querystudies"), urlText(p.value("key", "")), urlValue(r[0]), esc(r[0]), strings.Join(escAll(r[1:]), "<TD>"))
	}
	p.endTable(false)
}

// cell is a link in a column of its own.
func cell(link, text string) string { return "<TD><A HREF=" + link + ">" + text + "</A>" }

// from is the part of a link that says where objects come from.
func (p *page) from(source string) string {
	return "&source=" + urlText(source) + "&key=" + urlText(p.value("key", ""))
}

func (p *page) queryStudies(ctx context.Context) {
	where, ok := p.selected()
	if !ok {
		return
	}
	p.begin(freshHeader)
	p.beginTable("List of "+allOr(where)+" studies on local server", "Patient ID", "Name", "Study date", "Study description", "Study modality")
	for _, r := range p.records(ctx, "DICOMStudies", "patientid,studyinsta,patientnam,studydate,studydescr,studymodal", where) {
		var b strings.Builder
		fmt.Fprintf(&b, "<TR><TD><A HREF=%s&key=%s&query=DICOMStudies.patientid+=+'%s'+and+DICOMSeries.studyinsta+=+'%s'>   %s</A><TD> %s",
			p.link("queryseries"), urlText(p.value("key", "")), urlValue(r[0]), urlValue(r[1]), esc(r[0]), strings.Join(escAll(r[2:]), "<TD>"))
		study := "&study=" + urlText(r[0]+":"+r[1])
		if p.studyViewer != "" {
			b.WriteString(cell(p.link(p.studyViewer)+study+"&size="+urlText(p.value("size", p.size)), "view   "))
		}
		if p.push {
			b.WriteString(cell(p.link("studymover")+study+p.from(p.value("source", "(local)")), "push   "))
		}
		if caption, ok := p.marked("markstudy", "Mark"); ok {
			b.WriteString(cell(p.link("markstudy")+study+p.from(p.value("source", "(local)")), caption+"    "))
		}
		if !p.readOnly {
			b.WriteString(cell(p.link("studydeleter")+study, "delete   "))
		}
		p.line("%s</TR>", b.String())
	}
	p.endTable(true)
}

func (p *page) querySeries(ctx context.Context) {
	where, ok := p.selected()
	if !ok {
		return
	}
	p.begin(freshHeader)
	p.beginTable("List of series on local server", "Patient ID", "Name", "Series date", "Series time", "Series description", "Modality")
	const columns = "DICOMStudies.patientid,DICOMSeries.seriesinst,DICOMStudies.patientnam,DICOMSeries.seriesdate,DICOMSeries.seriestime,DICOMSeries.seriesdesc,DICOMSeries.modality"
	for _, r := range p.joined(ctx, "query", "DICOMSeries,DICOMStudies", columns, where, "DICOMStudies.studyinsta=DICOMSeries.studyinsta", "") {
		var b strings.Builder
		images := fmt.Sprintf("&query=DICOMStudies.patientid+=+'%s'+and+DICOMSeries.seriesinst+=+'%s'", urlValue(r[0]), urlValue(r[1]))
		fmt.Fprintf(&b, "<TR><TD><A HREF=%s&key=%s%s>     %s </A><TD>%s",
			p.link("queryallimages"), urlText(p.value("key", "")), images, esc(r[0]), strings.Join(escAll(r[2:]), "<TD>"))
		size := "&size=" + urlText(p.value("size", p.size))
		series := "&series=" + urlText(r[0]+":"+r[1])
		b.WriteString(cell(p.link("queryimages")+images+size, "thumbs    "))
		if viewer := p.value("viewer", p.viewer); viewer != "" {
			b.WriteString(cell(p.link(viewer)+series+size, "view    "))
		}
		if p.push {
			b.WriteString(cell(p.link("seriesmover")+series+p.from(p.value("source", "(local)")), "push    "))
		}
		if caption, ok := p.marked("markseries", "Mark"); ok {
			b.WriteString(cell(p.link("markseries")+series+p.from(p.value("source", "(local)")), caption+"    "))
		}
		if !p.readOnly {
			b.WriteString(cell(p.link("seriesdeleter")+series, "delete    "))
		}
		p.line("%s</TR>", b.String())
	}
	p.endTable(true)
}

// joined are rows of several tables. Without a condition there are none, as the
// list would be one of everything.
func (p *page) joined(ctx context.Context, command, tables, columns, where, join, limit string) [][]string {
	if where == "" {
		return nil
	}
	n := 1 + strings.Count(columns, ",")
	return p.rows(ctx, command+":"+tables+"|"+columns+"|("+where+") and "+join+"|"+rowFormat(n)+limit, n)
}

func (p *page) queryImages(ctx context.Context) {
	p.images(ctx, "List of images with thumbnails on local server (maximal 50)", "Icon", "query2", "|50")
}

func (p *page) queryAllImages(ctx context.Context) {
	p.images(ctx, "List of images on local server (all)", "Header", "query", "")
}

func (p *page) images(ctx context.Context, caption, last, command, limit string) {
	where, ok := p.selected()
	if !ok {
		return
	}
	p.begin(plainHeader)
	p.beginTable(caption, "Patient ID", "Name", "Date", "Image number", "Slice location", last)
	const (
		columns = "DICOMStudies.patientid,DICOMImages.sopinstanc,DICOMStudies.patientnam,DICOMSeries.seriesdate,DICOMImages.imagenumbe,DICOMImages.slicelocat"
		join    = "DICOMStudies.studyinsta=DICOMSeries.studyinsta and DICOMSeries.seriesinst=DICOMImages.seriesinst"
	)
	graphic := "&graphic=" + urlText(p.value("graphic", p.graphic))
	for _, r := range p.joined(ctx, command, "DICOMImages,DICOMSeries,DICOMStudies", columns, where, join, limit) {
		slice := "&slice=" + urlText(r[0]+":"+r[1])
		shown := "*"
		if limit != "" {
			shown = "<IMG SRC=" + p.link("slice") + slice + "&size=" + urlText(p.value("iconsize", p.iconSize)) + graphic + ">"
		}
		p.line("<TR><TD><A HREF=%s%s&size=%s%s>   %s</A><TD> %s%s</TR>", p.link("sliceviewer"), slice, urlText(p.value("size", p.size)), graphic,
			esc(r[0]), strings.Join(escAll(r[2:]), "<TD>"), cell(p.link("headerdump")+slice+"%20%20%20%20", shown))
	}
	p.endTable(false)
}
