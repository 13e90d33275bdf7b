package cgi

import (
	"bufio"
	"bytes"
	"errors"
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
	upload string            // temporary file of what was posted, or of the file among the parts; "" without one
}

// Bounds of what is posted.
const (
	maxFields    = 1000
	maxFieldSize = 1 << 20
	maxFieldText = 16 << 20 // of all fields
	maxBody      = 64 << 20 // of what is read into memory
	maxBoundary  = 4 << 10  // of the first line of a form
)

var (
	errPostTooLarge = errors.New("what was posted is larger than WEBMaxUpload allows")
	errPostFields   = errors.New("what was posted has too many or too long fields")
)

// readRequest reads the query and what was posted, of which at most limit bytes. A
// posted file is kept in dir until done, and is not read into memory.
func readRequest(query, length string, stdin io.Reader, limit int64, dir func() string) (*request, error) {
	r := &request{query: query}
	n, err := strconv.ParseInt(strings.TrimSpace(length), 10, 64)
	if err != nil || n <= 0 {
		return r, nil
	}
	if n > limit {
		return nil, errPostTooLarge
	}
	body := bufio.NewReaderSize(io.LimitReader(stdin, n), maxBoundary)
	first, err := body.Peek(1)
	switch {
	case err == io.EOF:
		return r, nil
	case err != nil:
		return nil, fmt.Errorf("read what was posted: %w", err)
	case first[0] == '-':
		err = r.readParts(body, dir)
	case first[0] == '<':
		r.upload, err = keep(dir(), ".xml", body)
	default:
		r.upload, err = keep(dir(), ".dat", body)
	}
	if err != nil {
		r.done()
		return nil, fmt.Errorf("keep what was posted: %w", err)
	}
	return r, nil
}

func keep(dir, ext string, data io.Reader) (string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "upload*"+ext)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, data)
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

// body is what Lua gets from CGI(): the posted bytes, or the file among the parts,
// as far as memory is meant for it.
func (r *request) body() []byte {
	f, err := os.Open(r.upload)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBody+1))
	if err != nil || len(data) > maxBody {
		return nil
	}
	return data
}

var plainExtension = regexp.MustCompile(`^\.[A-Za-z0-9]{1,16}$`)

// readParts takes the fields of a form, and keeps its first file under the
// extension of its name. Of a form that was cut it takes what can be had.
func (r *request) readParts(body *bufio.Reader, dir func() string) error {
	line, _ := body.Peek(maxBoundary)
	line, _, _ = bytes.Cut(line, []byte("\n"))
	boundary := strings.TrimPrefix(strings.TrimRight(string(line), "\r"), "--")
	whole := &source{r: body}
	parts := multipart.NewReader(whole, boundary)
	r.fields = map[string]string{}
	text := 0
	for {
		p, err := parts.NextRawPart()
		if err != nil {
			return whole.err
		}
		if file, is := fileName(p); is {
			if r.upload != "" {
				continue
			}
			ext := filepath.Ext(file)
			if !plainExtension.MatchString(ext) {
				ext = ".dat"
			}
			if r.upload, err = keep(dir(), ext, &part{p: p}); err != nil {
				return err
			}
			continue
		}
		data, err := io.ReadAll(io.LimitReader(p, maxFieldSize+1))
		if err != nil && len(data) == 0 {
			return whole.err
		}
		name := p.FormName()
		if text += len(data) + len(name); len(data) > maxFieldSize || text > maxFieldText || len(r.fields) >= maxFields {
			return errPostFields
		}
		if _, known := r.fields[name]; !known {
			value, _, _ := strings.Cut(string(data), "\r")
			r.fields[name] = value
		}
	}
}

// source tells errors of the connection from those of the form.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// part is a part of a form; one that was cut ends there.
type part struct{ p io.Reader }

func (p *part) Read(b []byte) (int, error) {
	n, err := p.p.Read(b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
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
