package web

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// movingBody lets a request live as long as its body moves.
type movingBody struct {
	io.ReadCloser
	progress *http.ResponseController
	next     time.Time
}

func (b *movingBody) Read(p []byte) (int, error) {
	if now := time.Now(); now.After(b.next) {
		b.next = now.Add(time.Second)
		// Connections without deadlines, as in tests, go without.
		_ = b.progress.SetReadDeadline(now.Add(stallTime))
	}
	return b.ReadCloser.Read(p)
}

// decodedBody undoes the Content-Encoding of a body: gzip or none. What comes
// out is bounded by limit, as what goes in.
func decodedBody(r *http.Request, body io.ReadCloser, limit int64) (io.ReadCloser, error) {
	switch strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		r.ContentLength = -1
		r.Header.Del("Content-Encoding")
		return &gzipBody{raw: body}, nil
	}
	return nil, fmt.Errorf("the coding of the body is not known here; gzip is")
}

// gzipBody opens its stream at the first read, so that a bad one is an error of
// the reader.
type gzipBody struct {
	raw io.ReadCloser
	z   *gzip.Reader
}

func (b *gzipBody) Read(p []byte) (int, error) {
	if b.z == nil {
		z, err := gzip.NewReader(b.raw)
		if err != nil {
			return 0, fmt.Errorf("unpack request body: %w", err)
		}
		b.z = z
	}
	return b.z.Read(p)
}

func (b *gzipBody) Close() error { return b.raw.Close() }
