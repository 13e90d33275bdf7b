package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A process is a program that runs beside the script.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // of Wait, set before done is closed
}

// startProcess starts a program in dir, its output appended to logFile.
func startProcess(dir, logFile string, argv ...string) (*process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// stop ends the process: first politely, after five seconds for good.
func (p *process) stop() {
	if !p.running() {
		return
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.cmd.Process.Kill()
	}
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
}

// waitExit waits until the process has ended by itself.
func (p *process) waitExit(ctx context.Context, limit time.Duration) error {
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the end: %w", ctx.Err())
	case <-time.After(limit):
		return fmt.Errorf("still running after %v", limit)
	}
}

// output is what a finished tool left behind.
type output struct {
	stdout, stderr string
	err            error
}

// both returns standard output and standard error together.
func (o output) both() string { return o.stdout + o.stderr }

// status is the exit status of the tool, -1 when it did not end by itself.
func (o output) status() int {
	var exit *exec.ExitError
	switch {
	case o.err == nil:
		return 0
	case errors.As(o.err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// runTool runs a program to its end in dir.
func runTool(ctx context.Context, dir string, argv ...string) output {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.WaitDelay = 2 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("%s: %w", argv[0], ctx.Err())
	}
	return output{stdout.String(), stderr.String(), err}
}

// toolError makes an error of a tool's messages: its lines marked F: or E:, in
// one line, or err if there are none.
func toolError(o output) error {
	var parts []string
	for line := range strings.SplitSeq(o.both(), "\n") {
		if text, ok := messageText(line, "FE"); ok && text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) > 0 {
		return errors.New(strings.Join(parts, " "))
	}
	return o.err
}

// messageText returns the text of a line of dcmtk's log if its level is one of
// levels ("FEWID").
func messageText(line, levels string) (string, bool) {
	if len(line) >= 2 && line[1] == ':' && strings.IndexByte(levels, line[0]) >= 0 {
		return strings.TrimSpace(line[2:]), true
	}
	return "", false
}
