package cgi

import (
	"context"
	"fmt"
	"html"
	"os"
	"strings"
)

// objectsOf are the variables that name a study or series and where it is.
func (p *page) objectsOf(name string) (object, source string, ok bool) {
	object, good := p.plain(name, "", objectName)
	source, fine := p.plain("source", "(local)", serverName)
	if !good || !fine {
		p.refuse(errForbidden)
		return "", "", false
	}
	return object, source, true
}

func (p *page) studyMover(ctx context.Context) {
	study, source, ok := p.objectsOf("study")
	if !ok {
		return
	}
	p.mover(ctx, "study", study, source, "&study="+urlText(study), "&study="+urlText(study))
}

func (p *page) seriesMover(ctx context.Context) {
	series, source, ok := p.objectsOf("series")
	if !ok {
		return
	}
	object := "&series=" + urlText(series)
	p.mover(ctx, "series", series, source, object+"&study="+urlText(p.value("study", "")), object)
}

// mover lists where something can be sent to.
func (p *page) mover(ctx context.Context, what, name, source, move, object string) {
	p.begin(plainHeader)
	p.beginTable("Send "+what+": "+esc(name), "Source", "Destination")
	for i := range 1000 {
		answer, _ := p.send(ctx, fmt.Sprintf("get_amap:%d,%%s", i), nil)
		dest := strings.TrimRight(string(answer), "\x00 \n")
		if dest == "" {
			break
		}
		if !strings.Contains(dest, "*") && dest != source {
			p.line("<TR><TD>%s<TD><A HREF=%s%s&source=%s&dest=%s>%s</A></TR>", esc(source), p.link("move"+what), move, urlText(source), urlText(dest), esc(dest))
		}
	}
	if source == "(local)" {
		p.line("<TR><TD>(local)<TD><A HREF=%s%s&dum=.zip>Zip file</A></TR>", p.link("zip"+what), object)
	}
	if caption, ok := p.marked("mark"+what, "mark"); ok {
		p.line("<TR><TD>%s<TD><A HREF=%s%s%s>%s</A></TR>", esc(source), p.link("mark"+what), object, p.from(source), caption)
	}
	p.endTable(true)
}

func (p *page) moveStudy(ctx context.Context) {
	study, source, ok := p.objectsOf("study")
	if !ok {
		return
	}
	p.move(ctx, "movestudy:"+source, ","+study, study)
}

func (p *page) moveSeries(ctx context.Context) {
	series, source, ok := p.objectsOf("series")
	study, good := p.plain("study", "", objectName)
	if !ok {
		return
	}
	if !good {
		p.refuse(errForbidden)
		return
	}
	object := "," + series
	if study != "" {
		object += "," + study[strings.LastIndexByte(study, ':')+1:]
	}
	p.move(ctx, "moveseries:"+source, object, series)
}

// move lets the server send; the page tells what was asked for, whatever came of
// it.
func (p *page) move(ctx context.Context, command, object, name string) {
	if !p.push {
		p.refuse(errNoPush)
		return
	}
	dest, ok := p.plain("dest", "", serverName)
	if !ok {
		p.refuse(errForbidden)
		return
	}
	command += "," + dest + object
	p.begin(plainHeader)
	p.send(ctx, command, nil)
	p.line("%s", esc(command))
	p.line("<BR>")
	p.line("Done %s", esc(name))
	p.end()
}

func (p *page) studyDeleter(context.Context)  { p.deleter("study") }
func (p *page) seriesDeleter(context.Context) { p.deleter("series") }

// deleter asks whether something is to be deleted.
func (p *page) deleter(what string) {
	name := linked(p.value(what, ""))
	p.begin(plainHeader)
	p.line("<Caption>Delete %s: %s</caption>", what, esc(name))
	p.form("")
	p.line("<INPUT NAME=mode    TYPE=HIDDEN VALUE=delete%s>", what)
	p.hidden()
	p.line("<INPUT NAME=%-7s TYPE=HIDDEN VALUE='%s'>", what, html.EscapeString(name))
	p.line("<INPUT TYPE=SUBMIT VALUE='Delete the %s'>", what)
	p.line("</FORM>")
	p.end()
}

func (p *page) deleteStudy(ctx context.Context)  { p.remove(ctx, "study") }
func (p *page) deleteSeries(ctx context.Context) { p.remove(ctx, "series") }

func (p *page) remove(ctx context.Context, what string) {
	name, ok := p.plain(what, "", objectName)
	if !ok {
		p.refuse(errForbidden)
		return
	}
	command := "delete" + what + ":" + strings.ReplaceAll(name, "%20", " ")
	p.begin(plainHeader)
	p.send(ctx, command, nil)
	p.line("%s", esc(command))
	p.line("<BR>")
	p.line("Done")
	p.end()
}

// addLocalFile stores what was posted.
func (p *page) addLocalFile(ctx context.Context) {
	if p.readOnly {
		p.refuse(errReadOnly)
		return
	}
	p.begin(freshHeader)
	p.end()
	p.line("Uploaded and processed file:")
	p.line("%s", esc(p.upload))
	p.sendUpload(ctx, "addimagefile:"+p.upload)
}

// attachFile stores what was posted after a script that the browser sends. A
// script may do anything at the server, so WEBAttachScripts must allow it.
func (p *page) attachFile(ctx context.Context) {
	cfg := p.live.Current()
	if cfg.Int(cfg.Main(), "WEBAttachScripts", 0) == 0 {
		p.line("Status: 403 Forbidden\n%s", plainHeader)
		p.line("<HTML><BODY><P>Scripts from a browser are not run: see WEBAttachScripts.</P></BODY></HTML>")
		return
	}
	p.begin(freshHeader)
	p.end()
	p.line("Uploaded and scripted processed file:")
	p.line("%s", esc(p.upload))
	p.sendUpload(ctx, "attachfile:"+p.upload+","+p.value("script", ""))
}

// sendUpload sends a command with what was posted. What is too large for a command
// the server reads from the file itself, where it is on this machine.
func (p *page) sendUpload(ctx context.Context, command string) {
	if p.upload == "" {
		return
	}
	fi, err := os.Stat(p.upload)
	switch {
	case err != nil:
		p.line("%s", esc(err.Error()))
	case fi.Size() <= maxBody:
		if data := p.body(); data != nil {
			p.send(ctx, command, data)
		}
	case p.host == "127.0.0.1" || p.host == "localhost":
		if err := os.Chmod(p.upload, 0o644); err == nil {
			p.send(ctx, command, nil)
		}
	default:
		p.line("%s", "larger than a server on another machine takes")
	}
}
