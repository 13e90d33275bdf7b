package script

import (
	"context"
	"fmt"

	"conquest/dicom"
	"conquest/luabind"
	"conquest/rules"
	"conquest/scripting"
)

// RunPage runs a chunk that writes a web page (docs/original/lua.md 1.7). All chunks of a
// page share the state of the program.
func (s *Host) RunPage(ctx context.Context, text string, page luabind.Page, globals map[string]any) luabind.Result {
	res, err := s.GlobalState().Run(ctx, luabind.Chunk{
		Text: text, Object: dicom.NewDataset(0), Start: int(scripting.Nothing),
		Association: luabind.Association{ConnectedIP: "0.0.0.0"}, Globals: globals, Lines: s.LinesOf(nil), Page: page,
	})
	s.SayError(err)
	return res
}

// JSON is an object as Lua serialises it for web pages.
func (s *Host) JSON(ctx context.Context, caller rules.Caller, ds *dicom.Dataset, pixels bool) ([]byte, error) {
	state, done := s.State(caller)
	defer done()
	res, err := state.Run(ctx, luabind.Chunk{
		Text: fmt.Sprintf("return Data:Serialize(true,%t)", pixels), Object: ds, Start: int(scripting.Done), Lines: s.LinesOf(caller),
	})
	s.SayError(err)
	if err != nil || !res.HasText {
		return nil, nil
	}
	return []byte(res.Text), nil
}
