package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"conquest/group"
)

// Object is one to be stored.
type Object struct {
	Study string // its study instance UID
	UID   string // its SOP instance UID
	// Write writes it as a Part 10 file; it is called more than once.
	Write func(io.Writer) error
}

// Fate is what became of an object, and what is to be done with it.
type Fate int

// The fates.
const (
	Delivered   Fate = iota
	Later            // the server takes nothing now: this and all else later
	LaterAlone       // it failed on this object, which may go better another time
	OtherSyntax      // it does not take this transfer syntax
	NoEntry          // it does not let this caller in (401, 403)
	Refused          // it does not take this object
)

// Result is what became of one object.
type Result struct {
	Fate    Fate
	Warning uint16 // of PS3.18 table I.2-2 when it was delivered; 0: none
	Reason  string // in words, when it was not delivered
}

// Outcome is what became of several objects, in their order.
type Outcome struct {
	Results    []Result
	RetryAfter time.Duration // that the server asks for; 0: none
}

// Store sends objects in one request (STOW-RS), in smaller ones where the server
// finds that too large, and those of which its answer says nothing once more.
func (c *Client) Store(ctx context.Context, objects []Object) Outcome {
	out := c.storeSplit(ctx, objects)
	for i, r := range out.Results {
		if r.Fate == unanswered {
			again := c.storeOnce(ctx, objects[i:i+1])
			out.Results[i], out.RetryAfter = again.Results[0], max(out.RetryAfter, again.RetryAfter)
		}
		if out.Results[i].Fate == unanswered {
			out.Results[i] = Result{Fate: LaterAlone, Reason: "the answer does not tell of it"}
		}
	}
	return out
}

// Fates inside this package.
const (
	unanswered Fate = -1 - iota // the answer does not tell of the object
	tooLarge                    // the request is too large
)

// storeSplit halves a request that is too large.
func (c *Client) storeSplit(ctx context.Context, objects []Object) Outcome {
	out := c.storeOnce(ctx, objects)
	if len(objects) == 0 || out.Results[0].Fate != tooLarge {
		return out
	}
	if len(objects) == 1 {
		out.Results[0].Fate = Refused
		return out
	}
	half := len(objects) / 2
	out = c.storeSplit(ctx, objects[:half])
	rest := c.storeSplit(ctx, objects[half:])
	out.Results = append(out.Results, rest.Results...)
	out.RetryAfter = max(out.RetryAfter, rest.RetryAfter)
	return out
}

// storeOnce sends one request.
func (c *Client) storeOnce(ctx context.Context, objects []Object) Outcome {
	if len(objects) == 0 {
		return Outcome{}
	}
	b := newStoreBody(objects)
	length, err := b.measure()
	if err != nil {
		return all(objects, Result{Fate: Refused, Reason: err.Error()}, 0)
	}
	path := "studies"
	r, err := c.do(ctx, request{
		method: http.MethodPost, path: path, accept: mediaJSON, length: length, body: b.open,
		contentType: `multipart/related; type="` + mediaDICOM + `"; boundary=` + b.boundary,
	})
	if err != nil {
		return all(objects, Result{Fate: Later, Reason: err.Error()}, 0)
	}
	defer r.Body.Close()
	return judge(objects, r)
}

// all is one result for all objects.
func all(objects []Object, r Result, after time.Duration) Outcome {
	out := Outcome{Results: make([]Result, len(objects)), RetryAfter: after}
	for i := range out.Results {
		out.Results[i] = r
	}
	return out
}

// storeBody is the multipart body of a request.
type storeBody struct {
	objects  []Object
	boundary string
}

func newStoreBody(objects []Object) *storeBody {
	return &storeBody{objects, "dgate-" + rand.Text() + rand.Text()}
}

// write writes the body. Parts tell their bare media type only: some servers drop
// parts whose type has parameters, and answer 200.
func (b *storeBody) write(w io.Writer) error {
	for _, o := range b.objects {
		if _, err := io.WriteString(w, "--"+b.boundary+"\r\nContent-Type: "+mediaDICOM+"\r\n\r\n"); err != nil {
			return err
		}
		if err := o.Write(w); err != nil {
			return fmt.Errorf("write object %s: %w", o.UID, err)
		}
		if _, err := io.WriteString(w, "\r\n"); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "--"+b.boundary+"--\r\n")
	return err
}

// measure is the length of the body: not all servers take one without.
func (b *storeBody) measure() (int64, error) {
	var n counter
	err := b.write(&n)
	return int64(n), err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

var errAbandoned = errors.New("the request has ended")

// open is the body for one attempt. Closing it ends the writing.
func (b *storeBody) open() io.ReadCloser {
	r, w := io.Pipe()
	p := &pipedBody{PipeReader: r}
	p.work.Go("write STOW request", func() {
		err := errors.New("write STOW request: internal error")
		defer func() { w.CloseWithError(err) }()
		err = b.write(w)
	})
	return p
}

type pipedBody struct {
	*io.PipeReader
	work group.Group
}

func (p *pipedBody) Close() error {
	err := p.PipeReader.CloseWithError(errAbandoned)
	p.work.Wait()
	return err
}
