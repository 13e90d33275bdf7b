package cgi

import (
	"context"
	"net"
	"strconv"
	"strings"

	"conquest/command/client"
	"conquest/console"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/server"
)

// site is the folder of the CGI program: its configuration, and where the
// server is.
type site struct {
	argv0  string
	getenv func(string) (string, bool)
	con    *console.Console
	live   *dicomini.Live

	host, port                      string // of the server
	scriptAddress, codeBase, mag0   string
	readOnly, push                  bool
	size, dsize, compress, iconSize string
	graphic, viewer, studyViewer    string
	extra                           string // part of all links
}

// read takes the settings; portFromFile tells that the command line has none.
func (s *site) read(portFromFile bool) {
	cfg := s.live.Current()
	if s.host == "" {
		s.host = s.text("webdefaults", "address", cfg.WebServerFor, 256)
	}
	if port := s.text("webdefaults", "port", "", 256); port != "" && portFromFile {
		s.live.Update(func(c *dicomini.Config) { c.TCPPort = port })
		cfg = s.live.Current()
	}
	s.port = cfg.TCPPort
	name, ok := s.getenv("SERVER_NAME")
	if !ok {
		name = "(null)"
	}
	or := func(text, def string) string {
		if text != "" {
			return text
		}
		return def
	}
	s.scriptAddress = or(cfg.WEBScriptAddress, "http://"+name+"/cgi-bin/dgate"+extension(s.argv0))
	s.mag0 = or(cfg.WEBMAG0Address, "http://"+name+"/mag0")
	s.codeBase = or(cfg.WebCodeBase, upToSecondLastSlash(s.scriptAddress))
	s.readOnly, s.push = cfg.WEBReadOnly, cfg.WEBPush
	def := func(key, value string) string { return s.text("webdefaults", key, value, 256) }
	s.size, s.dsize, s.compress = def("size", "512"), def("dsize", "0"), def("compress", "n4")
	s.iconSize, s.graphic = def("iconsize", "48"), def("graphic", "bmp")
	s.viewer, s.studyViewer = def("viewer", "seriesviewer"), def("studyviewer", "")
	s.extra = "port=" + s.port + "&address=" + s.host
}

// upToSecondLastSlash is the folder above that of a script.
func upToSecondLastSlash(address string) string {
	if i := strings.LastIndexByte(address, '/'); i >= 0 {
		address = address[:i]
	}
	return address[:strings.LastIndexByte(address, '/')+1]
}

func (s *site) text(section, key, def string, size int) string {
	return s.live.Current().File().String(section, key, def, size)
}

// send sends a command to the server; ok is false when there is no answer.
func (p *page) send(ctx context.Context, command string, upload []byte) (answer []byte, ok bool) {
	cfg := p.live.Current()
	return client.SendFromPage(ctx, &p.stdio, net.JoinHostPort(p.host, strconv.Itoa(cfg.Port())), cfg.MyACRNema, command, upload)
}

// show sends a command and writes its answer, with the blanks in links escaped.
func (p *page) show(ctx context.Context, command string) {
	if answer, ok := p.send(ctx, command, nil); ok {
		p.write(luabind.EscapeLinks(answer))
	}
}

// pass sends a command and writes its answer as it is.
func (p *page) pass(ctx context.Context, command string) {
	if answer, ok := p.send(ctx, command, nil); ok {
		p.write(answer)
	}
}

// engine is what Lua pages run in: a server that does not serve. It has an index
// only where dicom.ini names a database.
func (p *page) engine(ctx context.Context) (*server.Server, error) {
	_, indexed := p.live.Current().MainGet("SQLServer")
	return server.New(ctx, p.live, server.Options{
		Console: p.con, Argv0: p.argv0, NoIndex: !indexed, IndexLater: indexed, CommandHost: p.host, Page: &p.stdio,
		Counter: server.Seed(strings.Join(p.call.Args, " ") + p.query), Exit: p.exit,
	})
}

// exit ends the program for os.exit of a page.
func (p *page) exit(code int) {
	p.finish()
	exit(code)
}
