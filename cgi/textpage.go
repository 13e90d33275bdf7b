package cgi

import (
	"bufio"
	"context"
	"html"
	"os"
	"strconv"
	"strings"

	"conquest/server"
)

// textPage answers with a page of text: lines of a file, or line0, line1 ... of
// dicom.ini. What a line is tells its text in the file, so that no value from the
// browser makes a command or a piece of Lua of it.
func (p *page) textPage(ctx context.Context, source string, v []variable) {
	lines := p.pageLines(source)
	header := p.header("Content-type: text/html\n")
	p.line("%s", header)
	t := &textPage{page: p, variables: textNames(v), markup: strings.Contains(strings.ToLower(header), "html")}
	defer t.close()
	for _, line := range lines {
		t.answer(ctx, line)
	}
}

// maxPageLines is how many lines a page may have.
const maxPageLines = 10000

func (p *page) pageLines(source string) (lines []string) {
	if p.text(p.mode, "line0", "", 1000) == "" {
		if text, err := os.ReadFile(source); err == nil {
			sc := bufio.NewScanner(strings.NewReader(string(text)))
			sc.Buffer(nil, len(text)+1)
			sc.Split(splitLines)
			for sc.Scan() && len(lines) < maxPageLines {
				lines = append(lines, sc.Text())
			}
			return lines
		}
	}
	for len(lines) < maxPageLines {
		line := p.text(p.mode, "line"+strconv.Itoa(len(lines)), "", 1000)
		if line == "" {
			break
		}
		lines = append(lines, line)
	}
	return lines
}

// splitLines parts at line feeds only; a carriage return belongs to the line.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	for i, c := range data {
		if c == '\n' {
			return i + 1, data[:i], nil
		}
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// textPage is a page of text in the making.
type textPage struct {
	*page
	variables []variable
	markup    bool // it is HTML
	inLua     bool
	chunk     strings.Builder
	lua       *server.Server // nil before the first Lua
}

// textNames are the variables as text pages know them: the plain name has the
// text as it came, that with a 2 its form for links, which is the opposite of Lua.
func textNames(v []variable) []variable {
	value := map[string]string{}
	for _, x := range v {
		value[x.name] = x.value
	}
	var list []variable
	for _, x := range v {
		switch plain, _ := strings.CutSuffix(x.name, "2"); plain {
		case "series", "slice", "study", "patid":
			if x.name == plain {
				x.value = value[plain+"2"]
			} else {
				x.value = value[plain]
			}
		case "webscriptaddress":
			continue
		}
		if x.name == "extra" {
			list = append(list, variable{name: "server", value: value["webscriptadress"] + "?" + value["extra"]})
		}
		list = append(list, x)
	}
	return list
}

func (t *textPage) answer(ctx context.Context, line string) {
	if t.inLua {
		t.continueLua(ctx, line)
		return
	}
	switch {
	case t.expression(ctx, line):
	case strings.HasPrefix(line, "#"):
	case strings.HasPrefix(line, "--"):
		t.show(ctx, t.fillAll(line[2:], harmlessInCommand))
	case strings.Contains(line, "<?lua"):
		before, rest, _ := strings.Cut(line, "<?lua")
		t.line("%s", t.fillAll(before, t.shown))
		t.inLua = true
		t.chunk.Reset()
		t.chunk.WriteString(rest + "\n")
	default:
		t.line("%s", t.fillAll(line, t.shown))
	}
}

// expression answers a line with an expression in it: three lines.
func (t *textPage) expression(ctx context.Context, line string) bool {
	before, rest, ok := strings.Cut(line, "<%=")
	if !ok {
		return false
	}
	expression, after, _ := strings.Cut(rest, "%>")
	t.line("%s", t.fill(before, t.shown))
	t.line("%s", t.evaluate(ctx, t.fill(expression, harmlessInLua)))
	t.line("%s", t.fill(after, t.shown))
	return true
}

// continueLua takes a line of a block of Lua, and runs the block at its end. What
// stands before the end mark is shown as well, and so are expressions, even in a
// block that never ends.
func (t *textPage) continueLua(ctx context.Context, line string) {
	last, _, ends := strings.Cut(line, "?>")
	t.chunk.WriteString(last + "\n")
	if !ends {
		t.expression(ctx, line)
		return
	}
	t.inLua = false
	t.run(ctx, t.chunk.String())
	if !strings.HasPrefix(last, "#") && !strings.HasPrefix(last, "--") {
		t.line("%s", t.fillAll(last, t.shown))
	}
}

func (t *textPage) evaluate(ctx context.Context, expression string) string {
	text, ok := t.run(ctx, "return "+expression)
	if !ok {
		return "(null)"
	}
	return text
}

// run runs Lua. Errors and what it prints go nowhere.
func (t *textPage) run(ctx context.Context, chunk string) (text string, ok bool) {
	if t.lua == nil {
		s, err := t.engine(ctx)
		if err != nil {
			t.line("%s", t.shown(variable{value: err.Error(), asked: true}))
			return "", false
		}
		t.lua = s
	}
	globals := map[string]any{}
	if !strings.HasPrefix(chunk, "return ") {
		globals = luaGlobals(t.page.variables())
		delete(globals, "webscriptaddress")
	}
	res := t.lua.Scripts.RunPage(ctx, chunk, t.page, globals)
	return res.Text, res.HasText
}

func (t *textPage) close() {
	if t.lua != nil {
		t.lua.Close()
	}
}

// fill puts the values of known variables in.
func (t *textPage) fill(line string, form func(variable) string) string {
	if !strings.Contains(line, "%") {
		return line
	}
	for _, v := range t.variables {
		if !v.null {
			line = strings.ReplaceAll(line, "%"+v.name+"%", form(v))
		}
	}
	return line
}

// fillAll also puts in one variable of the page itself: from the browser, or with
// the value that its section gives.
func (t *textPage) fillAll(line string, form func(variable) string) string {
	line = t.fill(line, form)
	_, rest, ok := strings.Cut(line, "%")
	if !ok {
		return line
	}
	name, _, ok := strings.Cut(rest, "%")
	if !ok || name == "" {
		return line
	}
	value := form(variable{value: t.text(t.mode, name, "%"+name+"%", 512)})
	if asked, ok := t.lookup(name); ok {
		value = form(variable{name: name, value: asked, asked: true})
	}
	return strings.ReplaceAll(line, "%"+name+"%", value)
}

// shown is a value as it stands on the page.
func (t *textPage) shown(v variable) string {
	if t.markup && v.asked {
		return html.EscapeString(v.value)
	}
	return v.value
}
