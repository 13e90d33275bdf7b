package dicomweb

import (
	"context"
	"errors"
	"io"

	"conquest/group"
)

// pipeline stores objects in their order while later ones are received.
type pipeline struct {
	s    *storing
	work group.Group
	jobs chan received
}

type received struct {
	f   *receivedFile
	err error
}

func newPipeline(s *storing) *pipeline { return &pipeline{s: s} }

// fill receives the parts.
func (p *pipeline) fill(ctx context.Context, body *bodyParts) error {
	defer p.end()
	for {
		part, err := body.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if ct := parseContentType(part.header["content-type"]); ct.kind != "" && ct.kind != kindObject && ct.kind != kindBytes {
			p.put(ctx, nil, notUnderstood("a part of the type %.60q", ct.kind))
			continue
		}
		f, err := p.s.h.receivePart10(ctx, part)
		if stopped(err) {
			return err
		}
		p.put(ctx, f, err)
	}
}

// put hands an object on. It waits while two are on their way.
func (p *pipeline) put(ctx context.Context, f *receivedFile, err error) {
	if p.jobs == nil {
		p.jobs = make(chan received, 1)
		p.work.Go("web store", func() {
			for job := range p.jobs {
				p.s.outcomes = append(p.s.outcomes, p.storeReceived(ctx, job))
			}
		})
	}
	p.jobs <- received{f, err}
}

// storeReceived stores an object; a panic costs that object only.
func (p *pipeline) storeReceived(ctx context.Context, job received) (o outcome) {
	err := group.Guard("web store", func() error {
		o = p.s.store(ctx, job.f, job.err)
		return nil
	})
	if err != nil {
		return outcome{err: err}
	}
	return o
}

// end waits until all is stored.
func (p *pipeline) end() {
	if p.jobs != nil {
		close(p.jobs)
		p.work.Wait()
		p.jobs = nil
	}
}
