package server

import (
	"context"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/scripting"
)

// upkeepHost is the server as the background work sees it.
type upkeepHost struct{ s *Server }

func (h upkeepHost) Config() *dicomini.Config { return h.s.live.Current() }

func (h upkeepHost) Clean(ctx context.Context, threshold int) { h.s.archive.Clean(ctx, threshold) }

// Hook runs a hook of [lua] in the state that all share.
func (h upkeepHost) Hook(ctx context.Context, _, text string) {
	_, err := h.s.global.State(h.s.lua).Run(ctx, luabind.Chunk{
		Text: text, Object: dicom.NewDataset(0), Start: int(scripting.Nothing), Lines: h.s.linesOf(nil), Long: true,
	})
	h.s.sayLuaError(err)
}
