package compat

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strings"

	"conquest/web"
)

// maxScript bounds the text of a script.
const maxScript = 1 << 20

// scripts lets a handler run Lua of the caller, where the site says so.
func (c *compat) scripts(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c.Site.Scripts() == nil {
			web.Problem(w, r, http.StatusForbidden, "scripts of callers do not run here; the server's HTTPServices may name scripts")
			return
		}
		if may(w, r, web.Admin) {
			h(w, r)
		}
	}
}

func (c *compat) script(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodPost) {
		return
	}
	q, ok := c.posted(w, r)
	if !ok {
		return
	}
	defer q.remove()
	answer, err := c.Site.Scripts().Run(r.Context(), q.script, "")
	c.answer(w, r, answer, err)
}

func (c *compat) startScript(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodPost) {
		return
	}
	q, ok := c.posted(w, r)
	if !ok {
		return
	}
	defer q.remove()
	id, err := c.Site.Scripts().Start(r.Context(), q.script)
	c.answer(w, r, []byte(`"`+id+`"`), err)
}

// progress tells how far a started script is.
func (c *compat) progress(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("uid")
	if !allowed(w, r, http.MethodGet) {
		return
	}
	if !validUIDs(id) || id == "" {
		web.Problem(w, r, http.StatusBadRequest, "the UID is none")
		return
	}
	if v := r.URL.Query().Get("setvalue"); v != "" {
		if len(v) > 8 || strings.Trim(v, "0123456789.") != "" {
			web.Problem(w, r, http.StatusBadRequest, "setvalue is a number")
			return
		}
		if err := c.Site.Scripts().SetProgress(id, v); err != nil {
			c.answer(w, r, nil, err)
			return
		}
	}
	c.answer(w, r, []byte(c.Site.Scripts().Progress(id)), nil)
}

func (c *compat) attach(w http.ResponseWriter, r *http.Request) {
	q, ok := c.withFile(w, r)
	if !ok {
		return
	}
	defer q.remove()
	c.answer(w, r, nil, c.Site.Scripts().Attach(r.Context(), q.file, q.script))
}

func (c *compat) attachDICOM(w http.ResponseWriter, r *http.Request) {
	q, ok := c.withFile(w, r)
	if !ok {
		return
	}
	defer q.remove()
	answer, err := c.Site.Scripts().Run(r.Context(), q.script, q.file)
	c.answer(w, r, answer, err)
}

func (c *compat) withFile(w http.ResponseWriter, r *http.Request) (posted, bool) {
	if !allowed(w, r, http.MethodPost) {
		return posted{}, false
	}
	q, ok := c.posted(w, r)
	if ok && q.file == "" {
		q.remove()
		web.Problem(w, r, http.StatusBadRequest, "there is no file")
		return q, false
	}
	return q, ok
}

func (c *compat) answer(w http.ResponseWriter, r *http.Request, body []byte, err error) {
	if err != nil {
		web.Problem(w, r, http.StatusUnprocessableEntity, err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(body) // a caller that has gone needs no answer
}

// posted is a script, and the file that it is for.
type posted struct{ script, file string }

func (q posted) remove() {
	if q.file != "" {
		os.Remove(q.file)
	}
}

// posted reads what was sent: a form with parts, a multipart message of objects, a
// form of one line, or a bare file.
func (c *compat) posted(w http.ResponseWriter, r *http.Request) (q posted, ok bool) {
	media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // none is a bare file
	q.script = r.URL.Query().Get("script")
	var err error
	switch {
	case media == "application/x-www-form-urlencoded":
		r.Body = http.MaxBytesReader(w, r.Body, maxScript)
		if err = r.ParseForm(); err == nil {
			q.script = r.Form.Get("script")
		}
	case strings.HasPrefix(media, "multipart/"):
		err = c.parts(&q, multipart.NewReader(r.Body, params["boundary"]))
	default:
		q.file, err = c.Site.Scripts().TempFile(r.Body)
	}
	if err != nil {
		q.remove()
		web.Problem(w, r, http.StatusBadRequest, "what was sent can not be read")
		return q, false
	}
	return q, true
}

func (c *compat) parts(q *posted, from *multipart.Reader) error {
	for {
		p, err := from.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case p.FormName() == "script" && p.FileName() == "":
			text, err := io.ReadAll(io.LimitReader(p, maxScript))
			if err != nil {
				return err
			}
			q.script = string(text)
		case q.file == "":
			if q.file, err = c.Site.Scripts().TempFile(p); err != nil {
				return err
			}
		}
	}
}
