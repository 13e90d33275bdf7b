package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"conquest/command/client"
	"conquest/console"
	"conquest/server"
)

// Exit statuses of the command client (docs/original/commands.md 2).
const (
	exitAnswered = 255
	exitFailed   = 1
)

// client sends a command to the running server, or runs Lua here.
func (p *program) client(s *server.Server) int {
	command := p.arg
	switch {
	case strings.HasPrefix(command, "dolua:"):
		if len(p.consoles) == 0 {
			p.con.OperatorChannel().Send(console.Stdout(p.binary))
		}
		s.Scripts.DoLua(p.ctx, command[len("dolua:"):], p.argv)
		return 0
	case command == "quit" || command == "safequit":
		command += ":"
	case !strings.Contains(command, ":") && jsonForms[command]:
		command += ":"
	}
	if name, arg, ok := strings.Cut(command, ":"); ok && jsonForms[name] && slices.Contains(p.rest, "--json") {
		command = name + "_json:" + arg
	}
	var upload []byte
	if what, ok := strings.CutPrefix(command, "addlocalfile:"); ok {
		path, _, _ := strings.Cut(what, ",")
		content, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return exitFailed
		}
		command, upload = "addimagefile:"+what, content
	}
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	if p.watched() && !strings.HasPrefix(command, "status_string:") {
		p.work.Go("progress", func() { p.showProgress(ctx) })
	}
	answer, ok, err := p.send(ctx, command, upload)
	switch {
	case err != nil:
		if p.watched() {
			fmt.Fprintln(os.Stderr, err)
		}
		return exitFailed
	case !ok:
		return 0
	case len(answer) == 0 && p.watched():
		sayProblems(os.Stderr, command)
	}
	os.Stdout.Write(answer)
	return exitAnswered
}

func (p *program) send(ctx context.Context, command string, upload []byte) (answer []byte, ok bool, err error) {
	cfg := p.live.Current()
	if p.host == "" {
		return nil, false, errors.New("-q names no host")
	}
	answer, ok, failure, err := client.Ask(ctx, net.JoinHostPort(p.host, strconv.Itoa(cfg.Port())), cfg.MyACRNema, "Server command sent using DGATE -- option", command, upload)
	if failure != "" {
		fmt.Fprintf(os.Stderr, "dgate: %s\n", console.Printable(failure))
	}
	return answer, ok, err
}

// jsonForms are the commands of ours that may stand without a colon, and that answer
// in JSON with --json behind them.
var jsonForms = map[string]bool{"undo": true, "life": true}

// Times of the progress display.
const (
	progressAfter = 2 * time.Second
	progressEvery = time.Second
)

// showProgress shows on a terminal, while a command takes long, what the server
// says of it.
func (p *program) showProgress(ctx context.Context) {
	start, shown := time.Now(), false
	timer := time.NewTimer(progressAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			if shown {
				fmt.Fprint(os.Stderr, "\r\x1b[K")
			}
			return
		case <-timer.C:
		}
		text := "working"
		if said, ok, err := p.send(ctx, "status_string:", nil); err == nil && ok {
			text = strings.TrimSpace(string(said))
		}
		shown = true
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s, %d s", text, int(time.Since(start).Seconds()))
		timer.Reset(progressEvery)
	}
}
