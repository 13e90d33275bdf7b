//go:build !windows

package main

import "context"

// underServiceManager is false: services are ordinary processes here.
func underServiceManager() bool { return false }

func manageService(serve func(context.Context) int, _ <-chan struct{}) error {
	serve(context.Background())
	return nil
}
