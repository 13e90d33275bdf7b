package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/kardianos/service"

	"conquest/server"
)

// serviceName is the name under which the server is installed.
const serviceName = "dgate"

// underServiceManager tells whether the service manager of Windows started the
// program; elsewhere services are ordinary processes.
func underServiceManager() bool { return runtime.GOOS == "windows" && !service.Interactive() }

// daemon runs the server for a service manager.
type daemon struct {
	p      *program
	s      *server.Server
	cancel context.CancelFunc
	done   chan int
}

// Start begins to serve.
func (d *daemon) Start(service.Service) error {
	ctx, cancel := context.WithCancel(d.p.ctx)
	d.cancel = cancel
	go func() { d.done <- d.p.serveUntil(ctx, d.s) }()
	return nil
}

// Stop ends the server and waits for what is in flight.
func (d *daemon) Stop(service.Service) error {
	d.cancel()
	if code := <-d.done; code != 0 {
		return fmt.Errorf("server ended with status %d", code)
	}
	return nil
}

func (p *program) serviceConfig() *service.Config {
	dir := p.loc.BaseDir
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return &service.Config{
		Name: serviceName, DisplayName: "DICOM server dgate", Description: "DICOM server (" + p.live.Current().MyACRNema + ")",
		Arguments:        []string{"-w" + dir, "-^" + filepath.Join(dir, "serverstatus.log")},
		WorkingDirectory: dir,
		Option: service.KeyValue{
			"Restart": "on-failure", "ReloadSignal": "HUP", "RunAtLoad": true, "KeepAlive": true, "OnFailure": "restart",
		},
	}
}

func (p *program) serveAsService(s *server.Server) int {
	sv, err := service.New(&daemon{p: p, s: s, done: make(chan int, 1)}, p.serviceConfig())
	if err == nil {
		err = sv.Run()
	}
	if err != nil {
		p.con.Event("*** service", "error", err)
		return 1
	}
	return 0
}

// service installs the server as a service of the operating system, or controls
// it.
func (p *program) service(action string) int {
	sv, err := service.New(&daemon{p: p}, p.serviceConfig())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	switch action {
	case "status":
		st, err := sv.Status()
		words := map[service.Status]string{service.StatusRunning: "running", service.StatusStopped: "stopped"}
		if err != nil || words[st] == "" {
			fmt.Println("not installed")
			return 1
		}
		fmt.Println(words[st])
		return 0
	case "remove":
		action = "uninstall"
	}
	if err := service.Control(sv, action); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
