// Package script is the host of all scripts: what the command language (package
// scripting) and Lua (package luabind) reach of the PACS, and the Lua states of its
// callers.
package script

import (
	"context"
	"io"
	"path/filepath"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/luabind"
	"conquest/pacs"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
)

// Host runs scripts in the name of callers.
type Host struct {
	*pacs.PACS
	scripts *scripting.Cache
	lua     *luabind.Engine
	global  luabind.Session // of startup, background and global commands
	shown   sync.Map        // texts and numbers of Lua that only scripts see changed
	argv0   string          // name the program was started under
}

// Options of a host.
type Options struct {
	Argv0 string
	// Command carries out the server commands of scripts.
	Command ServerCommand
	// Exit ends the program for os.exit; nil makes that an error.
	Exit func(code int)
	// Page is the web page that Lua writes, with io.write too; nil: there is none.
	Page io.Writer
	// Cache keeps compiled texts.
	Cache *scripting.Cache
}

// New makes the host of a PACS.
func New(p *pacs.PACS, opt Options) *Host {
	h := &Host{PACS: p, scripts: opt.Cache, argv0: opt.Argv0}
	cfg := p.Live.Current()
	var dry func(effect string)
	if p.Rehearsal() != "" {
		dry = func(effect string) { h.Did(site.DidLua, "", "", effect) }
	}
	h.lua = luabind.NewEngine(&luaAPI{s: h, command: opt.Command}, luabind.Options{
		Timeout:     time.Duration(cfg.Int(cfg.Main(), "LuaTimeout", 0)) * time.Second,
		Memory:      cfg.Int(cfg.Main(), "LuaMemory", 0) << 20,
		Budget:      p.Memory,
		LibraryDirs: []string{filepath.Join(cfg.BaseDir(), "lua")},
		Exit:        opt.Exit,
		Stdout:      opt.Page,
		Dry:         dry,
	})
	return h
}

// Env is what the command language reaches in the name of a caller.
func (s *Host) Env(caller rules.Caller) scripting.Env { return s.env(caller) }

// Filter answers the conditions of ExportFilterN.
func (s *Host) Filter() rules.ExportFilter { return s.env(nil) }

// Reading answers what scripts ask; explanations use nothing else of it.
func (s *Host) Reading() luabind.Host { return &luaAPI{s: s} }

// RunGlobal runs a chunk in the state that all share.
func (s *Host) RunGlobal(ctx context.Context, text string) {
	_, err := s.GlobalState().Run(ctx, luabind.Chunk{
		Text: text, Object: dicom.NewDataset(0), Start: int(scripting.Nothing), Lines: s.LinesOf(nil), Long: true,
	})
	s.SayError(err)
}

// NewState makes a Lua state that nobody shares; it is to be closed.
func (s *Host) NewState() *luabind.State { return s.lua.NewState() }

// GlobalState is the Lua state that all share.
func (s *Host) GlobalState() *luabind.State { return s.global.State(s.lua) }
