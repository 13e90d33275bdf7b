package find

import (
	"context"
	"errors"
	"iter"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
)

// Query is a search of the index, and of the virtual servers that belong to it.
type Query struct {
	Model      db.Model
	Identifier *dicom.Dataset // keys; converters may change it
	Command    *dicom.Dataset // command set, for converters; may be nil
}

// ErrRefused tells that a query converter refuses the query.
var ErrRefused = errors.New("refused by a query converter")

// Answers are the answers of a query.
type Answers struct {
	// Located counts what was found so far, also what a converter left out.
	Located int
	// All gives each answer after QueryResultConverter0 has seen it. An error ends
	// it.
	All iter.Seq2[*dicom.Dataset, error]
}

// Find answers a query in the name of a caller.
func (s *Finder) Find(ctx context.Context, caller rules.Caller, q Query) (*Answers, error) {
	cfg := s.Live.Current()
	kind, result := scripting.Query, scripting.QueryResult
	worklist := q.Model == db.ModalityWorklist
	if worklist {
		kind, result = scripting.WorkListQuery, scripting.ModalityWorkListQueryResult
	}
	if s.Rules.Hook(ctx, cfg, kind, 0, rules.Request{Object: q.Identifier, Command: q.Command, Caller: caller}).Action == rules.Destroy {
		return nil, ErrRefused
	}
	if !worklist {
		s.Prefetcher.Queried(q.Identifier)
	}
	found, err := s.locate(ctx, cfg, caller, q)
	if err != nil {
		return nil, err
	}
	a := &Answers{}
	_, convert := cfg.Converter(result.Name(), 0)
	a.All = func(yield func(*dicom.Dataset, error) bool) {
		for answer, err := range found {
			if err == nil && ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			a.Located++
			if convert && s.Rules.Hook(ctx, cfg, result, 0, rules.Request{Object: answer, Command: q.Command, Caller: caller}).Action == rules.Destroy {
				continue
			}
			if !yield(answer, nil) {
				return
			}
		}
	}
	return a, nil
}

// locate answers an identifier from the index and from the virtual servers.
func (s *Finder) locate(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, q Query) (iter.Seq2[*dicom.Dataset, error], error) {
	if q.Model == db.ModalityWorklist || !s.virtual.Any(cfg, q.Identifier) {
		return s.Index.Find(ctx, q.Model, q.Identifier, db.FindOptions{HidePaths: !site.Administrator(caller)})
	}
	return s.virtual.Find(ctx, cfg, caller, q.Model, q.Identifier)
}
