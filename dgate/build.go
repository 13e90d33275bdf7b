package main

import (
	"os"
	"runtime/debug"
	"time"

	"conquest/console"
)

// buildDate is the date of the sources this binary was built from, else that of
// its file.
func buildDate() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key != "vcs.time" {
				continue
			}
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				return t.Local().Format(console.Time)
			}
		}
	}
	path, err := os.Executable()
	if err == nil {
		if fi, err := os.Stat(path); err == nil {
			return fi.ModTime().Format(console.Time)
		}
	}
	return time.Now().Format(console.Time)
}
