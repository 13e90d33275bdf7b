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

// serviceRun is the command that a service is started with on Windows.
const serviceRun = "service:run"

// none is what a service does when its own process only installs or controls it.
type none struct{}

func (none) Start(service.Service) error { return nil }
func (none) Stop(service.Service) error  { return nil }

func (p *program) serviceConfig() *service.Config {
	dir := p.loc.BaseDir
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	args := []string{"-w" + dir, "-^" + filepath.Join(dir, "serverstatus.log")}
	if runtime.GOOS == "windows" {
		args = append(args, "--"+serviceRun)
	}
	return &service.Config{
		Name: serviceName, DisplayName: "DICOM server dgate", Description: "DICOM server (" + p.live.Current().MyACRNema + ")",
		Arguments:        args,
		WorkingDirectory: dir,
		Option: service.KeyValue{
			"Restart": "on-failure", "ReloadSignal": "HUP", "RunAtLoad": true, "KeepAlive": true, "OnFailure": "restart",
		},
	}
}

// serveAsService serves until the service manager ends the server.
func (p *program) serveAsService(s *server.Server) int {
	code := 0
	serve := func(ctx context.Context) int {
		code = p.serveUntil(ctx, s)
		return code
	}
	if err := manageService(serve, p.ready); err != nil {
		p.con.Event("*** service", "error", err)
		return 1
	}
	return code
}

// service installs the server as a service of the operating system, or controls
// it.
func (p *program) service(action string) int {
	sv, err := service.New(none{}, p.serviceConfig())
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
