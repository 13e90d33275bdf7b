//go:build !windows

package server

import "os/exec"

func setCommandLine(*exec.Cmd, string) {}
