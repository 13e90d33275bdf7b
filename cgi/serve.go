package cgi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"conquest/console"
	"conquest/dicomini"
	"conquest/regular"
	"conquest/storage"
)

// Call is how the program was started.
type Call struct {
	Args   []string // with the name of the program
	Query  string
	Getenv func(string) (string, bool)
	Stdin  io.Reader
	Stdout io.Writer
}

// Serve answers a request. The folder of dicom.ini becomes the current one, as
// the sources of pages are named from there.
func Serve(ctx context.Context, c Call) {
	p, err := open(c)
	if errors.Is(err, errPostTooLarge) || errors.Is(err, errPostFields) {
		fmt.Fprintf(c.Stdout, "Status: 413 Content Too Large\nContent-type: text/html\n\n%s\n", html.EscapeString(err.Error()))
		return
	}
	if err != nil {
		fmt.Fprintf(c.Stdout, "Status: 500 Internal Server Error\nContent-type: text/html\n\n%s\n", html.EscapeString(err.Error()))
		return
	}
	defer p.finish()
	p.answer(ctx)
}

// page is an answer in the making.
type page struct {
	*request
	*site
	call  Call
	out   io.Writer
	stdio stdio
	mode  string // as asked, or the section that answers instead
}

func open(c Call) (*page, error) {
	argv0, err := enterFolder(c.Args[0])
	if err != nil {
		return nil, err
	}
	loc, err := dicomini.Locate(argv0)
	if err != nil {
		return nil, err
	}
	s := &site{argv0: argv0, getenv: c.Getenv, con: console.New("", "")}
	opt := dicomini.Options{}
	for _, a := range c.Args[1:] {
		if len(a) < 2 || a[0] != '-' {
			continue
		}
		switch text := a[2:]; a[1] {
		case 'h':
			opt.AE = text
		case 'p':
			opt.Port = text
		case 'q':
			s.host = text
		}
	}
	if s.live, err = dicomini.Open(loc, opt); err != nil {
		return nil, err
	}
	regular.LimitRights(s.live.Current().Value("FileMode"))
	s.read(opt.Port == "")
	length, _ := c.Getenv("CONTENT_LENGTH")
	r, err := readRequest(c.Query, length, c.Stdin, int64(s.live.Current().Number("WEBMaxUpload"))<<20, s.tempDir)
	if err != nil {
		return nil, err
	}
	return &page{request: r, site: s, call: c, out: c.Stdout, stdio: stdio{w: c.Stdout}}, nil
}

// enterFolder goes to the folder of the binary when a dicom.ini is there.
func enterFolder(argv0 string) (string, error) {
	dir, name := filepath.Split(argv0)
	if dir == "" {
		return argv0, nil
	}
	if _, err := os.Stat(filepath.Join(dir, "dicom.ini")); err != nil {
		return argv0, nil
	}
	if err := os.Chdir(dir); err != nil {
		return "", err
	}
	if filepath.IsAbs(dir) {
		return argv0, nil
	}
	return "." + string(filepath.Separator) + name, nil
}

// extension is what the name of the program has on Windows; links repeat it.
func extension(argv0 string) string {
	if runtime.GOOS != "windows" {
		return ""
	}
	if ext := filepath.Ext(argv0); ext != "" {
		return ext
	}
	return ".exe"
}

func (s *site) tempDir() string {
	cfg := s.live.Current()
	if cfg.TempDir != "" {
		return cfg.TempDir
	}
	return filepath.Join(storage.NewDevices(cfg.Storage).MAG(0), "printer_files")
}

// line writes a line.
func (p *page) line(format string, a ...any) {
	var b bytes.Buffer
	fmt.Fprintf(&b, format, a...)
	b.WriteByte('\n')
	_, _ = p.out.Write(b.Bytes()) // a browser that has gone needs no answer
}

func (p *page) write(b []byte) {
	_, _ = p.out.Write(b) // as above
}

// finish ends the answer.
func (p *page) finish() {
	_ = p.stdio.Flush() // as above
	p.done()
}

// answer finds who answers.
func (p *page) answer(ctx context.Context) {
	if p.value("requestType", "") == "WADO" {
		p.wado(ctx)
		return
	}
	p.mode = p.value("mode", "")
	fallback := p.chooseMode()
	if p.builtin(ctx, fallback) {
		return
	}
	p.sitePage(ctx, fallback)
}

var errForbidden = errors.New("what was asked has characters that have no place there")

// What dicom.ini does not let pages do.
var (
	errNoPush   = errors.New("pages send nothing here: see WEBPush")
	errReadOnly = errors.New("pages change nothing here: see WEBReadOnly")
)

// refuse tells why there is no answer.
func (p *page) refuse(why error) {
	p.line("Status: 400 Bad Request\nContent-type: text/html\n")
	p.line("<HTML><BODY><P>%s</P></BODY></HTML>", html.EscapeString(why.Error()))
}
