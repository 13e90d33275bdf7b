package compat

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"conquest/web"
)

const (
	pageTime    = 10 * time.Minute // for one page, a zip file of many objects among them
	maxPageHead = 64 << 10
	maxPageFail = 4 << 10 // of what a program says of its failure
)

// page answers a request for one of the pages: WADO by this server, others by the
// site's folder, and without that the bookmark is turned to the page of today.
func (c *compat) page(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Query().Get("requestType") == "WADO":
		c.WADO.ServeHTTP(w, r)
	case c.Folder == "":
		c.bookmark(w, r)
	case !allowed(w, r, http.MethodGet, http.MethodPost):
	case may(w, r, c.pageRole()):
		if err := c.run(w, r); err != nil {
			c.Log.Error("page of the site failed", "folder", c.Folder, "error", err)
		}
	}
}

// pageRole is what a caller of the pages must be: they do what their dicom.ini
// lets them, in the name of this machine.
func (c *compat) pageRole() web.Role {
	if c.Change() {
		return web.Editor
	}
	return web.Viewer
}

// run has the program answer as a CGI program (RFC 3875), in the folder of the
// pages.
func (c *compat) run(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength < 0 {
		web.Problem(w, r, http.StatusLengthRequired, "a page of the site takes a body of known length only")
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), pageTime)
	defer cancel()
	var said bounded
	cmd := exec.CommandContext(ctx, c.Program)
	// Without arguments and by a name in its own folder it is a CGI program.
	cmd.Args = []string{"." + string(filepath.Separator) + pageProgram()}
	cmd.Dir, cmd.Env, cmd.Stderr = c.Folder, environment(r, c.Folder), &said
	if r.ContentLength > 0 {
		cmd.Stdin = r.Body
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		web.Problem(w, r, http.StatusInternalServerError, "the page can not be made; the log of the server says why")
		return err
	}
	answerErr := passOn(w, r, bufio.NewReaderSize(out, maxPageHead))
	if answerErr != nil {
		cancel()
	}
	if err := cmd.Wait(); err != nil && answerErr == nil {
		return fmt.Errorf("%w: %s", err, said.String())
	}
	return answerErr
}

func pageProgram() string {
	if runtime.GOOS == "windows" {
		return "dgate.exe"
	}
	return "dgate"
}

// environment is what CGI programs get, and what a process needs to run.
func environment(r *http.Request, folder string) []string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	env := []string{
		"GATEWAY_INTERFACE=CGI/1.1", "SERVER_PROTOCOL=" + r.Proto, "SERVER_SOFTWARE=dgate", "SERVER_NAME=" + r.Host,
		"REQUEST_METHOD=" + r.Method, "QUERY_STRING=" + r.URL.RawQuery, "SCRIPT_NAME=" + r.URL.Path, "REMOTE_ADDR=" + host,
		"PATH_TRANSLATED=" + folder,
	}
	if r.ContentLength > 0 {
		env = append(env, "CONTENT_LENGTH="+strconv.FormatInt(r.ContentLength, 10), "CONTENT_TYPE="+r.Header.Get("Content-Type"))
	}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot", "LANG", "TZ"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

var errNoHead = errors.New("the page has no header")

// passOn sends what a CGI program wrote. Its header has bare line feeds.
func passOn(w http.ResponseWriter, r *http.Request, from *bufio.Reader) error {
	if _, err := from.Peek(1); errors.Is(err, io.EOF) {
		web.Problem(w, r, http.StatusNotFound, "there is no page of that name")
		return nil
	}
	head, err := textproto.NewReader(from).ReadMIMEHeader()
	if err != nil {
		web.Problem(w, r, http.StatusBadGateway, "the page is none; the log of the server says why")
		_, _ = io.Copy(io.Discard, from) // so that the program ends by itself
		return fmt.Errorf("%w: %w", errNoHead, err)
	}
	status := http.StatusOK
	if s := head.Get("Status"); s != "" {
		number, _, _ := strings.Cut(s, " ")
		if n, err := strconv.Atoi(number); err == nil && n >= 200 && n < 600 {
			status = n
		}
	} else if head.Get("Location") != "" {
		status = http.StatusFound
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Disposition", "Cache-Control", "Location"} {
		if v := head.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		_, err = io.Copy(io.Discard, from)
		return err
	}
	_, err = io.Copy(w, from)
	return err
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := maxPageFail - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
