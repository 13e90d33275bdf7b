package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// Ref names a study, a series of it or an instance; lower levels may be "".
type Ref struct{ Study, Series, Instance string }

func (r Ref) path() string {
	p := "studies/" + url.PathEscape(r.Study)
	if r.Series != "" {
		p += "/series/" + url.PathEscape(r.Series)
	}
	if r.Instance != "" {
		p += "/instances/" + url.PathEscape(r.Instance)
	}
	return p
}

// Retrieve fetches objects as the server keeps them, or in Explicit VR Little
// Endian from one that does not let choose (WADO-RS). take reads each as a
// Part 10 file; an error of it ends the request.
func (c *Client) Retrieve(ctx context.Context, ref Ref, take func(io.Reader) error) error {
	const multi = `multipart/related; type="` + mediaDICOM + `"`
	q := request{method: http.MethodGet, path: ref.path(), accept: multi + "; transfer-syntax=*"}
	r, err := c.do(ctx, q)
	if err != nil {
		return err
	}
	if r.StatusCode == http.StatusNotAcceptable || r.StatusCode == http.StatusBadRequest {
		r.Body.Close()
		q.accept = multi
		if r, err = c.do(ctx, q); err != nil {
			return err
		}
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusPartialContent {
		return failure(r)
	}
	return parts(r, take)
}

// parts hands over the objects of an answer.
func parts(r *http.Response, take func(io.Reader) error) error {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("media type of the answer: %w", err)
	}
	if media == mediaDICOM {
		return take(r.Body)
	}
	if !strings.HasPrefix(media, "multipart/") || params["boundary"] == "" {
		return fmt.Errorf("the answer is %s, and no objects", media)
	}
	reader := multipart.NewReader(r.Body, params["boundary"])
	for {
		p, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		if err := take(p); err != nil {
			return err
		}
	}
}
