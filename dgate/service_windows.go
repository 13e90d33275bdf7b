package main

import (
	"context"
	"time"

	"conquest/group"

	"golang.org/x/sys/windows/svc"
)

// underServiceManager tells whether the service manager started the program, also
// when it was not installed by dgate --service:install.
func underServiceManager() bool {
	is, err := svc.IsWindowsService()
	return err == nil && is
}

// stopTime is how long the service manager is asked to wait for what is in
// flight.
const stopTime = time.Minute

// manageService runs serve under the service manager until that stops it; ready
// is closed when it serves.
func manageService(serve func(context.Context) int, ready <-chan struct{}) error {
	return svc.Run(serviceName, &daemon{serve, ready})
}

// daemon is the server as the service manager sees it.
type daemon struct {
	serve func(context.Context) int
	ready <-chan struct{}
}

// Execute implements [svc.Handler].
func (d *daemon) Execute(_ []string, requests <-chan svc.ChangeRequest, states chan<- svc.Status) (bool, uint32) {
	states <- svc.Status{State: svc.StartPending, WaitHint: uint32(stopTime.Milliseconds())}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan int, 1)
	var work group.Group
	work.Go("server", func() {
		code := 1 // unless it ends in order
		defer func() { ended <- code }()
		code = d.serve(ctx)
	})
	ready := d.ready
	for {
		select {
		case <-ready:
			ready = nil
			states <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
		case code := <-ended:
			return code != 0, uint32(code)
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				states <- r.CurrentStatus
			case svc.Stop, svc.Shutdown:
				states <- svc.Status{State: svc.StopPending, WaitHint: uint32(stopTime.Milliseconds())}
				stop()
			}
		}
	}
}
