package cgi

import (
	"context"
	"fmt"
	"html"
	"strings"

	"conquest/luabind"
	"conquest/server"
)

// top is the page that everything begins at.
func (p *page) top(ctx context.Context) {
	p.head(plainHeader)
	p.line("<H1>Welcome to the Conquest DICOM server - version %s</H1>", server.Version)
	p.line("<IMG SRC='%sconquest.jpg' ALT=''>", html.EscapeString(p.codeBase))
	p.line("<HR>")
	p.line("<PRE>")
	p.show(ctx, "display_status:")
	p.line("</PRE>")
	p.line("<HR>")
	p.line("<table>")
	p.searchForm("querypatients", "List local patients", true, "")
	p.searchForm("querystudies", "List local studies", true, "studydatematch")
	p.searchForm("queryworklist", "List local worklist", false, "startdatematch")
	p.finderForm(ctx)
	p.line("</table>")
	p.form(` METHOD=POST ENCTYPE="multipart/form-data"`)
	p.line("<INPUT NAME=mode    TYPE=HIDDEN VALUE=addlocalfile>")
	p.hidden()
	p.line("Store a file (DICOM, HL7 or an archive) in the server: <INPUT NAME=filetoupload SIZE=40 TYPE=file VALUE=>")
	p.line("<INPUT TYPE=SUBMIT VALUE=Go>")
	p.line("</FORM>")
	p.line("<HR>")
	for _, l := range [][2]string{{"showconfig", "Configuration of the server"}, {"showsops", "What it accepts"}, {"showdb", "Layout of the database"}, {"showdictionary", "Dictionary (long)"}} {
		p.line("<BR><A HREF=\"%s\">%s</A>", p.link(l[0]), l[1])
	}
	p.end()
}

// key is the field that pages hand on for the shopping cart.
func (p *page) key() {
	p.line("<INPUT NAME=key     TYPE=HIDDEN VALUE=%s>", quoted(p.value("key", "")))
}

// quoted is a value of an attribute: in quotes unless it is empty or a plain word.
func quoted(s string) string {
	if strings.ContainsAny(s, " \t\r\n\"'`=<>&") {
		return `"` + html.EscapeString(s) + `"`
	}
	return s
}

func (p *page) searchForm(mode, title string, key bool, date string) {
	p.line("<tr>")
	p.form("")
	p.line("<INPUT NAME=mode    TYPE=HIDDEN VALUE=%s>", mode)
	p.hidden()
	if key {
		p.key()
	}
	p.line("<td>%s", title)
	p.line("<td>Patient ID: <INPUT NAME=patientidmatch TYPE=Text VALUE=>")
	p.line("<td>Name: <INPUT NAME=patientnamematch TYPE=Text VALUE=>")
	if date == "" {
		p.line("<td>")
	} else {
		p.line("<td>Date: <INPUT NAME=%s TYPE=Text VALUE=>", date)
	}
	p.line("<td><INPUT TYPE=SUBMIT VALUE=Go>")
	p.line("</FORM>")
	p.line("</tr>")
}

func (p *page) finderForm(ctx context.Context) {
	p.line("<tr>")
	p.form("")
	p.line("<td>Find ")
	p.line("<select name=mode>")
	for _, what := range []string{"Patient", "Study", "Series"} {
		p.line("  <option value='%sfinder'>%s</option>", strings.ToLower(what), what)
	}
	p.line("</select>")
	p.line("<td>on server")
	p.line("<select name=dest>")
	p.show(ctx, "get_amaps:<option value='%s'>%0.0s%0.0s%0.0s%s</option>")
	p.line("</select>")
	p.hidden()
	p.line("<INPUT NAME=source  TYPE=HIDDEN VALUE=%s>", quoted(p.value("source", "(local)")))
	p.line("<INPUT NAME=dest    TYPE=HIDDEN VALUE=%s>", quoted(p.value("dest", "")))
	p.key()
	p.line("<td>Search: <INPUT NAME=query TYPE=Text VALUE=>")
	p.line("<td><td><INPUT TYPE=SUBMIT VALUE=Go>")
	p.line("</FORM>")
	p.line("</tr>")
}

// setting is a row of a table of settings: where it stands, the command that asks
// for it, and what it is.
type setting struct{ file, command, what string }

// table shows settings; one whose command has a number verb stands for all that
// follow each other.
func (p *page) table(ctx context.Context, caption string, header string, settings []setting) {
	p.head(header)
	p.line("<H1>Welcome to the Conquest DICOM server - version %s</H1>", server.Version)
	p.line("<HR>")
	p.beginTable(caption, "File", "Parameter", "Value", "Description")
	for _, s := range settings {
		if !strings.Contains(s.command, "%d") {
			p.setting(ctx, s.file, s.command, s.what)
			continue
		}
		for i := range maxSettings {
			if !p.setting(ctx, s.file, fmt.Sprintf(s.command, i), s.what) {
				break
			}
		}
	}
	p.endTable(false)
}

// maxSettings is the longest list of settings.
const maxSettings = 9000

func (p *page) setting(ctx context.Context, file, command, what string) bool {
	answer, _ := p.send(ctx, command, nil)
	value := strings.TrimRight(string(luabind.EscapeLinks(answer)), "\x00")
	if value == "" {
		return false
	}
	_, name, _ := strings.Cut(command, ":")
	p.line("<TR><TD>%s<TD>%s<TD>%s<TD>%s<TD></TR>", esc(file), esc(name), esc(value), what)
	return true
}

func (p *page) showConfig(ctx context.Context) {
	ini := func(key, what string) setting { return setting{"dicom.ini", "get_param:" + key, what} }
	p.table(ctx, "List of configuration parameters", freshHeader, []setting{
		ini("MyACRNema", "AE title"), ini("TCPPort", "port it listens on"), ini("FileNameSyntax", "how new files are named"),
		ini("FixPhilips", "patient IDs of 10 digits lose zeros in front"), ini("FixKodak", "patient IDs of 8 digits lose zeros in front"),
		ini("IncomingCompression", "compression of what comes in"), ini("ArchiveCompression", "compression of what is archived"),
		ini("MAGDevices", "how many devices there are"), ini("MAGDevice%d", "folder of a device"), ini("VirtualServerFor%d", "server that is asked in its stead"),
		ini("ExportConverter%d", "rule for what was stored"), ini("ImportConverter%d", "rule for what comes in"), ini("QueryConverter0", "rule for queries"),
		ini("WorkListQueryConverter0", "rule for queries of the worklist"), ini("RetrieveConverter0", "rule for retrievals"),
		ini("RetrieveResultConverter0", "rule for what is sent"), ini("ModalityWorkListQueryResultConverter0", "rule for answers of the worklist"),
		{p.live.Current().ACRNemaMap, "get_amap:%d", "known peer"},
	})
}

func (p *page) showSOPs(ctx context.Context) {
	list := func(command, what string) setting { return setting{"dgatesop.lst", command + ":%d", what} }
	p.table(ctx, "List of uids", plainHeader, []setting{
		list("get_sop", "SOP class"), list("get_transfer", "transfer syntax"), list("get_application", "application context"),
		list("get_localae", "called AE title"), list("get_remoteae", "calling AE title"),
	})
}

func (p *page) showLayout(ctx context.Context) {
	var settings []setting
	for _, level := range []string{"PATIENT", "STUDY", "SERIES", "IMAGE", "WORKLIST"} {
		settings = append(settings, setting{"dicom.sql", "get_sqldef:" + level + ",%d", "column of the " + strings.ToLower(level) + " table"})
	}
	p.table(ctx, "List of configuration parameters", plainHeader, settings)
}

func (p *page) showDictionary(ctx context.Context) {
	p.table(ctx, "List of configuration parameters", plainHeader, []setting{{"dgate.dic", "get_dic:%d", "element"}})
}
