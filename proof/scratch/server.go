package scratch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"conquest/command/client"
	"conquest/group"
)

// Server is a server at work in a copy of a site.
type Server struct {
	site  *Site
	cmd   *exec.Cmd
	work  group.Group
	ended chan struct{}
	err   error
}

// pidName is the file with the process ID of the server, in its folder.
const pidName = "server.pid"

// startPatience is how long a server may take to start.
const startPatience = time.Minute

// Start starts the program at path in the copy and waits until it listens.
func (s *Site) Start(ctx context.Context, path string) (*Server, error) {
	log, err := os.OpenFile(filepath.Join(s.Dir, "output.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	v := &Server{site: s, ended: make(chan struct{})}
	v.cmd = exec.Command(path, "-^serverstatus.log", "-w"+s.Dir)
	v.cmd.Dir, v.cmd.Stdout, v.cmd.Stderr = s.Dir, log, log
	if err := v.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server of the copy: %w", err)
	}
	_ = os.WriteFile(filepath.Join(s.Dir, pidName), fmt.Appendf(nil, "%d\n", v.cmd.Process.Pid), 0o600) // for who looks at it
	v.work.Go("server of the copy", func() {
		v.err = v.cmd.Wait()
		close(v.ended)
	})
	if err := v.listens(ctx); err != nil {
		v.Kill()
		return nil, fmt.Errorf("%w; see %s", err, s.Dir)
	}
	return v, nil
}

// Address is where the server listens.
func (s *Site) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

func (v *Server) listens(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		c, err := net.DialTimeout("tcp", v.site.Address(), time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case <-v.ended:
			return fmt.Errorf("the server of the copy ended: %w", errors.Join(v.err, errors.New("see its logs")))
		case <-ctx.Done():
			return fmt.Errorf("the server of the copy does not listen: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Ended is closed when the server is not there any more.
func (v *Server) Ended() <-chan struct{} { return v.ended }

// Drain ends the server when its queues are empty, or after a limit.
func (v *Server) Drain(ctx context.Context, limit time.Duration) error {
	// The command closes the connection without an answer: an error says nothing.
	_, _, err := client.Send(ctx, v.site.Address(), v.site.AE, fmt.Sprintf("drain:%d", int(limit.Seconds())), nil)
	select {
	case <-v.ended:
		v.work.Wait()
		return nil
	case <-ctx.Done():
	case <-time.After(limit + startPatience):
	}
	v.Kill()
	return fmt.Errorf("the server of the copy did not end: %w", errors.Join(ctx.Err(), err))
}

// Kill ends the server at once.
func (v *Server) Kill() {
	_ = v.cmd.Process.Kill() // it may have ended
	<-v.ended
	v.work.Wait()
}
