package cgi

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// request is what the browser asks.
type request struct {
	query  string
	fields map[string]string // of a form with parts; then the query does not count
	body   []byte            // what Lua gets from CGI(): the posted bytes, or the file among the parts
	upload string            // temporary file of the body; "" without one
}

// readRequest reads the query and what was posted. A posted file is kept in dir
// until done.
func readRequest(query, length string, stdin io.Reader, dir func() string) (*request, error) {
	r := &request{query: query}
	n, err := strconv.ParseInt(strings.TrimSpace(length), 10, 64)
	if err != nil || n <= 0 {
		return r, nil
	}
	if r.body, err = io.ReadAll(io.LimitReader(stdin, n)); err != nil {
		return nil, fmt.Errorf("read what was posted: %w", err)
	}
	ext := ".dat"
	switch {
	case len(r.body) == 0:
		return r, nil
	case r.body[0] == '-':
		if ext = r.readParts(); ext == "" {
			return r, nil
		}
	case r.body[0] == '<':
		ext = ".xml"
	}
	if r.upload, err = keep(dir(), ext, r.body); err != nil {
		return nil, fmt.Errorf("keep what was posted: %w", err)
	}
	return r, nil
}

func keep(dir, ext string, data []byte) (string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "upload*"+ext)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// done removes the temporary file.
func (r *request) done() {
	if r.upload != "" {
		os.Remove(r.upload)
	}
}

var plainExtension = regexp.MustCompile(`^\.[A-Za-z0-9]{1,16}$`)

// readParts takes the fields and the first file of a form. It returns the
// extension of the file's name, "" when there is no file.
func (r *request) readParts() (ext string) {
	line, _, _ := bytes.Cut(r.body, []byte("\n"))
	boundary := strings.TrimPrefix(strings.TrimRight(string(line), "\r"), "--")
	parts := multipart.NewReader(bytes.NewReader(r.body), boundary)
	r.fields = map[string]string{}
	r.body = nil
	for {
		p, err := parts.NextRawPart()
		if err != nil {
			return ext // the end, or what can be had of a form that was cut
		}
		data, err := io.ReadAll(p)
		if err != nil && len(data) == 0 {
			return ext
		}
		name := p.FormName()
		if file, is := fileName(p); is {
			if ext == "" {
				r.body = data
				if ext = filepath.Ext(file); !plainExtension.MatchString(ext) {
					ext = ".dat"
				}
			}
			continue
		}
		if _, known := r.fields[name]; !known {
			value, _, _ := strings.Cut(string(data), "\r")
			r.fields[name] = value
		}
	}
}

// fileName is the name of the file that a part holds.
func fileName(p *multipart.Part) (name string, is bool) {
	if !strings.Contains(p.Header.Get("Content-Disposition"), "filename=") {
		return "", false
	}
	return p.FileName(), true
}

// lookup is the first variable called name, decoded.
func (r *request) lookup(name string) (value string, ok bool) {
	if r.fields != nil {
		if name == "_filename_" && r.upload != "" {
			return r.upload, true
		}
		value, ok = r.fields[name]
		return value, ok
	}
	rest, ok := strings.CutPrefix(r.query, name+"=")
	if !ok {
		if _, rest, ok = strings.Cut(r.query, "&"+name+"="); !ok {
			return "", false
		}
	}
	value, _, _ = strings.Cut(rest, "&")
	return decode(value), true
}

// value is a variable, or def when it is not there.
func (r *request) value(name, def string) string {
	if v, ok := r.lookup(name); ok {
		return v
	}
	return def
}

// decode takes the escapes of a query away; what is no escape stays. A value
// ends at a zero byte.
func decode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s):
			n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				b.WriteByte('%')
				continue
			}
			if n == 0 {
				return b.String()
			}
			b.WriteByte(byte(n))
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
