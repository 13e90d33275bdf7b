package client

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"

	"conquest/dicom"
	"conquest/luabind"
)

// Task is the small client servertask (docs/original/commands.md 10), which web
// applications run: server commands and Lua chunks, without any file of a site.
type Task struct {
	AE, Host, Port string
	Out            io.Writer

	lua *luabind.State
}

// Command sends a server command; ok is false when there was no answer.
func (t *Task) Command(ctx context.Context, command string) (ok bool, err error) {
	answer, ok, err := t.send(ctx, "Server command sent using DGATE -- option", command, nil)
	if ok {
		t.Out.Write(answer)
	}
	return ok, err
}

func (t *Task) send(ctx context.Context, text, command string, upload []byte) (answer []byte, ok bool, err error) {
	answer, ok, err = SendSaying(ctx, net.JoinHostPort(t.Host, t.Port), t.AE, text, command, upload)
	if !strings.HasPrefix(command, "luastart:") {
		SayNoServer(t.Out, err)
	}
	return answer, ok, err
}

// Lua runs a chunk. All chunks share one state, which has the standard library
// and servercommand.
func (t *Task) Lua(ctx context.Context, text string) {
	if t.lua == nil {
		t.lua = luabind.NewEngine(&taskHost{task: t}, luabind.Options{Stdout: t.Out}).NewState()
		t.run(ctx, onlyStandard)
	}
	t.run(ctx, text)
}

func (t *Task) run(ctx context.Context, text string) {
	_, err := t.lua.Run(ctx, luabind.Chunk{Text: text, Object: dicom.NewDataset(0), Command: dicom.NewDataset(0), Long: true})
	if err != nil {
		fmt.Fprintln(t.Out, err)
	}
}

// Close ends the Lua state.
func (t *Task) Close() {
	if t.lua != nil {
		t.lua.Close()
	}
}

// onlyStandard takes away what a server offers to its scripts.
const onlyStandard = `local keep = {}
for name in ([[_G _VERSION assert collectgarbage coroutine debug dofile error getfenv getmetatable io ipairs load loadfile
	loadstring math module next os package pairs pcall print rawequal rawget rawset require select setfenv setmetatable
	string table tonumber tostring type unpack xpcall servercommand]]):gmatch('%S+') do keep[name] = true end
for name in pairs(_G) do if not keep[name] then rawset(_G, name, nil) end end`

// taskHost is what a chunk of servertask reaches: the commands of a server.
type taskHost struct {
	luabind.Host // nothing else is offered to the chunk
	task         *Task
}

func (h *taskHost) Operator(line string) {
	io.WriteString(h.task.Out, strings.TrimSuffix(line, "\n")+"\n")
}

func (h *taskHost) Debug(string) {}

func (h *taskHost) ServerCommand(ctx context.Context, command string, upload []byte) ([]byte, bool, error) {
	return h.task.send(ctx, "", command, upload)
}
