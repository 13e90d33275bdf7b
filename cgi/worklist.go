package cgi

import (
	"context"
	"html"
	"regexp"
	"strings"

	"conquest/dicomini"
)

const worklistTable = "DICOMWorkList"

func (p *page) queryWorklist(ctx context.Context) {
	where, ok := p.selected()
	if !ok {
		return
	}
	p.begin(freshHeader)
	caption := "List of selected worklist entries"
	if where == "" {
		caption = "List of all worklist entries (not all fields displayed)"
	}
	p.beginTable(caption, "AccessionN", "Patient ID", "Name", "Birth date", "Sex", "Physician", "Description", "Modality", "Date", "Time")
	for _, r := range p.records(ctx, worklistTable, "AccessionN,PatientID,PatientNam,PatientBir,PatientSex,ReqPhysici,ReqProcDes,Modality,StartDate,StartTime", where) {
		one := "&db=" + worklistTable + "&query=AccessionN+=+'" + urlValue(r[0]) + "'"
		p.line("<TR><TD><A HREF=%s%s>        %s</A><TD>%s%s</TR>", p.link("editrecord"), one, esc(r[0]), strings.Join(escAll(r[1:]), "<TD>"), cell(p.link("deleterecord")+one, "Delete"))
	}
	p.line("</table>")
	p.line("<A HREF=%s&db=%s>Add worklist entry</A>", p.link("addrecord"), worklistTable)
	p.end()
}

var tableName = regexp.MustCompile(`^[A-Za-z0-9_]*$`)

// record is the table that is edited, and its columns. A name that is none of the
// five tables has the columns of the worklist.
func (p *page) record() (table string, columns []string, ok bool) {
	table, ok = p.plain("db", "", tableName)
	if !ok {
		p.refuse(errForbidden)
		return "", nil, false
	}
	cfg := p.live.Current()
	schema, err := dicomini.ReadSchema(cfg.KFactorFile, cfg.SchemaOptions())
	if err != nil {
		schema = dicomini.DefaultSchema(cfg.SchemaOptions())
	}
	layout := &schema.WorkList
	switch strings.ToLower(table) {
	case "dicompatients":
		layout = &schema.Patient
	case "dicomstudies":
		layout = &schema.Study
	case "dicomseries":
		layout = &schema.Series
	case "dicomimages":
		layout = &schema.Image
	}
	for _, c := range layout.Columns {
		if !c.Sequence() {
			columns = append(columns, c.Name)
		}
	}
	return table, columns, true
}

// writable tells whether the table may be changed, and says so when not.
func (p *page) writable(table string) bool {
	if p.readOnly || !strings.EqualFold(table, worklistTable) {
		p.line("<H2>This table is readonly</H2>")
		return false
	}
	return true
}

func (p *page) editRecord(ctx context.Context) {
	where, fine := p.selected()
	if !fine {
		return
	}
	table, columns, ok := p.record()
	if !ok {
		return
	}
	p.begin(freshHeader)
	p.form("")
	if !p.readOnly {
		p.line("<INPUT TYPE=HIDDEN NAME=mode  VALUE=saverecord>")
	}
	p.hidden()
	p.line("<INPUT NAME=db      TYPE=HIDDEN VALUE=%s>", table)
	p.line("<INPUT NAME=query   TYPE=HIDDEN VALUE=%s>", quoted(where))
	p.line("<table RULES=ALL BORDER=2>")
	p.line("<Caption>Edit %s entry</caption>", table)
	p.line("<TR><TD>Field<TD>Value</TR>")
	command := "query2:" + table + "|" + strings.Join(columns, ",") + "|" + where + "|" + rowFormat(len(columns)) + "|1"
	for _, r := range p.rows(ctx, command, len(columns)) {
		var b strings.Builder
		for i, c := range columns {
			b.WriteString(field(c, r[i]))
		}
		p.line("%s", b.String())
	}
	p.endRecord()
}

// field is a row of a form with the value of a column.
func field(column, value string) string {
	return "<TR><TD>" + column + "<TD><INPUT NAME=" + column + " TYPE=Text VALUE='" + html.EscapeString(value) + "'></TR>"
}

func (p *page) endRecord() {
	p.line("</table>")
	if !p.readOnly {
		p.line("<INPUT TYPE=SUBMIT VALUE=Save>")
	}
	p.line("</FORM>")
	p.end()
}

func (p *page) addRecord(context.Context) {
	table, columns, ok := p.record()
	if !ok {
		return
	}
	p.begin(plainHeader)
	p.form("")
	if !p.readOnly {
		p.line("<INPUT TYPE=HIDDEN NAME=mode VALUE=saverecord>")
	}
	p.line("<INPUT NAME=db      TYPE=HIDDEN VALUE=%s>", table)
	p.hidden()
	p.line("<table RULES=ALL BORDER=2>")
	p.line("<Caption>Add %s entry</caption>", table)
	p.line("<TR><TD>Field<TD>Value</TR>")
	for _, c := range columns {
		p.line("%s", field(c, ""))
	}
	p.endRecord()
}

// saveRecord replaces what the condition selects, or adds a record.
func (p *page) saveRecord(ctx context.Context) {
	where, fine := p.selected()
	if !fine {
		return
	}
	table, columns, ok := p.record()
	if !ok {
		return
	}
	p.begin(freshHeader)
	if !p.writable(table) {
		return
	}
	if where == "" {
		p.line("Added new record in %s", table)
	} else {
		p.show(ctx, "deleterecord:"+table+","+where)
		p.line("Updated/added %s entry for %s", table, esc(where))
	}
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = "'" + strings.ReplaceAll(p.value(c, ""), "'", "''") + "'"
	}
	p.show(ctx, "addrecord:"+table+"|"+strings.Join(columns, ",")+"|"+strings.Join(values, ", "))
	p.end()
}

func (p *page) deleteRecord(ctx context.Context) {
	where, ok := p.selected()
	if !ok {
		return
	}
	table, fine := p.plain("db", "", tableName)
	if !fine {
		p.refuse(errForbidden)
		return
	}
	p.begin(freshHeader)
	if !p.writable(table) {
		return
	}
	if where != "" {
		p.show(ctx, "deleterecord:"+table+","+where)
	}
	p.line("Deleted record entry for ")
	p.line("%s", table)
	p.line("Where ")
	p.line("%s", esc(where))
	p.end()
}
