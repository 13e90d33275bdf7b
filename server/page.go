package server

import (
	"context"
	"io"

	"conquest/dicom"
	"conquest/luabind"
	"conquest/scripting"
)

// RunPage runs a chunk that writes a web page (docs/original/lua.md 1.7). All chunks of a
// page share the state of the program.
func (s *Server) RunPage(ctx context.Context, text string, page luabind.Page, globals map[string]any) luabind.Result {
	res, err := s.global.State(s.lua).Run(ctx, luabind.Chunk{
		Text: text, Object: dicom.NewDataset(0), Start: int(scripting.Nothing),
		Association: luabind.Association{ConnectedIP: "0.0.0.0"}, Globals: globals, Lines: s.linesOf(nil), Page: page,
	})
	s.sayLuaError(err)
	return res
}

// SendWebCommand sends a command for a web page, which tells when nobody listens.
// The server says nothing of the command.
func SendWebCommand(ctx context.Context, page io.Writer, addr, ae, command string, upload []byte) (answer []byte, ok bool) {
	answer, ok, err := sendCommand(ctx, addr, ae, "", command, upload)
	sayNoServer(page, err)
	return answer, ok && err == nil
}
