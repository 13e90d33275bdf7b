package server

import (
	"context"

	"conquest/dicomini"
)

// upkeepHost is the server as the background work sees it.
type upkeepHost struct{ s *Server }

func (h upkeepHost) Config() *dicomini.Config { return h.s.Live.Current() }

func (h upkeepHost) Clean(ctx context.Context, threshold int) { h.s.Archive.Clean(ctx, threshold) }

// Hook runs a hook of [lua] in the state that all share.
func (h upkeepHost) Hook(ctx context.Context, _, text string) { h.s.Scripts.RunGlobal(ctx, text) }
