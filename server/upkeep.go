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
func (h upkeepHost) Hook(ctx context.Context, name, text string) {
	_, err := h.s.global.get(h.s.lua).Run(ctx, luabind.Chunk{
		Text: text, Command: dicom.NewDataset(0), Object: dicom.NewDataset(0), Start: int(scripting.Nothing),
		Association: luabind.Association{Calling: name, Called: "global"},
	})
	h.s.sayLuaError(err)
}
