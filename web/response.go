package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"
)

// compressFrom is the size from which text is sent packed, in bytes.
const compressFrom = 1 << 10

// response is the answer to one request: it notes status and size, packs text
// that the caller takes packed, and lives as long as bytes move.
type response struct {
	http.ResponseWriter
	request  *http.Request
	progress *http.ResponseController
	status   int
	pattern  string // under which it was mounted
	written  int64
	next     time.Time    // when the deadline is moved again
	held     bytes.Buffer // text whose size is not known yet
	holding  bool
	z        *gzip.Writer
}

// head sets the headers that every answer has.
func (w *response) head(id string) {
	h := w.Header()
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept, Origin")
}

func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	if status < 200 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.status = status
	if w.packs() {
		w.holding = true
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// packs tells whether the answer is text for a caller that takes gzip.
func (w *response) packs() bool {
	h := w.Header()
	if w.request.Method == http.MethodHead || w.status == http.StatusNoContent || w.status == http.StatusNotModified || w.status == http.StatusPartialContent ||
		h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" {
		return false
	}
	if !packable(h.Get("Content-Type")) {
		return false
	}
	h.Add("Vary", "Accept-Encoding")
	return takesGzip(w.request.Header.Get("Accept-Encoding"))
}

func packable(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch kind = strings.TrimSpace(kind); kind {
	case "application/json", "application/dicom+json", "application/dicom+xml", "application/xml", "application/problem+json", "application/javascript", "image/svg+xml", "application/openapi+json":
		return true
	case "text/event-stream":
		return false
	}
	return strings.HasPrefix(kind, "text/")
}

// takesGzip reads Accept-Encoding (RFC 9110 12.5.3).
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, q, _ := strings.Cut(strings.ToLower(part), ";")
		if name = strings.TrimSpace(name); name != "gzip" && name != "*" {
			continue
		}
		q = strings.ReplaceAll(q, " ", "")
		return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
	}
	return false
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	w.moves()
	switch {
	case w.z != nil:
		n, err := w.z.Write(p)
		w.written += int64(n)
		return n, err
	case w.holding:
		w.held.Write(p)
		if w.held.Len() >= compressFrom {
			if err := w.pack(); err != nil {
				return 0, err
			}
		}
		w.written += int64(len(p))
		return len(p), nil
	}
	n, err := w.ResponseWriter.Write(p)
	w.written += int64(n)
	return n, err
}

// ReadFrom lets files go from disk to network where nothing is packed.
func (w *response) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 || w.holding || w.z != nil {
		return io.Copy(struct{ io.Writer }{w}, r)
	}
	rf, ok := w.ResponseWriter.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{w}, r)
	}
	left := int64(math.MaxInt64)
	if l, ok := r.(*io.LimitedReader); ok { // the network takes files below one limit only
		r, left = l.R, l.N
		defer func() { l.N = left }()
	}
	var total int64
	for left > 0 {
		w.moves()
		piece := min(left, sendPiece)
		n, err := rf.ReadFrom(io.LimitReader(r, piece))
		total += n
		left -= n
		w.written += n
		if err != nil || n < piece {
			return total, err
		}
	}
	return total, nil
}

// sendPiece is how much of a file goes out before its deadline is moved.
const sendPiece = 4 << 20

func (w *response) moves() {
	if now := time.Now(); now.After(w.next) {
		w.next = now.Add(time.Second)
		// Connections without deadlines, as in tests, go without.
		_ = w.progress.SetWriteDeadline(now.Add(stallTime))
	}
}

var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // the level is a valid one
	return z
}}

// pack sends what is held, and all that comes, packed.
func (w *response) pack() error {
	w.holding = false
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Del("Content-Length")
	if tag := w.Header().Get("ETag"); strings.HasPrefix(tag, `"`) {
		w.Header().Set("ETag", "W/"+tag)
	}
	w.ResponseWriter.WriteHeader(w.status)
	w.z = packers.Get().(*gzip.Writer)
	w.z.Reset(w.ResponseWriter)
	_, err := w.z.Write(w.held.Bytes())
	w.held.Reset()
	return err
}

// Flush sends what was written so far.
func (w *response) Flush() {
	if w.holding {
		if err := w.pack(); err != nil {
			return
		}
	}
	if w.z != nil {
		if err := w.z.Flush(); err != nil {
			return
		}
	}
	w.moves()
	_ = w.progress.Flush() // a connection that can not flush sends at the end
}

// finish sends what is held back.
func (w *response) finish() {
	if w.holding {
		w.holding = false
		w.ResponseWriter.WriteHeader(w.status)
		w.ResponseWriter.Write(w.held.Bytes())
	}
	if w.z != nil {
		w.z.Close()
		packers.Put(w.z)
		w.z = nil
	}
}
