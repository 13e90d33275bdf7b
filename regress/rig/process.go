package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"
)

// Patience is how long the rig waits for what must happen, on a busy machine
// too.
const Patience = 60 * time.Second

// Process is a program under test that runs in the background.
type Process struct {
	*os.Process
	ended chan struct{}
	err   error
}

// Start starts a program in a folder; what it says is appended to a log file.
func Start(dir, log, program string, args ...string) (*Process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{Process: cmd.Process, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Err is how the process ended: nil for exit status 0.
func (p *Process) Err() error {
	<-p.ended
	return p.err
}

// Running tells whether the process has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Stop asks the process to end as an administrator does, and kills it when it
// does not within [Patience].
func (p *Process) Stop() error {
	if !p.Running() {
		return nil
	}
	if err := p.Signal(os.Interrupt); err != nil {
		p.Process.Kill()
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(Patience):
		p.Process.Kill()
		<-p.ended
		return errors.New("the program did not end and was killed")
	}
}

// Kill ends the process as a power cut does, and waits until it is gone.
func (p *Process) Kill() {
	p.Process.Kill()
	<-p.ended
}

// Listens waits until somebody listens at an address. It is an error when the
// process ends before.
func (p *Process) Listens(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var d net.Dialer
	for {
		c, err := d.DialContext(ctx, "tcp", address)
		if err == nil {
			return c.Close()
		}
		select {
		case <-p.ended:
			return fmt.Errorf("the program ended before it listened on %s: %w", address, p.err)
		case <-ctx.Done():
			return fmt.Errorf("the program does not listen on %s: %w", address, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Await polls until ok holds; false when it does not within [Patience].
func Await(ok func() bool) bool {
	for begin := time.Now(); time.Since(begin) < Patience; time.Sleep(10 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return ok()
}
