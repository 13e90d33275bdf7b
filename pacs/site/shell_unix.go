//go:build !windows

package site

import (
	"os/exec"
)

func setCommandLine(*exec.Cmd, string) {}
