package cgi

import (
	"context"
	"html"
	"regexp"
	"strings"
)

// texts takes variables that become parameters of a command; nil refuses them.
func (p *page) texts(wanted ...wanted) []string {
	var list []string
	for _, w := range wanted {
		v, ok := p.plain(w.name, w.def, w.form)
		if !ok {
			p.refuse(errForbidden)
			return nil
		}
		list = append(list, v)
	}
	return list
}

// wanted is a variable with its default and the form it must have.
type wanted struct {
	name, def string
	form      *regexp.Regexp
}

func (p *page) sliceViewer(context.Context) {
	slice := urlText(p.value("slice", ""))
	graphic, lw := urlText(p.value("graphic", p.graphic)), urlText(p.value("lw", "0/0"))
	height := ""
	if size := p.value("size", p.size); size != "" {
		height = " HEIGHT=" + quoted(size)
	}
	p.begin(plainHeader)
	p.line("<A HREF=%s&slice=%s>", p.link("headerdump"), slice)
	p.line("<IMG SRC=%s&slice=%s&size=%s&graphic=%s&lw=%s%s>", p.link("slice"), slice, urlText(p.value("dsize", p.dsize)), graphic, lw, height)
	p.line("</A>")
	p.end()
}

func (p *page) headerDump(ctx context.Context) {
	v := p.texts(wanted{"slice", "", storedName})
	if v == nil {
		return
	}
	p.begin(plainHeader)
	p.line("<BR>Header dump of DICOM object:<BR>")
	p.line("<PRE>")
	if answer, ok := p.send(ctx, "dump_header:"+strings.TrimRight(v[0], " "), nil); ok {
		p.write([]byte(headerText.Replace(string(answer))))
	}
	p.line("</PRE>")
	p.end()
}

// headerText escapes a header, which has its texts in quotes.
var headerText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (p *page) slice(ctx context.Context) {
	v := p.texts(wanted{"graphic", p.graphic, pictureKind}, wanted{"slice", "", storedName}, wanted{"size", p.size, number}, wanted{"lw", "0/0", levelWindow})
	if v != nil {
		p.pass(ctx, "convert_to_"+v[0]+":"+v[1]+","+v[2]+",cgi,"+v[3])
	}
}

func (p *page) dicomFile(ctx context.Context) {
	v := p.texts(wanted{"slice", "", storedName}, wanted{"dsize", p.dsize, number}, wanted{"compress", p.compress, compression})
	if v != nil {
		p.pass(ctx, "convert_to_dicom:"+v[0]+","+v[1]+","+v[2])
	}
}

// parted is a name of a study or series with another mark for its last colon.
func parted(name, mark string) string {
	i := strings.LastIndexByte(name, ':')
	if i < 0 {
		return name
	}
	return name[:i] + mark + name[i+1:]
}

func (p *page) zipSeries(ctx context.Context) {
	if v := p.texts(wanted{"series", "", objectName}); v != nil {
		p.pass(ctx, "export:"+parted(v[0], ",,")+",,cgi,call zip.cq")
	}
}

func (p *page) zipStudy(ctx context.Context) {
	if v := p.texts(wanted{"study", "", objectName}); v != nil {
		p.pass(ctx, "export:"+parted(v[0], ",")+",,,cgi,call zip.cq")
	}
}

func (p *page) imageListURLs(ctx context.Context) {
	v := p.texts(wanted{"dsize", p.dsize, number}, wanted{"compress", p.compress, compression})
	if v == nil {
		return
	}
	address := strings.ReplaceAll(p.scriptAddress+"?"+p.extra, "%", "%%")
	p.imageList(ctx, ":"+address+"&mode=dicom&slice=%s:%s&dsize="+strings.ReplaceAll(v[0], "%", "%%")+"&compress="+v[1]+"&dum=.dcm")
}

func (p *page) imageListHTTP(ctx context.Context) {
	p.imageList(ctx, "@"+strings.ReplaceAll(p.mag0, "%", "%%")+"/%0.0s%s*")
}

func (p *page) imageListFiles(ctx context.Context) { p.imageList(ctx, "%s") }

func (p *page) imageList(ctx context.Context, format string) {
	if v := p.texts(wanted{"series", "", objectName}); v != nil {
		p.pass(ctx, "imagelister:local|"+parted(v[0], "|")+"|"+format+"|cgi")
	}
}

func (p *page) noViewer(context.Context) {
	p.begin(plainHeader)
	p.line("<HR>")
	p.line("<H2>No viewer is installed</H2>")
	p.end()
}

// viewerScript shows the chosen image with the chosen settings; the names of the
// fields are those of the variables of mode slice.
const viewerScript = `const view = document.forms[0];
function show() {
  const frames = parseInt(view.slice.selectedOptions[0].dataset.frames, 10) || 1;
  for (const e of [view.frame, view.next, view.previous]) e.style.visibility = frames < 2 ? 'hidden' : 'visible';
  const q = new URLSearchParams({mode: 'slice', slice: view.slice.value, graphic: view.graphic.value, size: view.dataset.size,
    lw: [view.level.value, view.window.value, view.frame.value].join('/')});
  document.images[0].src = view.dataset.link + '&' + q;
}
function step(by) {
  const n = view.slice.length;
  view.slice.selectedIndex = (view.slice.selectedIndex + by + n) % n;
  show();
}
function turn(by) {
  const frames = parseInt(view.slice.selectedOptions[0].dataset.frames, 10) || 1;
  view.frame.value = (parseInt(view.frame.value, 10) + by + frames) % frames;
  show();
}
show();`

// serverSideViewer is a page that shows the images of a series one by one.
func (p *page) serverSideViewer(ctx context.Context) {
	v := p.texts(wanted{"series", "", objectName})
	if v == nil {
		return
	}
	series := "imagelister:local|" + parted(v[0], "|") + "|"
	frames, _ := p.send(ctx, series+"$%04d", nil)
	names, _ := p.send(ctx, series+":%s:%s", nil)
	p.head(plainHeader)
	p.line("<H2>Images of %s</H2>", esc(v[0]))
	p.line("<IMG ALT='' HEIGHT=%s>", quoted(p.value("size", p.size)))
	p.line("<FORM onsubmit='show(); return false' data-link='%s' data-size='%s'>",
		html.EscapeString("dgate"+extension(p.argv0)+"?"+p.extra), html.EscapeString(p.value("dsize", p.dsize)))
	p.line("Image <INPUT TYPE=BUTTON VALUE='&lt;' onclick='step(-1)'> <select name=slice onchange='show()'>")
	for i, name := range strings.Split(strings.TrimRight(string(names), "\n\x00 "), "\n") {
		n := "1"
		if 4*i+4 <= len(frames) {
			n = string(frames[4*i : 4*i+4])
		}
		name = html.EscapeString(strings.ReplaceAll(name, "%20", " "))
		p.line("<option value='%s' data-frames='%s'>%s</option>", name, html.EscapeString(n), name[strings.LastIndexByte(name, ':')+1:])
	}
	p.line("</select> <INPUT TYPE=BUTTON VALUE='&gt;' onclick='step(1)'>")
	p.line("Level <INPUT name=level size=4 onchange='show()'> Window <INPUT name=window size=4 onchange='show()'>")
	p.line("Frame <INPUT name=previous TYPE=BUTTON VALUE='&lt;' onclick='turn(-1)'> <INPUT name=frame size=3 value=0 onchange='show()'> <INPUT name=next TYPE=BUTTON VALUE='&gt;' onclick='turn(1)'>")
	p.line("Picture <select name=graphic onchange='show()'>")
	chosen := p.value("graphic", p.graphic)
	for _, kind := range []string{"bmp", "gif", "jpg"} {
		selected := ""
		if kind == chosen {
			selected = " selected"
		}
		p.line("<option%s>%s</option>", selected, kind)
	}
	p.line("</select>")
	p.line("</FORM>")
	p.line("<SCRIPT>\n%s\n</SCRIPT>", viewerScript)
	p.end()
}
