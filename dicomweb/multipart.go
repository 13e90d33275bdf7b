package dicomweb

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// parts writes an answer of several parts (RFC 2046 section 5.1, PS3.18 section
// 8.6.1.2).
type parts struct {
	w        *answer
	boundary string
	kind     string // media type of the parts, bare
	status   int
	n        int
	head     []byte
}

// newParts begins an answer whose parts have the media type kind. What fails
// before the first part can still be answered as an error.
func newParts(w *answer, kind string) *parts {
	return &parts{w: w, boundary: rand.Text(), kind: kind, status: http.StatusOK}
}

// partHead is what stands before the body of a part; size -1 is unknown.
func (p *parts) partHead(contentType, location string, size int64) []byte {
	b := p.head[:0]
	if p.n > 0 {
		b = append(b, "\r\n"...)
	}
	b = append(b, "--"...)
	b = append(b, p.boundary...)
	b = append(b, "\r\nContent-Type: "...)
	b = append(b, contentType...)
	if size >= 0 {
		b = append(b, "\r\nContent-Length: "...)
		b = strconv.AppendInt(b, size, 10)
	}
	if location != "" {
		b = append(b, "\r\nContent-Location: "...)
		b = append(b, location...)
	}
	b = append(b, "\r\n\r\n"...)
	p.head = b
	return b
}

// begin sends the head of the answer; length, when not 0, is that of its body.
func (p *parts) begin(length int64) {
	h := p.w.Header()
	h.Set("Content-Type", fmt.Sprintf(`multipart/related; type="%s"; boundary=%s`, p.kind, p.boundary))
	if length > 0 {
		h.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	p.w.WriteHeader(p.status)
}

// next begins a part; its body is written to the answer.
func (p *parts) next(contentType, location string, size int64) error {
	if !p.w.begun {
		p.begin(0)
	}
	_, err := p.w.Write(p.partHead(contentType, location, size))
	p.n++
	return err
}

// write is a whole part.
func (p *parts) write(contentType, location string, body []byte) error {
	if err := p.next(contentType, location, int64(len(body))); err != nil {
		return err
	}
	_, err := p.w.Write(body)
	return err
}

// end closes the answer.
func (p *parts) end() error {
	_, err := io.WriteString(p.w, "\r\n--"+p.boundary+"--\r\n")
	return err
}

// size is how long an answer of whole parts will be.
func (p *parts) size(contentTypes, locations []string, sizes []int64) int64 {
	total := int64(len("\r\n--" + p.boundary + "--\r\n"))
	probe := parts{boundary: p.boundary}
	for i, n := range sizes {
		total += int64(len(probe.partHead(contentTypes[i], locations[i], n))) + n
		probe.n++
	}
	return total
}
