package server

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"conquest/console"
	"conquest/dicom"
	"conquest/luabind"
	"conquest/scripting"
	"conquest/storage"
)

// controlCommands run Lua, end the server and show its state.
var controlCommands = map[string]serverCommand{
	"lua":            {runLuaCommand, "CHUNK", "run Lua in the state of this connection; a string or number is the answer"},
	"luastart":       {runLuaStart, "CHUNK", "close the connection, then run Lua"},
	"globallua":      {runGlobalLua, "CHUNK", "run Lua in the state that all share"},
	"quit":           {runQuit, "", "end the server"},
	"safequit":       {runSafeQuit, "", "end the server when no association is open"},
	"display_status": {runDisplayStatus, "[FILE]", "state of the server"},
	"debuglevel":     {runDebugLevel, "N", "set DebugLevel, 0 to 4"},
	"genuid":         {runGenUID, "", "a new UID"},
}

func (c *commandCall) lua(ctx context.Context, state *luabind.State, text string) (luabind.Result, error) {
	chunk := luabind.Chunk{Text: text, Command: c.command, Start: int(scripting.Nothing), Context: c.owner, Object: dicom.NewDataset(0)}
	if c.ses != nil {
		chunk.Association = luabind.Association{Calling: c.ses.a.Calling(), Called: c.ses.a.Called(), ConnectedIP: c.ses.ip(), Thread: c.ses.thread}
	}
	res, err := state.Run(ctx, chunk)
	c.s.sayLuaError(err)
	return res, err
}

func runLuaCommand(ctx context.Context, c *commandCall) ([]byte, error) {
	state, done := c.s.luaState(c.owner)
	defer done()
	res, err := c.lua(ctx, state, c.arg)
	if err != nil {
		return nil, nil
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

func runLuaStart(_ context.Context, c *commandCall) ([]byte, error) {
	c.release = true
	c.after = func() {
		state := c.s.lua.NewState()
		defer state.Close()
		c.lua(context.Background(), state, c.arg)
	}
	return nil, nil
}

func runGlobalLua(ctx context.Context, c *commandCall) ([]byte, error) {
	res, err := c.lua(ctx, c.s.global.get(c.s.lua), c.arg)
	if err != nil || !res.HasText {
		return nil, nil
	}
	return []byte(res.Text), nil
}

func runQuit(_ context.Context, c *commandCall) ([]byte, error) {
	c.release = true
	c.after = func() {
		if c.s.quit != nil {
			c.s.quit()
		}
	}
	return nil, nil
}

func runSafeQuit(_ context.Context, c *commandCall) ([]byte, error) {
	c.release = true
	c.after = func() {
		for c.s.open.Load() > 1 {
			time.Sleep(100 * time.Millisecond)
		}
		if c.s.quit != nil {
			c.s.quit()
		}
	}
	return nil, nil
}

func runDebugLevel(_ context.Context, c *commandCall) ([]byte, error) {
	n, err := strconv.Atoi(c.arg)
	if err != nil {
		return nil, err
	}
	c.s.con.SetDebugLevel(n)
	return nil, nil
}

func runGenUID(_ context.Context, c *commandCall) ([]byte, error) {
	return []byte(c.s.uids.make(uidGeneral)), nil
}

func runDisplayStatus(_ context.Context, c *commandCall) ([]byte, error) {
	return c.deliver(c.arg, c.s.status(), true)
}

// deliver answers with content, or writes it to the file that the client named
// (spec/commands.md 2): "" and "binary" answer as it is, "cgi" with a content
// type, "pre" (for text) with a tag.
func (c *commandCall) deliver(file string, content []byte, pre bool) ([]byte, error) {
	switch {
	case file == "" || file == "binary":
		return content, nil
	case file == "cgi":
		head := "Content-type: text/plain\n\n"
		if pre {
			head += "<pre>"
		}
		return append([]byte(head), content...), nil
	case file == "pre" && pre:
		return append([]byte("<pre>"), content...), nil
	}
	return nil, os.WriteFile(file, content, 0o644)
}

// status is the report of display_status.
func (s *Server) status() []byte {
	cfg, n := s.live.Current(), &s.counters
	var b bytes.Buffer
	fmt.Fprintf(&b, "DICOM server '%s' (version %s, port %s, bits %d) was started on %s\n", cfg.MyACRNema, Version, cfg.TCPPort, strconv.IntSize, s.started.Format(console.Time))
	fmt.Fprintf(&b, "Old JPEG decoder=0, JPEGLIB jpeg codec=1, LIBJASPER jpeg2000 codec=1\n")
	fmt.Fprintf(&b, "Run time (s) total %d, query 0, load 0, save 0, compress 0, process 0, gpps 0\n", int(time.Since(s.started).Seconds()))
	fmt.Fprintf(&b, "Associations=%d; Threads=%d (%d open); Images sent=%d, recieved=%d, forwarded=%d\n",
		n.associations.Load(), s.threads.Load(), s.open.Load(), n.sent.Load(), n.received.Load(), n.forwarded.Load())
	fmt.Fprintf(&b, "Images printed=%d, in color=%d\n", n.printed.Load(), n.printedColor.Load())
	fmt.Fprintf(&b, "Activity: Echo:%d, Find:%d, Move:%d, Unknown:%d, gpps:0\n", n.echo.Load(), n.find.Load(), n.move.Load(), n.unknown.Load())
	fmt.Fprintf(&b, "Images (de)compressed: NKI 0, JPEG 0, JPEG2000 0, RLE 0, Planes removed 0, Palettes removed 0, Downsize 0\n")
	dev := storage.NewDevices(cfg.Storage)
	for i := range dev.MAGs() {
		fmt.Fprintf(&b, "Space on MAG%d  : %d MByte\n", i, dev.Free("MAG"+strconv.Itoa(i)))
	}
	fmt.Fprintf(&b, "Database type: %s\n", databaseType(s.db.Kind()))
	return b.Bytes()
}
