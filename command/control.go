package command

import (
	"context"
	"fmt"
	"os"
	"time"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/script"
	"conquest/scripting"
)

// controlCommands run Lua, end the server and show its state.
var controlCommands = map[string]row{
	"lua":            {runLuaCommand, "CHUNK", "run Lua in the state of this connection; a string or number is the answer"},
	"luastart":       {runLuaStart, "CHUNK", "close the connection, then run Lua"},
	"globallua":      {runGlobalLua, "CHUNK", "run Lua in the state that all share"},
	"quit":           {runQuit, "", "end the server"},
	"safequit":       {runSafeQuit, "", "end the server when no association is open"},
	"drain":          {runDrain, "[SECONDS]", "take no new work, and end the server when its queues are empty, or after that time"},
	"display_status": {runDisplayStatus, "[FILE]", "state of the server"},
	"status_string":  {runStatusString, "[FILE]", "progress of the last move, export or submission"},
	"queues":         {runQueues, "[FILE]", "what waits to be exported, copied or forwarded"},
	"health":         {runHealth, "", "what is not in order: index, devices, queues, scripts, one line each; ok when all is"},
	"ui":             {runPageLink, "", "a link to the browser pages for whoever sits at the server's machine: good once, for five minutes"},
	"api":            {runAPI, "[METHOD ]PATH[ BODY]", "a call of the REST interface (docs/api.md) without its port, e.g. /queues or POST /queues/export/AE/retry: its answer in JSON"},
	"backup":         {runBackup, "FILE", "write a consistent copy of the database: a file of SQLite, a folder of dBASE files"},
	"echo":           {runEcho, "AE[,FILE]", "ask whether an AE answers"},
	"web_echo":       {runWebEcho, "NAME", "ask whether a DICOMweb server of dicomweb.map answers, and why not"},
	"debuglevel":     {runDebugLevel, "N", "set DebugLevel, 0 to 4"},
	"testmode":       {runTestMode, "TEXT", "append a text to file names"},
	"browsepatient":  {runBrowsePatient, "TEXT", "say a text to a console that listens"},
	"log_on":         {runLogOn, "TARGET", "console to a UDP port, pipe or file"},
	"debuglog_on":    {runDebugLogOn, "TARGET", "console and debug to a UDP port, pipe or file"},
	"checksum":       {runChecksum, "TEXT", "CRC-32 of a text, without inversions"},
	"genuid":         {runGenUID, "", "a new UID"},
	"changeuid":      {runChangeUID, "UID", "the UID that a UID is replaced by"},
	"changeuidback":  {runChangeUIDBack, "UID", "the UID that was replaced"},

	"checklargestmalloc": {runNothing, "", "accepted, does nothing"},
	"scheduletransfer":   {runNothing, "...", "accepted, does nothing"},
}

// chunk is a text to be run by Lua in the name of the caller.
func (c *call) chunk(text string) luabind.Chunk {
	chunk := luabind.Chunk{Text: text, Command: c.command, Start: int(scripting.Nothing), Lines: c.s.script.LinesOf(c.caller), Object: dicom.NewDataset(0)}
	if c.caller != nil {
		chunk.Association = script.AssociationOf(c.caller)
	}
	return chunk
}

func (c *call) lua(ctx context.Context, state *luabind.State, text string) (luabind.Result, error) {
	res, err := state.Run(ctx, c.chunk(text))
	c.s.script.SayError(err)
	return res, err
}

func runLuaCommand(ctx context.Context, c *call) ([]byte, error) {
	state, done := c.s.script.State(c.caller)
	defer done()
	res, err := c.lua(ctx, state, c.arg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", site.ErrSaid, err)
	}
	file, err := c.lua(ctx, state, "return returnfile")
	if err == nil && file.HasText && file.Text != "" {
		content, err := os.ReadFile(file.Text)
		if err != nil {
			return nil, fmt.Errorf("returnfile: %w", err)
		}
		return content, os.Remove(file.Text)
	}
	if !res.HasText {
		return nil, nil
	}
	return []byte(res.Text), nil
}

func runLuaStart(_ context.Context, c *call) ([]byte, error) {
	if c.s.ServedAlready != nil {
		if at := c.s.ServedAlready(c.arg); at != "" {
			c.s.Console.Event("ladle is not started: this server has its port and answers its addresses", "at", at)
			return nil, nil
		}
	}
	c.after = func() {
		state := c.s.script.NewState()
		defer state.Close()
		chunk := c.chunk(c.arg)
		chunk.Long = true
		_, err := state.Run(context.Background(), chunk)
		c.s.script.SayError(err)
	}
	return nil, nil
}

func runGlobalLua(ctx context.Context, c *call) ([]byte, error) {
	res, err := c.lua(ctx, c.s.script.GlobalState(), c.arg)
	if err != nil || !res.HasText {
		return nil, nil
	}
	return []byte(res.Text), nil
}

func runQuit(_ context.Context, c *call) ([]byte, error) {
	c.after = func() {
		if c.s.Quit != nil {
			c.s.Quit()
		}
	}
	return nil, nil
}

func runSafeQuit(_ context.Context, c *call) ([]byte, error) {
	c.after = func() {
		for c.s.OpenThreads.Load() > 1 {
			time.Sleep(100 * time.Millisecond)
		}
		if c.s.Quit != nil {
			c.s.Quit()
		}
	}
	return nil, nil
}

func runDebugLevel(_ context.Context, c *call) ([]byte, error) {
	c.s.Console.SetDebugLevel(dicomini.Atoi(c.arg))
	return nil, nil
}

func runGenUID(_ context.Context, c *call) ([]byte, error) {
	return []byte(c.s.UIDs.New(site.UIDGeneral)), nil
}

func runNothing(context.Context, *call) ([]byte, error) { return nil, nil }

func runTestMode(_ context.Context, c *call) ([]byte, error) {
	c.s.TestMode.Store(&c.arg)
	return nil, nil
}

func runBrowsePatient(_ context.Context, c *call) ([]byte, error) {
	oplog.BrowsePatient(c.s.Console, c.arg)
	return nil, nil
}

func runChecksum(_ context.Context, c *call) ([]byte, error) {
	return textAnswer("%d", attribute.Checksum(c.arg)), nil
}

// changeUIDKind is the MODType of mappings that the command makes.
const changeUIDKind = "--changeuid"

func runChangeUID(ctx context.Context, c *call) ([]byte, error) {
	if c.arg == "" {
		return nil, nil
	}
	uid, err := c.s.Index.MapUID(ctx, c.arg, "", "", changeUIDKind, func() string { return c.s.UIDs.New(site.UIDMapped) })
	return notEmpty(uid), err
}

func runChangeUIDBack(ctx context.Context, c *call) ([]byte, error) {
	if c.arg == "" {
		return nil, nil
	}
	old, found, err := c.s.Index.OriginalUID(ctx, c.arg, "", "")
	if err != nil {
		return nil, err
	}
	if !found {
		oplog.UIDNotFound(c.s.Console)
		return nil, nil
	}
	return []byte(old), nil
}

func runDisplayStatus(_ context.Context, c *call) ([]byte, error) {
	return c.deliver(c.arg, c.s.status(), asPage)
}

func runQueues(_ context.Context, c *call) ([]byte, error) {
	return c.deliver(c.arg, c.s.QueueReport(), asPage)
}

func runStatusString(_ context.Context, c *call) ([]byte, error) {
	text := *c.s.Status.Load()
	if c.arg == "cgi" {
		page := "Content-type: text/plain\n\n<pre>" + text + " "
		return []byte(page[:len(page)&^1]), nil
	}
	return c.deliver(c.arg, []byte(text), asPage)
}

func runEcho(ctx context.Context, c *call) ([]byte, error) {
	ae, file := c.field(0), c.field(1)
	state := "DOWN"
	if _, err := c.s.Peers.Echo(ctx, ae, nil); err == nil {
		state = "UP"
	}
	return c.deliver(file, textAnswer("%s is %s", ae, state), asPage)
}

// runWebEcho asks a DICOMweb server for an answer.
func runWebEcho(ctx context.Context, c *call) ([]byte, error) {
	if err := c.s.Peers.EchoWeb(ctx, c.arg); err != nil {
		return textAnswer("%s is DOWN: %v", c.arg, err), nil
	}
	return textAnswer("%s is UP", c.arg), nil
}

// Ways in which an answer goes to a web page.
const (
	asText = false
	asPage = true // "pre" is known, and cgi adds the tag
)

// deliver answers with content, or writes it to the file that the client named
// (docs/original/commands.md 2): "" and "binary" answer as it is, "cgi" with a content
// type, for pages with a <pre>, "pre" with the tag alone.
func (c *call) deliver(file string, content []byte, page bool) ([]byte, error) {
	head := ""
	switch {
	case file == "" || file == "binary":
		return content, nil
	case file == "cgi":
		head = "Content-type: text/html\n\n"
		if page {
			head += "<pre>"
		}
	case file == "pre" && page:
		head = "<pre>"
	default:
		return nil, os.WriteFile(file, content, 0o644)
	}
	return append([]byte(head), content...), nil
}
