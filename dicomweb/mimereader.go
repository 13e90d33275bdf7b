package dicomweb

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// bodyParts reads the parts of a multipart body one after the other (RFC 2046
// section 5.1). Unlike mime/multipart it takes any boundary that the header may
// quote, tells of a body that ends too early, and hands large parts on in large
// pieces.
type bodyParts struct {
	r     *bufio.Reader
	delim []byte // CRLF, two hyphens, boundary
	open  bool   // within a part
	ended bool   // the closing delimiter was read
	n     int
	seen  bool // a delimiter was there
}

var (
	errEnds    = errors.New("the body ends within a part")
	errHeaders = errors.New("the headers of a part are none, or too long")
)

const (
	partBuffer      = 64 << 10
	maxPartHeader   = 8 << 10 // bytes
	maxPartHeaders  = 32
	maxBoundary     = 70
	maxPreambleSize = 1 << 20
)

func newBodyParts(r io.Reader, boundary string) *bodyParts {
	return &bodyParts{
		// The first delimiter may stand at the very beginning, without CRLF.
		r:     bufio.NewReaderSize(io.MultiReader(strings.NewReader("\r\n"), r), partBuffer),
		delim: []byte("\r\n--" + boundary),
	}
}

// bodyPart is a part; it must be read before the next one.
type bodyPart struct {
	header map[string]string // names in lower case
	b      *bodyParts
}

// next goes to the next part, [io.EOF] after the last. The rest of the part
// before is passed over.
func (b *bodyParts) next() (*bodyPart, error) {
	if b.ended {
		return nil, io.EOF
	}
	limit := int64(-1)
	if !b.seen {
		limit = maxPreambleSize
	}
	if b.open || !b.seen {
		b.open = true
		n, err := io.Copy(io.Discard, &limited{b, limit})
		if err != nil {
			return nil, err
		}
		if limit >= 0 && n >= limit {
			return nil, errHeaders
		}
	}
	if b.ended {
		return nil, io.EOF
	}
	header, err := b.readHeader()
	if err != nil {
		return nil, err
	}
	b.open = true
	b.n++
	return &bodyPart{header, b}, nil
}

// limited reads a part, or what stands before the first one.
type limited struct {
	b    *bodyParts
	left int64 // -1 is no limit
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	if l.left > 0 {
		p = p[:min(int64(len(p)), l.left)]
	}
	n, err := l.b.read(p)
	if l.left > 0 {
		l.left -= int64(n)
	}
	return n, err
}

// Read reads the part.
func (p *bodyPart) Read(buf []byte) (int, error) { return p.b.read(buf) }

// read gives bytes before the next delimiter, and takes the delimiter when it
// comes.
func (b *bodyParts) read(p []byte) (int, error) {
	if !b.open || len(p) == 0 {
		return 0, io.EOF
	}
	for {
		buf, err := b.r.Peek(b.r.Buffered())
		if len(buf) < len(b.delim)+maxTail {
			buf, err = b.r.Peek(len(b.delim) + maxTail)
		}
		if i := bytes.Index(buf, b.delim); i >= 0 {
			if i > 0 {
				n := copy(p, buf[:i])
				b.r.Discard(n)
				return n, nil
			}
			if taken, err := b.takeDelimiter(); err != nil || taken {
				return 0, firstError(err, io.EOF)
			}
			n := copy(p, buf[:1]) // text that only begins like a delimiter
			b.r.Discard(n)
			return n, nil
		}
		safe := len(buf) - len(b.delim) + 1
		if safe > 0 {
			n := copy(p, buf[:safe])
			b.r.Discard(n)
			return n, nil
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errEnds
			}
			return 0, err
		}
	}
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// maxTail is room for what stands behind a delimiter: blanks, hyphens, CRLF.
const maxTail = 256

// takeDelimiter passes over a delimiter at the reader's place, if it is one.
func (b *bodyParts) takeDelimiter() (bool, error) {
	line, err := b.r.Peek(len(b.delim) + maxTail)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	rest := line[len(b.delim):]
	if bytes.HasPrefix(rest, []byte("--")) {
		b.ended, b.open, b.seen = true, false, true
		return true, nil
	}
	n := 0
	for n < len(rest) && (rest[n] == ' ' || rest[n] == '\t') {
		n++
	}
	if !bytes.HasPrefix(rest[n:], []byte("\r\n")) {
		if n == len(rest) && errors.Is(err, io.EOF) {
			return false, errEnds
		}
		return false, nil
	}
	b.r.Discard(len(b.delim) + n + 2)
	b.open, b.seen = false, true
	return true, nil
}

// readHeader reads the fields of a part up to the empty line.
func (b *bodyParts) readHeader() (map[string]string, error) {
	header := map[string]string{}
	last, size := "", 0
	for {
		line, err := b.r.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil, errEnds
			}
			return nil, errHeaders
		}
		if size += len(line); size > maxPartHeader || len(header) > maxPartHeaders {
			return nil, errHeaders
		}
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case text == "":
			return header, nil
		case text[0] == ' ' || text[0] == '\t':
			if last != "" {
				header[last] += " " + strings.TrimSpace(text)
			}
		default:
			name, value, ok := strings.Cut(text, ":")
			if !ok {
				return nil, errHeaders
			}
			last = strings.ToLower(strings.TrimSpace(name))
			header[last] = strings.TrimSpace(value)
		}
	}
}

// contentType is a Content-Type with the parameters that matter here.
type contentType struct {
	kind, part, boundary, syntax string
}

// parseContentType reads a Content-Type header. Values may be quoted or not, also
// those that ought to be.
func parseContentType(s string) contentType {
	var c contentType
	first := true
	for field := range splitOutside(s, ';') {
		if first {
			c.kind, first = strings.ToLower(strings.TrimSpace(field)), false
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		value = unquote(strings.TrimSpace(value))
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "type":
			c.part = strings.ToLower(value)
		case "boundary":
			c.boundary = value
		case "transfer-syntax":
			c.syntax = value
		}
	}
	return c
}
