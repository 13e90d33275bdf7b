package dicomweb

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"conquest/dicom"
)

const (
	kindJSON   = "application/dicom+json"
	kindXML    = "application/dicom+xml"
	kindObject = "application/dicom"
	kindBytes  = "application/octet-stream"
)

// Media types of search and metadata.
var (
	asJSON      = media{kind: kindJSON, also: []string{"application/json"}}
	asXMLParts  = media{kind: kindXML, multipart: true}
	asXML       = media{kind: kindXML}
	modelOffers = []media{asJSON, asXMLParts}
)

const (
	// rowBatch is how many rows are looked up together.
	rowBatch = 1000
	// countTime is how long the whole number of rows is worth.
	countTime = 50 * time.Millisecond
	// maxCandidates bounds the objects that one search looks into.
	maxCandidates = 10000
)

// search answers a search (PS3.18 section 10.6).
func (h *handler) search(level Level) func(w *answer, r *http.Request) error {
	return func(w *answer, r *http.Request) error {
		kind, err := bestOffer(r, modelOffers)
		if err != nil {
			return err
		}
		q, err := h.queryOf(level, r)
		if err != nil {
			return err
		}
		limited := q.Limit >= 0
		if !limited {
			q.Limit = h.opt.MaxResults
		}
		x := &searching{h: h, q: q, base: h.base(r)}
		return x.answer(r.Context(), w, r, kind)
	}
}

// searching is a search under way.
type searching struct {
	h    *handler
	q    *request
	base string
}

func (x *searching) answer(ctx context.Context, w *answer, r *http.Request, kind media) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next := x.rows(ctx)
	first, more, err := next()
	if err != nil {
		return err
	}
	x.warn(ctx, w.Header(), len(first), more)
	w.Header().Set("Cache-Control", "private, max-age=0, must-revalidate")
	out := newModelWriter(w, kind, askedJSON(r))
	for batch := first; ; {
		for _, d := range batch {
			if err := out.write(d, ""); err != nil {
				return err
			}
		}
		counted(ctx, len(batch))
		if !more || len(batch) == 0 {
			return out.end()
		}
		if batch, more, err = next(); err != nil {
			return err
		}
	}
}

// rows gives the rows of the answer, a batch with each call; more tells that
// there may be others.
func (x *searching) rows(ctx context.Context) func() (batch []*dicom.Dataset, more bool, err error) {
	q := x.q.Query
	filtered := len(x.q.filters) > 0
	if filtered {
		q.Limit, q.Offset = -1, 0
	} else {
		q.Limit++ // to know whether there are more
	}
	found, err := x.h.archive.Search(ctx, &q)
	if err != nil {
		return func() ([]*dicom.Dataset, bool, error) { return nil, false, err }
	}
	own := filtered || !found.Exact // limit and offset are still to be applied
	skip, left := 0, x.q.Limit
	if own {
		skip = x.q.Offset
	}
	src := newRowSource(found.Rows)
	candidates := 0
	return func() ([]*dicom.Dataset, bool, error) {
		var out []*dicom.Dataset
		for {
			batch, ended, err := src.take(rowBatch)
			if err != nil {
				return nil, false, err
			}
			if candidates += len(batch); filtered && candidates > maxCandidates {
				return nil, false, fmt.Errorf("%d objects to be looked into: %w", candidates, ErrTooWide)
			}
			done, err := x.finish(ctx, batch, !found.Exact)
			if err != nil {
				return nil, false, err
			}
			for _, d := range done {
				switch {
				case skip > 0:
					skip--
				case left == 0:
					src.close()
					return out, true, nil
				default:
					out = append(out, d)
					left--
				}
			}
			if ended {
				return out, false, nil
			}
			if len(out) > 0 && left > 0 {
				return out, true, nil
			}
		}
	}
}

// warn tells in the header what else there is, and what was ignored.
func (x *searching) warn(ctx context.Context, head http.Header, n int, more bool) {
	q := x.q
	if len(q.ignored) > 0 {
		addWarning(head, "The following attributes are not supported for matching: "+strings.Join(q.ignored, ", "))
	}
	if len(q.unknown) > 0 {
		addWarning(head, "The following includefield values are no attributes: "+strings.Join(q.unknown, ", "))
	}
	if !more {
		head.Set("X-Total-Count", strconv.Itoa(q.Offset+n))
		return
	}
	if len(q.filters) == 0 {
		short, cancel := context.WithTimeout(ctx, countTime)
		total, exact, err := x.h.archive.Count(short, &q.Query)
		cancel()
		if err == nil && exact {
			head.Set("X-Total-Count", strconv.Itoa(total))
			if rest := total - q.Offset - q.Limit; rest > 0 {
				addWarning(head, fmt.Sprintf("There are %d additional results that can be requested", rest))
			}
			return
		}
	}
	if n >= q.Limit {
		addWarning(head, "There are additional results that can be requested")
	}
}

// addWarning adds a Warning header (PS3.18 section 8.3.4.4).
func addWarning(head http.Header, text string) {
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return '?'
		}
		return c
	}, text)
	head.Add("Warning", `299 dgate "`+text[:min(len(text), 400)]+`"`)
}

// askedJSON tells whether the caller asks for plain JSON by name, and not for
// that of DICOM.
func askedJSON(r *http.Request) bool {
	for _, m := range acceptOf(r) {
		switch m.kind {
		case kindJSON, "*/*":
			return false
		case "application/json":
			return true
		}
	}
	return false
}
