package script

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"conquest/console"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/pacs/site"
	"conquest/scripting"
)

// AutostartFile is the Lua file that runs at every start of the program: the
// name of the program up to its first dot with .lua, here or in the folder lua;
// "" when there is none.
func AutostartFile(argv0 string) string {
	name, _, _ := strings.Cut(filepath.Base(argv0), ".")
	for _, path := range []string{name + ".lua", "lua/" + name + ".lua"} {
		if fi, err := os.Stat(path); err == nil && !fi.IsDir() {
			return path
		}
	}
	return ""
}

// HasStartLua tells whether Lua runs at every start of the program (docs/original/lua.md
// 1.3).
func HasStartLua(cfg *dicomini.Config, argv0 string) bool {
	return AutostartFile(argv0) != "" || cfg.LuaHook("startup") != ""
}

// StartLua runs the autostart file and the hook "startup" and tells whether the
// program may go on.
func (s *Host) StartLua(ctx context.Context, argv []string) bool {
	if file := AutostartFile(s.argv0); file != "" {
		s.Console.OperatorChannel().Send(console.Stdout(false))
		if refuses(s.globalLua(ctx, "dofile([["+file+"]])", argv)) {
			return false
		}
	}
	if text := s.Live.Current().LuaHook("startup"); text != "" {
		return !refuses(s.globalLua(ctx, text, argv))
	}
	return true
}

// DoLua runs a chunk, or a Lua file that is here or in the folder lua, in the
// name of the program (--dolua).
func (s *Host) DoLua(ctx context.Context, text string, argv []string) {
	for _, path := range []string{text, "lua/" + text} {
		if fi, err := os.Stat(path); err == nil && !fi.IsDir() {
			text = "dofile([[" + path + "]])"
			break
		}
	}
	s.globalLua(ctx, text, argv)
}

func (s *Host) globalLua(ctx context.Context, text string, argv []string) luabind.Result {
	res, err := s.GlobalState().Run(ctx, luabind.Chunk{
		Text: text, Object: dicom.NewDataset(0), Start: int(scripting.Nothing),
		Association: luabind.Association{ConnectedIP: "0.0.0.0"},
		Lines:       s.LinesOf(nil),
		Globals:     map[string]any{"arg": argv, "version": site.Version},
		Long:        true,
	})
	s.SayError(err)
	return res
}
