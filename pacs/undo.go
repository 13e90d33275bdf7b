package pacs

import (
	"context"

	"conquest/db"
)

// restored gives an object that was brought back its mirror copy.
func (s *PACS) restored(ctx context.Context, path string, loc db.Location) {
	if err := s.Export.QueueMirror(ctx, s.Live.Current(), path, loc); err != nil {
		s.Console.Event("*** no mirror copy of a restored object", "error", err)
	}
}
