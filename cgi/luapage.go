package cgi

import (
	"context"
	"os"
	"strings"

	"conquest/console"
)

// exit ends the program.
var exit = os.Exit

// Write, Parameter and Body are what the functions HTML and CGI of Lua use.
func (p *page) Write(text string) { p.write([]byte(text)) }

// Parameter is a variable of the request.
func (p *page) Parameter(key string) (value string, ok bool) { return p.lookup(key) }

// Body is what was posted, or the file in it; nothing when that is larger than 64 MB.
func (p *page) Body() []byte { return p.body() }

// luaPage runs a Lua file, which writes the page.
func (p *page) luaPage(ctx context.Context, source string, v []variable) {
	if header := p.header(""); header != "" {
		p.line("%s", header)
	}
	s, err := p.engine(ctx)
	if err != nil {
		p.line("%v", err)
		return
	}
	defer s.Close()
	p.con.OperatorChannel().Send(console.Writer(printer{&p.stdio}))
	s.Scripts.RunPage(ctx, "dofile('"+strings.ReplaceAll(source, `\`, `\\`)+"')", p, luaGlobals(v))
}

// luaGlobals are the variables as globals of Lua; one that is not there is the
// text NULL.
func luaGlobals(v []variable) map[string]any {
	globals := make(map[string]any, len(v))
	for _, x := range v {
		globals[x.name] = x.value
		if x.null {
			globals[x.name] = "NULL"
		}
	}
	return globals
}
